"""One table on its way to its canonical copy: read twice, written once."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.canonical_csv import CanonicalWriter
from ckanext.imssbienestar.checks.personal_data import scan_personal_data, shown_label
from ckanext.imssbienestar.checks.texts import finding, word
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryField, plain_words
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.formats.canonical.changes import ChangeLog, NormalisedCopy
from ckanext.imssbienestar.formats.canonical.labels import pair_labels
from ckanext.imssbienestar.formats.canonical.layout import settings
from ckanext.imssbienestar.formats.canonical.mending import ColumnMender
from ckanext.imssbienestar.formats.canonical.rows import DataRows, read_header
from ckanext.imssbienestar.formats.canonical.source import (
    CannotNormaliseError,
    Row,
    TableSent,
    encoding_name,
)
from ckanext.imssbienestar.formats.canonical.survey import ColumnSurvey
from ckanext.imssbienestar.formats.canonical.text import JOINER
from ckanext.imssbienestar.formats.canonical.whole import AddedColumn, WholeTable, take_apart
from ckanext.imssbienestar.formats.workbooks.facts import Finds, MergedRange

_BLOCK = 4096


@dataclass
class _OutputColumn:
    """A column of the copy: where its cells come from, and how they are rewritten."""

    name: str
    entry: DictionaryField | None = None
    place: int | None = None
    added: AddedColumn | None = None
    mender: ColumnMender | None = None


class CopyWriter:
    """One table on its way to its canonical copy: read twice, written once."""

    def __init__(
        self,
        sent: TableSent,
        dictionary: DataDictionary | None,
        constants: Mapping[str, str],
        language: str,
    ) -> None:
        self.sent = sent
        self.dictionary = dictionary
        self.language = language
        self.log = ChangeLog()
        self.questions: list[Finding] = list(sent.questions)
        self.header = read_header(sent)
        self.whole: WholeTable | None = None
        if dictionary is not None:
            self.whole = take_apart(sent, self.header, dictionary, self.log)
        self.paired = self._paired()
        self.added = list(self.whole.added) if self.whole else []
        self._add_constants(constants)
        self.surveys: list[ColumnSurvey] = []
        self.total = 0
        self._raw_labels: list[str] = []
        self._spelled = Counter(map(_snake_case, self.header.labels))
        self._short: dict[int, int] = {}

    # --- what the columns are --------------------------------------------------------------------

    def _paired(self) -> dict[int, DictionaryField]:
        if self.dictionary is None:
            return {}
        if self.whole:
            return self.whole.paired
        return pair_labels([[label] for label in self.header.labels], self.dictionary)

    def _add_constants(self, constants: Mapping[str, str]) -> None:
        taken = {entry.name for entry in self.paired.values()}
        taken |= {column.entry.name for column in self.added}
        for name, value in constants.items():
            entry = self.dictionary.field(name) if self.dictionary else None
            if entry is None or name in taken:
                raise CannotNormaliseError(
                    finding("constant-not-wanted", language=self.language, column=name)
                )
            self.added.append(AddedColumn(entry, constant=value))

    def _label(self, place: int) -> str:
        return self.header.labels[place] if place < len(self.header.labels) else ""

    def _name(self, place: int) -> str:
        """The name in the copy of a column of what was sent."""
        if place in self.paired:
            return self.paired[place].name
        label = self._label(place)
        if self.dictionary is not None:
            return label
        name = _snake_case(label)
        return name if name and self._spelled[name] == 1 else label

    # --- the rows --------------------------------------------------------------------------------

    def _rows(self, log: ChangeLog | None = None) -> Iterator[Row]:
        if self.whole:
            rows: Iterator[Row] = iter(self.whole.rows)
        else:
            rows = DataRows(self.sent, self.header).read(log)
        ranges = self.sent.sheet.merged_ranges if self.sent.sheet else []
        down = [r for r in ranges if r.last_row > r.first_row and r.last_row > self.header.row]
        return self._unmerged(rows, down, log) if down else rows

    def _unmerged(
        self, rows: Iterator[Row], ranges: Sequence[MergedRange], log: ChangeLog | None
    ) -> Iterator[Row]:
        """Each row of a merged cell gets the value that a person sees beside it."""
        waiting = sorted(ranges, key=lambda found: found.first_row, reverse=True)
        open_ranges: list[tuple[MergedRange, str]] = []
        for number, cells in rows:
            open_ranges = [pair for pair in open_ranges if pair[0].last_row >= number]
            for found, value in open_ranges:
                place = found.first_column - 1
                if place < len(cells) and not cells[place].strip() and value.strip():
                    cells = [*cells[:place], value, *cells[place + 1 :]]
                    if log is not None:
                        reference = self.sent.reference(number, place + 1)
                        log.cell("merged-cells", self._name(place), reference, after=value)
            while waiting and waiting[-1].first_row <= number:
                found = waiting.pop()
                if found.first_row == number and found.first_column <= len(cells):
                    open_ranges.append((found, cells[found.first_column - 1]))
            yield number, cells

    def _blocks(self, rows: Iterator[Row]) -> Iterator[tuple[list[int], list[tuple[str, ...]]]]:
        """Numbers of the rows and their cells by column, some thousands of rows at a time."""
        while block := list(islice(rows, _BLOCK)):
            widths = {len(cells) for _, cells in block}
            width = max(*widths, len(self.header.labels))
            rows_of_cells: Iterator[list[str]] = (cells for _, cells in block)
            self._short = {}
            if widths != {width}:
                least = len(self.header.labels)
                self._short = {n: len(c) for n, c in block if len(c) < least}
                blank = [""] * width
                rows_of_cells = (cells + blank[len(cells) :] for cells in rows_of_cells)
            columns = list(zip(*rows_of_cells, strict=True))
            yield [number for number, _ in block], columns

    def _survey(self) -> None:
        """The first reading: what each column proves."""
        for numbers, columns in self._blocks(self._rows()):
            self.total += len(numbers)
            while len(self.surveys) < len(columns):
                place = len(self.surveys)
                self.surveys.append(ColumnSurvey(self._name(place), self.paired.get(place)))
            for survey, cells in zip(self.surveys, columns, strict=False):
                survey.feed(cells, JOINER.join(cells))
        for place, survey in enumerate(self.surveys):
            survey.proven_digits = self._shown_digits(place, survey)

    def _shown_digits(self, place: int, survey: ColumnSurvey) -> int | None:
        """Digits that the sheet shows in every cell of the column: a format such as 00000."""
        formats = self.sent.sheet.zero_formats.get(place + 1, {}) if self.sent.sheet else {}
        if len(formats) != 1:
            return None
        digits, count = next(iter(formats.items()))
        return digits if count >= survey.filled_cells else None

    # --- the copy --------------------------------------------------------------------------------

    def write(self, source: Path, target: Path, file_name: str) -> NormalisedCopy:
        """Write the copy and tell what it changed."""
        self._note_file()
        self._survey()
        columns = self._columns()
        with target.open("w", encoding="utf-8", newline="") as stream:
            writer = CanonicalWriter(stream)
            writer.writerow([column.name for column in columns])
            for numbers, cells in self._blocks(self._rows(self.log)):
                self._note_short_rows()
                writer.writerows(
                    zip(*(self._mended(c, numbers, cells) for c in columns), strict=True)
                )
        self._note_added()
        self._keep_bytes(source, target)
        self._ask(columns)
        hidden = _hidden_columns(target, self.log)
        return NormalisedCopy(
            file=file_name,
            sheet=self.sent.sheet.name if self.sent.sheet else None,
            sha256=self.sent.facts.sha256,
            output_sha256=_sha256(target),
            rows=self.total,
            columns=tuple(column.name for column in columns),
            changes=self.log.changes(hidden),
            questions=tuple(self.questions),
        )

    def _note_file(self) -> None:
        sent, log = self.sent, self.log
        if sent.sheet:
            log.note("workbook", detail=sent.sheet.name)
        else:
            if sent.encoding not in ("utf-8", "utf-8-sig") or sent.facts.bad_byte is not None:
                log.note("encoding", detail=encoding_name(sent))
            elif sent.facts.crlf:
                log.note("line-endings")
            if sent.facts.has_bom:
                log.note("byte-order-mark")
            if sent.delimiter != ",":
                log.note("delimiter", detail=word("delimiters", sent.delimiter, self.language))
        for number, text in self.header.titles:
            log.cell("title-row", None, sent.reference(number, 1), before=text[:200])
        if self.header.other_rows:
            log.note("header-rows")

    def _columns(self) -> list[_OutputColumn]:
        """The columns of the copy, in the dictionary's order."""
        columns = []
        for place, survey in enumerate(self.surveys or self._unread()):
            if not survey.name and not survey.filled:
                self.log.note("blank-column")
                continue
            column = _OutputColumn(survey.name, self.paired.get(place), place=place)
            column.mender = ColumnMender(survey, self.log)
            columns.append(column)
            self._note_label(place, survey.name)
        columns += [_OutputColumn(c.entry.name, c.entry, added=c) for c in self.added]
        if self.dictionary is None:
            return columns
        order = {name: number for number, name in enumerate(self.dictionary.names)}
        ordered = sorted(columns, key=lambda column: order.get(column.name, len(order)))
        sent_order = [column for column in ordered if column.place is not None]
        if sent_order != [column for column in columns if column.place is not None]:
            self.log.note("column-order")
        return ordered

    def _unread(self) -> list[ColumnSurvey]:
        """The columns of a table without rows."""
        self.surveys = [
            ColumnSurvey(self._name(place), self.paired.get(place))
            for place in range(len(self.header.labels))
        ]
        return self.surveys

    def _note_label(self, place: int, name: str) -> None:
        sent_as = self._label(place)
        if sent_as != name:
            shown = shown_label(sent_as, place + 1)
            self.log.note("label", column=name, detail=shown)
        elif not self.header.other_rows and self._raw_label(place) != name:
            reference = self.sent.reference(self.header.row, place + 1)
            self.log.cell("outer-space", name, reference)

    def _raw_label(self, place: int) -> str:
        if not self._raw_labels:
            row = next(cells for number, cells in self.sent.rows() if number == self.header.row)
            self._raw_labels.extend(row)
        return self._raw_labels[place] if place < len(self._raw_labels) else ""

    def _mended(
        self, column: _OutputColumn, numbers: Sequence[int], cells: Sequence[Sequence[str]]
    ) -> Sequence[str]:
        if column.added is not None:
            values, constant = column.added.values, column.added.constant
            return [values.get(number, constant) for number in numbers]
        place = column.place or 0
        if column.mender is None or place >= len(cells):
            return [""] * len(numbers)
        return column.mender.mend(
            cells[place],
            JOINER.join(cells[place]),
            lambda row: self.sent.reference(numbers[row], place + 1),
        )

    # --- what is told ----------------------------------------------------------------------------

    def _note_short_rows(self) -> None:
        for number, width in self._short.items():
            self.log.cell("short-row", None, self.sent.reference(number, width + 1))
        self._short.clear()

    def _note_added(self) -> None:
        for column in self.added:
            if column.constant:
                self.log.note(
                    "constant",
                    column=column.entry.name,
                    count=self.total,
                    detail=column.constant,
                )

    def _keep_bytes(self, source: Path, target: Path) -> None:
        """What needed no change keeps its bytes: quotes that nobody needs are no defect."""
        if self.log or self.sent.sheet:
            return
        if self.sent.facts.plain_rows:
            shutil.copyfile(source, target)
        elif _sha256(target) != self.sent.facts.sha256:
            self.log.note("quoting")

    def _ask(self, columns: Sequence[_OutputColumn]) -> None:
        """What only a person can decide, as findings."""
        for column in columns:
            for code, finds in (column.mender.questions if column.mender else {}).items():
                self._question(code, column=column.name, finds=finds)
        for place, survey in enumerate(self.surveys):
            if survey.lacks_zeros:
                lengths = ", ".join(map(str, sorted(survey.lengths)))
                self._question("lost-leading-zeros", column=survey.name, lengths=lengths)
            if survey.may_be_serial_dates:
                self._question("serial-date", column=survey.name)
            if self.dictionary and survey.filled and place not in self.paired:
                cell = self.sent.reference(self.header.row, place + 1)
                label = shown_label(self._label(place), place + 1)
                self._question("label-not-recognised", column=label, cell=cell)
        known = {column.name for column in columns}
        for name in self.dictionary.names if self.dictionary else ():
            if name not in known:
                self._question("column-not-found", column=name)

    def _question(self, code: str, *, finds: Finds | None = None, **facts: Any) -> None:
        if finds is not None:
            more = ", …" if finds.count > len(finds.first) else ""
            facts |= {"count": finds.count, "places": ", ".join(finds.first) + more}
        self.questions.append(finding(code, language=self.language, **facts))


def _hidden_columns(copy: Path, log: ChangeLog) -> frozenset[str]:
    """Columns of the copy whose values no report may hold."""
    return scan_personal_data(copy).hidden_columns if log.holds_values else frozenset()


def _snake_case(label: str) -> str:
    """A column's name as the Guía wants it (lower case, ASCII, underscores), if it can be told."""
    spelled = " ".join(settings()["label_words"].get(word, word) for word in label.lower().split())
    # Twice, because a letter such as 𝔄 only becomes a capital A at the first time.
    name = plain_words(plain_words(spelled)).replace(" ", "_")
    return name if name.isascii() else ""


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
