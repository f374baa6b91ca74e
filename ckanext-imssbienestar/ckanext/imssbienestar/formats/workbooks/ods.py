"""The sheets of an ODS as a stream: what its cells do not tell."""

from __future__ import annotations

import zipfile
from xml.parsers import expat

from ckanext.imssbienestar.formats.workbooks import safe_xml
from ckanext.imssbienestar.formats.workbooks.facts import (
    MergedRange,
    SheetFacts,
    WorkbookError,
    WorkbookText,
    column_letters,
    limit,
)
from ckanext.imssbienestar.formats.workbooks.guard import pieces, small_part

_COLLAPSED = ("collapse", "filter")
# Repetitions beyond this only fill a sheet to its end.
_FILLING = 1000


def scan_ods(archive: zipfile.ZipFile) -> tuple[list[SheetFacts], list[WorkbookText]]:
    """Facts of every sheet in order, and their comments.

    :raises WorkbookError: the content is damaged, encrypted, or declares entities.
    """
    manifest = "META-INF/manifest.xml"
    if manifest in archive.namelist() and b"encryption-data" in small_part(archive, manifest):
        raise WorkbookError("workbook-encrypted")
    reader = _ContentReader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    safe_xml.parse(parser, pieces(archive, "content.xml"))
    return reader.sheets, reader.comments


class _ContentReader:
    """Follows the elements of ``content.xml``; their prefixes are those every program writes."""

    def __init__(self) -> None:
        self.sheets: list[SheetFacts] = []
        self.comments: list[WorkbookText] = []
        self.hidden_styles: set[str] = set()
        self.style = ""
        self.row = 0
        self.rows = 1
        self.row_hidden = False
        self.column = 0
        self.described_column = 0
        self.cell: dict[str, str] = {}
        self.comment: list[str] | None = None
        self.shown: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        match name:
            case "style:style":
                self.style = attributes.get("style:name", "")
            case "style:table-properties" if attributes.get("table:display") == "false":
                self.hidden_styles.add(self.style)
            case "table:table":
                hidden = attributes.get("table:style-name") in self.hidden_styles
                self.sheets.append(
                    SheetFacts(
                        name=attributes.get("table:name", ""),
                        state="hidden" if hidden else "visible",
                    )
                )
                self.row = self.described_column = 0
                self.rows = 1
            case "table:table-column":
                self._column(attributes)
            case "table:table-row":
                self.row += 1
                self.rows = _repeated(attributes, "table:number-rows-repeated")
                self.row_hidden = attributes.get("table:visibility") in _COLLAPSED
                self.column = 0
            case "table:table-cell" | "table:covered-table-cell":
                self.column += 1
                self.cell = attributes
                self.shown = []
            case "office:annotation":
                self.comment = []

    def _column(self, attributes: dict[str, str]) -> None:
        count = _repeated(attributes, "table:number-columns-repeated")
        if attributes.get("table:visibility") in _COLLAPSED and self.sheets:
            for number in range(min(count, limit("references"))):
                letters = column_letters(self.described_column + number + 1)
                self.sheets[-1].hidden_columns.add(letters)
        self.described_column += count

    def text(self, data: str) -> None:
        """Characters of an element."""
        (self.shown if self.comment is None else self.comment).append(data)

    def end(self, name: str) -> None:
        """An element closes."""
        if name == "office:annotation" and self.comment is not None and self.sheets:
            text = " ".join("".join(self.comment).split())
            place = f"{column_letters(self.column)}{self.row}"
            self.comments.append(
                WorkbookText(kind="comment", sheet=self.sheets[-1].name, cell=place, text=text)
            )
            self.comment = None
        elif name in ("table:table-cell", "table:covered-table-cell") and self.sheets:
            self._end_cell(self.sheets[-1])
        elif name == "table:table-row" and self.sheets:
            if self.row_hidden and self.rows < _FILLING:
                for number in range(self.rows):
                    self.sheets[-1].hidden_rows.add(str(self.row + number))
            self.row += self.rows - 1

    def _end_cell(self, sheet: SheetFacts) -> None:
        attributes = self.cell
        reference = f"{column_letters(self.column)}{self.row}"
        shown = "".join(self.shown).strip()
        if "table:formula" in attributes:
            sheet.add_formula(reference)
            kind = attributes.get("office:value-type", attributes.get("calcext:value-type"))
            if kind is None and not shown:
                sheet.formulas_without_value.add(reference)
        if attributes.get("calcext:value-type") == "error":
            sheet.errors.add(reference)
        if attributes.get("office:value-type") == "percentage":
            sheet.percents.add(reference)
        across = _repeated(attributes, "table:number-columns-spanned")
        down = _repeated(attributes, "table:number-rows-spanned")
        if across > 1 or down > 1:
            self._merge(sheet, across, down)
        self.column += _repeated(attributes, "table:number-columns-repeated") - 1

    def _merge(self, sheet: SheetFacts, across: int, down: int) -> None:
        merged = MergedRange(
            first_row=self.row,
            first_column=self.column,
            last_row=self.row + down - 1,
            last_column=self.column + across - 1,
        )
        sheet.merged.add(merged.reference)
        if len(sheet.merged_ranges) < limit("merged_ranges"):
            sheet.merged_ranges.append(merged)


def _repeated(attributes: dict[str, str], name: str) -> int:
    try:
        return max(1, int(attributes.get(name, "1")))
    except ValueError as error:
        raise WorkbookError("workbook-damaged") from error
