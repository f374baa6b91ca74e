"""The detectors of ``detectors.yaml``, read once and refused as a whole when one is bad."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from ckanext.imssbienestar.checks.personal.identifiers import CHECKS
from ckanext.imssbienestar.checks.personal.patterns import compiled
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.errors import ConfigurationError


class Decision(StrEnum):
    """What the guard does about a column."""

    BLOCK = "block"
    REVIEW = "review"
    PASS = "pass"  # noqa: S105 - a verdict


class Strength(StrEnum):
    """How much one hit says, see the head of ``detectors.yaml``."""

    FORM = "form"
    CHECKED = "checked"
    NEAR = "near"


@dataclass(frozen=True)
class Threshold:
    """One line of a detector's ``decide``: all of it must hold."""

    strength: Strength
    decision: Decision
    cells: int = 1
    distinct: int = 1
    ratio: float = 0.0
    checked_share: float = 0.0
    header: bool | None = None
    commercial: bool | None = None


@dataclass(frozen=True)
class Detector:
    """One identifier: its form, its check, and when hits become a decision.

    :ivar pattern: None for numbers, which are told by how many digits they have.
    :ivar boundary: what may not touch the match: ``alphanumeric`` or ``none``.
    :ivar near: telling words, in capitals, that may stand before it in a longer text.
    """

    name: str
    kind: str
    sensitive: bool
    rule: str
    pattern: re.Pattern[str] | None
    lengths: frozenset[int]
    holds: Callable[[str], bool] | None
    boundary: str
    whole: bool
    exceptions: frozenset[str]
    near: tuple[str, ...]
    thresholds: tuple[Threshold, ...]


@cache
def detectors() -> tuple[Detector, ...]:
    """Every detector.

    :raises ConfigurationError: a pattern is bad, or a line names what does not exist.
    """
    data = read_yaml("personal_data/detectors.yaml")
    known = tuple(map(_detector, data["detectors"]))
    patterns = {
        entry["name"]: entry["pattern"] for entry in data["detectors"] if "pattern" in entry
    }
    for name, pattern in (patterns | screens()).items():
        compiled(pattern, name=name)
    return known


def screen(name: str) -> str:
    """One pattern that lets nothing pass that a detector could find; capitals or not.

    ``certain``: identifiers by their form. ``suspect``: those, and whatever may be one or a person.
    """
    return "(?i)" + "|".join(read_yaml("personal_data/detectors.yaml")["screens"][name])


def screens() -> dict[str, str]:
    """Every screen by its name."""
    return {name: screen(name) for name in read_yaml("personal_data/detectors.yaml")["screens"]}


@cache
def email_pattern() -> re.Pattern[str]:
    """An e-mail address in capitals."""
    return compiled(read_yaml("personal_data/detectors.yaml")["email"]["pattern"], name="email")


@cache
def tables() -> dict[str, Any]:
    """``tables.yaml``."""
    data: dict[str, Any] = read_yaml("personal_data/tables.yaml")
    return data


def setting(name: str) -> int:
    """A setting of ``tables.yaml``: ``k``, ``adult_age``, ``sample``, ``suspects``."""
    return int(tables()["settings"][name])


def _detector(entry: Mapping[str, Any]) -> Detector:
    name = str(entry.get("name", "a detector without a name"))
    check = entry.get("check")
    if check is not None and check not in CHECKS:
        raise _bad(name, f"there is no check called {check}")
    try:
        return Detector(
            name=name,
            kind=entry["kind"],
            sensitive=entry.get("sensitive", False),
            rule=entry["rule"],
            pattern=compiled(entry["pattern"], name=name) if "pattern" in entry else None,
            lengths=frozenset(entry.get("lengths", ())),
            holds=CHECKS[check] if check else None,
            boundary=entry.get("boundary", "alphanumeric"),
            whole=entry.get("whole", False),
            exceptions=frozenset(entry.get("except", ())),
            near=tuple(entry.get("near", ())),
            thresholds=tuple(map(_threshold, entry["decide"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _bad(name, f"{type(error).__name__} {error}") from error


def _threshold(entry: Mapping[str, Any]) -> Threshold:
    values = dict(entry)
    return Threshold(
        strength=Strength(values.pop("strength")),
        decision=Decision(values.pop("decision")),
        checked_share=values.pop("yield", 0.0),
        **values,
    )


def _bad(name: str, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"The personal-data rules are wrong under {name}: {reason}.",
        next_step="Correct the rules file; no file is let through until it can be read.",
    )
