"""What the bytes of a file tell, piece by piece: strict UTF-8, and whether its rows are lines."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

_SLICE_BYTES = 1 << 16
# Stands for a quoted cell, so that a row of one quoted cell does not look blank.
_QUOTED_MARK = b"\x01"
# Quotes that do not fill their cell: readers disagree on what such a cell says.
_ODD_QUOTES = re.compile(rb"\x01(?:(?=[^,\r\n\x01])|(?<=[^,\r\n\x01]\x01))")
_SPECIAL = (b'"', b"\r")
_BLANK_LINE = re.compile(rb"\n(?=\r?\n)")


@dataclass
class Utf8Judge:
    """Strict UTF-8 over pieces; remembers where the first bad byte is."""

    bad_byte: int | None = None
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("strict")
    )
    _position: int = 0

    def feed(self, chunk: bytes) -> None:
        """The next piece, in slices that stay in the processor's cache."""
        for start in range(0, len(chunk), _SLICE_BYTES):
            self._judge(chunk[start : start + _SLICE_BYTES])

    def finish(self) -> None:
        """No more pieces: a character cut in two is bad."""
        self._judge(b"", final=True)

    def _judge(self, chunk: bytes, *, final: bool = False) -> None:
        if self.bad_byte is not None:
            return
        pending = len(self._decoder.getstate()[0])
        if not pending and chunk.isascii():
            self._position += len(chunk)
            return
        try:
            self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            self.bad_byte = self._position - pending + error.start
        self._position += len(chunk)


@dataclass
class RowJudge:
    """Counts rows by their line breaks outside quotes, and notes what makes rows doubtful."""

    notes_blank_rows: bool = False
    doubtful: bool = False
    inside_quotes: bool = False
    breaks_in_cells: bool = False
    blank_rows: list[int] = field(default_factory=list)
    unbroken: int = 0
    _run: int = 0
    _lf: int = 0
    _crlf: int = 0
    _tail: bytes = b"\n"

    @property
    def plain(self) -> bool:
        mixed = 0 < self._crlf < self._lf
        return not (self.doubtful or mixed or self._tail.endswith(b"\r") or self.inside_quotes)

    @property
    def crlf(self) -> bool:
        return self._crlf > 0

    @property
    def records(self) -> int:
        # A last row without a line break is a row all the same.
        return self._lf + (not self._tail.endswith(b"\n"))

    def feed(self, chunk: bytes) -> None:
        if not chunk:
            return
        if _QUOTED_MARK in chunk:
            # A file's own would pass for a quoted cell.
            self.doubtful = True
        breaks = self._lf
        # Most pieces of most files hold neither quotes nor CR, and go on from no such thing.
        goes_on = self.inside_quotes or self._tail.endswith((b"\r", _QUOTED_MARK))
        if goes_on or self.notes_blank_rows or any(mark in chunk for mark in _SPECIAL):
            self._feed_outside(self._outside_quotes(chunk))
        else:
            self._lf += chunk.count(b"\n")
            self._tail = chunk[-1:]
        # Whole pieces in which no row ends: one row without an end is all that can do harm.
        self._run = self._run + len(chunk) if self._lf == breaks else 0
        self.unbroken = max(self.unbroken, self._run)

    def _feed_outside(self, outside: bytes) -> None:
        if not outside:
            return
        # The end of what came before, so that a line break cut in two is seen whole.
        seen = self._tail + outside
        held = b"\r" if seen.endswith(b"\r") else b""
        body = seen[: len(seen) - len(held)]
        if b"\r" in body:
            crlf = body.count(b"\r\n")
            self._crlf += crlf
            if body.count(b"\r") != crlf:
                self.doubtful = True
        if _QUOTED_MARK in seen and _ODD_QUOTES.search(seen):
            self.doubtful = True
        before = self._lf - self._tail.count(b"\n")
        if self.notes_blank_rows:
            self._note_blank_rows(body, before)
        self._lf = before + body.count(b"\n")
        self._tail = body[-1:] + held

    def _note_blank_rows(self, body: bytes, breaks_before: int) -> None:
        counted = 0
        for match in _BLANK_LINE.finditer(body):
            breaks_before += body.count(b"\n", counted, match.end())
            counted = match.end()
            self.blank_rows.append(breaks_before + 1)

    def _outside_quotes(self, chunk: bytes) -> bytes:
        """The piece with a mark for each quoted cell; what is left open goes on in the next."""
        if b'"' not in chunk:
            if not self.inside_quotes:
                return chunk
            self._note_breaks(chunk)
            return b""
        parts = chunk.split(b'"')
        first = 1 if self.inside_quotes else 0
        inside = parts[1 - first :: 2]
        if not self.breaks_in_cells:
            self._note_breaks(b"".join(inside))
        outside = _QUOTED_MARK.join(parts[first::2])
        # An odd number of parts ends where it began: inside or outside.
        self.inside_quotes = self.inside_quotes == (len(parts) % 2 == 1)
        return outside + _QUOTED_MARK if self.inside_quotes else outside

    def _note_breaks(self, inside: bytes) -> None:
        if b"\n" in inside or b"\r" in inside:
            self.breaks_in_cells = True
