"""Which values of a table are judged: all of some columns, samples and suspects of others.

The pass that looks at every cell brings all values of a column that has few, a sample of one that
has many, and how many look like an identifier or tell of a person. Only where some do, or where
some rows promised something else, a second look hands those over too, with a sample of the
rest. A value is in a sample or not by its hash, so that its count is exact and counts scale back
to the whole column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from weakref import WeakKeyDictionary

import duckdb

from ckanext.imssbienestar.checks.cell_rules import literal
from ckanext.imssbienestar.checks.column_values import (
    all_values,
    distrust_some_rows,
    expected_values,
    few_values,
)
from ckanext.imssbienestar.checks.personal.patterns import require_known_to_engine
from ckanext.imssbienestar.checks.personal.rules import detectors, screen, screens, setting
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource

# Different values handed to Python from one table, whatever its number of columns.
_MOST_VALUES = 240_000
_LEAST_SAMPLE = 200
# Values beyond which no more are handed over: only a column unlike some of its rows gets there.
_LIMIT = 4 * _MOST_VALUES
# The part of a sample that will do, where some rows promised more different values.
_ENOUGH = 4
# More suspects among some rows than this part, and a column is full of them.
_CROWDED = 0.01
# Groups of values by what they look like, see `ColumnSample.every`.
_GROUPS = 4
# The screens of detectors.yaml whose finds are counted apart where suspects crowd a column.
_CLEAR = ("certain", "exact")
# Bytes of the shortest cell that could hold an identifier or a name, and of the shortest that
# could when it begins with a digit.
_SHORTEST_SUSPECT, _SHORTEST_NUMBER = 8, 10


@dataclass(frozen=True)
class ColumnSample:
    """What of a column is handed over.

    :ivar cells: filled cells of the whole column.
    :ivar is_complete: all of its values.
    :ivar values: cells of the whole column by value, where the first look brought them.
    :ivar every: for the second look, one value in so many: of those that show nothing, look
        like something, have an identifier's form, have a form that nothing else has.
    :ivar suspects: different values that look like something.
    """

    index: int
    cells: int
    is_complete: bool
    values: Mapping[str, int] | None = field(default=None, repr=False)
    every: tuple[int, ...] = (1,)
    suspects: int = 0


class _Wanted(Enum):
    """What the first look brings of a column."""

    ALL = "all values"
    SAMPLE = "a sample, and all values that look like something"
    CLEAR = "a sample of those that look like something too; all values of an identifier's form"
    COUNTS = "counts: so many have an identifier's form that they must be sampled too"


@dataclass(frozen=True)
class _Plan:
    """What the first look brings of a column.

    :ivar plain: one value in so many of those that show nothing.
    :ivar suspects: one value in so many of those that look like something.
    """

    wanted: _Wanted
    plain: int = 1
    suspects: int = 1


_plans: WeakKeyDictionary[TableSource, tuple[_Plan, ...]] = WeakKeyDictionary()


def first_look(table: TableSource) -> list[str]:
    """The aggregates asked of every cell: how many are filled, which they are, what they look like.

    A caller who reads the whole table anyway may measure them in the same pass.

    :raises ConfigurationError: the rules cannot be read; nothing may pass.
    """
    aggregates = ["count(*)"]
    for number, plan in enumerate(_plans_of(table), start=1):
        aggregates += _asked(table, f"c{number}", plan)
    return aggregates


def _asked(table: TableSource, cell: str, plan: _Plan) -> list[str]:
    if plan.wanted is _Wanted.ALL:
        return [all_values(table, cell)]
    if plan.wanted is _Wanted.COUNTS:
        return [*_counts(cell), *(_count_of(cell, name) for name in _CLEAR)]
    # What is cheap comes first: a pattern is held only against what is in the sample by its hash.
    if plan.wanted is _Wanted.SAMPLE:
        conditions = [_one_of(cell, plan.plain), _looks(cell)]
    else:
        conditions = [
            f"{_one_of(cell, plan.plain)} AND NOT ({_looks(cell)})",
            f"{_one_of(cell, plan.suspects)} AND {_looks(cell)}",
            f"{_is_long_enough(cell)} AND {_matches(cell, 'certain')}",
        ]
    chosen = (f"CASE WHEN {condition} THEN {cell} END" for condition in conditions)
    return [_filled(cell), *(all_values(table, sql) for sql in chosen)]


def _one_of(cell: str, number: int) -> str:
    return f"hash({cell}) % {number} = 0"


def look_at_counts_only(table: TableSource) -> None:
    """Bound the first look's memory: no values, whatever some rows promised."""
    distrust_some_rows(table)
    _plans[table] = (_Plan(_Wanted.COUNTS),) * table.width


