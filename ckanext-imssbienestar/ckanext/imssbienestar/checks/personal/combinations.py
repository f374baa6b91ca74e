"""Persons told by a combination of columns, and small cells of a table of counts.

k-anonymity: rows that share their quasi-identifiers with fewer than k rows. The law gives no
number; k is a setting, and a person decides (R-183, R-199).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ckanext.imssbienestar.checks.personal.context import Table
from ckanext.imssbienestar.checks.personal.headers import is_named, phrases, shows
from ckanext.imssbienestar.checks.personal.rules import Decision, setting
from ckanext.imssbienestar.checks.personal.verdicts import Verdict
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource

# Small groups worth a person's look: one row in a hundred.
_SMALL_SHARE = 0.01
# Groups are counted by their hash: one in so many, once there may be more than this.
_MOST_GROUPS = 2_000_000

GroupCounter = Callable[[Sequence[int], int], tuple[int, int]]
"""From column places (from 0) and k: rows in groups smaller than k, and rows."""


@dataclass(frozen=True)
class Quasi:
    """Columns that together may tell a person, and how much that would weigh."""

    places: tuple[int, ...]
    has_birth: bool
    has_sensitive: bool


def quasi_identifiers(table: Table, births: Sequence[int]) -> Quasi | None:
    """The combination to count, or None when the table has none.

    :param births: places of columns that hold birth dates.
    """
    if not table.is_row_level and not births:
        return None
    if {"aggregate", "catalogue"} & table.kinds:
        return None
    direct = [*births, *table.columns("sex"), *table.columns("age")]
    places = [*table.columns("narrow-place")] or [*table.columns("place")]
    categories = table.columns("category") + table.columns("civil")
    chosen = dict.fromkeys([*direct, *places, *categories])
    told = bool(direct) + bool(places) + bool(categories) + (len(direct) >= 2)
    if told < 2 or len(chosen) < 2:
        return None
    return Quasi(tuple(chosen), bool(births), bool(table.columns("sensitive")))


def by_combination(quasi: Quasi, count: GroupCounter) -> dict[int, Verdict]:
    """Every column of the combination, when it leaves rows in groups smaller than k."""
    small, rows = count(quasi.places, setting("k"))
    if not rows or small < max(1, _SMALL_SHARE * rows):
        return {}
    certain = quasi.has_birth or (quasi.has_sensitive and small >= 0.05 * rows)
    decision = Decision.BLOCK if certain else Decision.REVIEW
    verdict = Verdict("combination", decision, ("combination",), small)
    return dict.fromkeys(quasi.places, verdict)


def small_cells(table: Table) -> dict[int, Verdict]:
    """Counts of persons under k, beside a category that says something of them."""
    if "aggregate" not in table.kinds:
        return {}
    tells = any(
        {"sex", "sensitive", "civil"} & roles or shows(words, "sensitive_tells")
        for roles, words in zip(table.roles, table.labels, strict=True)
    )
    # A nation of one is nobody; a municipality, a clinic of one may be somebody.
    local = any(
        "place" in roles or is_named(words, phrases("facility_columns"))
        for roles, words in zip(table.roles, table.labels, strict=True)
    )
    if not (tells and local):
        return {}
    found = {}
    for place in table.columns("count"):
        if not shows(table.labels[place], "persons_counted"):
            continue
        numbers = table.profiles[place].numbers
        small = sum(cells for number, cells in numbers.items() if 0 < number < setting("k"))
        if small:
            found[place] = Verdict("small-cells", Decision.REVIEW, ("combination",), small)
    return found


def count_in_table(source: TableSource) -> GroupCounter:
    """Counts groups with the table engine."""

    def count(places: Sequence[int], k: int) -> tuple[int, int]:
        columns = [f"c{place + 1}" for place in places]
        every = _one_group_in(source, columns)
        key = f"hash({', '.join(columns)})"
        [(small, rows)] = source.fetch(
            f"SELECT coalesce(sum(n) FILTER (n < {k}), 0), coalesce(sum(n), 0) FROM ("
            f"SELECT {key} AS key, count(*) AS n FROM {RELATION} WHERE key % {every} = 0 "
            "GROUP BY key)"
        )
        return int(small) * every, int(rows) * every

    return count


def _one_group_in(source: TableSource, columns: Sequence[str]) -> int:
    [different] = source.measure([f"approx_count_distinct(hash({', '.join(columns)}))"])
    return max(1, int(different) // _MOST_GROUPS)


def count_in_memory(columns: Sequence[Sequence[str | None]]) -> GroupCounter:
    """Counts groups of columns held in memory."""

    def count(places: Sequence[int], k: int) -> tuple[int, int]:
        groups = Counter(zip(*(columns[place] for place in places), strict=True))
        return sum(n for n in groups.values() if n < k), groups.total()

    return count
