"""The rows of what was sent, with their places: a text of any encoding, or a workbook's sheet."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from ckanext.imssbienestar.checks.layout import cell_reference
from ckanext.imssbienestar.checks.layout import limit as table_limit
from ckanext.imssbienestar.checks.reading import ByteFacts, read_bytes
from ckanext.imssbienestar.checks.recognise import foreign_content, recognise, wide_encoding
from ckanext.imssbienestar.checks.texts import finding, word
from ckanext.imssbienestar.checks.workbook_check import (
    SheetUnclearError,
    choose_sheet,
    sheet_findings,
    sheet_reference,
    workbook_finding,
)
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.formats.canonical.layout import settings
from ckanext.imssbienestar.formats.workbooks.facts import SheetFacts, WorkbookError
from ckanext.imssbienestar.formats.workbooks.workbook import Workbook, is_container, open_workbook

Row = tuple[int, list[str]]
"""A row's number in what was sent, header and titles included, and its cells."""

# A byte that is not UTF-8 inside a text that mostly is.
_MIXED = "imss-mixed"


class CannotNormaliseError(TerminalError):
    """There is no table in the file to make a copy of; the findings say why."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        super().__init__(
            findings[0].message if findings else "There is no table in the file.",
            next_step=findings[0].fix if findings else "",
        )


@dataclass(frozen=True)
class TableSent:
    """A table as it was sent, ready to be read any number of times.

    :ivar path: the text with the rows: the file itself, or the CSV of a sheet.
    :ivar header_row: row of the column names, from 1.
    :ivar facts: of the file as it was sent.
    :ivar sheet: the sheet it is, of a workbook.
    :ivar questions: what is doubtful about the file itself.
    """

    path: Path
    facts: ByteFacts
    encoding: str
    delimiter: str
    header_row: int
    language: str
    sheet: SheetFacts | None = None
    questions: list[Finding] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        """Every row, from the first.

        :raises CannotNormaliseError: a row is longer than the limit.
        """
        errors = _MIXED if self.encoding == "utf-8" else "replace"
        with self.path.open(encoding=self.encoding, errors=errors, newline="") as stream:
            yield from enumerate(_bounded_rows(stream, self.delimiter, self.language), start=1)

    def reference(self, row: int, column: int) -> str:
        """A cell's reference, with its sheet in a workbook; columns count from 1."""
        cell = cell_reference(row, column)
        return sheet_reference(self.sheet, cell) if self.sheet else cell


def _decode_stray(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.end]
    return stray.decode("cp1252", errors="replace"), error.end


codecs.register_error(_MIXED, _decode_stray)


def _bounded_rows(stream: TextIO, delimiter: str, language: str) -> Iterator[list[str]]:
    """The rows, none of which may hold more than the limit, however many lines it spans."""
    longest = table_limit("row_bytes")
    csv.field_size_limit(longest)
    read = 0

    def lines() -> Iterator[str]:
        nonlocal read
        while line := stream.readline(longest):
            read += len(line)
            if read >= longest:
                raise csv.Error("row longer than the limit")
            yield line

    number = 0
    try:
        for row in csv.reader(lines(), delimiter=delimiter):
            read = 0
            number += 1
            yield row
    except csv.Error as error:
        found = finding("row-too-long", language=language, row=number + 1, limit=longest)
        raise CannotNormaliseError(found) from error


@contextmanager
def open_sent(
    path: Path,
    dictionary: DataDictionary | None,
    *,
    sheet: str | None,
    language: str,
    advance: Callable[[int], object] | None = None,
) -> Iterator[TableSent]:
    """Open what was sent, whatever it is.

    :raises CannotNormaliseError: it is no table, or it is not told which sheet is meant.
    :raises InputFileError: the file cannot be read.
    """
    facts = read_bytes(path, advance=advance)
    if not facts.size:
        raise CannotNormaliseError(finding("empty-file", language=language))
    if is_container(path):
        try:
            with open_workbook(path) as workbook:
                chosen = choose_sheet(workbook, dictionary, sheet=sheet, language=language)
                yield _sheet_sent(
                    workbook, chosen, facts, dictionary, language, named=sheet is not None
                )
        except WorkbookError as error:
            raise CannotNormaliseError(workbook_finding(error, language)) from error
        except SheetUnclearError as error:
            raise CannotNormaliseError(error.finding) from error
        return
    yield _text_sent(path, facts, dictionary, language)