def sample_columns(table: TableSource) -> tuple[int, list[ColumnSample]]:
    """Rows of the table, and what is handed over of each column."""
    try:
        rows, *numbers = table.measure(first_look(table))
    except duckdb.OutOfMemoryException:
        look_at_counts_only(table)
        rows, *numbers = table.measure(first_look(table))
    found: Iterator[Any] = iter(numbers)
    samples = {}
    for number, plan in enumerate(_plans_of(table), start=1):
        answers = [next(found) for _ in _asked(table, f"c{number}", plan)]
        if sample := _first_sample(table, number, plan, answers):
            samples[number] = sample
    rest = [number for number in range(1, table.width + 1) if number not in samples]
    samples |= {sample.index: sample for sample in _closer_samples(table, rest)}
    return rows, [samples[number] for number in sorted(samples)]


def _first_sample(
    table: TableSource, number: int, plan: _Plan, answers: Sequence[Any]
) -> ColumnSample | None:
    """What the first look brought of a column; None where that will not do."""
    if plan.wanted is _Wanted.COUNTS or any(answer is None for answer in answers):
        return None
    if plan.wanted is _Wanted.ALL:
        # A copy: others read the same counts.
        values = {value: n for value, n in answers[0].items() if value}
        return ColumnSample(number, sum(values.values()), is_complete=True, values=values)
    cells, plain, *telling = answers
    # Some rows promised more different values than there are: too few came to say anything.
    came = len(plain) + (len(telling[0]) if plan.wanted is _Wanted.CLEAR else 0)
    if came < _share(table, "sample") // _ENOUGH:
        return None
    values = _scaled(plain, plan.plain)
    # Each of the later ones knows better what the whole column holds of its values.
    for found, every in zip(telling, (plan.suspects, 1), strict=False):
        values |= _scaled(found, every)
    return ColumnSample(number, cells, is_complete=False, values=values)


def _scaled(values: Mapping[str, int], every: int) -> dict[str, int]:
    return {value: cells * every for value, cells in values.items() if value}


def _closer_samples(table: TableSource, numbers: Sequence[int]) -> Iterator[ColumnSample]:
    """How much of these columns the second look hands over."""
    plain, most, clear = (_share(table, name) for name in ("sample", "suspects", "identifiers"))
    cells = [f"c{number}" for number in numbers]
    found = iter(table.measure([sql for cell in cells for sql in _counts(cell)]))
    counts = {number: tuple(next(found) for _ in range(3)) for number in numbers}
    crowded = [number for number in numbers if counts[number][2] > 2 * most]
    every = _every_clear(table, crowded, clear)
    for number, (filled, different, suspects) in counts.items():
        chances = (_one_in(different, plain), _one_in(suspects, most), *every.get(number, (1, 1)))
        yield ColumnSample(
            number, filled, is_complete=max(chances) == 1, every=chances, suspects=suspects
        )


def second_look(samples: Sequence[ColumnSample]) -> str:
    """SQL: the values to judge, each with its column, group and cells."""
    cells = [f"c{sample.index}" for sample in samples]
    # Of a column that is handed over whole, or has no suspects, all values are of one group.
    grouped_apart = _listed(max(each.every) > 1 and each.suspects > 0 for each in samples)
    every = [_listed(share) for share in zip(*map(_shares, samples), strict=True)]
    chance = " ".join(f"WHEN {group} THEN {share}[place]" for group, share in enumerate(every))
    grouped = (
        f"SELECT place, v, CASE WHEN {grouped_apart}[place] THEN {_group('v')} ELSE 0 END AS looks "
        f"FROM ({_unpivoted(cells, RELATION)}) WHERE v <> ''"
    )
    numbers = _listed(sample.index for sample in samples)
    return (
        f"SELECT {numbers}[place], v, looks, count(*) FROM ({grouped}) "
        f"WHERE hash(v) % CASE looks {chance} END = 0 GROUP BY place, v, looks LIMIT {_LIMIT}"
    )


def _shares(sample: ColumnSample) -> tuple[int, ...]:
    """One value in so many, for each of the groups."""
    return (sample.every * _GROUPS)[:_GROUPS] if len(sample.every) == 1 else sample.every


def _unpivoted(cells: Sequence[str], relation: str) -> str:
    """SQL of one row a cell, with the cell's place among these columns, from 1.

    What is asked of cells is then written once, however many columns there are: a pattern for
    each of a thousand columns takes a gigabyte.
    """
    places = _listed(range(1, len(cells) + 1))
    return f"SELECT unnest({places}) AS place, unnest([{', '.join(cells)}]) AS v FROM {relation}"


