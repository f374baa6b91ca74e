"""One open table against one dictionary: what is counted, and what of it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import duckdb

from ckanext.imssbienestar.checks.cell_rules import CellRule
from ckanext.imssbienestar.checks.collector import FindingCollector
from ckanext.imssbienestar.checks.column_values import few_values_of
from ckanext.imssbienestar.checks.header import check_header, pair_columns
from ckanext.imssbienestar.checks.layout import cell_reference
from ckanext.imssbienestar.checks.layout import limit as layout_limit
from ckanext.imssbienestar.checks.personal.findings import personal_data_findings
from ckanext.imssbienestar.checks.personal.sampling import first_look, look_at_counts_only
from ckanext.imssbienestar.checks.personal.scan import scan_open_table, shown_label
from ckanext.imssbienestar.checks.table_rules import BrokenRow, Key, RowCounts, TableRules
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource
from ckanext.imssbienestar.checks.texts import phrase, quoted, word
from ckanext.imssbienestar.checks.type_hints import hint_for
from ckanext.imssbienestar.checks.whole_table import WholeTable
from ckanext.imssbienestar.checks.whole_table_rules import expected_aggregates, whole_table_findings
from ckanext.imssbienestar.domain.dictionary import DataDictionary


@dataclass
class Example:
    """A finding that may be shown, in the order it may be shown."""

    row: int
    index: int
    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> tuple[str, int, str]:
        """Findings of one kind are alike: code, column, constraint."""
        return self.code, self.index, str(self.facts.get("variant", ""))


class TableCheck:
    """One open table against one dictionary."""

    def __init__(
        self, table: TableSource, dictionary: DataDictionary | None, collector: FindingCollector
    ) -> None:
        self.table = table
        self.dictionary = dictionary
        self.collector = collector
        self.labels = [shown_label(label, n) for n, label in enumerate(table.labels, start=1)]
        self.hidden: frozenset[str] = frozenset()
        self.examples: list[Example] = []

    def run(self) -> int:
        """Check header, rows and cells; returns the number of data rows."""
        table, collector = self.table, self.collector
        if not table.readable:
            self._check_structure()
            return 0
        rules = TableRules(table, pair_columns(self.labels, self.dictionary))
        keys = self._keys(rules)
        # The one pass over all cells: what the other rules measure is measured with it.
        whole = self._whole_table(rules)
        counts = self._count(rules, keys, expected_aggregates(whole))
        self._check_structure()
        check_header(self.labels, self.dictionary, table.header_row, collector)
        personal = scan_open_table(table)
        self.hidden = personal.hidden_columns
        collector.extend(personal_data_findings(personal, collector.language))
        self._tell_cells(rules, counts)
        for key in keys:
            self._check_key(rules, key)
        self.examples.extend(
            Example(found.row, found.index, found.code, found.facts)
            for found in whole_table_findings(self._whole_table(rules, counts.rows))
        )
        self._show_examples()
        if not counts.rows and table.cut_at is None and table.unclosed_quote is None:
            collector.add("empty-table")
        return counts.rows

    def _count(self, rules: TableRules, keys: list[Key], also: list[str]) -> RowCounts:
        try:
            return rules.count(keys, [*first_look(self.table), *also])
        except duckdb.OutOfMemoryException:
            # Some column began with few different values and has a great many after all.
            look_at_counts_only(self.table)
            return rules.count(keys, [*first_look(self.table), *also])

    def _check_structure(self) -> None:
        table, collector = self.table, self.collector
        for number in range(1, len(table.titles) + 1):
            if table.labels:
                collector.add("merged-title-row", row=number, header_row=table.header_row)
        if table.cut_at is not None:
            collector.add("row-too-long", row=table.cut_at, limit=layout_limit("row_bytes"))
        elif not table.labels:
            collector.add("blank-header", row=table.header_row)
        elif not table.readable:
            columns = layout_limit("columns")
            collector.add("too-many-columns", found=table.width, limit=columns)
        if table.unclosed_quote is not None:
            collector.add("unclosed-quote", row=table.unclosed_quote)

    def _tell_cells(self, rules: TableRules, counts: RowCounts) -> None:
        if counts.any_broken and self.collector.limit:
            for broken in rules.broken_rows(counts, self.collector.limit):
                self.examples.extend(self._examples_of(broken))
        self.collector.count("blank-row", counts.blank)
        self.collector.count("total-row", counts.total)
        self.collector.count("extra-cell", counts.extra_cells)
        for rule, number in counts.by_rule:
            self.collector.count(rule.code, number, rule.label)

    def _keys(self, rules: TableRules) -> list[Key]:
        keys = [
            Key("unique-error", (column,))
            for column in rules.columns
            if column.field is not None and column.field.constraints.unique
        ]
        names = self.dictionary.primary_key if self.dictionary else ()
        found = [c for name in names for c in rules.columns if c.field and c.field.name == name]
        # A key column that the file lacks is already a missing-label.
        if names and len(found) == len(names):
            keys.append(Key("primary-key", tuple(found)))
        return keys

    def _whole_table(self, rules: TableRules, rows: int = 0) -> WholeTable:
        found = self.collector.codes
        spoiled = found & {"blank-row", "total-row"}
        return WholeTable(
            fetch=rules.fetch,
            measure=self.table.measure,
            values_of=lambda column: few_values_of(self.table, column.index),
            relation=rules.live_rows if spoiled else RELATION,
            rows=rows,
            columns=rules.columns,
            dictionary=self.dictionary,
            hidden=self.hidden,
            has_unique_rows=self._has_unique_rows(rules),
            collector=self.collector,
        )

    def _has_unique_rows(self, rules: TableRules) -> bool:
        found = self.collector.codes
        if self.dictionary and self.dictionary.primary_key:
            return not found & {"primary-key", "missing-label"}
        # A cell without a value repeats nothing, so the column must be filled everywhere.
        unique = any(
            c.field and c.field.constraints.unique and c.field.constraints.required
            for c in rules.columns
        )
        return unique and not found & {"unique-error", "type-error", "constraint-error"}

    def _check_key(self, rules: TableRules, key: Key) -> None:
        is_primary = key.code == "primary-key"
        repeated, empty = rules.repeated(key)
        total = repeated + (empty if is_primary else 0)
        column = key.columns[0]
        self.collector.count(key.code, total, None if is_primary else column.label)
        if not total or not self.collector.limit:
            return
        for found in rules.repeated_rows(key, self.collector.limit, empty_too=is_primary):
            facts: dict[str, Any] = {"first_row": found.first_row}
            if is_primary:
                facts["key"] = ", ".join(column.label for column in key.columns)
                facts["variant"] = "" if found.first_row else "empty"
                self.examples.append(Example(found.row, 0, key.code, facts))
            else:
                facts |= self._place(found.row, column.index, found.cells[0])
                self.examples.append(Example(found.row, column.index, key.code, facts))

    def _examples_of(self, broken: BrokenRow) -> Iterable[Example]:
        row = broken.row
        if broken.is_blank:
            yield Example(row, 0, "blank-row")
            return
        if broken.is_total:
            index, value = next(
                (n, text) for n, text in enumerate(broken.cells, start=1) if (text or "").strip()
            )
            yield Example(
                row,
                0,
                "total-row",
                {"cell": cell_reference(row, index), "value": (value or "").strip()},
            )
            return
        for rule in broken.broken:
            yield self._example_of(broken, rule)
        # A damaged row may have a million cells.
        for place in range(1, min(broken.extra_cells, self.collector.limit) + 1):
            index = self.table.width + place
            yield Example(row, index, "extra-cell", {"cell": cell_reference(row, index)})

    def _example_of(self, broken: BrokenRow, rule: CellRule) -> Example:
        value = broken.cells[rule.index - 1]
        facts = self._place(broken.row, rule.index, value)
        if rule.code == "type-error":
            facts["type"] = word("types", str(rule.kind), self.collector.language)
            facts["variant"] = hint_for(rule.kind, value or "")
        elif rule.code == "constraint-error":
            facts |= {"variant": rule.constraint, "constraint": rule.constraint}
            facts["limit"] = rule.limit
        return Example(broken.row, rule.index, rule.code, facts)

    def _place(self, row: int, index: int, value: str | None) -> dict[str, Any]:
        language = self.collector.language
        label = self.labels[index - 1]
        shown = quoted(value or "", language)
        if label in self.hidden:
            shown = phrase("hidden_value", language)
        return {"column": label, "cell": cell_reference(row, index), "value": shown}

    def _show_examples(self) -> None:
        """Fill the room that is left: the first of every kind, then the first rows."""
        ordered = sorted(self.examples, key=lambda example: (example.row, example.index))
        first: dict[tuple[str, int, str], Example] = {}
        for example in ordered:
            first.setdefault(example.kind, example)
        chosen = {id(example) for example in list(first.values())[: self.collector.room]}
        for example in ordered:
            if len(chosen) >= self.collector.room:
                break
            chosen.add(id(example))
        for example in ordered:
            if id(example) in chosen:
                self.collector.show(example.code, row=example.row, **example.facts)
