"""One sheet of an XLSX as a stream: what its cells do not tell.

Hidden rows and columns, merged cells, formulas nobody calculated, errors, and formats that show
something else than what is kept. Two readers, one result: sheets as the usual programs write
them are searched as bytes, at the speed of decompression; any other writing of the same XML
(prefixes, comments, another order of attributes) goes through expat. A test holds the two equal.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from xml.parsers import expat

from ckanext.imssbienestar.formats.workbooks import safe_xml
from ckanext.imssbienestar.formats.workbooks.facts import (
    MergedRange,
    SheetFacts,
    WorkbookError,
    column_letters,
    column_number,
    limit,
)
from ckanext.imssbienestar.formats.workbooks.guard import pieces
from ckanext.imssbienestar.formats.workbooks.xml import CellFormats, SheetPart

# A row of text longer than this many bytes is no row.
_LONGEST_ROW = 64 << 20
# Comments, raw texts, document types; cells and rows that do not begin with their place.
_UNUSUAL = re.compile(rb'<(?:!|\?xml-|c(?:>| (?!r="))|row(?:>| (?!r=")))')
_HIDDEN_ROW = re.compile(rb'<row r="(\d+)"[^>]* hidden="(?:1|true)"')
_FORMULA_CELL = re.compile(rb"<c ([^>]*[^>/])>(<f(?: [^>]*)?(?:/>|>[^<]*</f>))(.*?)</c>", re.S)
_ERROR_CELL = re.compile(rb'<c r="([A-Z]+[0-9]+)"[^>]* t="e"')
_REFERENCE = re.compile(r"\$?([A-Z]+)\$?([0-9]+)")
_TRUE = ("1", "true")


class _NeedsParserError(Exception):
    """The bytes are not written the usual way: only a parser can tell."""


def scan_sheet(archive: zipfile.ZipFile, sheet: SheetPart, formats: CellFormats) -> SheetFacts:
    """What the sheet's XML tells besides the values of its cells.

    :raises WorkbookError: the part is absent, damaged, or declares entities.
    """
    try:
        return scan_bytes(pieces(archive, sheet.part), sheet, formats)
    except _NeedsParserError:
        return scan_parsed(pieces(archive, sheet.part), sheet, formats)


def scan_bytes(stream: Iterable[bytes], sheet: SheetPart, formats: CellFormats) -> SheetFacts:
    """The quick reader, for XML as spreadsheets write it.

    :raises _NeedsParserError: it is written in another way.
    """
    facts = SheetFacts(name=sheet.name, state=sheet.state)
    finder = _StyledCells(formats)
    for piece in _whole_rows(stream):
        if _UNUSUAL.search(piece):
            raise _NeedsParserError
        if b' hidden="' in piece:
            for row in _HIDDEN_ROW.findall(piece):
                facts.hidden_rows.add(row.decode())
            for attributes in _tags(piece, b"col"):
                _add_columns(facts, attributes)
        if b"<f" in piece:
            _add_formulas(facts, piece)
        if b' t="e"' in piece:
            for reference in _ERROR_CELL.findall(piece):
                facts.errors.add(reference.decode())
        if b"<mergeCell " in piece:
            for attributes in _tags(piece, b"mergeCell"):
                _add_merged(facts, attributes.get("ref", ""))
        finder.search(piece, facts)
    return facts


def _whole_rows(stream: Iterable[bytes]) -> Iterator[bytes]:
    """The part in pieces that end where a row ends."""
    tail = b""
    first = True
    for piece in stream:
        tail += piece
        if first:
            # Another encoding or a prefixed root: not what this reader knows.
            if b"<worksheet" not in tail[:4096]:
                raise _NeedsParserError
            first = False
        end = tail.rfind(b"</row>") + 6
        if end > 6:
            yield tail[:end]
            tail = tail[end:]
        elif len(tail) > _LONGEST_ROW:
            raise WorkbookError("workbook-damaged")
    if b"</worksheet>" not in tail:
        raise WorkbookError("workbook-damaged")
    yield tail


def _tags(piece: bytes, name: bytes) -> Iterator[dict[str, str]]:
    """The attributes of every element of that name."""
    for tag in re.findall(rb"<" + name + rb" ([^>]*)>", piece):
        yield {
            key.decode(): value.decode(errors="replace")
            for key, value in re.findall(rb'([A-Za-z:]+)="([^"]*)"', tag)
        }


def _add_columns(facts: SheetFacts, attributes: Mapping[str, str]) -> None:
    if attributes.get("hidden") not in _TRUE:
        return
    try:
        first, last = int(attributes["min"]), int(attributes["max"])
    except (KeyError, ValueError) as error:
        raise WorkbookError("workbook-damaged") from error
    # «All that follow are hidden» is written as a range to the last possible column.
    for number in range(first, min(last, first + limit("references")) + 1):
        facts.hidden_columns.add(column_letters(number))


def _add_formulas(facts: SheetFacts, piece: bytes) -> None:
    for attributes, _, rest in _FORMULA_CELL.findall(piece):
        told = {k.decode(): v.decode() for k, v in re.findall(rb'(\w+)="([^"]*)"', attributes)}
        facts.add_formula(told.get("r", ""))
        empty = not re.search(rb"<v>[^<]+</v>|<is>", rest)
        if empty and not (told.get("t") == "str" and b"<v" in rest):
            facts.formulas_without_value.add(told.get("r", ""))


def _add_merged(facts: SheetFacts, reference: str) -> None:
    ends = [_REFERENCE.fullmatch(end) for end in reference.split(":")]
    if len(ends) != 2 or None in ends:
        raise WorkbookError("workbook-damaged")
    (first_column, first_row), (last_column, last_row) = (
        (column_number(end[1]), int(end[2])) for end in ends if end
    )
    facts.merged.add(reference)
    if len(facts.merged_ranges) < limit("merged_ranges"):
        merged = MergedRange(
            first_row=first_row,
            first_column=first_column,
            last_row=last_row,
            last_column=last_column,
        )
        facts.merged_ranges.append(merged)


class _StyledCells:
    """Finds the number cells whose format shows something else than what they hold."""

    def __init__(self, formats: CellFormats) -> None:
        self.formats = formats
        watched = sorted(formats.percents | formats.zeros.keys())
        self.marks = [f' s="{index}"'.encode() for index in watched]
        indexes = "|".join(map(str, watched))
        pattern = rf'<c r="([A-Z]+)(\d+)"([^>]*) s="({indexes})"([^>]*)><(?:f|v|is)\b'
        self.cells = re.compile(pattern.encode()) if watched else None

    def search(self, piece: bytes, facts: SheetFacts) -> None:
        """Add the cells of this piece to the sheet's facts."""
        if self.cells is None or not any(mark in piece for mark in self.marks):
            return
        for letters, row, before, index, after in self.cells.findall(piece):
            kind = re.search(rb' t="(\w+)"', before + after)
            self.add(facts, letters.decode(), row.decode(), int(index), kind[1] if kind else b"n")

    def add(
        self, facts: SheetFacts, letters: str, row: str, index: int, kind: bytes = b"n"
    ) -> None:
        """Add one cell that holds something."""
        if kind != b"n":
            return
        if index in self.formats.percents:
            facts.percents.add(letters + row)
        digits = self.formats.zeros.get(index)
        if digits:
            column = facts.zero_formats.setdefault(column_number(letters), {})
            column[digits] = column.get(digits, 0) + 1


