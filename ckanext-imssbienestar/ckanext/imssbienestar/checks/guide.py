"""What the Guía's rules look at in names and cells: ``schemas/guide_rules.yaml``, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ckanext.imssbienestar.checks.personal_headers import normal_name
from ckanext.imssbienestar.datafiles import read_yaml


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = read_yaml("guide_rules.yaml")
    return data


@dataclass(frozen=True)
class CellForms:
    """How numbers, dates and words are written in cells: RE2 patterns for a whole cell.

    :ivar least_share: share of a text column's cells from which it is taken for one of them.
    """

    number: str
    iso_date: str
    other_date: str
    word: str
    least_share: float


@cache
def cell_forms() -> CellForms:
    """The forms of the data file."""
    data = _data()
    return CellForms(
        number=data["number_form"],
        iso_date=data["iso_date_form"],
        other_date=data["other_date_form"],
        word=data["word_form"],
        least_share=float(data["kind_share"]),
    )


def is_consecutive_name(name: str) -> bool:
    """Whether a column of this name numbers the rows (R-102)."""
    return normal_name(name) in _data()["consecutive_names"]


def names_codes(name: str) -> bool:
    """Whether a column of this name holds codes, in which digits and letters may be mixed."""
    return not _words(name).isdisjoint(_data()["code_words"])


def key_digits(name: str) -> int | None:
    """How many digits the INEGI keys of a column of this name have; None for other columns."""
    plain = normal_name(name)
    return next(
        (int(kind["digits"]) for kind in _data()["geographic_keys"] if plain in kind["names"]), None
    )


def allowed_key_digits(digits: int) -> tuple[int, ...]:
    """The same key alone, and written together with those it belongs to."""
    joined = _data()["joined_keys"].get(digits)
    return (digits,) if joined is None else (digits, int(joined))


def list_limits() -> tuple[int, int]:
    """How many values a list has at most, and how long they are at most."""
    return int(_data()["list_values"]), int(_data()["list_value_length"])


def missing_unit(name: str) -> str:
    """The measure in a column's name that has no unit beside it, or an empty text."""
    words = normal_name(name).split("_")
    if not words or words[0] in _data()["count_openings"]:
        return ""
    if not _words(name).isdisjoint(_data()["unit_words"]):
        return ""
    return next((word for word in words if word in _data()["measure_words"]), "")


def is_money(word: str) -> bool:
    """Whether a measure is an amount of money."""
    return word in _data()["money_words"]


def _words(name: str) -> set[str]:
    return set(normal_name(name).split("_"))
