"""A CSV file as a relation of text cells with exact row numbers.

Two readers, one result. Where the bytes prove that rows are lines and quotes fill their cells,
DuckDB reads the file itself, in parallel, short, long and empty rows included. Everything else
(another separator or encoding, stray quotes) is read row by row with Python's ``csv`` and copied
to a temporary file that DuckDB then reads. A test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from ckanext.imssbienestar.checks.cell_rules import literal
from ckanext.imssbienestar.checks.errors import TableEngineError
from ckanext.imssbienestar.checks.layout import limit, table_layout
from ckanext.imssbienestar.checks.reading import CHUNK_BYTES, ByteFacts, find_blank_rows
from ckanext.imssbienestar.checks.recognise import TableShape
from ckanext.imssbienestar.checks.row_copy import BLANK_ROW, CopiedRows, copy_rows, read_header
from ckanext.imssbienestar.checks.some_rows import copy_some_rows
from ckanext.imssbienestar.private_files import private_folder

RELATION = "table_cells"

# Rows, and cells at most, that tell what a table is probably like.
_SOME_ROWS, _SOME_CELLS = 4096, 400_000
# Columns for the cells beyond the header; a row with more of them goes to the exact reader.
_SPARE = tuple(f"x{number}" for number in range(1, 9))
# With more of them, numbering rows around them would cost more than it saves.
_MOST_BLANK_ROWS = 1000
# Aggregates that take as much memory as one that gives values and not a number.
_HISTOGRAM_COST = 10
_LINES_AT_ONCE = 1000
# What DuckDB makes of Ctrl-C while it works.
_INTERRUPTED = "Query interrupted"


class TableSource:
    """An open table.

    Its relation ``table_cells`` has c1…cn (NULL where the row ended before that cell), ``extra``
    (how many cells the row has beyond the header, or NULL) and ``r`` (row number, the first row
    of the file being 1). Empty rows of a file that DuckDB reads itself are not in it:
    ``blank_rows`` has their numbers.

    :ivar labels: the header.
    :ivar titles: the rows above it.
    :ivar unclosed_quote: row where a quote opens that is never closed; that row is left out.
    :ivar cut_at: row longer than the limit, where reading stopped.
    :ivar is_copied: the exact reader had to read the rows.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, path: Path, facts: ByteFacts, shape: TableShape
    ) -> None:
        self.connection = connection
        self._path = path
        self._facts = facts
        self._shape = shape
        header = read_header(path, shape)
        self.labels = header.labels
        self.titles = header.titles
        self.header_row = shape.header_row
        self.unclosed_quote: int | None = None
        self.cut_at = header.cut_at
        self.blank_rows: tuple[int, ...] = ()
        self.is_copied = False
        self._settled = False
        self._known: dict[str, Any] = {}
        self._ways = self._possible_ways()
        # Rows the relation must have, as it is read now.
        self._expected = next(self._ways, 0)

    @property
    def width(self) -> int:
        """Number of columns of the header."""
        return len(self.labels)

    @property
    def rows_at_most(self) -> int:
        """A number that its rows surely do not exceed, known before they are read."""
        facts = self._facts
        return facts.records if facts.plain_rows else facts.size

    @property
    def rows_expected(self) -> int:
        """Rows it has, as far as is known before they are read."""
        return self._expected

    @property
    def readable(self) -> bool:
        """Whether there is a relation at all: a header, and not too many columns."""
        return 0 < self.width <= limit("columns")

    @cached_property
    def some_rows(self) -> str:
        """SQL of a few of its rows, c1…cn, from all over the file where that can be.

        They are for guesses alone: the rows may be read otherwise later.

        :raises duckdb.Error: no reader gives them.
        """
        wanted = min(_SOME_ROWS, max(2, _SOME_CELLS // self.width))
        columns = ", ".join(_cells(self.width))
        source = f"(FROM {RELATION} LIMIT {wanted})"
        if self._rows_are_lines and self._expected > 2 * wanted:
            some = self._path.with_name("some.csv")
            copy_some_rows(self._path, some, rows=self._expected, wanted=wanted)
            source = self._reader(some, _SPARE, crlf=self._facts.crlf)
        self.fetch(f"CREATE OR REPLACE TEMP TABLE some_cells AS SELECT {columns} FROM {source}")
        return "some_cells"

    def fetch(self, query: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query's result.

        Before the first survey, of a query that reads only the first rows: what it gives is what
        they hold, unless rows were lost between two buffers.
        """
        while True:
            try:
                return list(self.connection.execute(query, parameters).fetchall())
            except duckdb.Error as error:
                if self._settled or not _is_misreading(error) or not self._read_otherwise():
                    raise

    def survey(self, aggregates: Sequence[str], source: str = RELATION) -> list[Any]:
        """Aggregates over the whole relation: in one pass, or in a few for a very wide table.

        The first survey of a table also proves that its rows are read as they were sent; if they
        are not, a slower reader takes over.

        :param source: SQL of rows made of all the relation's rows, with more columns.
        """
        found: list[Any] = []
        for some in _passes(aggregates):
            found += self._pass(some, source)
        return found

    def _pass(self, aggregates: Sequence[str], source: str) -> list[Any]:
        asked = ", ".join(["count(*)", f"count(c{self.width})", "count(extra)", *aggregates])
        while True:
            row = self.fetch(f"SELECT {asked} FROM {source}")[0]
            if self._settled:
                return list(row[3:])
            if row[0] == self._expected:
                self._settled = True
                self.remember({"count(*)": row[0], "count(extra)": row[2]})
                return list(row[3:])
            if not self._read_otherwise():
                raise TableEngineError("LostRows")

    def lines_like(self, pattern: str) -> Iterator[str]:
        """The lines of the file in which this pattern is found, whatever its rows, a few at a time.

        :raises duckdb.Error: the engine cannot tell the lines of the file, or some of them; those
            given before may then not be all.
        """
        longest = limit("row_bytes")
        # Between its cells would be a mark that no text has: a line is one cell.
        reader = (
            f"read_csv({literal(str(self._path))}, auto_detect=false, header=false, "
            r"delim=E'\x01', quote='', escape='', comment='', strict_mode=true, "
            "compression='none', hive_partitioning=false, columns={'line': 'VARCHAR'}, "
            f"max_line_size={longest}, buffer_size={2 * longest})"
        )
        found = self.connection.execute(
            f"SELECT line FROM {reader} WHERE regexp_matches(line, {literal(pattern)})"
        )
        while lines := found.fetchmany(_LINES_AT_ONCE):
            yield from (line for (line,) in lines)

    def remember(self, values: dict[str, Any]) -> None:
        """Keep what is known of the relation: :meth:`measure` will not ask again."""
        self._known |= values

    def measure(self, aggregates: Sequence[str], source: str = RELATION) -> list[Any]:
        """Aggregates like a survey's, each computed once however often it is asked for."""
        new = [sql for sql in dict.fromkeys(aggregates) if sql not in self._known]
        if new:
            self.remember(dict(zip(new, self.survey(new, source), strict=True)))
        return [self._known[sql] for sql in aggregates]

    @property
    def _is_sent_plain(self) -> bool:
        """Whether DuckDB may read the file itself."""
        facts, shape = self._facts, self._shape
        sent_plain = shape.delimiter == "," and shape.header_row == 1 and facts.bad_byte is None
        # DuckDB takes gigabytes, or dies, where a row does not end; the exact reader says which.
        endless = facts.unbroken > max(0, limit("row_bytes") - 2 * CHUNK_BYTES)
        return sent_plain and facts.plain_rows and not endless

    @property
    def _rows_are_lines(self) -> bool:
        return self._is_sent_plain and not self._facts.breaks_in_cells

    def _read_otherwise(self) -> bool:
        """Go on to a slower reader; False when there is none."""
        expected = next(self._ways, None)
        self._expected = expected or 0
        return expected is not None

    def _possible_ways(self) -> Iterator[int]:
        """Define the relation, the fastest way first; each time, how many rows it must have."""
        if not self.readable:
            return
        facts, shape = self._facts, self._shape
        if self._is_sent_plain:
            rows = facts.records - shape.header_row
            # DuckDB 2.0 cannot tell the rows of such a file apart in parallel.
            parallel = not facts.breaks_in_cells
            self._define_as_sent(parallel=parallel)
            yield rows
            # It passes over empty rows; where they are it does not say.
            blank_rows = find_blank_rows(self._path, _MOST_BLANK_ROWS)
            if blank_rows is not None:
                self.blank_rows = blank_rows
                if blank_rows:
                    self._define_as_sent(parallel=parallel)
                    yield rows - len(blank_rows)
                if parallel:
                    # It may lose a row between two buffers: the number of rows tells.
                    self._define_as_sent(parallel=False)
                    yield rows - len(blank_rows)
        yield self._copy().rows

    def _define_as_sent(self, *, parallel: bool) -> None:
        more = " + ".join(f"({cell} IS NOT NULL)::BIGINT" for cell in _SPARE[1:])
        self._define(
            self._reader(self._path, _SPARE, header=True, crlf=self._facts.crlf, parallel=parallel),
            [*_cells(self.width), f"CASE WHEN x1 IS NOT NULL THEN 1 + {more} END AS extra"],
        )

    def _copy(self) -> CopiedRows:
        self.is_copied = True
        self.blank_rows = ()
        copy = self._path.with_name("rows.csv")
        copied = copy_rows(self._path, self._shape, self.width, copy)
        self.unclosed_quote, self.cut_at = copied.unclosed_quote, copied.cut_at
        first, *others = _cells(self.width)
        blank = f"nullif({first}, chr({ord(BLANK_ROW)})) AS {first}"
        extra = "TRY_CAST(x1 AS BIGINT) AS extra"
        self._define(self._reader(copy, ["x1"]), [blank, *others, extra])
        return copied

    def _reader(
        self,
        path: Path,
        spare: Sequence[str],
        *,
        header: bool = False,
        crlf: bool = False,
        parallel: bool = False,
    ) -> str:
        """SQL of the rows of a file of plain CSV: c1…cn and the spare cells.

        :param crlf: its rows end in CRLF. DuckDB 2.0 reads no row when told so in strict mode,
            and guesses right when not told; of LF it must be told, or it takes the first line
            break it meets, even inside quotes, for the one that ends rows.
        """
        types = ", ".join(f"'{name}': 'VARCHAR'" for name in [*_cells(self.width), *spare])
        longest = limit("row_bytes")
        ending = "" if crlf else r"new_line='\n', "
        return (
            f"read_csv({literal(str(path))}, auto_detect=false, header={_sql(header)}, "
            f"delim=',', quote='\"', escape='\"', strict_mode=true, comment='', "
            f"{ending}compression='none', hive_partitioning=false, null_padding=true, "
            # No cell without quotes has a line break: NULL only where there is no cell at all.
            f"nullstr=E'\\n', allow_quoted_nulls=false, parallel={_sql(parallel)}, "
            # Left alone, each buffer would be sixteen times the longest row allowed.
            f"max_line_size={longest}, buffer_size={2 * longest}, columns={{{types}}})"
        )

    def _define(self, reader: str, selected: Sequence[str]) -> None:
        """Define the relation over a reader's rows."""
        numbered = f"{self._row_number()} AS r, {', '.join(selected)}"
        self.connection.execute(
            f"CREATE OR REPLACE VIEW {RELATION} AS SELECT {numbered} "
            f"FROM (SELECT row_number() OVER () AS place, * FROM {reader})"
        )

    def _row_number(self) -> str:
        """SQL: the number of a row from its place among those that are not empty."""
        first = self.header_row
        steps = {row - first - before: before + 1 for before, row in enumerate(self.blank_rows)}
        return f"place + {first} + {_empty_before(sorted(steps.items()), 0)}"


def _passes(aggregates: Sequence[str]) -> Iterator[list[str]]:
    """The aggregates of each pass; one pass, even of none.

    Each pattern in a query holds memory of its own, and a histogram holds as much as several: a
    thousand columns would hold gigabytes.
    """
    most, some, weight = limit("aggregates_in_one_pass"), list[str](), 0
    for sql in aggregates:
        cost = _HISTOGRAM_COST if "histogram(" in sql else 1
        if some and weight + cost > most:
            yield some
            some, weight = [], 0
        some.append(sql)
        weight += cost
    yield some


def _empty_before(steps: Sequence[tuple[int, int]], least: int) -> str:
    """SQL: how many empty rows come before a place, by halving the list of where they are."""
    if not steps:
        return str(least)
    middle = len(steps) // 2
    place, number = steps[middle]
    before = _empty_before(steps[:middle], least)
    after = _empty_before(steps[middle + 1 :], number)
    return f"CASE WHEN place < {place} THEN {before} ELSE {after} END"


@contextmanager
def open_table(
    path: Path, facts: ByteFacts, shape: TableShape, *, settle: bool = True
) -> Iterator[TableSource]:
    """Open a CSV file as a relation; everything temporary is removed on leaving.

    :param settle: prove at once that the rows are read as they were sent. Without, a
        survey must come before anything that needs all rows.
    :raises TableEngineError: no memory or no temporary disk left to work.
    """
    with private_folder("check") as folder:
        # A name of our own: DuckDB would read stars in the real one as a pattern.
        link = folder / "input.csv"
        link.symlink_to(path.resolve())
        connection = connect(str(folder))
        try:
            table = TableSource(connection, link, facts, shape)
            if table.width > limit("columns_in_parallel"):
                # Each thread holds thousands of rows of every column, more than once.
                connection.execute("SET threads = 1")
            if settle and table.readable:
                table.survey([])
            yield table
        except duckdb.Error as error:
            # Not chained: the engine's message may quote cells.
            raise TableEngineError(type(error).__name__) from None
        except RuntimeError as error:
            if _INTERRUPTED not in str(error):
                raise
            raise KeyboardInterrupt from error
        finally:
            connection.close()


def connect(folder: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB of our own that keeps what does not fit in memory in this folder."""
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
    # Our queries join one table with a short list: the order is as written, and looking for a
    # better one takes half of the time that planning does.
    connection.execute("SET disabled_optimizers = 'join_order'")
    return connection


def _is_misreading(error: duckdb.Error) -> bool:
    """Whether DuckDB could not read the file this way, and not that it ran out of something."""
    kinds = (duckdb.InvalidInputException, duckdb.NotImplementedException)
    return isinstance(error, kinds) or type(error) is duckdb.Error


def _cells(width: int) -> list[str]:
    return [f"c{number}" for number in range(1, width + 1)]


def _sql(value: bool) -> str:
    return "true" if value else "false"
