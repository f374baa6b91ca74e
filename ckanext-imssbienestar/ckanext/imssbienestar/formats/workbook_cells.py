"""A spreadsheet cell as the text of a public table: ISO 8601 dates, a point, no exponents."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.formats.workbook_facts import SheetFacts, column_letters, limit


def number_text(value: float) -> str:
    """The shortest decimal text of a number, without exponent: 61197.0 is ``61197``."""
    text = repr(value)
    if text.endswith(".0"):
        return text[:-2] if text != "-0.0" else "0"
    return format(Decimal(text), "f") if "e" in text else text


def _moment_text(value: datetime) -> str:
    return value.isoformat()


def _duration_text(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


_TEXTS: dict[type, Callable[[Any], str]] = {
    float: number_text,
    int: str,
    bool: lambda value: "true" if value else "false",
    datetime: _moment_text,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: _duration_text,
}


def write_sheet(
    rows: Iterable[Sequence[Any]], target: Path, *, first_column: int, facts: SheetFacts
) -> None:
    """Write a sheet's values as CSV in which row and column are those of the sheet.

    :param first_column: how many columns are left of the first value in ``rows``.
    :param facts: gets the size of the sheet, and the numbers it could not hold.
    """
    margin = [""] * first_column
    notes = _Notes(facts, first_column)
    texts = _TEXTS | {float: notes.number_text, str: notes.plain_text}
    number = 0
    with target.open("w", encoding="utf-8", newline="") as stream:
        write = csv.writer(stream, lineterminator="\n").writerow
        for number, row in enumerate(rows, start=1):
            cells = [texts[type(value)](value) for value in row]
            if notes.pending:
                notes.place(number, row)
            write(margin + cells if margin else cells)
    facts.rows = number


class _Notes:
    """What is noticed while cells are written, and where it was.

    :ivar pending: something was noticed in the row being written.
    """

    def __init__(self, facts: SheetFacts, first_column: int) -> None:
        self.facts = facts
        self.first_column = first_column
        self.pending = False
        self.longest = limit("exact_digits") + len(".0")

    def number_text(self, value: float) -> str:
        """As the function of that name, which also notices numbers that lost digits."""
        text = repr(value)
        if text[-2:] == ".0":
            self.pending = self.pending or len(text) > self.longest
            return text[:-2] if text != "-0.0" else "0"
        if "e" not in text:
            return text
        self.pending = True
        return number_text(value)

    def plain_text(self, value: str) -> str:
        """The text with its line breaks as LF: csv would write a lone CR without quotes."""
        if "\r" in value:
            self.pending = True
            return value.replace("\r\n", "\n").replace("\r", "\n")
        return value

    def place(self, number: int, row: Sequence[Any]) -> None:
        """Note the cells of this row."""
        self.pending = False
        largest = 10.0 ** limit("exact_digits")
        for index, value in enumerate(row, start=self.first_column + 1):
            if isinstance(value, float) and abs(value) >= largest:
                self.facts.long_numbers.add(f"{column_letters(index)}{number}")
            elif isinstance(value, str) and "\r" in value:
                self.facts.odd_breaks.add(f"{column_letters(index)}{number}")
