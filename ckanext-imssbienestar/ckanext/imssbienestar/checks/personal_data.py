"""The guard: columns with personal data, found before a file is kept anywhere.

What it knows is in :mod:`ckanext.imssbienestar.checks.personal`: names of columns (the padrón is
refused with zero rows), values, and combinations of columns. Reports hold column names and
counts, never a value.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import duckdb

from ckanext.imssbienestar.checks.errors import FileChangedError
from ckanext.imssbienestar.checks.layout import limit
from ckanext.imssbienestar.checks.personal.errors import GuardFailedError
from ckanext.imssbienestar.checks.personal.files_places import is_place, place, place_in_words
from ckanext.imssbienestar.checks.personal.files_scan import (
    is_binary,
    is_marked_text,
    is_old_office,
    is_pdf,
    is_picture,
    judge_document,
    judge_loose_text,
    judge_records,
    judge_web_tables,
    packed,
    reason_of,
    require_old_workbook,
    unreadable,
    unseen_picture,
)
from ckanext.imssbienestar.checks.personal.files_texts import (
    FILE_NAME,
    judge_file_name,
    judge_text,
    report_of,
    shown_file_name,
)
from ckanext.imssbienestar.checks.personal.findings import personal_data_findings
from ckanext.imssbienestar.checks.personal.report import PersonalDataColumn, PersonalDataReport
from ckanext.imssbienestar.checks.personal.rules import Decision, screen
from ckanext.imssbienestar.checks.personal.sampling import first_look
from ckanext.imssbienestar.checks.personal.scan import (
    scan_labels,
    scan_open_table,
    scan_outside,
    shown_label,
)
from ckanext.imssbienestar.checks.reading import ByteFacts, read_bytes
from ckanext.imssbienestar.checks.recognise import foreign_content, recognise, wide_encoding
from ckanext.imssbienestar.checks.table_source import TableSource, open_table
from ckanext.imssbienestar.errors import ImssError, InputFileError
from ckanext.imssbienestar.formats.documents.document import open_document
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError, workbook_layout
from ckanext.imssbienestar.formats.workbooks.workbook import is_container, open_workbook
from ckanext.imssbienestar.private_files import private_folder

__all__ = [
    "FILE_NAME",
    "Decision",
    "PersonalDataColumn",
    "PersonalDataReport",
    "first_look",
    "is_place",
    "personal_data_findings",
    "place_in_words",
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
# A file whose rows cannot be told apart is read piece by piece up to this size.
_MOST_UNBROKEN = 20_000_000
# Pieces looked at of what is no text.
_RAW_PIECES = 2_000


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
    """Judge a file of any kind wherever something is written in it, and its name.

    What cannot be read is blocked (kind ``unreadable``); a picture of something written is for a
    person to look at (kind ``image``).

    :param source: a path, or an open binary file: the upload before it is stored. It is read
        from its beginning and left there.
    :raises InputFileError: the file cannot be read.
    :raises FileChangedError: it was changed in the meantime.
    :raises GuardFailedError: the guard stumbled; nothing it raises holds a value.
    """
    if isinstance(source, (str, Path)):
        return _scan_steady(Path(source), file_name or Path(source).name)
    with _private_copy(source) as copy:
        return _scan_steady(copy, file_name or "")


def scan_table(table: TableSource, *, file_name: str = "") -> PersonalDataReport:
    """Judge an open table."""
    return scan_open_table(table, file_name=file_name)


def scan_workbook(path: Path, *, file_name: str | None = None) -> PersonalDataReport:
    """Judge every sheet of a workbook, hidden ones too; columns are told with their sheet.

    :raises WorkbookError: it cannot be read.
    """
    rows, columns = _scan_sheets(path)
    return _report(file_name or path.name, rows, columns)


def _scan_sheets(path: Path) -> tuple[int, list[PersonalDataColumn]]:
    rows, columns = 0, []
    with open_workbook(path) as workbook:
        for number, sheet in enumerate(workbook.facts.sheets, start=1):
            where = place("sheet", number)
            named = judge_text(sheet.name, where)
            if named is not None:
                columns.append(named)
            if sheet.is_empty:
                continue
            report = _scan_inside(workbook.sheet_file(sheet))
            rows += report.rows
            columns += [
                found.model_copy(
                    update={"column": f"{where if named else sheet.name}!{found.column}"}
                )
                for found in report.columns
            ]
    return rows, columns


def _scan_steady(path: Path, file_name: str) -> PersonalDataReport:
    """Judge a file that must not change meanwhile, and let nothing out but errors of ours."""
    fault = ""
    try:
        before = _stamp(path)
        report = _scan_path(path, file_name)
        after = _stamp(path)
    except ImssError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it may quote the file
        fault = type(error).__name__
    else:
        if after != before:
            raise FileChangedError(str(path))
        return report
    # Raised here, outside: what is raised inside keeps the first error, values and all.
    raise GuardFailedError(fault)


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError as error:
        raise InputFileError(
            f"The file {path.name} cannot be read.", path=str(path), next_step="Give it again."
        ) from error
    return status.st_ino, status.st_size, status.st_mtime_ns


def _scan_path(path: Path, file_name: str, depth: int = 0) -> PersonalDataReport:
    named = judge_file_name(file_name) if file_name else None
    inside = _scan_inside(path, depth)
    columns = [*inside.columns, *([named] if named else [])]
    return _report(shown_file_name(file_name), inside.rows, columns)


def _scan_inside(path: Path, depth: int = 0) -> PersonalDataReport:
    """What is in the file, whatever its name says it is."""
    facts = read_bytes(path)
    if not facts.size:
        return _report("", 0, [])
    if is_container(path) or is_pdf(path):
        return _scan_document(path, depth)
    encoding = wide_encoding(path)
    if encoding and not packed(path) and not is_binary(path, 0, encoding):
        return _scan_decoded(path, encoding, depth)
    binary = facts.nul_byte is not None and is_binary(path, facts.nul_byte)
    if is_picture(path) and (binary or facts.bad_byte is not None):
        return _report("", 0, [*_loose(path, raw=True), unseen_picture()])
    if binary or packed(path):
        reason = "archive" if packed(path) else "unknown-content"
        return _report("", 0, [*_loose(path, raw=True), unreadable(reason)])
    if facts.nul_byte is not None:
        return _scan_decoded(path, facts.encoding, depth)
    loose: list[PersonalDataColumn] = []
    if is_marked_text(path):
        loose = [*_loose(path, encoding=facts.encoding), *judge_records(path)]
        loose += judge_web_tables(_pieces(path, facts.encoding, overlap=0))
        if foreign_content(path):
            return _report("", 0, loose)
    report = _scan_rows(path, facts)
    return _report("", report.rows, [*report.columns, *loose])


def _scan_document(path: Path, depth: int) -> PersonalDataReport:
    rows, columns = 0, []
    try:
        if is_old_office(path):
            columns += _loose(path, raw=True)
            require_old_workbook(path)
            rows, found = _scan_sheets(path)
            return _report("", rows, [*columns, *found])
        with open_document(path) as document:
            columns += judge_document(document, _scan_path, depth)
            if document.facts.kind in workbook_layout()["readable"]:
                rows, found = _scan_sheets(path)
                columns += found
    except WorkbookError as error:
        columns += [*([] if columns else _loose(path, raw=True)), unreadable(reason_of(error))]
    return _report("", rows, columns)


def _scan_decoded(path: Path, encoding: str, depth: int) -> PersonalDataReport:
    """A text that the readers of tables do not take as it is, in UTF-8 and without NULs."""
    with private_folder("guard") as folder:
        copy = folder / "text"
        with copy.open("w", encoding="utf-8", errors="replace", newline="") as target:
            for piece in _pieces(path, encoding, overlap=0):
                target.write(piece.replace("\0", ""))
        return _scan_inside(copy, depth)


def _scan_rows(path: Path, facts: ByteFacts) -> PersonalDataReport:
    if facts.unbroken > limit("row_bytes") and facts.size > _MOST_UNBROKEN:
        # The check refuses it too: so long a row is damage, and reading it would take minutes.
        return _report("", 0, [unreadable("too-large")])
    shape = recognise(path, facts, None)
    with open_table(path, facts, shape, settle=False) as table:
        report = scan_table(table)
        outside = scan_outside(_outside(table, path, shape.encoding), table.width + 1)
    if outside is None or report.blocked:
        return report
    return _report("", report.rows, [*report.columns, outside])


def _loose(path: Path, *, encoding: str = "latin-1", raw: bool = False) -> list[PersonalDataColumn]:
    # What is no text is not let through unseen anyway: its beginning says what else is in it.
    most = _RAW_PIECES if raw else None
    found = list(judge_loose_text(islice(_pieces(path, encoding), most), raw=raw))
    if raw and not found:
        # Some programs write two bytes a letter, from an even or an odd place.
        for skipped in (0, 1):
            pieces = islice(_pieces(path, "utf-16-le", skipped=skipped), most)
            found += judge_loose_text(pieces, raw=True)
    return found


def _outside(table: TableSource, path: Path, encoding: str) -> Iterator[str]:
    """What the relation does not show: title rows; the whole file, where some row is odd."""
    for row in table.titles:
        yield from row
    torn = table.cut_at is not None or table.unclosed_quote is not None or not table.readable
    if torn and path.stat().st_size <= _MOST_UNBROKEN:
        # What should be one cell may go on over lines.
        yield from _pieces(path, encoding)
    elif torn or table.measure(["count(extra)"])[0]:
        yield from _clear_lines(table, path, encoding)


def _clear_lines(table: TableSource, path: Path, encoding: str) -> Iterator[str]:
    """The lines that matter, which the engine tells in a moment; the file where it cannot."""
    if encoding.startswith("utf-8"):
        try:
            yield from table.lines_like(screen("certain"))
        except duckdb.Error:
            # Its message may quote the file: nothing of it goes on. All is looked at instead.
            pass
        else:
            return
    yield from _pieces(path, encoding)


def _pieces(
    path: Path, encoding: str, *, overlap: int = _OVERLAP, skipped: int = 0
) -> Iterator[str]:
    with path.open("rb") as content:
        content.seek(skipped)
        stream = io.TextIOWrapper(content, encoding=encoding, errors="replace", newline="")
        end = ""
        while piece := stream.read(_PIECE):
            yield end + piece
            # An identifier may stand across two pieces.
            end = piece[-overlap:] if overlap else ""


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
