"""``derivative.yaml``, read once: what becomes of each kind of column, and by which steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ckanext.imssbienestar.checks.languages import language_of
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.cell_values import FieldType


@dataclass(frozen=True)
class Step:
    """One degree of detail of a column.

    :ivar name: the column in the result; empty when it keeps its own.
    """

    code: str
    method: str
    type: FieldType
    name: str
    width: int
    bounds: tuple[int, ...]

    @property
    def keeps(self) -> bool:
        """Whether values stay as they are."""
        return self.method == "as-is"

    def title(self, language: str) -> str:
        """What the step makes, in a few words."""
        return str(derivative_rules()["steps"][self.code][language_of(language)])


def derivative_rules() -> Mapping[str, Any]:
    """The whole file."""
    data: Mapping[str, Any] = read_yaml("personal_data/derivative.yaml")
    return data


def number(name: str) -> float:
    """A setting by its name."""
    return float(derivative_rules()["settings"][name])


def treatment_of(kind: str) -> str:
    """What a verdict of the guard becomes; what the rules do not know is dropped."""
    return str(derivative_rules()["kinds"].get(kind, "drop"))


def text(name: str, language: str, **facts: object) -> str:
    """A sentence of the plan, its facts filled in."""
    return str(derivative_rules()["texts"][language_of(language)][name]).format_map(facts)


@cache
def ladder(name: str) -> tuple[Step, ...]:
    """The steps of a ladder, from fine to coarse."""
    return tuple(map(_step, derivative_rules()["ladders"][name]))


def _step(code: str) -> Step:
    entry = derivative_rules()["steps"][code]
    return Step(
        code=code,
        method=entry["method"],
        type=FieldType(entry.get("type", "string")),
        name=entry.get("name", ""),
        width=entry.get("width", 0),
        bounds=tuple(entry.get("bounds", ())),
    )
