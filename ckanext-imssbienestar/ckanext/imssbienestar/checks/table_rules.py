"""The table engine: every rule on every cell, in a few passes of DuckDB over the relation.

First pass: does any rule break at all? Only if one does, a second pass counts exactly (blank and
total rows are one finding each and nothing else) and a third fetches the rows to show. No pass
keeps more than the rows shown.
"""

from __future__ import annotations

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
from ckanext.imssbienestar.checks.layout import table_layout
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource
from ckanext.imssbienestar.domain.dictionary import constraint_text

# Longer cells are texts and not the word «total»: spares matching them.
_TOTAL_LENGTH = 60

# Blank and total rows are one finding each: their cells are not judged.
_LIVE = "NOT is_blank AND NOT is_total"


@dataclass(frozen=True)
class BrokenRow:
    """A row to show: its cells and the rules it breaks.

    :ivar width: cells in the row as it was sent.
    """

    row: int
    width: int
    is_blank: bool
    is_total: bool
    cells: tuple[str | None, ...]
    broken: tuple[CellRule, ...]


@dataclass(frozen=True)
class RowCounts:
    """Exact numbers for the whole table.

    :ivar first_rows: the first row of each kind of break, to be shown whatever the limit.
    """

    rows: int
    blank: int
    total: int
    extra_cells: int
    by_rule: tuple[tuple[CellRule, int], ...]
    first_rows: frozenset[int]

    @property
    def any_broken(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.blank or self.total or self.extra_cells or self.by_rule)


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

    @cached_property
    def rules(self) -> tuple[CellRule, ...]:
        """Every rule on cells, in column order."""
        return tuple(rule for column in self.columns for rule in self._rules_on(column))

    def count(self) -> RowCounts:
        """How many rows and cells break each rule."""
        loose = self._count(live="true", rules=[rule.loosely() for rule in self.rules])
        if not loose.any_broken:
            return loose
        doubtful = {rule.identity for rule, _ in loose.by_rule}
        broken = [rule for rule in self.rules if rule.identity in doubtful]
        return self._count(live=_LIVE, rules=broken)

    def broken_rows(self, counts: RowCounts, limit: int) -> Iterator[BrokenRow]:
        """The first rows that break something, and the first row of each kind of break."""
        rules = tuple(rule for rule, _ in counts.by_rule)
        kinds = [f"({_LIVE} AND {rule.condition})" for rule in rules]
        flags = "".join(f", coalesce({kind}, false)" for kind in kinds)
        if counts.extra_cells:
            kinds.append(f"({_LIVE} AND {self._extra_cells} > 0)")
        kinds += ["is_blank"] * bool(counts.blank) + ["is_total"] * bool(counts.total)
        cells = ", ".join(column.sql for column in self.columns)
        selected = f"r, coalesce(w, {self.table.width}), is_blank, is_total, {cells}{flags}"
        select = f"SELECT {selected} FROM ({self._marked})"
        shown = self.fetch(f"{select} WHERE {' OR '.join(kinds)} ORDER BY r LIMIT {limit}")
        seen = {record[0] for record in shown}
        later = [str(row) for row in sorted(counts.first_rows - seen)]
        if later:
            shown += self.fetch(f"{select} WHERE r IN ({', '.join(later)}) ORDER BY r")
        for record in shown:
            yield self._broken_row(record, rules)

    def repeated(self, columns: Sequence[Column]) -> tuple[int, int]:
        """How many rows repeat an earlier key, and how many have no key at all."""
        # Grouping and not count(DISTINCT): DuckDB can spill the one to disk and not the other.
        repeats = self.fetch(f"SELECT coalesce(sum(n - 1), 0) FROM ({self._repeats(columns)})")
        keyed = self._keyed(columns)
        empty = self.fetch(f"SELECT count(*) FROM ({keyed}) WHERE k IS NULL")
        return int(repeats[0][0]), int(empty[0][0])

    def repeated_rows(
        self, columns: Sequence[Column], limit: int, *, empty_too: bool
    ) -> Iterator[RepeatedKey]:
        """The first rows that repeat a key, each with the first row that has the same one."""
        cells = ", ".join(column.sql for column in columns)
        keyed = self._keyed(columns)
        query = (
            f"SELECT r, first_row, {cells} FROM ({keyed}) JOIN ({self._repeats(columns)}) "
            "USING (k) WHERE r > first_row "
        )
        if empty_too:
            query += f"UNION ALL SELECT r, NULL, {cells} FROM ({keyed}) WHERE k IS NULL "
        for row, first_row, *values in self.fetch(f"{query} ORDER BY r LIMIT {limit}"):
            yield RepeatedKey(row, first_row, tuple(values))

    def _keyed(self, columns: Sequence[Column]) -> str:
        """The relation with the key of each row as ``k``: NULL when all its parts are."""
        cells = ", ".join(column.sql for column in columns)
        parts = [column.key for column in columns]
        key = parts[0]
        if len(parts) > 1:
            empty = " AND ".join(f"({part}) IS NULL" for part in parts)
            key = f"CASE WHEN NOT ({empty}) THEN row({', '.join(parts)}) END"
        return f"SELECT r, {cells}, {key} AS k FROM ({self._marked}) WHERE NOT is_total"

    def _repeats(self, columns: Sequence[Column]) -> str:
        """The keys of more than one row: the first row and how many there are."""
        return (
            f"SELECT k, min(r) AS first_row, count(*) AS n FROM ({self._keyed(columns)}) "
            "WHERE k IS NOT NULL GROUP BY k HAVING count(*) > 1"
        )

    @property
    def live_rows(self) -> str:
        """SQL of the rows that are neither blank nor a total."""
        return f"(SELECT * FROM ({self._marked}) WHERE {_LIVE})"

    def _rules_on(self, column: Column) -> Iterator[CellRule]:
        yield from rules_of(column)
        if not self.table.exact_widths:
            condition = f"w < {column.index}"
            yield CellRule("missing-cell", column.index, column.label, condition)

    def _count(self, *, live: str, rules: Sequence[CellRule]) -> RowCounts:
        extra = f"{live} AND {self._extra_cells} > 0"
        kinds = ["is_blank", "is_total", extra, *(f"{live} AND {r.condition}" for r in rules)]
        # CASE, and not FILTER: DuckDB then stops at the first part that is false.
        parts = [f"count(CASE WHEN {kind} THEN 1 END)" for kind in kinds]
        parts[2] = f"coalesce(sum(CASE WHEN {extra} THEN {self._extra_cells} END), 0)"
        parts += [f"min(CASE WHEN {kind} THEN r END)" for kind in kinds if live == _LIVE]
        row = self.fetch(f"SELECT count(*), {', '.join(parts)} FROM ({self._marked})")[0]
        rows, blank, total, extra_cells, *broken = (int(n) for n in row[: len(kinds) + 1])
        firsts = frozenset(row[len(kinds) + 1 :]) - {None}
        by_rule = tuple((rule, n) for rule, n in zip(rules, broken, strict=True) if n)
        return RowCounts(rows - blank, blank, total, extra_cells, by_rule, firsts)

    def _broken_row(self, record: Sequence[Any], rules: Sequence[CellRule]) -> BrokenRow:
        row, width, is_blank, is_total, *rest = record
        cells, flags = rest[: len(self.columns)], rest[len(self.columns) :]
        broken = tuple(rule for rule, flag in zip(rules, flags, strict=True) if flag)
        return BrokenRow(row, width, is_blank, is_total, tuple(cells), broken)

    @property
    def _extra_cells(self) -> str:
        return "0" if self.table.exact_widths else f"greatest(w - {self.table.width}, 0)"

    @cached_property
    def _marked(self) -> str:
        """The relation with each row marked as blank or as a total."""
        blank = " AND ".join(column.blank for column in self.columns)
        # A value the dictionary allows is a datum, even when it is the word «Total».
        first = ", ".join(f"nullif({self._total_text(column)}, '')" for column in self.columns)
        word = f"coalesce({first}, '')"
        pattern = literal("(?i)" + str(table_layout()["total_row"]))
        initial = is_one_of(f"left({word}, 1)", list(table_layout()["total_row_initials"]))
        total = (
            f"CASE WHEN {initial} AND length({word}) <= {_TOTAL_LENGTH} "
            f"THEN regexp_full_match({word}, {pattern}) ELSE false END"
        )
        return f"SELECT *, ({blank}) AS is_blank, ({total}) AS is_total FROM {RELATION}"

    def _total_text(self, column: Column) -> str:
        allowed = column.field.constraints.enum if column.field else ()
        if not allowed:
            return f"trim({column.sql})"
        known = is_one_of(column.sql, [constraint_text(value) for value in allowed])
        return f"CASE WHEN {known} THEN '·' ELSE trim({column.sql}) END"

    def fetch(self, query: str) -> list[Any]:
        """Run a query on the open table."""
        return list(self.table.connection.execute(query).fetchall())
