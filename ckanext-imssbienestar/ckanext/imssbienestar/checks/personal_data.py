"""The guard: columns with personal data, found before a file is kept anywhere.

What it knows is in :mod:`ckanext.imssbienestar.checks.personal`: names of columns (the padrón is
refused with zero rows), values, and combinations of columns. Reports hold column names and
counts, never a value.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ckanext.imssbienestar.checks.languages import DEFAULT_LANGUAGE
from ckanext.imssbienestar.checks.personal.files_texts import (
    FILE_NAME,
    judge_text,
    report_of,
    shown_file_name,
)
from ckanext.imssbienestar.checks.personal.report import PersonalDataColumn, PersonalDataReport
from ckanext.imssbienestar.checks.personal.rules import Decision
from ckanext.imssbienestar.checks.personal.sampling import first_look
from ckanext.imssbienestar.checks.personal.scan import (
    scan_labels,
    scan_open_table,
    scan_outside,
    shown_label,
)
from ckanext.imssbienestar.checks.reading import read_bytes
from ckanext.imssbienestar.checks.recognise import foreign_content, recognise
from ckanext.imssbienestar.checks.table_source import TableSource, open_table
from ckanext.imssbienestar.checks.texts import finding, word
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.formats.workbook import is_container, open_workbook
from ckanext.imssbienestar.formats.workbook_facts import WorkbookError
from ckanext.imssbienestar.private_files import private_folder

__all__ = [
    "FILE_NAME",
    "Decision",
    "PersonalDataColumn",
    "PersonalDataReport",
    "first_look",
    "personal_data_findings",
    "scan_file_name",
    "scan_header",
    "scan_personal_data",
    "scan_table",
    "scan_texts",
    "scan_workbook",
    "shown_file_name",
    "shown_label",
]


# Characters read at a time of a file whose rows cannot be trusted, and read twice.
_PIECE, _OVERLAP = 10_000, 200


def scan_header(labels: Sequence[str], *, file_name: str = "") -> PersonalDataReport:
    """Judge column names alone: enough to refuse a file with no rows."""
    return scan_labels(labels, file_name=file_name)


def scan_texts(texts: Mapping[str, str], *, file_name: str = "") -> PersonalDataReport:
    """Judge texts that are in no table: a description, a reason somebody typed, a dictionary.

    What is certain by itself is blocked; a person's full name alone is for a person to look at.
    Fields that name somebody lawfully (contact, author) are the caller's to leave out.

    :param texts: each text under the name of its field, which is what the report shows.
    :param file_name: judged as well, as ``FILE_NAME``, where there is one.
    :raises GuardFailedError: a text cannot be judged.
    """
    found = (
        judge_text(text, shown_label(name, number))
        for number, (name, text) in enumerate(texts.items(), start=1)
        if text.strip()
    )
    return report_of(file_name, found)


def scan_file_name(name: str) -> PersonalDataReport:
    """Judge the name of a file alone; the report shows it only where it tells of nobody."""
    return report_of(name, [])


def scan_personal_data(
    source: str | Path | BinaryIO, *, file_name: str | None = None
) -> PersonalDataReport:
    """Judge a CSV file by header and by value.

    :param source: a path, or an open binary file: the upload before it is stored. It is read
        from its beginning and left there.
    :raises InputFileError: the file cannot be read.
    """
    if isinstance(source, (str, Path)):
        return _scan_path(Path(source), file_name or Path(source).name)
    with _private_copy(source) as copy:
        return _scan_path(copy, file_name or "")


def scan_table(table: TableSource, *, file_name: str = "") -> PersonalDataReport:
    """Judge an open table."""
    return scan_open_table(table, file_name=file_name)


def personal_data_findings(
    report: PersonalDataReport, language: str = DEFAULT_LANGUAGE
) -> tuple[Finding, ...]:
    """The report as findings: one for each column that is blocked or must be looked at."""
    codes = {Decision.BLOCK: "personal-data", Decision.REVIEW: "personal-data-review"}
    return tuple(
        finding(
            codes[found.decision],
            language=language,
            column=found.column,
            kind=word("kinds", found.kind, language),
        )
        for found in report.columns
        if found.decision in codes
    )


def scan_workbook(path: Path, *, file_name: str | None = None) -> PersonalDataReport:
    """Judge every sheet of a workbook, hidden ones too; columns are told with their sheet.

    :raises WorkbookError: it cannot be read.
    """
    rows, columns = 0, []
    with open_workbook(path) as workbook:
        for sheet in workbook.filled_sheets:
            report = _scan_path(workbook.sheet_file(sheet), "")
            rows += report.rows
            columns += [
                found.model_copy(update={"column": f"{sheet.name}!{found.column}"})
                for found in report.columns
            ]
    return _report(file_name or path.name, rows, columns)


def _scan_path(path: Path, file_name: str) -> PersonalDataReport:
    facts = read_bytes(path)
    if is_container(path):
        try:
            return scan_workbook(path, file_name=file_name)
        except WorkbookError:
            # Nothing in it can be read here: the check refuses it and says why.
            return _report(file_name, 0, [])
    if not facts.size or facts.nul_byte is not None or foreign_content(path):
        # Not a table: the check refuses it, and the guard what is certain in it as text.
        outside = scan_outside(_pieces(path, "utf-8"), 1)
        return _report(file_name, 0, [outside] if outside else [])
    shape = recognise(path, facts, None)
    with open_table(path, facts, shape) as table:
        report = scan_table(table, file_name=file_name)
        outside = scan_outside(_outside(table, path, shape.encoding), table.width + 1)
    if outside is None or report.blocked:
        return report
    return _report(file_name, report.rows, [*report.columns, outside])


def _outside(table: TableSource, path: Path, encoding: str) -> Iterator[str]:
    """What the relation does not show: title rows; the whole file, where some row is odd."""
    for row in table.titles:
        yield from row
    torn = table.cut_at is not None or table.unclosed_quote is not None or not table.readable
    if torn or table.measure(["count(extra)"])[0]:
        yield from _pieces(path, encoding)


def _pieces(path: Path, encoding: str) -> Iterator[str]:
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        end = ""
        while piece := stream.read(_PIECE):
            yield end + piece
            # An identifier may stand across two pieces.
            end = piece[-_OVERLAP:]


def _report(file_name: str, rows: int, columns: Sequence[PersonalDataColumn]) -> PersonalDataReport:
    blocked = any(found.decision is Decision.BLOCK for found in columns)
    return PersonalDataReport(file=file_name, rows=rows, blocked=blocked, columns=tuple(columns))


@contextmanager
def _private_copy(source: BinaryIO) -> Iterator[Path]:
    """The upload as a file only this process can read, gone when the scan ends."""
    source.seek(0)
    with private_folder("guard") as folder:
        copy = folder / "upload"
        descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        source.seek(0)
        yield copy
