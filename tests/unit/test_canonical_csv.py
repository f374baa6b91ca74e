"""Canonical CSV: what is written is what anybody reads, and quotes stand only where needed."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.canonical_csv import CanonicalWriter

CELLS = st.text(st.sampled_from('a",\r\n ñ\x01'), max_size=4)


def written(rows: list[list[str]]) -> str:
    stream = io.StringIO(newline="")
    CanonicalWriter(stream).writerows(rows)
    return stream.getvalue()


@given(st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=4))
def test_what_is_written_is_what_is_read(rows: list[list[str]]) -> None:
    assert list(csv.reader(io.StringIO(written(rows), newline=""))) == rows


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (["a", "1,5", ""], 'a,"1,5",\n'),
        (["a\rb", "c", ""], '"a\rb",c,\n'),
        (["a\r\nb", 'x"y'], '"a\r\nb","x""y"\n'),
        ([""], '""\n'),
        (["\r"], '"\r"\n'),
    ],
)
def test_quotes_stand_only_where_needed(row: list[str], line: str) -> None:
    assert written([row]) == line
