"""Which values of a table are judged: all of some columns, samples and suspects of others.

The pass that looks at every cell brings all values of a column that has few, a sample of one that
has many, and how many look like an identifier or tell of a person. Only where some do, or where
the first rows promised something else, a second look hands those over too, with a sample of the
rest. A value is in a sample or not by its hash, so that its count is exact and counts scale back
to the whole column.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import duckdb

from ckanext.imssbienestar.checks.cell_rules import literal
from ckanext.imssbienestar.checks.personal.patterns import require_known_to_engine
from ckanext.imssbienestar.checks.personal.rules import detectors, screen, screens, setting
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource

# Different values handed to Python from one table, whatever its number of columns.
_MOST_VALUES = 240_000
_LEAST_SAMPLE = 200
# Values beyond which no more are handed over: only a column unlike its first rows gets there.
_LIMIT = 4 * _MOST_VALUES
# First rows that tell a column of few different values from one of many.
_HINT_ROWS = 10_000
# The part of a sample that will do, where the first rows promised more different values.
_ENOUGH = 4
# The screens of detectors.yaml whose finds are counted apart where suspects crowd a column.
_CLEAR = ("certain", "exact")
# Bytes of the shortest cell that could hold an identifier or a name, and of the shortest that
# could when it begins with a digit.
_SHORTEST_SUSPECT, _SHORTEST_NUMBER = 8, 10


@dataclass(frozen=True)
class ColumnSample:
    """What of a column is handed over.

    :ivar cells: filled cells of the whole column.
    :ivar every: one value in so many is in the sample: of those that show nothing, look like
        something, have an identifier's form, have a form that nothing else has.
    :ivar suspects: different values that look like something; 0 where none was looked at.
    :ivar values: cells by value, where the first look brought them.
    """

    index: int
    cells: int
    every: tuple[int, ...]
    suspects: int = 0
    values: Mapping[str, int] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _FirstLook:
    """What the first look found in one column.

    :ivar one_in: its values are one in so many of the column's.
    :ivar number: how many they are; ``values`` is None where that is too many.
    """

    one_in: int
    cells: int
    number: int
    values: Mapping[str, int] | None
    suspects: int

    @property
    def different(self) -> int:
        """Different values of the column, estimated from the sample."""
        return self.number * self.one_in


_expectations: WeakKeyDictionary[TableSource, tuple[int, ...]] = WeakKeyDictionary()


def first_look(table: TableSource) -> list[str]:
    """The aggregates asked of every cell: how many are filled, which they are, what they look like.

    A caller who reads the whole table anyway may measure them in the same pass.

    :raises ConfigurationError: the rules cannot be read; nothing may pass.
    """
    detectors()
    require_known_to_engine(screens(), table.connection)
    aggregates = ["count(*)"]
    for number, one_in in enumerate(_expected(table), start=1):
        cell = f"c{number}"
        sample = cell if one_in == 1 else f"CASE WHEN hash({cell}) % {one_in} = 0 THEN {cell} END"
        values = f"histogram({sample})"
        most = 2 * _share(table, "sample")
        aggregates += [
            f"count(nullif({cell}, ''))",
            f"cardinality({values})",
            f"CASE WHEN cardinality({values}) <= {most} THEN {values} END",
        ]
        if one_in > 1:
            aggregates.append(_count_of(cell))
    return aggregates


def distrust_first_rows(table: TableSource) -> None:
    """Take every column for one of many different values: bounds the memory of the first look."""
    one_in = max(2, table.rows_expected // _share(table, "sample"))
    _expectations[table] = (one_in,) * table.width


def sample_columns(table: TableSource) -> tuple[int, list[ColumnSample]]:
    """Rows of the table, and what is handed over of each column."""
    try:
        rows, seen = _seen(table)
    except duckdb.OutOfMemoryException:
        distrust_first_rows(table)
        rows, seen = _seen(table)
    plain, most, clear = (_share(table, name) for name in ("sample", "suspects", "identifiers"))
    # Where not all values came and none was asked what it looks like.
    late = [n for n, look in enumerate(seen) if look.one_in == 1 and look.values is None]
    counts = table.measure([_count_of(f"c{place + 1}") for place in late])
    suspects = [look.suspects for look in seen]
    for place, count in zip(late, counts, strict=True):
        suspects[place] = count
    crowded = [n for n in range(table.width) if suspects[n] > 2 * most]
    every = _every_clear(table, crowded, clear)
    samples = []
    for n, look in enumerate(seen):
        enough = look.one_in == 1 or look.number >= plain // _ENOUGH
        if look.values is not None and enough and not suspects[n]:
            samples.append(ColumnSample(n + 1, look.cells, (look.one_in,), values=look.values))
            continue
        shares = (_one_in(look.different, plain), _one_in(suspects[n], most))
        chances = (*shares, *every.get(n, (1, 1)))
        samples.append(ColumnSample(n + 1, look.cells, chances, suspects[n]))
    return rows, samples


def second_look(samples: Sequence[ColumnSample]) -> str:
    """SQL: the values to judge, each with its column, group and cells."""
    numbers = ", ".join(str(sample.index) for sample in samples)
    cells = ", ".join(map(_chosen, samples))
    sampled = ", ".join(str(sample.index) for sample in samples if max(sample.every) > 1) or "0"
    return (
        f"SELECT n, v, CASE WHEN n IN ({sampled}) THEN {_group('v')} ELSE 0 END, cells FROM ("
        f"SELECT n, v, count(*) AS cells FROM (SELECT unnest([{numbers}]) AS n, "
        f"unnest([{cells}]) AS v FROM {RELATION}) WHERE v <> '' GROUP BY n, v LIMIT {_LIMIT})"
    )


def _seen(table: TableSource) -> tuple[int, list[_FirstLook]]:
    rows, *numbers = table.measure(first_look(table))
    found: Iterator[Any] = iter(numbers)
    return rows, [
        _FirstLook(
            one_in,
            cells=next(found),
            number=next(found) or 0,
            values=next(found),
            suspects=next(found) if one_in > 1 else 0,
        )
        for one_in in _expected(table)
    ]


def _expected(table: TableSource) -> tuple[int, ...]:
    """For each column, one in how many of its values the first look brings; 1 brings all."""
    if table not in _expectations:
        _expectations[table] = _from_first_rows(table)
    return _expectations[table]


def _from_first_rows(table: TableSource) -> tuple[int, ...]:
    cells = [f"c{number}" for number in range(1, table.width + 1)]
    numbers = ", ".join(f"count(DISTINCT {cell})" for cell in cells)
    rows = f"(SELECT {', '.join(cells)} FROM {RELATION} LIMIT {_HINT_ROWS})"
    try:
        looked, *found = table.fetch(f"SELECT count(*), {numbers} FROM {rows}")[0]
    except duckdb.Error:
        # A slower reader will take over; every column is then looked at closely.
        looked, found = 1, [_MOST_VALUES] * table.width
    few, rows = _share(table, "sample"), table.rows_expected
    return tuple(
        1 if number <= few else _one_in(_different(number, looked, rows), few) for number in found
    )


def _different(number: int, looked: int, rows: int) -> int:
    """Different values to expect of all rows, when so many were in those looked at.

    As if values were drawn by lot from n equally likely ones: n is found by halving, on a
    logarithmic scale, and is only as good as that.
    """
    low, high = float(number), 100.0 * rows
    if looked >= rows or number >= looked:
        return number * max(1, rows // max(1, looked))
    while high > 1.05 * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if _drawn(middle, looked) < number else (low, middle)
    return round(_drawn(high, rows))


def _drawn(values: float, draws: int) -> float:
    """Different values to expect among so many draws from these."""
    return -values * math.expm1(-draws / values)


def _every_clear(
    table: TableSource, crowded: Sequence[int], most: int
) -> dict[int, tuple[int, ...]]:
    """Too many look like something: what has an identifier's form must not drown among them."""
    parts = [_count_of(f"c{place + 1}", name) for place in crowded for name in _CLEAR]
    counts = iter(table.measure(parts))
    return {place: tuple(_one_in(next(counts), most) for _ in _CLEAR) for place in crowded}


