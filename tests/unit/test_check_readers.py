"""The fast reader and the exact reader are one: any text either proves plain reads the same."""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ckanext.imssbienestar.checks import reading
from ckanext.imssbienestar.checks.reading import ByteFacts, read_bytes
from ckanext.imssbienestar.checks.recognise import TableShape
from ckanext.imssbienestar.checks.table_source import open_table

PIECES = st.sampled_from(
    ["a", "b1", ",", ",", "\n", "\n", "\r\n", "\r", '"', '""', '"x,y"', '"q\nz"', " ", "ñ", "\x01"]
)


def relation(path: Path, facts: ByteFacts) -> tuple[bool, list[tuple[object, ...]]]:
    shape = TableShape(encoding="utf-8", delimiter=",", header_row=1)
    with open_table(path, facts, shape) as table:
        if not table.readable or table.unclosed_quote or table.cut_at:
            return False, []
        rows = table.connection.execute("SELECT * FROM table_cells ORDER BY r").fetchall()
        return table.exact_widths, [(r, *cells) for r, _, *cells in rows]


def first_bad_byte(content: bytes) -> int | None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def read_by_python(text: str) -> list[tuple[object, ...]]:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    width = len(rows[0])
    return [(number, *[*row, *[""] * width][:width]) for number, row in enumerate(rows, start=1)][
        1:
    ]


@given(
    st.sampled_from(["a,b\n", "a,b\r\n", '"a\n",b\r\n', '"a\r\n",b\n']),
    st.lists(PIECES, max_size=25).map("".join),
)
@example("a,b\n", '"x" ,y\na,b\n')
@example("a,b\n", '1, "x"\na,b\n')
@example("a,b\n", 'a,b\n"x"y,z\n')
@example("a,b\n", "a,b\n1,2\n\n3,4\n")
@example("a,b\n", '"\r\n"')
@example("a,b\r\n", '1,"x\ny"\r\n')
def test_both_readers_give_what_python_reads(header: str, text: str) -> None:
    text = header + text
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text(text, encoding="utf-8", newline="")
        _, rows = relation(path, read_bytes(path))
    if rows:
        assert rows == read_by_python(text)


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n", "a,b\r\n1,2\r\n", 'a,b\n"1,5","x\ny"\n', "a\n1\n2", 'a\n"x"\n""\n'],
)
def test_ordinary_files_take_the_fast_reader(text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8", newline="")
    fast, rows = relation(path, read_bytes(path))
    assert fast
    assert rows == read_by_python(text)


@given(
    st.lists(st.one_of(PIECES.map(str.encode), st.binary(max_size=4)), max_size=25).map(b"".join),
    st.integers(1, 7),
)
def test_the_byte_pass_does_not_depend_on_the_pieces(content: bytes, size: int) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "t.csv"
        path.write_bytes(content)
        whole = read_bytes(path)
        patch.setattr(reading, "CHUNK_BYTES", max(4, size))
        pieces = read_bytes(path)
    assert pieces == whole
    assert whole.sha256 == hashlib.sha256(content).hexdigest()
    assert whole.size == len(content)
    assert whole.bad_byte == first_bad_byte(content)


def test_a_row_just_under_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    text = "a,b\n1," + "x" * 7_900_000 + "\n3,4\n" + "5," + "y" * 7_900_000 + "\n"
    path.write_text(text, encoding="utf-8", newline="")
    assert relation(path, read_bytes(path)) == (True, read_by_python(text))


def test_a_name_with_stars_is_only_a_name(tmp_path: Path) -> None:
    (tmp_path / "otra.csv").write_text("x\n9\n", encoding="utf-8")
    path = tmp_path / "*.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    assert relation(path, read_bytes(path)) == (True, [(2, "1", "2")])


def test_nothing_temporary_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2,3\n", encoding="utf-8")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    relation(path, read_bytes(path))
    assert list(scratch.iterdir()) == []


def test_the_engine_writes_nothing_on_standard_output(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    shape = TableShape(encoding="utf-8", delimiter=",", header_row=1)
    with open_table(path, read_bytes(path), shape) as table:
        setting = "SELECT current_setting('enable_progress_bar')"
        assert table.connection.execute(setting).fetchone() == (False,)
