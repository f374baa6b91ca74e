"""Which columns have few different values, so that the values can be judged and not the cells.

Most columns of public tables do: states, years, categories. Some of the rows tell which; the pass
over the whole table then brings their values with the number of cells of each, and proves or
disproves what those promised.
"""

from __future__ import annotations

import math
from collections import Counter
from weakref import WeakKeyDictionary

import duckdb

from ckanext.imssbienestar.checks.layout import limit
from ckanext.imssbienestar.checks.table_source import TableSource

# Cells of a value among them that is not yet a common one.
_RARE = 3

_expectations: WeakKeyDictionary[TableSource, tuple[int, ...]] = WeakKeyDictionary()


def expected_values(table: TableSource) -> tuple[int, ...]:
    """For each column, how many different values it probably has."""
    if table not in _expectations:
        _expectations[table] = _from_some_rows(table)
    return _expectations[table]


def distrust_some_rows(table: TableSource) -> None:
    """Expect every cell to be another value: nothing then holds all values of a column."""
    _expectations[table] = (max(table.rows_expected, few_values(table) + 1),) * table.width


def few_values(table: TableSource) -> int:
    """Different values that are still few, for a column of a table so wide."""
    return max(limit("few_values") // 10, min(limit("few_values"), _in_all(table)))


def all_values(table: TableSource, cell: str) -> str:
    """SQL of an aggregate: the number of cells by value; NULL if there are too many values.

    A column that seemed to have few values may have twice as many.

    :param cell: SQL, NULL where the cell is not to be counted.
    """
    values = f"histogram({cell})"
    most = 2 * few_values(table)
    # Of no cells at all DuckDB gives no histogram, which must not pass for too many values.
    return (
        f"CASE WHEN cardinality({values}) > {most} THEN NULL ELSE coalesce({values}, MAP {{}}) END"
    )


def few_values_of(table: TableSource, number: int) -> str | None:
    """The :func:`all_values` of a column that seems to have few; None for any other.

    :param number: the place of the column, from 1.
    """
    few = expected_values(table)[number - 1] <= few_values(table)
    return all_values(table, f"c{number}") if few else None


def _in_all(table: TableSource) -> int:
    return limit("values_in_memory") // table.width


def _from_some_rows(table: TableSource) -> tuple[int, ...]:
    few, rows = few_values(table), table.rows_expected
    try:
        some = table.fetch(f"FROM {table.some_rows}")
    except duckdb.Error:
        # A slower reader will take over; every column is then looked at cell by cell.
        return (max(rows, few + 1),) * table.width
    if not some:
        return (0,) * table.width
    seen = (Counter(column) for column in zip(*some, strict=True))
    return tuple(len(n) if len(n) <= few else _different(n, len(some), rows) for n in seen)


def _different(seen: Counter[str | None], looked: int, rows: int) -> int:
    """Different values to expect of all rows, when these were in some.

    As if rare values were drawn by lot from n equally likely ones: n is found by halving, on a
    logarithmic scale, and is only as good as that.
    """
    # Values that stand for nothing («0», «ND») are drawn far more often than the others.
    rare = [number for number in seen.values() if number <= _RARE]
    number, draws = len(rare), sum(rare)
    all_draws = draws * rows / looked
    if looked >= rows or number >= draws:
        return max(len(seen), round(all_draws))
    low, high = float(number), 100.0 * rows
    while high > 1.05 * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if _drawn(middle, draws) < number else (low, middle)
    return max(len(seen), round(_drawn(high, all_draws)))


def _drawn(values: float, draws: float) -> float:
    """Different values to expect among so many draws from these."""
    return -values * math.expm1(-draws / values)
