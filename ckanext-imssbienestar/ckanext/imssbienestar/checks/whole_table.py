"""An open table as the rules see it that look at more than one cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ckanext.imssbienestar.checks.cell_rules import Column
from ckanext.imssbienestar.checks.collector import FindingCollector
from ckanext.imssbienestar.checks.layout import cell_reference
from ckanext.imssbienestar.checks.texts import phrase, quoted
from ckanext.imssbienestar.domain.dictionary import DataDictionary

# Rows looked at to guess what a column is like; every guess is then proved on all rows.
_SAMPLE = 2048


@dataclass(frozen=True)
class RowFinding:
    """A finding that may be shown; it is counted already."""

    row: int
    index: int
    code: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WholeTable:
    """An open table as these rules see it.

    :ivar fetch: runs a query.
    :ivar measure: aggregates over all rows of the open table, those already known at no cost.
    :ivar values_of: SQL of an aggregate over a column that seems to have few different values: its
        cells by value, or NULL if they are many after all. None for a column of many.
    :ivar relation: SQL of the rows to judge (no blank and no total row): ``r``, c1…cn.
    :ivar rows: how many they are.
    :ivar hidden: columns with personal data; their cells are shown to nobody.
    :ivar has_unique_rows: a key without repeats was found, so no two rows are equal.
    """

    fetch: Callable[[str], list[Any]]
    measure: Callable[[Sequence[str]], list[Any]]
    values_of: Callable[[Column], str | None]
    relation: str
    rows: int
    columns: tuple[Column, ...]
    dictionary: DataDictionary | None
    hidden: frozenset[str]
    has_unique_rows: bool
    collector: FindingCollector

    @property
    def limit(self) -> int:
        """How many findings of one kind are worth fetching."""
        return self.collector.limit

    @cached_property
    def sample(self) -> Sequence[tuple[Any, ...]]:
        """Some of the first rows: ``r``, then the cells."""
        cells = ", ".join(column.sql for column in self.columns)
        return self.fetch(f"SELECT r, {cells} FROM {self.relation} LIMIT {_SAMPLE}")

    def sampled(self, column: Column) -> list[str]:
        """The column's cells in the sample that hold something."""
        place = self.columns.index(column) + 1
        return [row[place] for row in self.sample if row[place]]

    def named(self, name: str) -> Column | None:
        """The column that a dictionary entry judges."""
        return next((c for c in self.columns if c.field and c.field.name == name), None)

    def found(
        self, code: str, row: int, column: Column, value: str | None, **facts: Any
    ) -> RowFinding:
        """A finding on one cell, its value hidden where it must be."""
        return RowFinding(
            row,
            column.index,
            code,
            {
                "column": column.label,
                "cell": cell_reference(row, column.index),
                "value": self.shown(column, value),
            }
            | facts,
        )

    def shown(self, column: Column, value: str | None) -> str:
        """A cell's value as a message may quote it."""
        language = self.collector.language
        if column.label in self.hidden:
            return phrase("hidden_value", language)
        return quoted(value or "", language)


@dataclass(frozen=True)
class Probe:
    """One thing to find out of the whole table.

    :ivar aggregates: SQL over the rows; those of all probes are computed in one pass.
    :ivar judge: given the aggregates' values, the findings that may be shown.
    """

    aggregates: tuple[str, ...]
    judge: Callable[..., Iterator[RowFinding]]