def scan_parsed(stream: Iterable[bytes], sheet: SheetPart, formats: CellFormats) -> SheetFacts:
    """The exact reader: any XML that means a sheet."""
    reader = _SheetReader(SheetFacts(name=sheet.name, state=sheet.state), formats)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    safe_xml.parse(parser, stream)
    return reader.facts


class _SheetReader:
    """Follows the elements of a sheet."""

    def __init__(self, facts: SheetFacts, formats: CellFormats) -> None:
        self.facts = facts
        self.styled = _StyledCells(formats)
        self.row = 0
        self.column = 0
        self.cell: dict[str, str] = {}
        self.formula = False
        self.has_value = False
        self.written = False
        self.inside = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        name = name.rpartition(" ")[2]
        if name == "row":
            self.row = int(attributes.get("r", self.row + 1))
            self.column = 0
            if attributes.get("hidden") in _TRUE:
                self.facts.hidden_rows.add(str(self.row))
        elif name == "c":
            self._start_cell(attributes)
        elif name == "f":
            self.formula = True
        elif name in ("v", "is"):
            self.inside, self.has_value = name, True
            self.written = self.written or name == "is"
        elif name == "col":
            _add_columns(self.facts, attributes)
        elif name == "mergeCell":
            _add_merged(self.facts, attributes.get("ref", ""))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        place = _REFERENCE.fullmatch(attributes.get("r", ""))
        self.column = column_number(place[1]) if place else self.column + 1
        reference = column_letters(self.column) + str(int(place[2]) if place else self.row)
        self.cell = attributes | {"r": reference}
        self.formula = self.has_value = self.written = False

    def text(self, data: str) -> None:
        """Characters of an element."""
        if self.inside == "v" and data:
            self.written = True

    def end(self, name: str) -> None:
        """An element closes."""
        name = name.rpartition(" ")[2]
        if name in ("v", "is"):
            self.inside = ""
        if name != "c":
            return
        facts, kind, reference = self.facts, self.cell.get("t", "n"), self.cell["r"]
        if self.formula:
            facts.add_formula(reference)
            if not self.written and not (kind == "str" and self.has_value):
                facts.formulas_without_value.add(reference)
        if kind == "e":
            facts.errors.add(reference)
        if (self.formula or self.has_value) and "s" in self.cell:
            place = _REFERENCE.fullmatch(reference)
            if place:
                index = int(self.cell["s"])
                self.styled.add(facts, place[1], place[2], index, kind.encode())
