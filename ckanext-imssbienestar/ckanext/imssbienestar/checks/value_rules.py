"""Rules judged on the different values of a column, each once, and not on every cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ckanext.imssbienestar.checks.cell_rules import CellRule
from ckanext.imssbienestar.checks.column_values import all_values, expected_values, few_values
from ckanext.imssbienestar.checks.table_source import TableSource

# Columns judged by one query: each costs a subquery of its own.
_AT_ONCE = 50


class ColumnValues:
    """The values of the columns that have few, by the pass that reads the table.

    :ivar aggregates: what that pass has to measure for it.
    """

    def __init__(self, table: TableSource) -> None:
        self._table = table
        few = few_values(table)
        self._columns = tuple(
            number
            for number, different in enumerate(expected_values(table), start=1)
            if different <= few
        )
        self.aggregates = tuple(sql for number in self._columns for sql in self._asked(number))

    def __contains__(self, rule: CellRule) -> bool:
        """Whether the rule's column seems to have few values."""
        return rule.index in self._columns

    def count(self, rules: Sequence[CellRule], rows: int) -> dict[CellRule, int]:
        """How many cells break each rule, blank rows and totals included.

        Rules on columns that turned out to have many values are left out.

        :param rows: of the table, which the pass has counted.
        """
        of_column = defaultdict(list)
        for rule in rules:
            of_column[rule.index].append(rule)
        known = [(values, of_column[n]) for n, values in self._known(rows) if n in of_column]
        counted: dict[CellRule, int] = {}
        for first in range(0, len(known), _AT_ONCE):
            counted |= self._judged(known[first : first + _AT_ONCE])
        return counted

    def _asked(self, number: int) -> tuple[str, str]:
        return f"count(c{number})", all_values(self._table, f"c{number}")

    def _known(self, rows: int) -> Iterator[tuple[int, dict[str | None, int]]]:
        """Cells by value of each column; None stands for the cells that rows lack."""
        found = iter(self._table.measure(self.aggregates))
        for number, present, values in zip(self._columns, found, found, strict=False):
            if values is not None:
                yield number, values | {None: rows - present}

    def _judged(
        self, columns: Sequence[tuple[Mapping[str | None, int], Sequence[CellRule]]]
    ) -> dict[CellRule, int]:
        sources, parameters = [], list[Any]()
        for place, (values, rules) in enumerate(columns):
            sums = ", ".join(
                f"coalesce(sum(CASE WHEN {rule.condition} THEN n END), 0)::BIGINT" for rule in rules
            )
            cells = f"SELECT unnest(?::VARCHAR[]) AS c{rules[0].index}, unnest(?::BIGINT[]) AS n"
            sources.append(f"(SELECT {sums} FROM ({cells})) AS column{place}")
            parameters += [list(values), list(values.values())]
        found = self._table.fetch(f"SELECT * FROM {', '.join(sources)}", parameters)[0]
        return dict(zip((rule for _, rules in columns for rule in rules), found, strict=True))
