"""What a cell's text means for each column type: the reference the fast engine is held to.

Only forms that every reader of public data understands are accepted: ISO 8601 dates, a point as
decimal mark, ASCII digits. Where this is stricter than Table Schema the difference is listed in
:mod:`ckanext.imssbienestar.checks.differences`.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

CellValue: TypeAlias = str | int | Decimal | bool | date | time | datetime


class FieldType(StrEnum):
    """The Table Schema types a column of a public table may have."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    YEAR = "year"
    YEARMONTH = "yearmonth"


TRUE_TEXTS = ("true", "True", "TRUE", "1")
FALSE_TEXTS = ("false", "False", "FALSE", "0")

# Written in the subset that Python's re and DuckDB's RE2 read alike; the engine uses these too.
_ZONE = r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
SPACE = r"[ \t\n\r\f\v]*"
PATTERNS: dict[FieldType, str] = {
    FieldType.INTEGER: rf"{SPACE}[+-]?[0-9]+{SPACE}",
    FieldType.NUMBER: rf"{SPACE}[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?{SPACE}",
    FieldType.DATE: _DAY,
    FieldType.TIME: rf"{_CLOCK}{_ZONE}",
    FieldType.DATETIME: rf"{_DAY}[T ]{_CLOCK}{_ZONE}",
    FieldType.YEAR: r"[0-9]{4}",
    FieldType.YEARMONTH: r"[0-9]{4}-(0[1-9]|1[0-2])",
}
_COMPILED = {kind: re.compile(pattern, re.ASCII) for kind, pattern in PATTERNS.items()}


def read_value(kind: FieldType, text: str) -> CellValue | None:
    """The value ``text`` stands for in a column of this type, or None when it is not one."""
    if kind is FieldType.STRING:
        return text
    if kind is FieldType.BOOLEAN:
        return True if text in TRUE_TEXTS else False if text in FALSE_TEXTS else None
    if not _COMPILED[kind].fullmatch(text):
        return None
    try:
        return _convert(kind, text.strip())
    except ValueError:  # the form is right and the day does not exist: 2018-02-30
        return None


def _convert(kind: FieldType, text: str) -> CellValue:
    match kind:
        case FieldType.INTEGER | FieldType.YEAR:
            return int(text)
        case FieldType.NUMBER:
            return Decimal(text)
        case FieldType.DATE:
            return date.fromisoformat(text)
        case FieldType.TIME:
            return time.fromisoformat(text)
        case FieldType.DATETIME:
            return datetime.fromisoformat(text)
        case _:
            return text
