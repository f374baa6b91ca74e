"""The survey against what Python makes of the same bytes, wherever they are cut in pieces."""

from __future__ import annotations

import importlib
import re
import shutil
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ckanext.imssbienestar.checks.survey import Kinds

if shutil.which("cc"):
    # With a compiler at hand it is there: an installation that left it out must not pass for one.
    _survey = importlib.import_module("ckanext.imssbienestar.checks._survey")
else:
    _survey = pytest.importorskip("ckanext.imssbienestar.checks._survey")

FEW, WIDEST = 3, 4
WHOLE = re.compile(r"-?[0-9]{1,18}")
DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")
NOT_SEEN = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")
# A row of cells that are quoted as a whole or not at all, with its line end.
CELL = '(?:"[^"\r\n]*"|[^",\r\n]*)'
ROW = re.compile(rf"({CELL}(?:,{CELL})*)(\r?\n)")


def found(data: bytes, cuts: list[int]) -> Any:
    """What the survey says of bytes that come in pieces, as far as it means something."""
    survey = _survey.Survey(few_values=FEW, most_columns=WIDEST, seed=7)
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        survey.feed(data[start:end])
    facts = survey.finish()
    return facts and (*facts[:2], [told(*column) for column in facts[2]])


def told(
    values: dict[str, int] | None, ascends: bool, counts: bool, kinds: int, *facts: Any
) -> tuple[Any, ...]:
    shortest, longest, digits, least_whole, greatest_whole, least, greatest, first, last = facts
    if values is not None:
        return values, ascends, counts
    numbers = kinds & (Kinds.WHOLE | Kinds.DECIMAL)
    return (
        (ascends, counts, kinds, shortest, longest, digits),
        (least_whole, greatest_whole) if kinds & Kinds.WHOLE else None,
        (least, greatest) if numbers else None,
        (first, last) if kinds & Kinds.DATE else None,
    )


def expected(data: bytes) -> Any:
    """The same, by the words of survey.py."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not text or NOT_SEEN.search(text):
        return None
    ends = set(re.findall("\r?\n", text))
    if not text.endswith("\n"):
        text += "".join(ends) if len(ends) == 1 else "\n"
    rows = ROW.findall(text)
    if len(ends) > 1 or "".join(map("".join, rows)) != text:
        return None
    cells = [[cell.strip('"') for cell in re.findall(f"(?:^|,)({CELL})", row)] for row, _ in rows]
    header, *cells = cells
    if len(header) > WIDEST or any(len(row) != len(header) or not any(row) for row in cells):
        return None
    columns = [column_of([row[place] for row in cells]) for place in range(len(header))]
    return None if None in columns else (len(cells), ends == {"\r\n"}, columns)


def column_of(cells: list[str]) -> tuple[Any, ...] | None:
    wholes = [int(cell) if WHOLE.fullmatch(cell) else None for cell in cells]
    steps = list(pairwise(wholes))
    ascends = None not in wholes and all(one < next_ for one, next_ in steps)
    counts = ascends and all(one + 1 == next_ for one, next_ in steps)
    values = {cell: cells.count(cell) for cell in cells}
    if len(values) <= FEW:
        return (
            None if any(len(cell.encode()) > 8192 for cell in values) else (values, ascends, counts)
        )
    return forms_of([cell for cell in cells if cell], ascends, counts, Kinds("" in values))


def forms_of(cells: list[str], ascends: bool, counts: bool, kinds: Kinds) -> Any:
    wholes, decimals, days, digits = [], [], [], [0]
    for cell in cells:
        number, _, places = cell.lstrip("-").partition(".")
        if WHOLE.fullmatch(cell):
            wholes.append(int(cell))
            digits.append(len(number))
        elif DECIMAL.fullmatch(cell) and len(number + places) <= 15:
            decimals.append(float(cell))
            digits.append(len(number + (places if cell[0] == "-" else "")))
        elif is_day(cell):
            days.append(int(cell.replace("-", "")))
        else:
            return None
        if cell[0] == "-" and not is_day(cell):
            kinds |= Kinds.NEGATIVE
    kinds |= Kinds.WHOLE * bool(wholes) | Kinds.DECIMAL * bool(decimals) | Kinds.DATE * bool(days)
    lengths, numbers = [len(cell) for cell in cells], [*map(float, wholes), *decimals]
    return (
        (ascends, counts, kinds, min(lengths), max(lengths), max(digits)),
        (min(wholes), max(wholes)) if wholes else None,
        (min(numbers), max(numbers)) if numbers else None,
        (min(days), max(days)) if days else None,
    )


def is_day(cell: str) -> bool:
    try:
        return bool(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", cell) and date.fromisoformat(cell))
    except ValueError:
        return False


CELLS = st.one_of(
    st.integers(0, 40).map(str),
    st.integers(-(10**18), 10**18).map(str),
    st.decimals(-(10**4), 10**12, places=3).map(str),
    st.dates().map(lambda day: day.isoformat()),
    st.sampled_from(
        ["", "a", "ñ", "2024-02-29", "2023-02-29", "0000-01-01", "-", "1.", ".5", "007"]
    ),
    st.text(max_size=9),
    st.sampled_from(['""', '"1"', '"a,b"', '"a""b"', 'a"', '"a"b', '"ñ', '" "']),
)
ENDS = st.sampled_from(["\n", "\n", "\r\n"])
TABLES = st.builds(
    lambda rows, end: end.join(map(",".join, [["a", '"b"'], *rows])).encode("utf-8", "replace"),
    st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=9),
    ENDS,
)
DAMAGE = st.binary(max_size=4) | st.sampled_from(
    [
        b"\n",
        b",",
        b"\r",
        b"\r\n",
        b'"',
        b'""',
        b"\xc3",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe0\x9f\xbf",
        b"\xf0\x9f\x98\x80",
    ]
)


@given(TABLES, DAMAGE, st.integers(0, 200), st.lists(st.integers(0, 300), max_size=4))
@example(b"", b"", 0, [])
@example(b"a\n", b"", 0, [])
@example(b"a,b\n" + b"1,x\n2,x\n3,x\n4,x\n" * 40, b"", 0, [64, 128, 130])
@example(b"a\n" + b"1.0\n-0.5\n123456789012.25\n-7\n2024-02-29\n", b"", 0, [])
@example(b'a\r\n"1,2"\r\n""\r\n', b"x", 13, [9, 10])
@example(b"a\r\n1\r", b"", 0, [])
@example(b"a\n1\r\n", b"", 0, [])
@example(b"a,b\n" + ("ñ" * 127 + ",1\n").encode(), b"", 0, [66])
def test_a_survey_says_what_is_there(
    table: bytes, damage: bytes, where: int, cuts: list[int]
) -> None:
    place = where % (len(table) + 1)
    data = table[:place] + damage + table[place:]

    assert found(data, cuts) == expected(data)


def test_a_table_too_wide_or_a_value_too_long_is_not_surveyed() -> None:
    assert found(b"a,b,c,d,e\n1,2,3,4,5\n", []) is None
    assert found(b"a\n" + b"x" * 8192, []) is not None
    assert found(b"a\n" + b"x" * 8193, []) is None


def test_a_survey_is_given_bytes_and_sensible_numbers() -> None:
    with pytest.raises(ValueError, match="few_values"):
        _survey.Survey(few_values=0, most_columns=1, seed=0)
    with pytest.raises(TypeError):
        _survey.Survey(few_values=1, most_columns=1, seed=0).feed("text")