def _listed(values: Iterable[object]) -> str:
    """SQL of a list of numbers or truth values."""
    return f"[{', '.join(map(str, values))}]"


def _plans_of(table: TableSource) -> tuple[_Plan, ...]:
    """What is wanted of each column."""
    if table not in _plans:
        _plans[table] = _planned(table)
    return _plans[table]


def _planned(table: TableSource) -> tuple[_Plan, ...]:
    detectors()
    require_known_to_engine(screens(), table.connection)
    expected, few = expected_values(table), few_values(table)
    many = {number: n for number, n in enumerate(expected, start=1) if n > few}
    plans = dict(zip(many, _plans_of_many(table, many), strict=True))
    return tuple(plans.get(number, _Plan(_Wanted.ALL)) for number in range(1, len(expected) + 1))


def _plans_of_many(table: TableSource, different: Mapping[int, int]) -> Iterator[_Plan]:
    """What is wanted of columns of many values.

    :param different: how many each probably has, by its number.
    """
    most = _share(table, "sample")
    crowds = _crowds(table, different)
    for number, values in different.items():
        suspects, clear = crowds.get(number, (1.0, 1.0))
        if clear > _CROWDED:
            yield _Plan(_Wanted.COUNTS)
        elif suspects > _CROWDED:
            every = _one_in(round(values * suspects), most)
            yield _Plan(_Wanted.CLEAR, _one_in(values, most), every)
        else:
            yield _Plan(_Wanted.SAMPLE, _one_in(values, most))


def _crowds(table: TableSource, numbers: Iterable[int]) -> dict[int, tuple[float, float]]:
    """Parts of columns, by number, that look like something and that have an identifier's form."""
    cells = [f"c{number}" for number in numbers]
    if not cells:
        return {}
    parts = ", ".join(
        f"count(CASE WHEN {condition} THEN 1 END) / count(*)"
        for condition in (_looks("v"), f"{_looks('v')} AND {_matches('v', 'certain')}")
    )
    places = list(numbers)
    try:
        found = table.fetch(
            f"SELECT place, {parts} FROM ({_unpivoted(cells, table.some_rows)}) GROUP BY place"
        )
    except duckdb.Error:
        # A slower reader will take over; nothing is known of these columns.
        return {}
    return {places[place - 1]: (suspects, clear) for place, suspects, clear in found}


def _every_clear(
    table: TableSource, crowded: Sequence[int], most: int
) -> dict[int, tuple[int, ...]]:
    """Too many look like something: what has an identifier's form must not drown among them."""
    parts = [_count_of(f"c{number}", name) for number in crowded for name in _CLEAR]
    counts = iter(table.measure(parts))
    return {number: tuple(_one_in(next(counts), most) for _ in _CLEAR) for number in crowded}


def _share(table: TableSource, name: str) -> int:
    """A setting that is a number of values, or what a table so wide leaves of it."""
    return max(_LEAST_SAMPLE, min(setting(name), _MOST_VALUES // table.width))


def _one_in(different: int, most: int) -> int:
    return 1 if different <= 2 * most else -(-different // most)


def _filled(cell: str) -> str:
    return f"count(nullif({cell}, ''))"


def _counts(cell: str) -> tuple[str, str, str]:
    """Filled cells, different values, and different values that look like something."""
    return _filled(cell), f"approx_count_distinct({cell})", _count_of(cell)


def _count_of(cell: str, name: str = "") -> str:
    condition = _looks(cell) + (f" AND {_matches(cell, name)}" if name else "")
    return f"approx_count_distinct(CASE WHEN {condition} THEN {cell} END)"


def _group(cell: str) -> str:
    """SQL: how much a cell looks like something: 0 nothing, 1 suspect, 2 certain, 3 exact."""
    return (
        f"CASE WHEN NOT ({_looks(cell)}) THEN 0 WHEN NOT {_matches(cell, 'certain')} THEN 1 "
        f"WHEN NOT {_matches(cell, 'exact')} THEN 2 ELSE 3 END"
    )


def _looks(cell: str) -> str:
    return f"{_is_long_enough(cell)} AND {_matches(cell, 'suspect')}"


def _is_long_enough(cell: str) -> str:
    return (
        f"(strlen({cell}) >= {_SHORTEST_NUMBER} "
        f"OR strlen({cell}) >= {_SHORTEST_SUSPECT} AND {cell} >= ':')"
    )


def _matches(cell: str, name: str) -> str:
    return f"regexp_matches({cell}, {literal(screen(name))})"
