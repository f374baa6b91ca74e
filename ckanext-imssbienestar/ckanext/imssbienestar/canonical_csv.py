"""Canonical CSV: UTF-8 without BOM, commas, LF, quotes only where RFC 4180 asks for them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TextIO


class CanonicalWriter:
    """Writes rows of texts as canonical CSV.

    Python's own writer, told to end rows in LF, leaves a cell with a lone CR without quotes
    before Python 3.13, and readers then take it for two rows.

    :param stream: opened with ``newline=""``.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._ordinary = csv.writer(stream, lineterminator="\n")

    def writerow(self, row: Sequence[str]) -> None:
        """Write one row."""
        if any("\r" in cell for cell in row):
            self._stream.write(_quoted_where_needed(row))
        else:
            self._ordinary.writerow(row)

    def writerows(self, rows: Iterable[Sequence[str]]) -> None:
        """Write several rows."""
        for row in rows:
            self.writerow(row)


def _quoted_where_needed(row: Sequence[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(row)
    return line.getvalue().removesuffix("\r\n") + "\n"
