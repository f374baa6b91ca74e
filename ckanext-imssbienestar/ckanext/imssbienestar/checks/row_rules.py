"""Rules over rows: two that are equal, and gaps in the column that numbers them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ckanext.imssbienestar.checks.cell_rules import Column
from ckanext.imssbienestar.checks.guide import is_consecutive_name
from ckanext.imssbienestar.checks.whole_table import Probe, RowFinding, WholeTable
from ckanext.imssbienestar.domain.cell_values import FieldType

# Largest part of a number that still fits when the row is taken from it.
_MOST_DIGITS = 18
# SQL of what stands between two cells, and for a cell that the row does not have.
_BETWEEN_CELLS, _NO_CELL = "chr(31)", "chr(30)"


def repeated_rows(table: WholeTable) -> Iterator[Probe]:
    """``duplicate-row``: every cell is that of an earlier row, as written.

    A column that counts 1, 2, 3… proves that there is none without keeping anything in memory;
    otherwise rows are grouped by a hash, and only those that share one are compared.
    """
    if table.has_unique_rows or table.rows < 2:
        return
    counting = _counting(table)
    if counting is None:
        yield Probe((), partial(_judge_repeated, table))
    else:
        yield Probe(_steps(counting), partial(_judge_counting, table))


def counting_steps(table: WholeTable) -> tuple[str, ...]:
    """What :func:`repeated_rows` will probably measure."""
    counting = None if table.has_unique_rows else _counting(table)
    return () if counting is None else _steps(counting)


def gaps(table: WholeTable) -> Iterator[Probe]:
    """``sequential-value``: a column that numbers the rows skips, repeats or goes back (R-102)."""
    for column in table.columns:
        whole = column.field is None or column.field.type is FieldType.INTEGER
        if whole and is_consecutive_name(column.label):
            yield Probe(_steps(column), partial(_judge_gaps, table, column))


def _counting(table: WholeTable) -> Column | None:
    """The first column that goes up one by one in the sample."""
    return next((c for c in table.columns if _seems_consecutive(table, c)), None)


def _seems_consecutive(table: WholeTable, column: Column) -> bool:
    place = table.columns.index(column) + 1
    numbers = [(row[0], row[place]) for row in table.sample]
    if len(numbers) < 2 or not all(
        text and text.isascii() and text.isdigit() for _, text in numbers
    ):
        return False
    return len({int(text) - row for row, text in numbers}) == 1


def _number(column: Column) -> str:
    """SQL: the cell as a whole number, NULL when it is none."""
    short = f"length({column.sql}) <= {_MOST_DIGITS}"
    return f"CASE WHEN {short} THEN TRY_CAST({column.sql} AS BIGINT) END"


def _steps(column: Column) -> tuple[str, ...]:
    """Of a column that goes up with the rows: as many numbers as rows, all as far from theirs."""
    step = f"{_number(column)} - r"
    return f"count({step})", f"min({step})", f"max({step})"


def _judge_counting(
    table: WholeTable, numbers: int, least: int | None, most: int | None
) -> Iterator[RowFinding]:
    if numbers < table.rows or least != most:
        yield from _judge_repeated(table)


def _judge_repeated(table: WholeTable) -> Iterator[RowFinding]:
    cells = ", ".join(column.sql for column in table.columns)
    hashed = f"SELECT *, hash({cells}) AS h FROM {table.relation}"
    shared = f"SELECT h FROM ({hashed}) GROUP BY h HAVING count(*) > 1"
    if not table.fetch(f"SELECT 1 FROM ({shared}) LIMIT 1"):
        return
    # A hash of 64 bits may be shared by chance; a digest besides may not, and is as short,
    # however long the rows are.
    written = ", ".join(f"coalesce({column.sql}, {_NO_CELL})" for column in table.columns)
    digest = f"md5_number(concat_ws({_BETWEEN_CELLS}, {written})) AS m"
    suspects = f"SELECT r, h, {digest} FROM ({hashed}) WHERE h IN ({shared})"
    groups = (
        f"SELECT h, m, min(r) AS first_row, count(*) AS n FROM ({suspects}) "
        "GROUP BY h, m HAVING count(*) > 1"
    )
    total = int(table.fetch(f"SELECT coalesce(sum(n - 1), 0) FROM ({groups})")[0][0])
    table.collector.count("duplicate-row", total)
    if total and table.limit:
        repeats = f"SELECT r, first_row FROM ({suspects}) JOIN ({groups}) USING (h, m)"
        query = f"{repeats} WHERE r > first_row ORDER BY r LIMIT {table.limit}"
        for row, first_row in table.fetch(query):
            yield RowFinding(row, 0, "duplicate-row", {"first_row": first_row})


def _judge_gaps(
    table: WholeTable, column: Column, numbers: int, least: int | None, most: int | None
) -> Iterator[RowFinding]:
    if not numbers or least == most:
        return
    # Cells that are no number are told elsewhere, and leave their place empty.
    counted = f"SELECT r, {_number(column)} AS n, row_number() OVER (ORDER BY r) AS place FROM "
    before = f"SELECT r, n, lag(n - place) OVER (ORDER BY r) + place AS due FROM ({counted}"
    broken = f"FROM ({before}{table.relation}) WHERE n IS NOT NULL) WHERE n <> due"
    total = int(table.fetch(f"SELECT count(*) {broken}")[0][0])
    table.collector.count("sequential-value", total, column.label)
    if total and table.limit:
        for row, number, due in table.fetch(
            f"SELECT r, n, due {broken} ORDER BY r LIMIT {table.limit}"
        ):
            yield table.found("sequential-value", row, column, str(number), expected=due)
