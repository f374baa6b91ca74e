"""A CSV file as a relation of text cells with exact row numbers.

Two readers, one result. Where the bytes prove that rows are lines and quotes fill their cells,
DuckDB reads the file itself, in parallel. Everything else (ragged or blank rows, another
separator or encoding, stray quotes) is read row by row with Python's ``csv`` and copied, rows
squared and numbered, to a temporary file that DuckDB then reads. A test holds the two equal.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import duckdb

from ckanext.imssbienestar.checks.cell_rules import literal
from ckanext.imssbienestar.checks.errors import TableEngineError
from ckanext.imssbienestar.checks.layout import limit, table_layout
from ckanext.imssbienestar.checks.reading import ByteFacts
from ckanext.imssbienestar.checks.recognise import TableShape

RELATION = "table_cells"

# Follows the last line, after a separator: two cells unless a quote was left open.
_END = "\ue000end of file\ue000"
_END_ROW = ["", _END]
# Never equal to a cell: a blank cell is a text of length 0 and not a missing cell.
_NO_NULL = "\x01never\x01"
# What DuckDB makes of Ctrl-C while it works.
_INTERRUPTED = "Query interrupted"


@dataclass(frozen=True)
class TableSource:
    """An open table: ``table_cells`` has ``r`` (row number), ``w`` (cells in the row), c1…cn.

    :ivar width: number of columns of the header.
    :ivar exact_widths: every row has as many cells as the header; ``w`` says nothing new.
    :ivar unclosed_quote: row where a quote opens that is never closed; that row is left out.
    :ivar cut_at: row longer than the limit, where reading stopped.
    """

    connection: duckdb.DuckDBPyConnection
    labels: tuple[str, ...]
    titles: tuple[tuple[str, ...], ...]
    header_row: int
    exact_widths: bool
    unclosed_quote: int | None = None
    cut_at: int | None = None

    @property
    def width(self) -> int:
        """Number of columns of the header."""
        return len(self.labels)

    @property
    def readable(self) -> bool:
        """Whether there is a relation at all: a header, and not too many columns."""
        return 0 < self.width <= limit("columns")


@dataclass
class _ReadFacts:
    unclosed_quote: int | None = None
    cut_at: int | None = None


@contextmanager
def open_table(path: Path, facts: ByteFacts, shape: TableShape) -> Iterator[TableSource]:
    """Open a CSV file as a relation; everything temporary is removed on leaving.

    :raises TableEngineError: no memory or no temporary disk left to work.
    """
    csv.field_size_limit(limit("row_bytes"))
    with tempfile.TemporaryDirectory(prefix="imss-check-") as folder:
        # A name of our own: DuckDB would read stars in the real one as a pattern.
        link = Path(folder) / "input.csv"
        link.symlink_to(path.resolve())
        connection = _connect(folder)
        try:
            yield _open(connection, link, facts, shape)
        except duckdb.Error as error:
            # Not chained: the engine's message may quote cells.
            raise TableEngineError(type(error).__name__) from None
        except RuntimeError as error:
            if _INTERRUPTED not in str(error):
                raise
            raise KeyboardInterrupt from error
        finally:
            connection.close()


def _connect(folder: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={
            "memory_limit": str(table_layout()["limits"]["memory"]),
            "temp_directory": folder,
            # The engine reads the one file it is given: no network, no extension.
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    # Its own bar goes to standard output, in the middle of the JSON somebody asked for.
    connection.execute("SET enable_progress_bar = false")
    return connection


def _open(
    connection: duckdb.DuckDBPyConnection, path: Path, facts: ByteFacts, shape: TableShape
) -> TableSource:
    read = _ReadFacts()
    labels, titles = _read_header(path, shape, read)
    exact = False
    if 0 < len(labels) <= limit("columns"):
        exact = _open_directly(connection, path, facts, shape, len(labels))
        if not exact:
            copy = path.with_name("rows.csv")
            _copy_rows(path, shape, len(labels), copy, read)
            _create_view(connection, copy, ["r", "w", *_cells(len(labels))])
    return TableSource(
        connection=connection,
        labels=labels,
        titles=titles,
        header_row=shape.header_row,
        exact_widths=exact,
        unclosed_quote=read.unclosed_quote,
        cut_at=read.cut_at,
    )


def _read_header(
    path: Path, shape: TableShape, read: _ReadFacts
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The labels, and the rows above them."""
    rows: list[tuple[str, ...]] = []
    with path.open(encoding=shape.encoding, errors="replace", newline="") as stream:
        try:
            for row in csv.reader(_lines(stream, shape.delimiter), delimiter=shape.delimiter):
                rows.append(tuple(row))
                if len(rows) == shape.header_row:
                    break
        except csv.Error:
            read.cut_at = len(rows) + 1
            return (), tuple(rows)
    return rows[-1], tuple(rows[:-1])


