"""The data dictionary as an Excel workbook that a person fills in, and its sheets read back.

The workbook holds every text as text: what looks like a formula, a number or a date in a
dictionary is none. Its sheet is protected without a password, so that the names of the columns
are not changed by accident; whoever needs to can lift the protection.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryError,
    DictionaryProblem,
)
from ckanext.imssbienestar.domain.written_text import writable
from ckanext.imssbienestar.formats.dictionary import layout
from ckanext.imssbienestar.formats.dictionary.documents import documents, texts, units
from ckanext.imssbienestar.formats.dictionary.rows import record_of
from ckanext.imssbienestar.formats.written.workbook import cell_text, saved_workbook, text_of_cell

# A workbook is a ZIP: what it unpacks to is bounded before any of it is unpacked.
_UNPACKED_FACTOR = 20
# Excel keeps no more characters in a cell, and cuts what is longer without a word.
_CELL_LENGTH = 32_767
_ANSWERS = ("required", "unique", "primaryKey")
_LENGTHS = ("minLength", "maxLength")
_HEADER_ROW = 3
_GUINDA, _PALE, _GREY = "9D2449", "F4ECE0", "F2F2F2"


def dump_dictionary_workbook(
    dictionary: DataDictionary, *, dataset_title: str = "", language: str = "es"
) -> bytes:
    """The dictionary as XLSX: drop-downs, notes, a sheet of help; the same bytes each time.

    Properties that only a Table Schema can hold are left out, and so are characters that no
    workbook can hold (control characters).

    :param dataset_title: printed above the table (R-099).
    :raises DictionaryError: a text is longer than a cell of Excel can be.
    """
    # Imported here because it takes as long as everything else a check imports.
    import openpyxl

    workbook = openpyxl.Workbook()
    said = texts("workbook", language)
    sheet = workbook.active
    sheet.title = said["sheet"]
    _write_heading(sheet, dataset_title, said)
    _write_table(sheet, _translated_records(dictionary, language), language)
    lists = workbook.create_sheet(said["lists_sheet"])
    lists.sheet_state = "hidden"
    _add_choices(sheet, lists, len(dictionary.fields), language)
    _write_help(workbook.create_sheet(said["help_sheet"]), language)
    workbook.properties.creator = "IMSS-BIENESTAR"
    workbook.properties.title = dataset_title or said["sheet"]
    workbook.properties.language = language
    return saved_workbook(workbook)


def workbook_rows(content: bytes) -> Iterator[list[str]]:
    """The cells, as text, of the sheet that looks like a dictionary: the first one that is shown.

    :raises DictionaryError: the bytes are no workbook, or unpack to too much.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    # What openpyxl lets through of a workbook that is damaged or made to harm.
    unreadable = (
        zipfile.BadZipFile,
        InvalidFileException,
        SyntaxError,  # both of the parsers it may use call bad XML so
        AttributeError,
        EOFError,
        IndexError,
        KeyError,
        NotImplementedError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
        zlib.error,
    )
    try:
        _refuse_bomb(content)
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        shown = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        sheet = (shown or workbook.worksheets)[0]
        # The size that a sheet declares is often wrong, and rows would be cut to it.
        sheet.reset_dimensions()
        for row in sheet.iter_rows(values_only=True):
            yield [_text_of(value) for value in row]
    except unreadable as error:
        raise DictionaryError([DictionaryProblem("dictionary-not-workbook")]) from error


def _refuse_bomb(content: bytes) -> None:
    limit = int(layout.layout()["limits"]["bytes"]) * _UNPACKED_FACTOR
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > limit:
        raise DictionaryError([DictionaryProblem("dictionary-too-large", allowed=str(limit))])


