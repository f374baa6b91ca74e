"""The few rows that guesses are made by: whole ones, from the whole file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ckanext.imssbienestar.checks.some_rows import copy_some_rows


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_are_whole_and_from_beginning_to_end(tmp_path: Path, end: str) -> None:
    rows = [f"{n},{'x' * (n % 40)}{end}" for n in range(10_000)]
    source, copy = tmp_path / "t.csv", tmp_path / "some.csv"
    source.write_bytes(("n,x" + end + "".join(rows)).encode())
    copy_some_rows(source, copy, rows=10_000, wanted=800)
    found = copy.read_bytes().decode().splitlines(keepends=True)
    assert set(found) <= set(rows)
    assert 600 < len(found) < 1000
    numbers = [int(row.split(",")[0]) for row in found]
    assert numbers == sorted(numbers)
    assert numbers[0] < 10
    assert numbers[-1] == 9_999
    assert len({number // 1000 for number in numbers}) == 8


def test_rows_longer_than_a_piece_are_left_out(tmp_path: Path) -> None:
    source, copy = tmp_path / "t.csv", tmp_path / "some.csv"
    source.write_text("x\n" + "y" * 5_000 + "\n" + "1\n" * 5_000 + "z" * 5_000, encoding="utf-8")
    copy_some_rows(source, copy, rows=5_002, wanted=100)
    assert set(copy.read_text(encoding="utf-8").split()) <= {"1"}
