"""The table engine: every rule on every cell, in one pass of DuckDB over the relation.

That pass counts exactly (blank and total rows are one finding each and nothing else). Only when
something is to be shown are rows fetched, and reading stops when there are enough of them. No
pass keeps more than the rows shown, and the keys where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ckanext.imssbienestar.checks.cell_rules import (
    CellRule,
    Column,
    is_one_of,
    literal,
    rules_of,
)
from ckanext.imssbienestar.checks.layout import limit as layout_limit
from ckanext.imssbienestar.checks.layout import table_layout
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource
from ckanext.imssbienestar.checks.value_rules import ColumnValues
from ckanext.imssbienestar.domain.dictionary import constraint_text

# Longer cells are texts and not the word «total»: spares matching them.
_TOTAL_LENGTH = 60

# Blank and total rows are one finding each: their cells are not judged.
_LIVE = "NOT is_blank AND NOT is_total"


@dataclass(frozen=True)
class BrokenRow:
    """A row to show: its cells and the rules it breaks.

    :ivar extra_cells: how many cells it has beyond the header.
    """

    row: int
    is_blank: bool
    is_total: bool = False
    extra_cells: int = 0
    cells: tuple[str | None, ...] = ()
    broken: tuple[CellRule, ...] = ()


@dataclass(frozen=True)
class RowCounts:
    """Exact numbers for the whole table."""

    rows: int
    blank: int
    total: int
    extra_cells: int
    by_rule: tuple[tuple[CellRule, int], ...]

    @property
    def any_broken(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.blank or self.total or self.extra_cells or self.by_rule)


@dataclass(frozen=True)
class Key:
    """Columns that identify a row: one that is ``unique``, or the primary key.

    :ivar code: of the finding on a row that repeats it.
    """

    code: str
    columns: tuple[Column, ...]

    @property
    def sql(self) -> str:
        """SQL for the key of a row; NULL when all its parts are."""
        parts = [column.key for column in self.columns]
        if len(parts) == 1:
            return parts[0]
        empty = " AND ".join(f"({part}) IS NULL" for part in parts)
        return f"CASE WHEN NOT ({empty}) THEN row({', '.join(parts)}) END"


@dataclass(frozen=True)
class RepeatedKey:
    """A row whose key is that of an earlier row; ``first_row`` is None when the key is empty."""

    row: int
    first_row: int | None
    cells: tuple[str | None, ...]


class TableRules:
    """The rules of one dictionary on one open table."""

    def __init__(self, table: TableSource, columns: Sequence[Column]) -> None:
        self.table = table
        self.columns = tuple(columns)
        self._counted: tuple[Key, ...] = ()

    @cached_property
    def rules(self) -> tuple[CellRule, ...]:
        """Every rule on cells, in column order."""
        return tuple(rule for column in self.columns for rule in self._rules_on(column))

    def count(self, keys: Sequence[Key] = (), also: Sequence[str] = ()) -> RowCounts:
        """How many rows and cells break each rule.

        :param keys: looked at in the same pass, where memory allows.
        :param also: aggregates over the relation to compute in the same pass, for whoever
            measures the table afterwards.
        """
        fit = len(keys) * self.table.rows_at_most <= layout_limit("keys_in_memory")
        self._counted = tuple(keys) if fit else ()
        keyed = [sql for key in self._counted for sql in self._key_counts(key)]
        values = ColumnValues(self.table)
        by_cell = [rule for rule in self.rules if rule not in values]
        parts = [
            "count(*)",
            _count_where("is_blank"),
            _count_where("is_total"),
            f"coalesce(sum(CASE WHEN {_broken('extra > 0')} THEN extra END), 0)::BIGINT",
            *(_count_where(_broken(rule.condition)) for rule in by_cell),
        ]
        others = list(dict.fromkeys([*keyed, *values.aggregates, *also]))
        found = self.table.survey([*parts, *others], f"({self._marked})")
        self.table.remember(dict(zip(others, found[len(parts) :], strict=True)))
        rows, blank, total, extra_cells, *broken = found[: len(parts)]
        counted = dict(zip(by_cell, broken, strict=True))
        counted |= self._count_by_value(values, rows, has_dead_rows=bool(blank or total))
        by_rule = tuple((rule, counted[rule]) for rule in self.rules if counted[rule])
        empty = len(self.table.blank_rows)
        return RowCounts(rows - blank, blank + empty, total, extra_cells, by_rule)

    def _count_by_value(
        self, values: ColumnValues, rows: int, *, has_dead_rows: bool
    ) -> dict[CellRule, int]:
        """Cells that break the rules on columns of few values."""
        rules = [rule for rule in self.rules if rule in values]
        counted = values.count(rules, rows)
        late = [rule for rule in rules if rule not in counted]
        if late:
            parts = [_count_where(_broken(rule.condition)) for rule in late]
            counts = self.table.survey(parts, f"({self._marked})")
            counted |= zip(late, counts, strict=True)
        broken = [rule for rule in rules if rule not in late and counted[rule]]
        if has_dead_rows and broken:
            # Their cells were counted with the others, and nobody judges them.
            parts = [_count_where(rule.condition) for rule in broken]
            dead = self.table.survey(parts, f"({self._marked}) WHERE is_blank OR is_total")
            counted |= {rule: counted[rule] - n for rule, n in zip(broken, dead, strict=True)}
        return counted

    def broken_rows(self, counts: RowCounts, limit: int) -> Iterator[BrokenRow]:
        """The first rows that break something, and the first row of each kind of break."""
        rules = tuple(rule for rule, _ in counts.by_rule)
        kinds = [_broken(rule.condition) for rule in rules]
        if counts.extra_cells:
            kinds.append(_broken("extra > 0"))
        if counts.blank > len(self.table.blank_rows):
            kinds.append("is_blank")
        if counts.total:
            kinds.append("is_total")
        shown = list(self._fetch_broken(kinds, rules, limit)) if kinds else []
        shown += [BrokenRow(row, is_blank=True) for row in self.table.blank_rows[:limit]]
        yield from sorted(shown, key=lambda broken: broken.row)

    def repeated(self, key: Key) -> tuple[int, int]:
        """How many rows repeat an earlier key, and how many have no key at all."""
        counts = self._key_counts(key)
        if key in self._counted:
            empty, filled, different = self.table.measure(counts, f"({self._marked})")
        else:
            empty, filled = self.table.survey(counts[:2], f"({self._marked})")
            # Grouping and not counting: DuckDB can spill the one to disk and not the other.
            hashed = f"SELECT hash(k) AS h FROM ({self._keyed(key)}) WHERE k IS NOT NULL"
            same = f"SELECT 1 FROM ({hashed}) GROUP BY h HAVING count(*) > 1 LIMIT 1"
            different = filled - len(self.fetch(same))
        repeats = 0
        if different < filled:
            # A hash may be shared by chance: the keys themselves decide.
            query = f"SELECT coalesce(sum(n - 1), 0)::BIGINT FROM ({self._repeats(key)})"
            repeats = self.fetch(query)[0][0]
        return repeats, empty + len(self.table.blank_rows)

    def repeated_rows(self, key: Key, limit: int, *, empty_too: bool) -> Iterator[RepeatedKey]:
        """The first rows that repeat a key, each with the first row that has the same one."""
        cells = ", ".join(column.sql for column in key.columns)
        keyed = self._keyed(key)
        query = (
            f"SELECT r, first_row, {cells} FROM ({keyed}) JOIN ({self._repeats(key)}) "
            "USING (k) WHERE r > first_row "
        )
        if empty_too:
            query += f"UNION ALL SELECT r, NULL, {cells} FROM ({keyed}) WHERE k IS NULL "
        found = [
            RepeatedKey(row, first_row, tuple(values))
            for row, first_row, *values in self.fetch(f"{query} ORDER BY r LIMIT {limit}")
        ]
        if empty_too:
            found += [RepeatedKey(row, None, ()) for row in self.table.blank_rows[:limit]]
        yield from sorted(found, key=lambda repeated: repeated.row)[:limit]

    @property
    def live_rows(self) -> str:
        """SQL of the rows that are neither blank nor a total."""
        return f"(SELECT * FROM ({self._marked}) WHERE {_LIVE})"

    def fetch(self, query: str) -> list[Any]:
        """Run a query on the open table."""
        return self.table.fetch(query)

    def _key_counts(self, key: Key) -> list[str]:
        """Aggregates over the marked relation: rows without key, with one, different ones."""
        keyed = f"CASE WHEN NOT is_total THEN {key.sql} END"
        return [
            _count_where(f"NOT is_total AND ({key.sql}) IS NULL"),
            f"count({keyed})",
            f"count(DISTINCT CASE WHEN ({keyed}) IS NOT NULL THEN hash({keyed}) END)",
        ]

    def _keyed(self, key: Key) -> str:
        """The relation with the key of each row as ``k``: NULL when all its parts are."""
        cells = ", ".join(column.sql for column in key.columns)
        return f"SELECT r, {cells}, {key.sql} AS k FROM ({self._marked}) WHERE NOT is_total"

    def _repeats(self, key: Key) -> str:
        """The keys of more than one row: the first row and how many there are."""
        return (
            f"SELECT k, min(r) AS first_row, count(*) AS n FROM ({self._keyed(key)}) "
            "WHERE k IS NOT NULL GROUP BY k HAVING count(*) > 1"
        )

    def _rules_on(self, column: Column) -> Iterator[CellRule]:
        yield from rules_of(column)
        yield CellRule("missing-cell", column.index, column.label, f"{column.sql} IS NULL")

    def _fetch_broken(
        self, kinds: Sequence[str], rules: tuple[CellRule, ...], limit: int
    ) -> Iterator[BrokenRow]:
        cells = ", ".join(column.sql for column in self.columns)
        flags = "".join(f", coalesce({kind}, false)" for kind in kinds)
        select = f"SELECT r, is_blank, is_total, extra, {cells}{flags} FROM ({self._marked})"
        # Rows come in the order of the file, and reading stops at the limit.
        shown = self.fetch(f"{select} WHERE {' OR '.join(f'({k})' for k in kinds)} LIMIT {limit}")
        first_flag = 4 + len(self.columns)
        unseen = [
            kind
            for place, kind in enumerate(kinds, start=first_flag)
            if not any(record[place] for record in shown)
        ]
        if unseen:
            firsts = ", ".join(f"min(CASE WHEN {kind} THEN r END)" for kind in unseen)
            rows = ", ".join(map(str, set(self.fetch(f"SELECT {firsts} FROM ({self._marked})")[0])))
            shown += self.fetch(f"{select} WHERE r IN ({rows})")
        for row, is_blank, is_total, extra, *rest in shown:
            broken = zip(rules, rest[len(self.columns) :], strict=False)
            yield BrokenRow(
                row,
                is_blank=is_blank,
                is_total=is_total,
                extra_cells=extra or 0,
                cells=tuple(rest[: len(self.columns)]),
                broken=tuple(rule for rule, flag in broken if flag),
            )

    @cached_property
    def _marked(self) -> str:
        """The relation with each row marked as blank or as a total."""
        # A row is seldom blank, and its first cell mostly tells.
        filled = " ".join(f"WHEN NOT {column.blank} THEN false" for column in self.columns)
        blank = f"CASE {filled} ELSE true END"
        return f"SELECT *, {blank} AS is_blank, {self._total} AS is_total FROM {RELATION}"

    @property
    def _total(self) -> str:
        """SQL, true when the first written cell of the row is the word «total» or the like."""
        layout = table_layout()
        # A value the dictionary allows is a datum, even when it is the word «Total».
        first = ", ".join(f"nullif({self._total_text(column)}, '')" for column in self.columns)
        word = f"coalesce({first}, '')"
        pattern = literal("(?i)" + str(layout["total_row"]))
        initials = sorted(layout["total_row_initials"])
        # Not with IN, which DuckDB would look up for all rows.
        initial = f"contains({literal(''.join(initials))}, left({word}, 1))"
        # Between the letters that a total begins with: true for most rows, and cheap.
        cell = self.columns[0].sql
        edges = zip(["!", *(chr(ord(c) + 1) for c in initials)], [*initials, "~"], strict=True)
        other = " ".join(
            f"WHEN {cell} >= {literal(low)} AND {cell} < {literal(high)} THEN false"
            for low, high in edges
            if low < high
        )
        return (
            f"CASE {other} WHEN {word} <> '' AND {initial} AND length({word}) <= {_TOTAL_LENGTH} "
            f"THEN regexp_full_match({word}, {pattern}) ELSE false END"
        )

    def _total_text(self, column: Column) -> str:
        allowed = column.field.constraints.enum if column.field else ()
        total = re.compile(str(table_layout()["total_row"]), re.IGNORECASE)
        known = [text for text in map(constraint_text, allowed) if total.fullmatch(text.strip())]
        if not known:
            return f"trim({column.sql})"
        return f"CASE WHEN {is_one_of(column.sql, known)} THEN '·' ELSE trim({column.sql}) END"


def _broken(condition: str) -> str:
    """SQL, true when the condition is true in a row that is judged.

    CASE, and not AND or FILTER: DuckDB then asks the rest of the few rows that are left.
    """
    return f"CASE WHEN {condition} THEN {_LIVE} ELSE false END"


def _count_where(condition: str) -> str:
    return f"count(CASE WHEN {condition} THEN 1 END)"
