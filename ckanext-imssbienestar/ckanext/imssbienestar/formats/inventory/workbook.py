"""Formato 1 as an Excel workbook: drop-downs, notes, headings that stay in view, help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.domain.inventory_layout import ValueKind
from ckanext.imssbienestar.formats.inventory.page import InventoryPage, inventory_page
from ckanext.imssbienestar.formats.workbooks.facts import column_letters
from ckanext.imssbienestar.formats.written.workbook import cell_text, saved_workbook

_GUINDA, _PALE, _GREY = "9D2449", "F4ECE0", "F2F2F2"
_TYPED = (ValueKind.DATE, ValueKind.DATE_OR_YEAR, ValueKind.WHOLE_NUMBER)


def dump_inventory_xlsx(
    header: InventoryHeader, entries: Sequence[InventoryEntry] = (), *, language: str = "es"
) -> bytes:
    """The inventory as XLSX, the blank form when there are no entries; the same bytes each time.

    :raises UnwritableInventory: a value cannot be kept in a workbook.
    """
    # Imported here because it takes as long as everything else a check imports.
    import openpyxl

    page = inventory_page(header, entries, language=language)
    # Written row by row: thousands of entries take a third of the time and little memory.
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet(page.texts["sheet"])
    sheet.freeze_panes = f"C{page.title_row + 1}"
    for number, field in enumerate(page.fields, start=1):
        column = sheet.column_dimensions[column_letters(number)]
        column.width = field.width
        # What is typed into an empty row: 007 stays so, and a date may become one.
        column.number_format = "General" if field.kind in _TYPED else "@"
    _add_choices(sheet, workbook, page)
    for row in _written_rows(sheet, page):
        sheet.append(row)
    _write_help(workbook.create_sheet(page.texts["help_sheet"]), page)
    workbook.properties.creator = "IMSS-BIENESTAR"
    workbook.properties.title = page.heading[1][0]
    workbook.properties.language = language
    return saved_workbook(workbook)


def _written_rows(sheet: Any, page: InventoryPage) -> Iterable[Sequence[Any]]:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill

    bold, pale = Font(bold=True), PatternFill("solid", start_color=_PALE)
    for row, cells in enumerate(page.heading, start=1):
        to_fill = row >= page.first_field_row
        yield [
            _cell(sheet, text, fill=pale) if to_fill and at % 2 else _cell(sheet, text, font=bold)
            for at, text in enumerate(cells)
        ]
    yield [_cell(sheet, text, font=bold) for text in page.groups]
    titles = []
    for field, title in zip(page.fields, page.titles, strict=True):
        cell = _cell(
            sheet,
            title,
            font=Font(bold=True, color="FFFFFF"),
            fill=PatternFill("solid", start_color=_GUINDA),
            alignment=Alignment(wrap_text=True, vertical="center"),
        )
        note = field.help.label(page.language)
        cell.comment = Comment(note, "IMSS-BIENESTAR", width=320, height=110)
        titles.append(cell)
    yield titles
    top = Alignment(wrap_text=True, vertical="top")
    for texts in page.rows:
        yield [_cell(sheet, text, alignment=top) if text else None for text in texts]


def _cell(sheet: Any, text: str, **style: Any) -> Any:
    """A cell that holds this text and nothing else: never a formula, a number or a date."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=None)
    if text:
        cell.value = cell_text(text)
        cell.data_type = "s"
    cell.number_format = "@"
    for name, value in style.items():
        setattr(cell, name, value)
    return cell


def _add_choices(sheet: Any, workbook: Any, page: InventoryPage) -> None:
    """Drop-downs, whose words are on a sheet of their own: a list in a rule is cut at 255."""
    from openpyxl.worksheet.datavalidation import DataValidation

    lists = workbook.create_sheet(page.texts["lists_sheet"])
    lists.sheet_state = "hidden"
    longest = max(len(choices.words) for choices in page.choices)
    for row in range(longest):
        lists.append(
            [
                _cell(lists, choices.words[row]) if row < len(choices.words) else None
                for choices in page.choices
            ]
        )
    for number, choices in enumerate(page.choices, start=1):
        letter = column_letters(number)
        source = f"'{lists.title}'!${letter}$1:${letter}${len(choices.words)}"
        rule = DataValidation(type="list", formula1=source, allow_blank=True)
        rule.showErrorMessage = True
        rule.errorTitle, rule.error = page.texts["wrong_title"], page.texts["wrong"]
        rule.add(choices.where)
        sheet.data_validations.append(rule)


def _write_help(sheet: Any, page: InventoryPage) -> None:
    from openpyxl.styles import Alignment, Font

    for letter, width in zip("ABCD", (36, 90, 14, 36), strict=True):
        sheet.column_dimensions[letter].width = width
    top, bold = Alignment(wrap_text=True, vertical="top"), Font(bold=True)
    for number, texts in enumerate(page.help):
        style = {"font": bold} if number < 2 else {}
        sheet.append([_cell(sheet, text, alignment=top, **style) for text in texts])
