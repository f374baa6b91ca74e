"""Dates as people write them, and when it is certain which day they mean."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ckanext.imssbienestar.domain.cell_values import FieldType, read_value
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.formats.canonical.layout import limit, month_numbers

# Day 1 of a spreadsheet is 1900-01-01; it also counts a 29 February 1900 that never was.
_SERIAL_ZERO = date(1899, 12, 30)
_PARTS = re.compile(
    r"(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?"
)
_NAMED = re.compile(
    r"(\d{1,2})(?: de | del |[ /.-]+)([a-záéíóú]{3,10})\.?(?: de | del |[ /.,-]+)(\d{4})", re.I
)
_MONTH = re.compile(
    r"(?:(\d{1,2})[/-](\d{4})|(\d{4})[/.](\d{1,2})"
    r"|([a-záéíóú]{3,10})\.?(?: de | del |[ /-]+)(\d{4}))",
    re.I,
)


class Order(StrEnum):
    """Which number of ``05/06/2024`` is the day."""

    YEAR_FIRST = "year-first"
    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    EITHER = "either"


@dataclass(frozen=True)
class WrittenDate:
    """A date taken apart; ``order`` tells what it proves about its column."""

    order: Order
    first: int
    second: int
    year: int
    clock: str = ""


def read_date(text: str) -> WrittenDate | None:
    """Take a trimmed text apart; None when it is no date with four digits of year."""
    named = _NAMED.fullmatch(text)
    if named and (month := month_numbers().get(plain_words(named[2]))):
        return WrittenDate(Order.YEAR_FIRST, month, int(named[1]), int(named[3]))
    parts = _PARTS.fullmatch(text)
    if not parts:
        return None
    first, second, third, clock = parts[1], int(parts[3]), parts[4], parts[5] or ""
    if len(first) == 4 and len(third) <= 2:
        return WrittenDate(Order.YEAR_FIRST, second, int(third), int(first), clock)
    if len(third) != 4 or len(first) > 2:
        return None
    day, month = int(first), second
    order = Order.EITHER
    if day > 12 or month > 12:
        order = Order.DAY_FIRST if day > 12 else Order.MONTH_FIRST
    elif day == month:
        order = Order.YEAR_FIRST  # the same day either way
    return WrittenDate(order, day, month, int(third), clock)


def proven_order(orders: Counter[Order]) -> Order | None:
    """What the cells of one column prove together; None when nothing, or both."""
    day, month = orders[Order.DAY_FIRST], orders[Order.MONTH_FIRST]
    if bool(day) == bool(month):
        return None
    return Order.DAY_FIRST if day else Order.MONTH_FIRST


def canonical_date(written: WrittenDate, order: Order | None, kind: FieldType) -> str | None:
    """ISO 8601 text of this type; None when it is not certain or no such day exists."""
    month, day = written.first, written.second
    if written.order is not Order.YEAR_FIRST:
        if order is None:
            return None
        day, month = (month, day) if order is Order.DAY_FIRST else (day, month)
    text = f"{written.year:04d}-{month:02d}-{day:02d}"
    if kind is FieldType.DATETIME:
        clock = written.clock or "00:00:00"
        clock = clock if clock.count(":") == 2 else f"{clock}:00"
        text += f"T{clock.zfill(8) if '.' not in clock else clock}"
    elif written.clock.strip("0:."):
        return None  # a time of day that a date cannot hold
    return text if read_value(kind, text) is not None else None


def canonical_month(text: str) -> str | None:
    """``2024-01`` for ``01/2024``, ``2024/1`` or ``enero de 2024``; None when it is neither."""
    found = _MONTH.fullmatch(text)
    if not found:
        return None
    month_first, year_last, year_first, month_last, name, named_year = found.groups()
    if name:
        number = month_numbers().get(plain_words(name))
        year = named_year
    else:
        number, year = int(month_first or month_last), year_last or year_first
    return f"{year}-{number:02d}" if number and 1 <= number <= 12 else None


def serial_date(text: str) -> str | None:
    """The day a spreadsheet means by this whole number; None when it is out of range."""
    digits = text.removesuffix(".0")
    if not (digits.isascii() and digits.isdigit() and len(digits) == 5):
        return None
    number = int(digits)
    if not limit("first_serial") <= number <= limit("last_serial"):
        return None
    return (_SERIAL_ZERO + timedelta(days=number)).isoformat()
