"""The content of a file, judged by the table engine: workbooks, and texts of every kind."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ckanext.imssbienestar.checks.collector import FindingCollector
from ckanext.imssbienestar.checks.layout import cell_reference
from ckanext.imssbienestar.checks.reading import ByteFacts, read_bytes
from ckanext.imssbienestar.checks.recognise import (
    TableShape,
    foreign_content,
    recognise,
    wide_encoding,
)
from ckanext.imssbienestar.checks.table_check import TableCheck
from ckanext.imssbienestar.checks.table_source import open_table
from ckanext.imssbienestar.checks.texts import phrase, word
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.formats.workbooks.workbook import is_container


def check_content(
    file: Path, facts: ByteFacts, dictionary: DataDictionary | None, collector: FindingCollector
) -> int:
    """Everything about the file; returns its number of data rows."""
    if is_container(file):
        # Imported here: most files are tables, and need not wait for it.
        from ckanext.imssbienestar.checks.workbook_check import check_workbook

        return check_workbook(
            file,
            dictionary,
            collector,
            lambda sheet, found: _check_bytes(sheet, read_bytes(sheet), dictionary, found),
        )
    return _check_bytes(file, facts, dictionary, collector)


def _check_bytes(
    file: Path, facts: ByteFacts, dictionary: DataDictionary | None, collector: FindingCollector
) -> int:
    if not facts.size:
        collector.add("empty-file")
        return 0
    if kind := foreign_content(file):
        collector.add("format-error", kind=word("contents", kind, collector.language))
        return 0
    if facts.nul_byte is not None:
        variant = "utf-16" if wide_encoding(file) else ""
        collector.add("nul-byte", byte=facts.nul_byte + 1, variant=variant)
        return 0
    shape = recognise(file, facts, dictionary)
    if facts.has_bom:
        collector.add("byte-order-mark")
    if facts.bad_byte is not None:
        _add_encoding_error(file, facts, shape, collector)
    if shape.delimiter != ",":
        name = word("delimiters", shape.delimiter, collector.language)
        collector.add("wrong-delimiter", delimiter=name)
    with open_table(file, facts, shape, settle=False) as table:
        return TableCheck(table, dictionary, collector).run()


def _add_encoding_error(
    file: Path, facts: ByteFacts, shape: TableShape, collector: FindingCollector
) -> None:
    """Name the cell of the first bad byte: everything before it is good UTF-8."""
    offset = facts.bad_byte or 0
    column, row, labels = 1, 1, [""]
    with file.open("rb") as stream:
        lines = _good_lines(stream, offset)
        for number, cells in enumerate(csv.reader(lines, delimiter=shape.delimiter), start=1):
            row, column = number, max(1, len(cells))
            labels = cells if number == shape.header_row else labels
    cell = cell_reference(row, column)
    label = labels[column - 1] if row > shape.header_row and column <= len(labels) else None
    place = (
        cell if label is None else phrase("place_cell", collector.language, column=label, cell=cell)
    )
    collector.add(
        "encoding-error",
        row=row,
        column=label,
        cell=cell,
        byte=offset + 1,
        place=place,
        encoding="UTF-16" if facts.encoding == "utf-16" else "Windows-1252 (Latin-1)",
    )


def _good_lines(stream: BinaryIO, size: int) -> Iterator[str]:
    """The lines of the first ``size`` bytes; the last one ends where the bad byte is."""
    line = b""
    while size > 0:
        if line:
            yield line.decode("utf-8")
        line = stream.readline(size)
        size -= len(line)
    if line.endswith(b"\n"):
        yield line.decode("utf-8")
        line = b""
    yield line.decode("utf-8") + "·"  # stands for the bad byte: the cell it begins must count
