"""Findings as files that people open: CSV, and a workbook with a summary.

Whatever a finding quotes from a table stays text: no program that opens these files runs it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.formats.written.workbook import cell_text

COLUMNS = ("code", "severity", "row", "column", "cell", "message", "fix", "rule")
"""The fields of a finding in the order of a file; their headings are program texts."""

_WIDTHS = (20, 16, 9, 28, 9, 70, 70, 30)
_SUMMARY_WIDTHS = (40, 40, 16, 12)

# A spreadsheet takes a text that begins like this for a formula.
_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_ROWS_AT_ONCE = 500


def findings_csv(findings: Iterable[Finding], language: str) -> Iterator[bytes]:
    """The findings as canonical CSV (UTF-8 without BOM, RFC 4180), piece by piece.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(_headings(language))
    for number, finding in enumerate(findings, start=1):
        writer.writerow([_harmless(value) for value in _values(finding, language)])
        if number % _ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def write_findings_xlsx(
    target: IO[bytes],
    summary: Sequence[Sequence[Any]],
    findings: Iterable[Finding],
    language: str,
) -> None:
    """A workbook of two sheets: the summary and the findings, both with texts as texts.

    :param summary: the rows of the first sheet; an empty one parts two of its tables.
    """
    texts = read_yaml("program_texts.yaml")[language]
    workbook = Workbook(write_only=True)
    first = workbook.create_sheet(str(texts["report_sheet_summary"]))
    _set_widths(first, _SUMMARY_WIDTHS)
    for number, row in enumerate(summary):
        first.append([_cell(first, value, bold=number == 0) for value in row])
    second = workbook.create_sheet(str(texts["report_sheet_findings"]))
    _set_widths(second, _WIDTHS)
    second.freeze_panes = "A2"
    second.append([_cell(second, heading, bold=True) for heading in _headings(language)])
    rows = 1
    for finding in findings:
        second.append([_cell(second, value) for value in _values(finding, language)])
        rows += 1
    second.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{rows}"
    workbook.save(target)


def _headings(language: str) -> list[str]:
    texts = read_yaml("program_texts.yaml")[language]
    return [str(texts[f"report_column_{name}"]) for name in COLUMNS]


def _values(finding: Finding, language: str) -> list[Any]:
    severity = str(read_yaml("program_texts.yaml")[language][finding.severity.value])
    values = {name: getattr(finding, name) for name in COLUMNS} | {"severity": severity}
    return ["" if values[name] is None else values[name] for name in COLUMNS]


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_LIKE_A_FORMULA):
        return "'" + value
    return value


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8")


def _set_widths(sheet: Any, widths: Sequence[int]) -> None:
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value)
    cell = WriteOnlyCell(sheet, cell_text(ILLEGAL_CHARACTERS_RE.sub("·", value)))
    # Never a formula, whatever it begins with.
    cell.data_type = "s"
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if bold:
        cell.font = Font(bold=True)
    return cell
