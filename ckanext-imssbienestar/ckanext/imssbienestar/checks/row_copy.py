"""The exact reader: Python's ``csv``, row by row, for files the vectorised reader is not sure of.

What it reads it writes again as plain CSV (UTF-8, commas, LF), which anybody reads alike and
which is no longer than what came, unless the encoding made it shorter.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ckanext.imssbienestar.canonical_csv import CanonicalWriter
from ckanext.imssbienestar.checks.layout import limit
from ckanext.imssbienestar.checks.recognise import TableShape

# Stands for a row without any cell: a line with nothing on it would not be a row at all. No
# cell is this, because a file with a NUL is refused before.
BLANK_ROW = "\0"

# Follows the last line, after a separator: two cells unless a quote was left open.
_END = "\ue000end of file\ue000"
_END_ROW = ["", _END]


@dataclass(frozen=True)
class Header:
    """The rows down to the header.

    :ivar cut_at: row longer than the limit, where reading stopped.
    """

    labels: tuple[str, ...]
    titles: tuple[tuple[str, ...], ...]
    cut_at: int | None = None


@dataclass(frozen=True)
class CopiedRows:
    """What copying the rows told.

    :ivar rows: rows under the header.
    :ivar unclosed_quote: row where a quote opens that is never closed; that row is left out.
    :ivar cut_at: row longer than the limit, where reading stopped.
    """

    rows: int
    unclosed_quote: int | None = None
    cut_at: int | None = None


def read_header(path: Path, shape: TableShape) -> Header:
    """The labels, and the rows above them."""
    rows: list[tuple[str, ...]] = []
    with path.open(encoding=shape.encoding, errors="replace", newline="") as stream:
        try:
            for row in _rows(stream, shape):
                rows.append(tuple(row))
                if len(rows) == shape.header_row:
                    break
        except csv.Error:
            return Header((), tuple(rows), cut_at=len(rows) + 1)
    return Header(rows[-1], tuple(rows[:-1]))


def copy_rows(path: Path, shape: TableShape, width: int, copy: Path) -> CopiedRows:
    """Write every row under the header: its first ``width`` cells and, when it has more, how many.

    A row with fewer cells stays short, and one with none is :data:`BLANK_ROW`.
    """
    number = 0
    pending: list[str] = []
    with (
        path.open(encoding=shape.encoding, errors="replace", newline="") as stream,
        copy.open("w", encoding="utf-8", newline="") as target,
    ):
        writer = CanonicalWriter(target)
        try:
            for row in _rows(stream, shape):
                # One row behind, because only the last one may hold the end mark.
                if number > shape.header_row:
                    writer.writerow(_squared(pending, width))
                pending = row
                number += 1
        except csv.Error:
            written = max(0, number - 1 - shape.header_row)
            return CopiedRows(written, cut_at=number + 1)
    written = max(0, number - 1 - shape.header_row)
    return CopiedRows(written, unclosed_quote=None if pending == _END_ROW else number)


def _squared(row: list[str], width: int) -> list[str]:
    if not row:
        return [BLANK_ROW]
    return row if len(row) <= width else [*row[:width], str(len(row) - width)]


def _rows(stream: TextIO, shape: TableShape) -> Iterator[list[str]]:
    """The rows, then one of the end mark.

    :raises csv.Error: a row is longer than the limit.
    """
    csv.field_size_limit(limit("row_bytes"))
    lines = _BoundedLines(stream, shape.delimiter)
    for row in csv.reader(lines, delimiter=shape.delimiter):
        lines.row_bytes = 0
        yield row


class _BoundedLines:
    """The physical lines, then the end mark; stops where a row gets longer than the limit.

    :ivar row_bytes: as UTF-8, since whoever reads the rows last set it to zero. A row may be
        many lines, each of them and each of its cells short.
    """

    def __init__(self, stream: TextIO, delimiter: str) -> None:
        self.row_bytes = 0
        self._stream = stream
        self._delimiter = delimiter

    def __iter__(self) -> Iterator[str]:
        longest = limit("row_bytes")
        while line := self._stream.readline(longest):
            self.row_bytes += len(line) if line.isascii() else len(line.encode())
            if self.row_bytes >= longest:
                raise csv.Error("row longer than the limit")
            yield line
        yield self._delimiter + _END
