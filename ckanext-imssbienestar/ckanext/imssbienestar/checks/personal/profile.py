"""Each column as counts of signals: the dictionary of its different values, judged once each.

Small tables are judged whole. Of large ones DuckDB looks at every cell with two patterns and
hands over what looks like an identifier or a person, and a sample of the rest; a value is in the
sample or not by its hash, so that its count is exact and counts scale back to the whole column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ckanext.imssbienestar.checks.cell_rules import literal
from ckanext.imssbienestar.checks.personal.dates import age_of
from ckanext.imssbienestar.checks.personal.errors import GuardFailedError
from ckanext.imssbienestar.checks.personal.rules import detectors, screen, setting
from ckanext.imssbienestar.checks.personal.values import begins_like_a_post, signals_of
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource

# Different values handed to Python from one table, whatever its number of columns.
_MOST_VALUES = 240_000
_LEAST_SAMPLE = 200
# The screens of detectors.yaml whose finds are counted apart where suspects crowd a column.
_CLEAR = ("certain", "exact")
# Shorter cells hold no identifier and no name that a pattern could tell.
_SHORTEST_SUSPECT = 8


@dataclass
class ColumnProfile:
    """What one column shows, in numbers.

    :ivar cells: filled cells. :ivar different: different values seen, at most the sample.
    :ivar weight: cells by signal. :ivar distinct: different values by signal.
    """

    index: int
    label: str
    cells: int = 0
    different: int = 0
    complete: bool = True
    weight: Counter[str] = field(default_factory=Counter)
    distinct: Counter[str] = field(default_factory=Counter)
    years: Counter[int] = field(default_factory=Counter)
    numbers: Counter[int] = field(default_factory=Counter)

    def share(self, *signals: str) -> float:
        """Part of the filled cells that carry one of these signals (each counted)."""
        return sum(self.weight[signal] for signal in signals) / self.cells if self.cells else 0.0

    def add(self, value: str, cells: int, signals: Sequence[str]) -> None:
        """Count a value that stands in this many cells."""
        self.different += 1
        for signal in signals:
            if signal.startswith("year:"):
                self.years[int(signal[5:])] += cells
            else:
                self.weight[signal] += cells
                self.distinct[signal] += 1
        if "small-number" in signals or "age" in signals:
            self.numbers[age_of(value) or 0] += cells
        if begins_like_a_post(value):
            self.weight["post"] += cells


def profile_columns(
    labels: Sequence[str], columns: Sequence[Iterable[str | None]]
) -> list[ColumnProfile]:
    """Profiles of columns held in memory: a sheet, a form, a test."""
    judge = _Judge()
    profiles = []
    for index, (label, cells) in enumerate(zip(labels, columns, strict=True), start=1):
        profile = ColumnProfile(index, label)
        counts = Counter(cell for cell in cells if cell is not None and cell.strip())
        profile.cells = counts.total()
        for value, count in counts.items():
            profile.add(value, count, judge(value))
        profiles.append(profile)
    return profiles


def profile_table(table: TableSource) -> tuple[int, list[ColumnProfile]]:
    """Rows, and the profile of every column, of an open table."""
    if not table.readable:
        return 0, [ColumnProfile(n, label) for n, label in enumerate(table.labels, start=1)]
    rows, plans = _plans(table)
    profiles = [
        ColumnProfile(plan.index, table.labels[plan.index - 1], plan.cells) for plan in plans
    ]
    judge = _Judge()
    filled = [plan for plan in plans if plan.cells]
    if filled:
        for index, value, group, cells in table.fetch(_second_look(filled)):
            plan = plans[index - 1]
            profiles[index - 1].add(value, cells * plan.every[group], judge(value))
    for plan, profile in zip(plans, profiles, strict=True):
        profile.complete = max(plan.every) == 1
    return rows, profiles


@dataclass(frozen=True)
class _Plan:
    """How much of a column is handed over: one value in so many, by group.

    :ivar every: for values that show nothing, look like something, have an identifier's form,
        have a form that nothing else has.
    """

    index: int
    cells: int
    suspects: int
    every: tuple[int, ...]


class _Judge:
    """Signals of a value; the same value is looked at once in a whole table."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, ...]] = {}

    def __call__(self, value: str) -> tuple[str, ...]:
        known = self._seen.get(value)
        if known is None:
            known = self._seen[value] = judged_value(value)
        return known


