"""The fast readers and the exact reader are one: any text reads the same by all of them."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import itertools
import random
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ckanext.imssbienestar.checks import reading, table_source
from ckanext.imssbienestar.checks.cell_rules import is_valid
from ckanext.imssbienestar.checks.reading import ByteFacts, FileReading, read_bytes
from ckanext.imssbienestar.checks.recognise import TableShape
from ckanext.imssbienestar.checks.table_source import open_table
from ckanext.imssbienestar.domain.cell_values import FieldType, read_value
from ckanext.imssbienestar.errors import InputFileError

PIECES = st.sampled_from(
    ["a", "b1", ",", ",", "\n", "\n", "\r\n", "\r", '"', '""', '"x,y"', '"q\nz"', " ", "ñ", "\x01"]
)
SHAPE = TableShape(encoding="utf-8", delimiter=",", header_row=1)

Row = tuple[int, int, list[str | None]]
"""Row number, cells beyond the header, cells of the header."""


def relation(path: Path, facts: ByteFacts) -> tuple[bool, list[Row]] | None:
    """Whether the exact reader was needed, and the rows; None when some are left out."""
    with open_table(path, facts, SHAPE) as table:
        if not table.readable or table.unclosed_quote or table.cut_at:
            return None
        cells = ", ".join(f"c{number}" for number in range(1, table.width + 1))
        found = table.fetch(f"SELECT r, coalesce(extra, 0), {cells} FROM table_cells")  # noqa: S608
        empty = [(row, 0, [None] * table.width) for row in table.blank_rows]
        rows = [(row, extra, list(values)) for row, extra, *values in found]
        assert [row for row, *_ in rows] == sorted(row for row, *_ in rows)
        return table.is_copied, sorted([*rows, *empty], key=lambda row: row[0])


def read_by_python(text: str) -> list[Row]:
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    width = len(header)
    return [
        (number, max(0, len(row) - width), [*row, *[None] * width][:width])
        for number, row in enumerate(rows, start=2)
    ]


def first_bad_byte(content: bytes) -> int | None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


@given(
    st.sampled_from(["a,b\n", "a,b\r\n", '"a\n",b\r\n', '"a\r\n",b\n', "a\n"]),
    st.lists(PIECES, max_size=25).map("".join),
)
@example("a,b\n", '"x" ,y\na,b\n')
@example("a,b\n", '1, "x"\na,b\n')
@example("a,b\n", 'a,b\n"x"y,z\n')
@example("a,b\n", "a,b\n\n\n1\n\n3,4,5\n\n")
@example("a,b\r\n", "\r\na,b\r\n\r\n\r\n1\r\n3,4,5\r\n\r\n")
@example("a\n", "\n\n1\n\n")
@example("a,b\n", '"\r\n"')
@example("a,b\r\n", '1,"x\ny"\r\n')
@example("a,b\n", '"x\n\ny"\n\n\n1,2,3\n')
@example("a,b\n", "1" + ",2" * 30 + "\n")
@example("a,b\n", '"\r"')
@example("a,b\n", '\n\x01"q\nz"')
@example("a,b\n", '"\r"x,y')
@example("a,b\n", 'q"\r"x,"y\rz",1\n')
def test_all_readers_give_what_python_reads(header: str, text: str) -> None:
    text = header + text
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text(text, encoding="utf-8", newline="")
        facts = read_bytes(path)
        fast = relation(path, facts)
        exact = relation(path, dataclasses.replace(facts, plain_rows=False))
    assert (exact is None) == (fast is None)
    if fast is not None and exact is not None:
        assert exact == (True, read_by_python(text))
        assert fast[1] == exact[1]


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "a,b\r\n1,2\r\n",
        'a,b\n"1,5","x\ny"\n',
        "a\n1\n2",
        'a\n"x"\n""\n',
        "a,b\n1,2\n3\n\n\n4,5,6,7\n",
        'a,b\r\n1\r\n"x\ny"\r\n\r\n3,4,5\r\n',
    ],
)
def test_ordinary_files_take_the_fast_reader(text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8", newline="")
    assert relation(path, read_bytes(path)) == (False, read_by_python(text))


@pytest.mark.parametrize("seed", range(4))
def test_rows_between_two_buffers_are_not_lost(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Hundreds of buffers: where DuckDB loses a row between two, its number of rows tells.
    chance = random.Random(seed)
    longest = chance.choice([300, 500])
    monkeypatch.setattr(table_source, "limit", lambda name: longest)
    pieces = ["a", "1", ",", '"', '","', " ", "ñ", "", "zzzzzzzz", *["\n"] * (seed % 2)]
    rows = [["a", "b", "c"]] + [
        ["".join(chance.choices(pieces, k=chance.randint(0, 6))) for _ in range(width)]
        for width in chance.choices([3, 3, 3, 3, 1, 2, 4, 5], k=1500)
    ]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n" if seed > 1 else "\n").writerows(rows)
    path = tmp_path / "t.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    assert relation(path, read_bytes(path)) == (False, read_by_python(text.getvalue()))


@given(
    st.lists(st.one_of(PIECES.map(str.encode), st.binary(max_size=4)), max_size=25).map(b"".join),
    st.integers(1, 7),
)
@example(b"a\r\n\r\n\r\nb", 4)
def test_the_byte_pass_does_not_depend_on_the_pieces(content: bytes, size: int) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "t.csv"
        path.write_bytes(content)
        whole = read_bytes(path)
        patch.setattr(reading, "CHUNK_BYTES", max(4, size))
        pieces = FileReading(path).facts()
    assert pieces == whole
    assert whole.sha256 == hashlib.sha256(content).hexdigest()
    assert whole.size == len(content)
    assert whole.bad_byte == first_bad_byte(content)


def test_a_reading_that_fails_says_so_when_it_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.mkdir()
    with pytest.raises(InputFileError):
        FileReading(path).facts()


def test_what_a_cast_proves_is_what_the_patterns_say() -> None:
    """Every text of up to four letters that matter, and longer ones that are nearly good."""
    letters = "0159_.eE+-xin \t:/,b"
    texts = ["".join(chosen) for n in range(5) for chosen in itertools.product(letters, repeat=n)]
    texts += ["nan", "inf", "-inf", "infinity", "1e400", "-1e400", "0x1F", "9" * 40, "1" + "_1" * 9]
    texts += [
        f"{sign}{2**power + more}" for sign in "+-" for power in (63, 127) for more in (-1, 0)
    ]
    texts += ["2024-02-29", "2023-02-29", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01"]
    texts += [
        "2024-1-1",
        " 2024-1-1 ",
        "2024/01/01",
        "20240101",
        "+024-01-01",
        "2024-01-01 ",
        "٢٠٢٤",
    ]
    texts += [
        "epoch",
        "infinity",
        "2024-01-01 (BC)",
        "2024-13-01",
        "2024-01-00",
        "today",
        "2024-01-1",
    ]
    kinds = [FieldType.INTEGER, FieldType.NUMBER, FieldType.YEAR, FieldType.DATE]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT unnest(?::VARCHAR[]) AS c", [texts])
        judged = ", ".join(is_valid("c", kind) for kind in kinds)
        rows = connection.execute(f"SELECT c, {judged} FROM t WHERE c <> ''").fetchall()  # noqa: S608
    wrong = [
        (text, kind, verdict)
        for text, *verdicts in rows
        for kind, verdict in zip(kinds, verdicts, strict=True)
        if verdict != (read_value(kind, text) is not None)
    ]
    assert wrong == []


def test_a_row_just_under_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    text = "a,b\n1," + "x" * 7_900_000 + "\n3,4\n" + "5," + "y" * 7_900_000 + "\n"
    path.write_text(text, encoding="utf-8", newline="")
    # By the exact reader: the byte pass does not know that the row ends before the limit.
    assert relation(path, read_bytes(path)) == (True, read_by_python(text))
    text = "a,b\n1," + "x" * 5_900_000 + "\n3,4\n"
    path.write_text(text, encoding="utf-8", newline="")
    assert relation(path, read_bytes(path)) == (False, read_by_python(text))


def test_a_name_with_stars_is_only_a_name(tmp_path: Path) -> None:
    (tmp_path / "otra.csv").write_text("x\n9\n", encoding="utf-8")
    path = tmp_path / "*.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    assert relation(path, read_bytes(path)) == (False, [(2, 0, ["1", "2"])])


def test_nothing_temporary_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,"2" \n', encoding="utf-8")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    relation(path, read_bytes(path))
    assert list(scratch.iterdir()) == []


def test_the_engine_writes_nothing_on_standard_output(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with open_table(path, read_bytes(path), SHAPE) as table:
        setting = "SELECT current_setting('enable_progress_bar')"
        assert table.fetch(setting) == [(False,)]
