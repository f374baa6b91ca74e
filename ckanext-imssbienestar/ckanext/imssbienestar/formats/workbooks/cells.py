"""A spreadsheet cell as the text of a public table: ISO 8601 dates, a point, no exponents."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.formats.workbooks.facts import SheetFacts, column_letters, limit


def number_text(value: float) -> str:
    """The shortest decimal text of a number, without exponent: 61197.0 is ``61197``."""
    text = repr(value)
    if text.endswith(".0"):
        return text[:-2] if text != "-0.0" else "0"
    return format(Decimal(text), "f") if "e" in text else text


def _duration_text(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


# A text with one of these needs quotes.
_QUOTED = (",", '"', "\n", "\r")
# Rows that are looked at together.
_BLOCK = 2048

_TEXTS: dict[type, Callable[[Any], str]] = {
    float: number_text,
    int: str,
    bool: lambda value: "true" if value else "false",
    str: str,
    datetime: datetime.isoformat,
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
    source = iter(rows)
    facts.rows = 0
    with target.open("w", encoding="utf-8", newline="") as stream:
        # Everything in quotes: csv leaves a lone CR without them.
        writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
        while block := list(islice(source, _BLOCK)):
            columns: list[Sequence[str]] = [[""] * len(block)] * first_column
            quoted = first_column + len(block[0]) < 2  # csv quotes a row of one empty cell
            for index, cells in enumerate(zip(*block, strict=True), start=first_column + 1):
                kinds = set(map(type, cells))
                text = "".join(_of_type(str, cells, kinds))
                _note_long_numbers(cells, kinds, index, facts)
                columns.append(_texts(cells, kinds))
                quoted = quoted or any(mark in text for mark in _QUOTED)
            if quoted:
                writer.writerows(zip(*columns, strict=True))
            else:  # twice as quick, and the same text
                stream.write("\n".join(map(",".join, zip(*columns, strict=True))) + "\n")
            facts.rows += len(block)


def _texts(cells: Sequence[Any], kinds: set[type]) -> Sequence[str]:
    """The cells of a column as texts; most columns hold one type, and go quicker."""
    if kinds == {str}:
        return cells
    if kinds == {float}:
        texts = list(map(repr, cells))
        if "e" not in "".join(texts) and "-0.0" not in texts:
            return [text[:-2] if text[-2:] == ".0" else text for text in texts]
    if len(kinds) == 1:
        return list(map(_TEXTS[kinds.pop()], cells))
    return [_TEXTS[type(cell)](cell) for cell in cells]


def _note_long_numbers(
    cells: Sequence[Any], kinds: set[type], column: int, facts: SheetFacts
) -> None:
    """Note the numbers that lost digits."""
    largest = 10.0 ** limit("exact_digits")
    numbers = _of_type(float, cells, kinds)
    if not numbers or (max(numbers) < largest and min(numbers) > -largest):
        return
    for row, cell in enumerate(cells, start=facts.rows + 1):
        if type(cell) is float and abs(cell) >= largest:
            facts.long_numbers.add(f"{column_letters(column)}{row}")


def _of_type(kind: type, cells: Sequence[Any], kinds: set[type]) -> Sequence[Any]:
    if kind not in kinds:
        return ()
    return cells if len(kinds) == 1 else [cell for cell in cells if type(cell) is kind]
