"""Which values of a table are judged: all of some columns, samples and suspects of others.

DuckDB looks at every cell of a column with many different values: does it look like an identifier
or tell of a person? It hands over those that do, and a sample of the rest; of a column with few
different values it hands over all of them. A value is in a sample or not by its hash, so that its
count is exact and counts scale back to the whole column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import duckdb

from ckanext.imssbienestar.checks.cell_rules import literal
from ckanext.imssbienestar.checks.personal.rules import detectors, screen, setting
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource

# Different values handed to Python from one table, whatever its number of columns.
_MOST_VALUES = 240_000
_LEAST_SAMPLE = 200
# Values beyond which no more are handed over: only a column unlike its first rows gets there.
_LIMIT = 4 * _MOST_VALUES
# First rows that tell a column of few different values from one of many.
_HINT_ROWS = 20_000
# The screens of detectors.yaml whose finds are counted apart where suspects crowd a column.
_CLEAR = ("certain", "exact")
# Shorter cells hold no identifier and no name that a pattern could tell.
_SHORTEST_SUSPECT = 8


@dataclass(frozen=True)
class SamplePlan:
    """How much of a column is handed over: one value in so many, by group.

    :ivar suspects: different values that look like something; 0 where none was looked at.
    :ivar every: for values that show nothing, look like something, have an identifier's form,
        have a form that nothing else has.
    """

    index: int
    cells: int
    suspects: int
    every: tuple[int, ...]


@dataclass(frozen=True)
class _Hint:
    """What the first rows say of a column: whether its values vary, whether they have letters."""

    varies: bool
    has_letters: bool


_hints: WeakKeyDictionary[TableSource, tuple[_Hint, ...]] = WeakKeyDictionary()


def first_look(table: TableSource) -> list[str]:
    """The aggregates asked of every cell: how many are filled, differ, look like something.

    A caller who reads the whole table anyway may measure them in the same pass.

    :raises ConfigurationError: the rules cannot be read; nothing may pass.
    """
    detectors()
    aggregates = ["count(*)"]
    for number, hint in enumerate(_hints_of(table), start=1):
        cell = f"c{number}"
        aggregates += [f"count(*) FILTER ({cell} <> '')", f"approx_count_distinct({cell})"]
        if hint.varies:
            aggregates.append(_count_of(cell))
    return aggregates


def plan_samples(table: TableSource) -> tuple[int, list[SamplePlan]]:
    """Rows of the table, and what to hand over of each column."""
    hints = _hints_of(table)
    rows, *numbers = table.measure(first_look(table))
    plain, most, clear = (
        max(_LEAST_SAMPLE, min(setting(name), _MOST_VALUES // table.width))
        for name in ("sample", "suspects", "identifiers")
    )
    found = iter(numbers)
    cells, different, suspects = [], [], []
    for hint in hints:
        cells.append(next(found))
        different.append(next(found))
        suspects.append(next(found) if hint.varies else 0)
    # A column that began with few values and has many after all.
    late = [n for n, hint in enumerate(hints) if not hint.varies and different[n] > 2 * plain]
    for place, count in zip(
        late, table.measure([_count_of(f"c{place + 1}") for place in late]), strict=True
    ):
        suspects[place] = count
    crowded = [n for n in range(table.width) if suspects[n] > 2 * most]
    every = _every_clear(table, crowded, hints, clear)
    return rows, [
        SamplePlan(
            n + 1,
            cells[n],
            suspects[n],
            (_one_in(different[n], plain), _one_in(suspects[n], most), *every.get(n, (1, 1))),
        )
        for n in range(table.width)
    ]


def second_look(plans: Sequence[SamplePlan]) -> str:
    """SQL: the values to judge, each with its column, group and cells."""
    numbers = ", ".join(str(plan.index) for plan in plans)
    cells = ", ".join(map(_chosen, plans))
    sampled = ", ".join(str(plan.index) for plan in plans if max(plan.every) > 1) or "0"
    return (
        f"SELECT n, v, CASE WHEN n IN ({sampled}) THEN {_group('v')} ELSE 0 END, cells FROM ("
        f"SELECT n, v, count(*) AS cells FROM (SELECT unnest([{numbers}]) AS n, "
        f"unnest([{cells}]) AS v FROM {RELATION}) WHERE v <> '' GROUP BY n, v LIMIT {_LIMIT})"
    )


def _hints_of(table: TableSource) -> tuple[_Hint, ...]:
    if table not in _hints:
        _hints[table] = _first_rows(table)
    return _hints[table]


def _first_rows(table: TableSource) -> tuple[_Hint, ...]:
    cells = [f"c{number}" for number in range(1, table.width + 1)]
    parts = [
        part
        for cell in cells
        for part in (f"approx_count_distinct({cell})", f"bool_or({cell} ~ '.*[A-Za-z@].*')")
    ]
    rows = f"(SELECT {', '.join(cells)} FROM {RELATION} LIMIT {_HINT_ROWS})"
    try:
        found = table.fetch(f"SELECT {', '.join(parts)} FROM {rows}")[0]
    except duckdb.Error:
        # A slower reader will take over; every column is then looked at closely.
        return (_Hint(varies=True, has_letters=True),) * table.width
    few = min(setting("sample"), _MOST_VALUES // table.width)
    return tuple(
        _Hint(varies=found[n] > few, has_letters=bool(found[n + 1]))
        for n in range(0, 2 * table.width, 2)
    )


def _every_clear(
    table: TableSource, crowded: Sequence[int], hints: Sequence[_Hint], most: int
) -> dict[int, tuple[int, ...]]:
    """Too many look like something: what has an identifier's form must not drown among them.

    Columns of digits have nothing of that form, or so little that all of it is handed over.
    """
    asked = [place for place in crowded if hints[place].has_letters]
    parts = [_count_of(f"c{place + 1}", name) for place in asked for name in _CLEAR]
    counts = iter(table.measure(parts))
    return {place: tuple(_one_in(next(counts), most) for _ in _CLEAR) for place in asked}


def _one_in(different: int, most: int) -> int:
    return 1 if different <= 2 * most else -(-different // most)


def _count_of(cell: str, name: str = "") -> str:
    condition = _looks(cell) + (f" AND {_matches(cell, name)}" if name else "")
    return f"approx_count_distinct(CASE WHEN {condition} THEN {cell} END)"


def _chosen(plan: SamplePlan) -> str:
    """SQL: the cell when its value is handed over, else NULL."""
    cell = f"c{plan.index}"
    if max(plan.every) == 1:
        return cell
    if not plan.suspects or len(set(plan.every)) == 1:
        return f"CASE WHEN hash({cell}) % {plan.every[0]} = 0 THEN {cell} END"
    chances = " ".join(
        f"WHEN {group} THEN hash({cell}) % {every} = 0" for group, every in enumerate(plan.every)
    )
    return f"CASE WHEN CASE {_group(cell)} {chances} END THEN {cell} END"


def _group(cell: str) -> str:
    """SQL: how much a cell looks like something: 0 nothing, 1 suspect, 2 certain, 3 exact."""
    return (
        f"CASE WHEN NOT ({_looks(cell)}) THEN 0 WHEN NOT {_matches(cell, 'certain')} THEN 1 "
        f"WHEN NOT {_matches(cell, 'exact')} THEN 2 ELSE 3 END"
    )


def _looks(cell: str) -> str:
    return f"strlen({cell}) >= {_SHORTEST_SUSPECT} AND {_matches(cell, 'suspect')}"


def _matches(cell: str, name: str) -> str:
    return f"regexp_matches({cell}, {literal(screen(name))})"