def _text_of(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a spreadsheet keeps the allowed value 50 as 50.0
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    if isinstance(value, (date, time, datetime)):
        return value.isoformat()
    return text_of_cell(str(value))


def _translated_records(dictionary: DataDictionary, language: str) -> list[dict[str, str]]:
    """The records with types, yes and no in the words of the language."""
    answers = texts("answers", language)
    records = [record_of(field, dictionary) for field in dictionary.fields]
    for record, field in zip(records, dictionary.fields, strict=True):
        record["type"] = texts("types", language)[str(field.type)]
        for prop in _ANSWERS:
            record[prop] = answers["yes"] if record[prop] == "sí" else record[prop]
        for prop, text in record.items():
            record[prop] = writable(text)
            if len(record[prop]) > _CELL_LENGTH:
                raise DictionaryError(
                    [
                        DictionaryProblem(
                            "dictionary-cell-too-long",
                            field=field.name,
                            column=texts("labels", language)[prop],
                            allowed=str(_CELL_LENGTH),
                        )
                    ]
                )
    return records


def _write_heading(sheet: Any, dataset_title: str, said: Mapping[str, str]) -> None:
    from openpyxl.styles import Alignment, Font

    _put(sheet, 1, 1, said["dataset"]).font = Font(bold=True)
    _put(sheet, 1, 2, writable(dataset_title)[:_CELL_LENGTH]).font = Font(bold=True)
    instruction = _put(sheet, 2, 1, said["instruction"])
    instruction.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.merge_cells(start_row=1, end_row=1, start_column=2, end_column=7)
    sheet.merge_cells(start_row=2, end_row=2, start_column=1, end_column=7)
    sheet.row_dimensions[2].height = 32


def _write_table(sheet: Any, records: Sequence[Mapping[str, str]], language: str) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side

    labels, notes = texts("labels", language), texts("help", language)
    widths = documents()["workbook"]["widths"]
    spare = int(documents()["workbook"]["spare_rows"])
    thin = Side(style="thin", color="DDC9A3")
    border = Border(left=thin, right=thin, top=thin, bottom=thin)
    for number, prop in enumerate(layout.headers(), start=1):
        header = _put(sheet, _HEADER_ROW, number, labels[prop])
        header.font = Font(bold=True, color="FFFFFF")
        header.fill = PatternFill("solid", start_color=_GUINDA)
        header.alignment = Alignment(wrap_text=True, vertical="center")
        header.comment = Comment(notes[prop], "IMSS-BIENESTAR", width=320, height=110)
        letter = header.column_letter
        sheet.column_dimensions[letter].width = widths.get(prop, widths["other"])
        for offset in range(len(records) + spare):
            written = offset < len(records)
            cell = _put(
                sheet, _HEADER_ROW + 1 + offset, number, records[offset][prop] if written else ""
            )
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.border = border
            # The names are the file's: what is locked is shown grey.
            fixed = written and prop == "name"
            cell.protection = Protection(locked=fixed)
            if fixed:
                cell.fill = PatternFill("solid", start_color=_GREY)
            elif prop == "description":
                cell.fill = PatternFill("solid", start_color=_PALE)
    sheet.freeze_panes = sheet.cell(row=_HEADER_ROW + 1, column=2)
    protection = sheet.protection
    protection.sheet = True
    protection.formatColumns = protection.formatRows = protection.formatCells = False


def _put(sheet: Any, row: int, column: int, text: str) -> Any:
    """A cell that holds this text and nothing else: never a formula, a number or a date."""
    cell = sheet.cell(row=row, column=column)
    if text:
        cell.value = cell_text(text)
        cell.data_type = "s"
    cell.number_format = "@"
    return cell


def _add_choices(sheet: Any, lists: Any, records: int, language: str) -> None:
    """Drop-downs, whose choices are on a sheet of their own: a list in a rule is cut at 255."""
    from openpyxl.worksheet.datavalidation import DataValidation

    said = texts("workbook", language)
    choices = {
        "type": list(texts("types", language).values()),
        "unit": sorted(set(units().values())),
        "foreignKeys": [
            f"{name}.{column}"
            for name, columns in layout.catalogue_columns().items()
            for column in columns
        ],
        **{prop: list(texts("answers", language).values()) for prop in _ANSWERS},
    }
    last = _HEADER_ROW + records + int(documents()["workbook"]["spare_rows"])
    for number, prop in enumerate(layout.headers(), start=1):
        letter = sheet.cell(row=_HEADER_ROW, column=number).column_letter
        where = f"{letter}{_HEADER_ROW + 1}:{letter}{last}"
        if prop in choices:
            for row, choice in enumerate(choices[prop], start=1):
                _put(lists, row, number, choice)
            source = f"'{lists.title}'!${letter}$1:${letter}${len(choices[prop])}"
            rule = DataValidation(type="list", formula1=source, allow_blank=True)
            # A unit that is not on the list is as good; a type that is not is none.
            rule.showErrorMessage = prop not in ("unit", "foreignKeys")
            wrong = "type_wrong" if prop == "type" else "answer_wrong"
        elif prop in _LENGTHS:
            rule = DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0")
            rule.showErrorMessage = True
            wrong = "length_wrong"
        else:
            continue
        rule.errorTitle, rule.error = said[f"{wrong}_title"], said[wrong]
        rule.add(where)
        sheet.add_data_validation(rule)


def _write_help(sheet: Any, language: str) -> None:
    from openpyxl.styles import Alignment, Font

    said, labels = texts("workbook", language), texts("labels", language)
    rows: list[tuple[str, str, bool]] = [
        (said["help_title"], "", True),
        (said["help_column"], said["help_meaning"], True),
        *((labels[prop], text, False) for prop, text in texts("help", language).items()),
        (said["types_title"], "", True),
        *(
            (texts("types", language)[str(kind)], texts("type_help", language)[str(kind)], False)
            for kind in FieldType
        ),
    ]
    for number, (name, meaning, bold) in enumerate(rows, start=1):
        _put(sheet, number, 1, name).font = Font(bold=bold)
        cell = _put(sheet, number, 2, meaning)
        cell.font = Font(bold=bold)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width = 28
    sheet.column_dimensions["B"].width = 100
    sheet.protection.sheet = True