def _share(table: TableSource, name: str) -> int:
    """A setting that is a number of values, or what a table so wide leaves of it."""
    return max(_LEAST_SAMPLE, min(setting(name), _MOST_VALUES // table.width))


def _one_in(different: int, most: int) -> int:
    return 1 if different <= 2 * most else -(-different // most)


def _count_of(cell: str, name: str = "") -> str:
    condition = _looks(cell) + (f" AND {_matches(cell, name)}" if name else "")
    return f"approx_count_distinct(CASE WHEN {condition} THEN {cell} END)"


def _chosen(sample: ColumnSample) -> str:
    """SQL: the cell when its value is handed over, else NULL."""
    cell = f"c{sample.index}"
    if max(sample.every) == 1:
        return cell
    if not sample.suspects or len(set(sample.every)) == 1:
        return f"CASE WHEN hash({cell}) % {sample.every[0]} = 0 THEN {cell} END"
    chances = " ".join(
        f"WHEN {group} THEN hash({cell}) % {every} = 0" for group, every in enumerate(sample.every)
    )
    return f"CASE WHEN CASE {_group(cell)} {chances} END THEN {cell} END"


def _group(cell: str) -> str:
    """SQL: how much a cell looks like something: 0 nothing, 1 suspect, 2 certain, 3 exact."""
    return (
        f"CASE WHEN NOT ({_looks(cell)}) THEN 0 WHEN NOT {_matches(cell, 'certain')} THEN 1 "
        f"WHEN NOT {_matches(cell, 'exact')} THEN 2 ELSE 3 END"
    )


def _looks(cell: str) -> str:
    long_enough = (
        f"(strlen({cell}) >= {_SHORTEST_NUMBER} "
        f"OR strlen({cell}) >= {_SHORTEST_SUSPECT} AND {cell} >= ':')"
    )
    return f"{long_enough} AND {_matches(cell, 'suspect')}"


def _matches(cell: str, name: str) -> str:
    return f"regexp_matches({cell}, {literal(screen(name))})"