def judged_value(value: str) -> tuple[str, ...]:
    """The signals of a value.

    :raises GuardFailedError: it cannot be judged; the error holds nothing of it.
    """
    fault = ""
    try:
        return signals_of(value)
    except Exception as error:  # noqa: BLE001 - whatever it is, it may quote the value
        fault = type(error).__name__
    # Raised here, outside: what is raised inside keeps the first error, value and all.
    raise GuardFailedError(fault)


def first_look(table: TableSource) -> list[str]:
    """The aggregates asked of every cell: how many are filled, differ, look like something.

    A caller who reads the whole table anyway may measure them in the same pass.

    :raises ConfigurationError: the rules cannot be read; nothing may pass.
    """
    detectors()
    aggregates = []
    for cell in (f"c{number}" for number in range(1, table.width + 1)):
        aggregates += [
            f"count(*) FILTER ({cell} <> '')",
            f"approx_count_distinct({cell})",
            f"approx_count_distinct(CASE WHEN {_looks(cell)} THEN {cell} END)",
        ]
    return ["count(*)", *aggregates]


def _plans(table: TableSource) -> tuple[int, list[_Plan]]:
    rows, *numbers = table.measure(first_look(table))
    share = _MOST_VALUES // table.width
    plain, suspects, clear = (
        max(_LEAST_SAMPLE, min(setting(name), share))
        for name in ("sample", "suspects", "identifiers")
    )
    crowded = [place for place in range(table.width) if numbers[3 * place + 2] > 2 * suspects]
    # Too many look like something: what has an identifier's form must not drown among them.
    found = iter(table.measure([part for place in crowded for part in _count_clear(place + 1)]))
    plans = []
    for place in range(table.width):
        cells, different, suspicious = numbers[3 * place : 3 * place + 3]
        every = [_one_in(different, plain), _one_in(suspicious, suspects)]
        every += [_one_in(next(found), clear) if place in crowded else 1 for _ in _CLEAR]
        plans.append(_Plan(place + 1, cells, suspicious, tuple(every)))
    return rows, plans


def _count_clear(number: int) -> list[str]:
    cell = f"c{number}"
    found = [f"{_looks(cell)} AND {_matches(cell, name)}" for name in _CLEAR]
    return [f"approx_count_distinct(CASE WHEN {clear} THEN {cell} END)" for clear in found]


def _one_in(different: int, most: int) -> int:
    return 1 if different <= 2 * most else -(-different // most)


def _second_look(plans: Sequence[_Plan]) -> str:
    """SQL: the values to judge, each with its column, group and cells."""
    numbers = ", ".join(str(plan.index) for plan in plans)
    cells = ", ".join(map(_chosen, plans))
    sampled = ", ".join(str(plan.index) for plan in plans if max(plan.every) > 1) or "0"
    return (
        f"SELECT n, v, CASE WHEN n IN ({sampled}) THEN {_group('v')} ELSE 0 END, cells FROM ("
        f"SELECT n, v, count(*) AS cells FROM (SELECT unnest([{numbers}]) AS n, "
        f"unnest([{cells}]) AS v FROM {RELATION}) WHERE v <> '' GROUP BY n, v)"
    )


def _chosen(plan: _Plan) -> str:
    """SQL: the cell when its value is handed over, else NULL."""
    cell = f"c{plan.index}"
    if max(plan.every) == 1:
        return cell
    if not plan.suspects:
        return f"CASE WHEN hash({cell}) % {plan.every[0]} = 0 THEN {cell} END"
    if len(set(plan.every)) == 1:
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
