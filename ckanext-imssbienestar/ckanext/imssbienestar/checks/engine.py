"""Is this file publishable? The one function that the command line, the API and the page ask."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ckanext.imssbienestar.checks.cell_rules import CellRule, Column
from ckanext.imssbienestar.checks.collector import FindingCollector
from ckanext.imssbienestar.checks.dictionary_lint import check_dictionary, require_usable
from ckanext.imssbienestar.checks.errors import FileChangedError
from ckanext.imssbienestar.checks.header import check_header, pair_columns
from ckanext.imssbienestar.checks.layout import cell_reference
from ckanext.imssbienestar.checks.layout import limit as layout_limit
from ckanext.imssbienestar.checks.personal_data import (
    personal_data_findings,
    scan_table,
    shown_label,
)
from ckanext.imssbienestar.checks.reading import ByteFacts, read_bytes
from ckanext.imssbienestar.checks.recognise import TableShape, foreign_content, recognise
from ckanext.imssbienestar.checks.table_rules import BrokenRow, TableRules
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource, open_table
from ckanext.imssbienestar.checks.texts import DEFAULT_LANGUAGE, phrase, quoted, word
from ckanext.imssbienestar.checks.type_hints import hint_for
from ckanext.imssbienestar.checks.whole_table import WholeTable
from ckanext.imssbienestar.checks.whole_table_rules import whole_table_findings
from ckanext.imssbienestar.checks.workbook_check import check_workbook
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.domain.findings import CheckReport
from ckanext.imssbienestar.errors import InputFileError
from ckanext.imssbienestar.formats.workbook import is_container

DEFAULT_LIMIT = 1000


def check_table(
    path: str | Path,
    dictionary: DataDictionary | None,
    *,
    file_name: str | None = None,
    limit: int = DEFAULT_LIMIT,
    language: str = DEFAULT_LANGUAGE,
    advance: Callable[[int], object] | None = None,
    accepted_terms: Sequence[str] = (),
) -> CheckReport:
    """Check one file against its dictionary.

    :param file_name: the name to report, when the path is not the one people know.
    :param limit: findings given in full; counts are exact whatever it is.
    :param advance: told the bytes read so far, piece by piece, for a progress bar.
    :param accepted_terms: short forms accepted besides the word list's (R-097, A-35).
    :raises InputFileError: the file cannot be read, or it changed while it was read.
    :raises DictionaryError: the dictionary asks for what no engine can check.
    :raises TableEngineError: no memory or no temporary disk left to work.
    """
    file = Path(path)
    if dictionary is not None:
        require_usable(dictionary)
    before = _stamp(file)
    facts = read_bytes(file, advance=advance)
    collector = FindingCollector(
        limit=max(0, limit), language=language, accepted_terms=accepted_terms
    )
    rows = _check_content(file, facts, dictionary, collector)
    if _stamp(file) != before:
        raise FileChangedError(str(path))
    return collector.report(file_name=file_name or file.name, facts=facts, rows=rows)


def _stamp(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError as error:
        raise InputFileError(
            f"The file {file} cannot be read: {error.strerror}.",
            path=str(file),
            next_step="Check its name and its permissions.",
        ) from error
    return status.st_size, status.st_mtime_ns


def _check_content(
    file: Path, facts: ByteFacts, dictionary: DataDictionary | None, collector: FindingCollector
) -> int:
    """Everything about the file; returns its number of data rows."""
    check_dictionary(dictionary, collector)
    if is_container(file):
        return check_workbook(
            file,
            dictionary,
            collector,
            lambda sheet, found: _check_bytes(sheet, read_bytes(sheet), dictionary, found),
        )
    return _check_bytes(file, facts, dictionary, collector)


def _check_bytes(
    file: Path, facts: ByteFacts, dictionary: DataDictionary | None, collector: FindingCollector
) -> int:
    if not facts.size:
        collector.add("empty-file")
        return 0
    if kind := foreign_content(file):
        collector.add("format-error", kind=word("contents", kind, collector.language))
        return 0
    if facts.nul_byte is not None:
        collector.add("nul-byte", byte=facts.nul_byte + 1)
        return 0
    shape = recognise(file, facts, dictionary)
    if facts.has_bom:
        collector.add("byte-order-mark")
    if facts.bad_byte is not None:
        _add_encoding_error(file, facts, shape, collector)
    if shape.delimiter != ",":
        name = word("delimiters", shape.delimiter, collector.language)
        collector.add("wrong-delimiter", delimiter=name)
    with open_table(file, facts, shape) as table:
        return _TableCheck(table, dictionary, collector).run()


def _add_encoding_error(
    file: Path, facts: ByteFacts, shape: TableShape, collector: FindingCollector
) -> None:
    """Name the cell of the first bad byte: everything before it is good UTF-8."""
    offset = facts.bad_byte or 0
    column, row, labels = 1, 1, [""]
    with file.open("rb") as stream:
        lines = _good_lines(stream, offset)
        for number, cells in enumerate(csv.reader(lines, delimiter=shape.delimiter), start=1):
            row, column = number, max(1, len(cells))
            labels = cells if number == shape.header_row else labels
    cell = cell_reference(row, column)
    label = labels[column - 1] if row > shape.header_row and column <= len(labels) else None
    place = (
        cell if label is None else phrase("place_cell", collector.language, column=label, cell=cell)
    )
    collector.add(
        "encoding-error",
        row=row,
        column=label,
        cell=cell,
        byte=offset + 1,
        place=place,
        encoding="UTF-16" if facts.encoding == "utf-16" else "Windows-1252 (Latin-1)",
    )


def _good_lines(stream: BinaryIO, size: int) -> Iterator[str]:
    """The lines of the first ``size`` bytes; the last one ends where the bad byte is."""
    line = b""
    while size > 0:
        if line:
            yield line.decode("utf-8")
        line = stream.readline(size)
        size -= len(line)
    if line.endswith(b"\n"):
        yield line.decode("utf-8")
        line = b""
    yield line.decode("utf-8") + "·"  # stands for the bad byte: the cell it begins must count


@dataclass
class _Example:
    """A finding that may be shown, in the order it may be shown."""

    row: int
    index: int
    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> tuple[str, int, str]:
        """Findings of one kind are alike: code, column, constraint."""
        return self.code, self.index, str(self.facts.get("variant", ""))


class _TableCheck:
    """One open table against one dictionary."""

    def __init__(
        self, table: TableSource, dictionary: DataDictionary | None, collector: FindingCollector
    ) -> None:
        self.table = table
        self.dictionary = dictionary
        self.collector = collector
        self.labels = [shown_label(label, n) for n, label in enumerate(table.labels, start=1)]
        self.hidden: frozenset[str] = frozenset()
        self.examples: list[_Example] = []

    def run(self) -> int:
        """Check header, rows and cells; returns the number of data rows."""
        table, collector = self.table, self.collector
        self._check_structure()
        if not table.readable:
            return 0
        check_header(self.labels, self.dictionary, table.header_row, collector)
        personal = scan_table(table)
        self.hidden = personal.hidden_columns
        collector.extend(personal_data_findings(personal, collector.language))
        rules = TableRules(table, pair_columns(self.labels, self.dictionary))
        rows = self._check_cells(rules)
        self._check_keys(rules)
        self.examples.extend(
            _Example(found.row, found.index, found.code, found.facts)
            for found in whole_table_findings(self._whole_table(rules, rows))
        )
        self._show_examples()
        if not rows and table.cut_at is None and table.unclosed_quote is None:
            collector.add("empty-table")
        return rows

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

    def _check_cells(self, rules: TableRules) -> int:
        counts = rules.count()
        if counts.any_broken and self.collector.limit:
            for broken in rules.broken_rows(counts, self.collector.limit):
                self.examples.extend(self._examples_of(broken))
        self.collector.count("blank-row", counts.blank)
        self.collector.count("total-row", counts.total)
        self.collector.count("extra-cell", counts.extra_cells)
        for rule, number in counts.by_rule:
            self.collector.count(rule.code, number, rule.label)
        return counts.rows

    def _check_keys(self, rules: TableRules) -> None:
        for column in rules.columns:
            if column.field is not None and column.field.constraints.unique:
                self._check_key(rules, "unique-error", [column])
        key = self.dictionary.primary_key if self.dictionary else ()
        found = [c for name in key for c in rules.columns if c.field and c.field.name == name]
        # A key column that the file lacks is already a missing-label.
        if key and len(found) == len(key):
            self._check_key(rules, "primary-key", found)

    def _whole_table(self, rules: TableRules, rows: int) -> WholeTable:
        found = self.collector.codes
        spoiled = found & {"blank-row", "total-row"}
        return WholeTable(
            fetch=rules.fetch,
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

    def _check_key(self, rules: TableRules, code: str, columns: list[Column]) -> None:
        is_key = code == "primary-key"
        repeated, empty = rules.repeated(columns)
        total = repeated + (empty if is_key else 0)
        self.collector.count(code, total, None if is_key else columns[0].label)
        if not total or not self.collector.limit:
            return
        for found in rules.repeated_rows(columns, self.collector.limit, empty_too=is_key):
            facts: dict[str, Any] = {"first_row": found.first_row}
            if is_key:
                facts["key"] = ", ".join(column.label for column in columns)
                facts["variant"] = "" if found.first_row else "empty"
                self.examples.append(_Example(found.row, 0, code, facts))
            else:
                facts |= self._place(found.row, columns[0].index, found.cells[0])
                self.examples.append(_Example(found.row, columns[0].index, code, facts))

    def _examples_of(self, broken: BrokenRow) -> Iterable[_Example]:
        row = broken.row
        if broken.is_blank:
            yield _Example(row, 0, "blank-row")
            return
        if broken.is_total:
            index, value = next(
                (n, text) for n, text in enumerate(broken.cells, start=1) if (text or "").strip()
            )
            yield _Example(
                row,
                0,
                "total-row",
                {"cell": cell_reference(row, index), "value": (value or "").strip()},
            )
            return
        for rule in broken.broken:
            yield self._example_of(broken, rule)
        for index in range(self.table.width + 1, broken.width + 1):
            yield _Example(row, index, "extra-cell", {"cell": cell_reference(row, index)})

    def _example_of(self, broken: BrokenRow, rule: CellRule) -> _Example:
        value = broken.cells[rule.index - 1]
        facts = self._place(broken.row, rule.index, value)
        if rule.code == "type-error":
            facts["type"] = word("types", str(rule.kind), self.collector.language)
            facts["variant"] = hint_for(rule.kind, value or "")
        elif rule.code == "constraint-error":
            facts |= {"variant": rule.constraint, "constraint": rule.constraint}
            facts["limit"] = rule.limit
        return _Example(broken.row, rule.index, rule.code, facts)

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
        first: dict[tuple[str, int, str], _Example] = {}
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
