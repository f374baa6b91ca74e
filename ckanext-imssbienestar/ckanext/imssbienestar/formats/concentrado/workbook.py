"""Formato 2 as an Excel workbook: for reading and keeping, not to be filled in."""

from __future__ import annotations

from typing import Any

from ckanext.imssbienestar.domain.concentrado import Concentrado
from ckanext.imssbienestar.formats.concentrado.layout import ShownConcentrado, show_concentrado
from ckanext.imssbienestar.formats.written.workbook import cell_text, saved_workbook

_GUINDA, _PALE = "9D2449", "F4ECE0"
_CENTRED = ("personal", "open", "public_interest")


def dump_concentrado_workbook(concentrado: Concentrado, *, language: str = "es") -> bytes:
    """XLSX with one protected sheet; every cell is text. The same bytes each time."""
    # Imported here because it takes as long as everything else that starts with this.
    import openpyxl

    shown = show_concentrado(concentrado, language)
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = shown.titles["sheet"]
    first_row = _write_heading(sheet, shown)
    _write_table(sheet, shown, first_row)
    _set_page(sheet, first_row)
    workbook.properties.creator = shown.organism
    workbook.properties.title = shown.table_title
    workbook.properties.language = language
    return saved_workbook(workbook)


def _write_heading(sheet: Any, shown: ShownConcentrado) -> int:
    """Write what stands above the table; the row of the column titles."""
    from openpyxl.styles import Alignment, Font

    across = len(shown.columns)
    top = Alignment(wrap_text=True, vertical="top")
    row = 0
    for row, text in enumerate((shown.organism, shown.annex, shown.annex_title), start=1):
        _put(sheet, row, 1, text).font = Font(bold=True, size=14 if row == 1 else 12)
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=across)
    for label, value in shown.header:
        row += 1
        _put(sheet, row, 1, label).font = Font(bold=True)
        _put(sheet, row, 2, value).alignment = top
        sheet.cell(row=row, column=1).alignment = top
        sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=across)
        # Merged cells do not grow with their text.
        sheet.row_dimensions[row].height = 15 * (1 + value.count("\n") + len(value) // 100)
    row += 1
    _put(sheet, row, 1, shown.table_title).font = Font(bold=True, size=12)
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=across)
    return row + 1


def _write_table(sheet: Any, shown: ShownConcentrado, first_row: int) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    thin = Side(style="thin", color="DDC9A3")
    border = Border(left=thin, right=thin, top=thin, bottom=thin)
    fill, pale = (PatternFill("solid", start_color=color) for color in (_GUINDA, _PALE))
    white, bold = Font(bold=True, color="FFFFFF"), Font(bold=True)
    aligned = {
        column.name: Alignment(
            wrap_text=True,
            vertical="top",
            horizontal="center" if column.name in _CENTRED else None,
        )
        for column in shown.columns
    }
    titles = tuple(column.title for column in shown.columns)
    last_row = first_row + 1 + len(shown.rows)
    for row, texts in enumerate((titles, *shown.rows, shown.total), start=first_row):
        for number, (column, text) in enumerate(zip(shown.columns, texts, strict=True), start=1):
            cell = _put(sheet, row, number, text)
            cell.border, cell.alignment = border, aligned[column.name]
            if row == first_row:
                cell.font, cell.fill = white, fill
            elif row == last_row:
                cell.font, cell.fill = bold, pale
    for number, column in enumerate(shown.columns, start=1):
        letter = sheet.cell(row=first_row, column=number).column_letter
        sheet.column_dimensions[letter].width = column.width


def _set_page(sheet: Any, first_row: int) -> None:
    sheet.freeze_panes = sheet.cell(row=first_row + 1, column=2)
    sheet.print_title_rows = f"{first_row}:{first_row}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    # Generated, never typed; without a password, for whoever wants to widen a column.
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False


def _put(sheet: Any, row: int, column: int, text: str) -> Any:
    """A cell that holds this text and nothing else: never a formula, a number or a date."""
    cell = sheet.cell(row=row, column=column)
    if text:
        cell.value = cell_text(text)
        cell.data_type = "s"
    cell.number_format = "@"
    return cell