def _open_directly(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    facts: ByteFacts,
    shape: TableShape,
    width: int,
) -> bool:
    """Let DuckDB read the file itself, if its rows are proven to be what Python's csv reads."""
    plain = shape.delimiter == "," and shape.header_row == 1 and facts.bad_byte is None
    if not (plain and facts.plain_rows):
        return False
    _create_view(connection, path, _cells(width), as_sent=True, crlf=facts.crlf)
    try:
        # Counting rows alone would not look inside the last one.
        query = f"SELECT count(*), count(c{width}) FROM {RELATION}"
        counted = connection.execute(query).fetchone()
    except duckdb.Error:  # some row is malformed: the exact reader says which
        return False
    return bool(counted and counted[0] == facts.records - 1)


def _cells(width: int) -> list[str]:
    return [f"c{number}" for number in range(1, width + 1)]


def _create_view(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    columns: Sequence[str],
    *,
    as_sent: bool = False,
    crlf: bool = False,
) -> None:
    """Define the relation over a file as it was sent, or over our numbered copy of it.

    :param as_sent: the file has a header and no numbers; else it is our copy.
    :param crlf: its rows end in CRLF. DuckDB 2.0 reads no row when told so in strict mode, and
        guesses right when not told; of LF it must be told, or it takes the first line break it
        meets, even inside quotes, for the one that ends rows.
    """
    kinds = {"r": "BIGINT", "w": "BIGINT"}
    types = ", ".join(f"'{name}': '{kinds.get(name, 'VARCHAR')}'" for name in columns)
    longest = limit("row_bytes")
    ending = "" if crlf else r"new_line='\n', "
    reader = (
        f"read_csv({literal(str(path))}, auto_detect=false, header={str(as_sent).lower()}, "
        f"delim=',', quote='\"', escape='\"', strict_mode=true, comment='', "
        f"{ending}compression='none', hive_partitioning=false, "
        f"nullstr={literal(_NO_NULL)}, allow_quoted_nulls=false, "
        # Left alone, each buffer would be sixteen times the longest row allowed.
        f"max_line_size={longest}, buffer_size={2 * longest}, columns={{{types}}})"
    )
    numbered = "row_number() OVER () + 1 AS r, NULL::BIGINT AS w, *" if as_sent else "*"
    connection.execute(f"CREATE OR REPLACE VIEW {RELATION} AS SELECT {numbered} FROM {reader}")


def _copy_rows(path: Path, shape: TableShape, width: int, copy: Path, read: _ReadFacts) -> None:
    """Write every row under the header as ``row number, cells in it, first n cells``."""
    number = 0
    pending: list[str] = []
    with (
        path.open(encoding=shape.encoding, errors="replace", newline="") as stream,
        copy.open("w", encoding="utf-8", newline="") as target,
    ):
        writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n")
        try:
            for row in csv.reader(_lines(stream, shape.delimiter), delimiter=shape.delimiter):
                # One row behind, because only the last one may hold the end mark.
                if number > shape.header_row:
                    writer.writerow((number, len(pending), *_squared(pending, width)))
                pending = row
                number += 1
        except csv.Error:
            read.cut_at = number + 1
            return
        if pending != _END_ROW:
            read.unclosed_quote = number


def _squared(row: Sequence[str], width: int) -> Sequence[str]:
    return row[:width] if len(row) >= width else [*row, *[""] * (width - len(row))]


def _lines(stream: TextIO, delimiter: str) -> Iterator[str]:
    """The physical lines, each bounded, then the end mark."""
    longest = limit("row_bytes")
    while line := stream.readline(longest):
        if len(line) == longest:
            raise csv.Error("row longer than the limit")
        yield line
    yield delimiter + _END
