"""Workbooks for tests: made by openpyxl, or written part by part where no program would."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.comments import Comment

SHEET = "xl/worksheets/sheet1.xml"
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'
_ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<office:automatic-styles><style:style style:name="oculta">'
    '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body>"
    "</office:document-content>"
)


def make_xlsx(path: Path, rows: Sequence[Sequence[Any]], *, title: str = "Datos") -> Path:
    """A workbook of one sheet."""
    workbook = openpyxl.Workbook()
    workbook.active.title = title
    for row in rows:
        workbook.active.append(row)
    workbook.save(path)
    return path


def make_messy_xlsx(path: Path) -> Path:
    """All that a CSV cannot have, in one workbook."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Mi hoja"
    for row in (
        ["Donativos de 2024"],
        ["clave", "unidad", "fecha", "monto_pesos", "avance", "total"],
        [1, "Norte", "2024-01-01", 5, 0.25, "=D3*2"],
        [2, None, "2024-01-02", 12345678901234567890, 0.5, "#N/A"],
        [3, "Sur\u00a0este ", "2024-01-03", 7, 1, 14],
    ):
        sheet.append(row)
    for row in (3, 4, 5):
        sheet.cell(row, 1).number_format = "00000"
        sheet.cell(row, 5).number_format = "0.0%"
    sheet.merge_cells("B3:B4")
    sheet["A3"].comment = Comment("preguntar a Nadie", "Alguien")
    sheet.row_dimensions[5].hidden = True
    sheet.column_dimensions["F"].hidden = True
    hidden = workbook.create_sheet("Oculta")
    hidden["A1"] = "curp"
    hidden["A2"] = "BOXW310820HNERXN09"
    hidden.sheet_state = "hidden"
    workbook.properties.creator = "Alguien"
    workbook.save(path)
    return path


def rewrite(
    source: Path,
    target: Path,
    changes: Mapping[str, Callable[[bytes], bytes]] | None = None,
    extra: Mapping[str, bytes] | None = None,
) -> Path:
    """The archive with some of its parts changed, and others added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry.filename)
            change = (changes or {}).get(entry.filename)
            new.writestr(entry.filename, change(content) if change else content)
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return target


def make_ods(path: Path, tables: str, *, prolog: str = "", manifest: str = "") -> Path:
    """An ODS with these tables."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", '<?xml version="1.0"?>' + prolog + _ODS.format(tables))
        archive.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest "
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f"{manifest}</manifest:manifest>",
        )
    return path


def ods_row(*cells: str, attributes: str = "") -> str:
    """A row of an ODS."""
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def ods_text(text: str, attributes: str = "", inside: str = "") -> str:
    """A cell of text of an ODS."""
    return (
        f'<table:table-cell office:value-type="string" {attributes}>{inside}'
        f"<text:p>{text}</text:p></table:table-cell>"
    )
