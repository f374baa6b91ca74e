"""Proof, from the facts of a survey, that the cells of a column break no rule of the dictionary.

Every function answers «surely» or «perhaps not», and never what is wrong: the table engine says
that. So each may be stricter than the engine, and none may be laxer. What the engine asks in SQL is
in :mod:`ckanext.imssbienestar.checks.cell_rules`; here it is asked of the different values of a
column, or of what its forms say of all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from operator import ge, gt, le, lt
from typing import Any

from ckanext.imssbienestar.checks.cell_rules import Column
from ckanext.imssbienestar.checks.dictionary_lint import is_plain_pattern
from ckanext.imssbienestar.checks.survey import Kinds, SurveyedColumn
from ckanext.imssbienestar.domain.cell_values import FieldType, read_value
from ckanext.imssbienestar.domain.dictionary import (
    DictionaryField,
    FieldConstraints,
    constraint_text,
)

_BOUNDS: tuple[tuple[str, Callable[[Any, Any], bool]], ...] = (
    ("minimum", ge),
    ("maximum", le),
    ("exclusive_minimum", gt),
    ("exclusive_maximum", lt),
)
# Types whose texts sort as what they stand for, and those compared as numbers.
_TEXT_ORDER = (FieldType.DATE, FieldType.YEAR, FieldType.YEARMONTH, FieldType.TIME)
_NUMBERS: dict[FieldType, Callable[[str], float]] = {
    FieldType.INTEGER: int,
    FieldType.NUMBER: float,
}
# Longer numbers are compared by the engine alone: it has types for them.
_LONGEST_NUMBER = 18
# What a column of many values may hold, by its type.
_KINDS = {
    FieldType.STRING: Kinds.WHOLE | Kinds.NEGATIVE | Kinds.DECIMAL | Kinds.DATE,
    FieldType.INTEGER: Kinds.WHOLE | Kinds.NEGATIVE,
    FieldType.NUMBER: Kinds.WHOLE | Kinds.NEGATIVE | Kinds.DECIMAL,
    FieldType.DATE: Kinds.DATE,
    FieldType.YEAR: Kinds.WHOLE,
}
# A pattern of digits alone does not tell one digit from another.
_DIGITS = re.compile(r"(?:(?:\[0-9\]|\\d)(?:[?*+]|\{[0-9]{1,3}(?:,[0-9]{1,3})?\})?)+")


def obeys(column: Column, surveyed: SurveyedColumn) -> bool:
    """Whether every cell surely fulfils what the dictionary asks of its column."""
    entry = column.field
    if entry is None:
        return True
    if surveyed.values is None:
        return _forms_obey(entry, surveyed)
    filled = [value for value in surveyed.values if value]
    if entry.constraints.required and len(filled) < len(surveyed.values):
        return False
    return _values_obey(entry, filled)


def differs(column: Column, surveyed: SurveyedColumn) -> bool:
    """Whether every cell surely holds something, and no two the same value."""
    kind = column.field.type if column.field else FieldType.STRING
    if kind in (FieldType.NUMBER, FieldType.BOOLEAN, FieldType.DATETIME):
        return False  # one value may be written in several ways
    if surveyed.ascends:
        return True
    if surveyed.values is None or "" in surveyed.values or max(surveyed.values.values()) > 1:
        return False
    if kind is FieldType.INTEGER:
        return len(set(map(int, surveyed.values))) == len(surveyed.values)
    return True


def _values_obey(entry: DictionaryField, values: Iterable[str]) -> bool:
    values = list(values)
    kind, constraints = entry.type, entry.constraints
    if any(read_value(kind, value) is None for value in values):
        return False
    if constraints.enum and not set(map(constraint_text, constraints.enum)).issuperset(values):
        return False
    lengths = [len(value) for value in values] or [0]
    if values and not _lengths_obey(constraints, min(lengths), max(lengths)):
        return False
    if constraints.pattern is not None and not _match(constraints.pattern, values):
        return False
    if not _has_bounds(constraints):
        return True
    if kind in _TEXT_ORDER:
        return _is_within(constraints, values, constraint_text)
    read = _NUMBERS.get(kind)
    if read is None or max(lengths) > _LONGEST_NUMBER:
        return False
    return _is_within(constraints, map(read, values), lambda bound: read(constraint_text(bound)))


def _match(pattern: str, values: Iterable[str]) -> bool:
    # Of a plain pattern, Python and the engine make the same.
    return is_plain_pattern(pattern) and all(map(re.compile(pattern, re.ASCII).fullmatch, values))


def _forms_obey(entry: DictionaryField, surveyed: SurveyedColumn) -> bool:
    kind, constraints = entry.type, entry.constraints
    allowed = _KINDS.get(kind)
    if allowed is None or surveyed.kinds & ~(allowed | Kinds.EMPTY) or constraints.enum:
        return False
    if constraints.required and surveyed.kinds & Kinds.EMPTY:
        return False
    if kind is FieldType.YEAR and (surveyed.shortest, surveyed.longest) != (4, 4):
        return False
    if not _lengths_obey(constraints, surveyed.shortest, surveyed.longest):
        return False
    if constraints.pattern is not None and not _digits_match(constraints.pattern, surveyed):
        return False
    return not _has_bounds(constraints) or _forms_within(kind, constraints, surveyed)


def _digits_match(pattern: str, surveyed: SurveyedColumn) -> bool:
    if surveyed.kinds & ~(Kinds.WHOLE | Kinds.EMPTY) or not _DIGITS.fullmatch(pattern):
        return False
    lengths = range(surveyed.shortest, surveyed.longest + 1)
    return _match(pattern, ["0" * length for length in lengths])


def _forms_within(kind: FieldType, constraints: FieldConstraints, surveyed: SurveyedColumn) -> bool:
    if kind is FieldType.INTEGER:
        whole = (surveyed.least_whole, surveyed.greatest_whole)
        return _is_within(constraints, whole, lambda bound: int(constraint_text(bound)))
    if kind is FieldType.NUMBER:
        numbers = (surveyed.least, surveyed.greatest)
        return _is_within(constraints, numbers, lambda bound: float(constraint_text(bound)))
    if kind is FieldType.YEAR:
        years = (f"{surveyed.least_whole:04}", f"{surveyed.greatest_whole:04}")
        return _is_within(constraints, years, constraint_text)
    days = (_day(surveyed.first_day), _day(surveyed.last_day))
    return kind is FieldType.DATE and _is_within(constraints, days, constraint_text)


def _day(number: int) -> str:
    digits = f"{number:08}"
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"


def _lengths_obey(constraints: FieldConstraints, shortest: int, longest: int) -> bool:
    least, most = constraints.min_length, constraints.max_length
    return (least is None or shortest >= least) and (most is None or longest <= most)


def _has_bounds(constraints: FieldConstraints) -> bool:
    return any(getattr(constraints, name) is not None for name, _ in _BOUNDS)


def _is_within(
    constraints: FieldConstraints, values: Iterable[Any], read: Callable[[Any], Any]
) -> bool:
    values = list(values)
    return all(
        obeyed(value, read(bound))
        for name, obeyed in _BOUNDS
        if (bound := getattr(constraints, name)) is not None
        for value in values
    )