def _text_sent(
    path: Path, facts: ByteFacts, dictionary: DataDictionary | None, language: str
) -> TableSent:
    if kind := foreign_content(path):
        kind = word("contents", kind, language)
        raise CannotNormaliseError(finding("format-error", language=language, kind=kind))
    encoding, questions = _encoding_of(path, facts, language)
    if facts.nul_byte is not None and not encoding.startswith("utf-16"):
        byte = facts.nul_byte + 1
        raise CannotNormaliseError(finding("nul-byte", language=language, byte=byte))
    shape = recognise(path, replace(facts, encoding=encoding), dictionary)
    return TableSent(
        path=path,
        facts=facts,
        encoding="utf-8-sig" if facts.has_bom and encoding == "utf-8" else encoding,
        delimiter=shape.delimiter,
        header_row=shape.header_row,
        language=language,
        questions=questions,
    )


def _encoding_of(path: Path, facts: ByteFacts, language: str) -> tuple[str, list[Finding]]:
    """The codec that reads the text, and what is doubtful about it."""
    if wide := wide_encoding(path):
        return wide, []
    if facts.bad_byte is None:
        return "utf-8", []
    high, mixed = _high_bytes(path)
    if mixed:
        return "utf-8", [finding("encoding-mixed", language=language, byte=facts.bad_byte + 1)]
    known = set(settings()["spanish_letters"])
    shares = {
        codec: sum(n for byte, n in high.items() if _letter(byte, codec) in known)
        for codec in settings()["encodings"]
    }
    best = max(shares, key=lambda codec: shares[codec])  # on a tie the first, the likeliest
    if shares[best] == sum(high.values()):
        return best, []
    return best, [finding("encoding-doubtful", language=language, encoding=_codec_name(best))]


def _high_bytes(path: Path) -> tuple[Counter[int], bool]:
    """How often each byte beyond ASCII stands, and whether some are good UTF-8."""
    ascii_bytes = bytes(range(128))
    high: Counter[int] = Counter()
    mixed = False
    tail = b""
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            high.update(piece.translate(None, ascii_bytes))
            seen = tail + piece
            tail = seen[-1:]
            # «Ã±» and the like: no text in Spanish has them, UTF-8 read as Latin-1 does.
            mixed = mixed or any(
                0x80 <= following[0] <= 0xBF for following in _after(seen, 0xC3) if following
            )
    return high, mixed


def _after(text: bytes, byte: int) -> Iterator[bytes]:
    place = text.find(byte)
    while place >= 0:
        yield text[place + 1 : place + 2]
        place = text.find(byte, place + 1)


def _letter(byte: int, codec: str) -> str:
    return bytes([byte]).decode(codec, errors="replace")


def _codec_name(codec: str) -> str:
    names = {"cp1252": "Windows-1252 (Latin-1)", "cp850": "MS-DOS (850)", "mac_roman": "Macintosh"}
    return names.get(codec, codec.upper())


def encoding_name(sent: TableSent) -> str:
    """What the encoding of a file is called in a sentence."""
    return "UTF-16" if sent.encoding.startswith("utf-16") else _codec_name(sent.encoding)


def _sheet_sent(
    workbook: Workbook,
    chosen: SheetFacts,
    facts: ByteFacts,
    dictionary: DataDictionary | None,
    language: str,
    *,
    named: bool,
) -> TableSent:
    path = workbook.sheet_file(chosen)
    shape = recognise(path, read_bytes(path), dictionary)
    header = shape.header_row if shape.delimiter == "," else 1
    asked = {*settings()["asked_of_workbooks"], *([] if named else ["several-sheets"])}
    return TableSent(
        path=path,
        facts=facts,
        encoding="utf-8",
        delimiter=",",
        header_row=header,
        language=language,
        sheet=chosen,
        questions=[
            found
            for found in sheet_findings(workbook, chosen, language)
            if found.code in asked or (found.code == "merged-cells" and _spans_data(chosen, header))
        ],
    )


def _spans_data(sheet: SheetFacts, header_row: int) -> bool:
    """Whether cells merged across columns stand under the header."""
    return any(
        merged.last_column > merged.first_column and merged.last_row > header_row
        for merged in sheet.merged_ranges
    )
