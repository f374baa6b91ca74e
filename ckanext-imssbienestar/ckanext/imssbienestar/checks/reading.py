"""One pass over the bytes of a file: what it is, before anything tries to understand it.

The same pass takes the SHA-256, the size, the strict UTF-8 verdict and the facts that tell
whether the vectorised reader can be trusted with the file's rows. It can run in a thread of its
own: most of it lets other threads work.
"""

from __future__ import annotations

import codecs
import hashlib
import queue
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from ckanext.imssbienestar.checks.survey import Survey, SurveyedTable, surveyed
from ckanext.imssbienestar.errors import InputFileError

CHUNK_BYTES = 1 << 20
_SLICE_BYTES = 1 << 16
# Pieces read at once for a survey: each one costs the threads a turn of the interpreter.
_SURVEYED_CHUNKS = 4
BOM = codecs.BOM_UTF8

# Stands for a quoted cell, so that a row of one quoted cell does not look blank.
_QUOTED_MARK = b"\x01"
# Quotes that do not fill their cell: readers disagree on what such a cell says.
_ODD_QUOTES = re.compile(rb"\x01(?:(?=[^,\r\n\x01])|(?<=[^,\r\n\x01]\x01))")
_SPECIAL = (b'"', b"\r")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BLANK_LINE = re.compile(rb"\n(?=\r?\n)")


@dataclass(frozen=True)
class ByteFacts:
    """What one pass over a file's bytes tells.

    :ivar bad_byte: offset of the first byte that is not UTF-8.
    :ivar nul_byte: offset of the first NUL.
    :ivar records: number of rows when quotes are where RFC 4180 puts them; else meaningless.
    :ivar crlf: its rows end in CRLF and not in LF.
    :ivar plain_rows: one kind of line break, quotes only around whole cells.
    :ivar breaks_in_cells: some quoted cell holds a line break.
    :ivar unbroken: bytes that some row surely has; none is longer by more than two pieces. An
        estimate, which depends on where the pieces begin.
    """

    sha256: str
    size: int
    has_bom: bool
    bad_byte: int | None
    nul_byte: int | None
    records: int
    plain_rows: bool
    crlf: bool
    encoding: str
    breaks_in_cells: bool = False
    unbroken: int = field(default=0, compare=False)


def read_bytes(path: Path, *, advance: Callable[[int], object] | None = None) -> ByteFacts:
    """Read the whole file once.

    :param advance: told the size of each piece read, for a progress bar.
    :raises InputFileError: the file cannot be read.
    """
    return survey_bytes(path, None, advance=advance)[0]


def survey_bytes(
    path: Path,
    survey: Survey | None,
    *,
    advance: Callable[[int], object] | None = None,
    given_up: Callable[[], object] | None = None,
) -> tuple[ByteFacts, SurveyedTable | None]:
    """Read the whole file once, and survey it meanwhile; where that fails, its first part twice.

    :param advance: told the size of each piece read, for a progress bar.
    :param given_up: told when there will be no survey, long before the end of most such files.
    :raises InputFileError: the file cannot be read.
    """
    try:
        with path.open("rb") as stream, _Digest() as digest:
            return _judged(path, stream, digest, survey, advance, given_up)
    except OSError as error:
        raise _unreadable(path, error) from error


def _stamp_of(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    return status.st_size, status.st_mtime_ns


def _unreadable(path: Path, error: OSError) -> InputFileError:
    return InputFileError(
        f"The file {path} cannot be read: {error.strerror}.",
        path=str(path),
        next_step="Check its name and its permissions.",
    )


def _judged(
    path: Path,
    stream: BinaryIO,
    digest: _Digest,
    survey: Survey | None,
    advance: Callable[[int], object] | None,
    given_up: Callable[[], object] | None,
) -> tuple[ByteFacts, SurveyedTable | None]:
    judge = _ByteJudge()
    size = 0
    while chunk := stream.read(CHUNK_BYTES * (1 if survey is None else _SURVEYED_CHUNKS)):
        digest.feed(chunk)
        if survey is not None and not _goes_on(survey, chunk, size):
            survey = None
            if given_up:
                given_up()
            judge.read(path, size)
        if survey is None:
            judge.feed(chunk)
        size += len(chunk)
        if advance:
            advance(len(chunk))
    table = surveyed(survey) if survey is not None else None
    if table is not None:
        return _facts_of(table, digest.finish(), size), table
    if survey is not None:
        judge.read(path, size)
    return judge.facts(digest.finish()), None


def _goes_on(survey: Survey, chunk: bytes, before: int) -> bool:
    """Whether the survey takes the next piece; a file with a mark at its beginning is not plain."""
    return (before > 0 or not chunk.startswith(BOM)) and survey.feed(chunk)


def _facts_of(table: SurveyedTable, sha256: str, size: int) -> ByteFacts:
    """What a table that could be surveyed surely is."""
    return ByteFacts(
        sha256=sha256,
        size=size,
        has_bom=False,
        bad_byte=None,
        nul_byte=None,
        records=table.rows + 1,
        plain_rows=True,
        crlf=table.crlf,
        encoding="utf-8",
    )


class _ByteJudge:
    """What is asked of the bytes of a file, piece by piece."""

    def __init__(self) -> None:
        self._utf8 = _Utf8Judge()
        self._rows = _RowJudge()
        self._size = 0
        self._nul_byte: int | None = None
        self._first = b""

    def read(self, path: Path, size: int) -> None:
        """Feed it with the first bytes of a file."""
        with path.open("rb") as stream:
            while self._size < size and (chunk := stream.read(min(CHUNK_BYTES, size - self._size))):
                self.feed(chunk)

    def feed(self, pieces: bytes) -> None:
        """The next bytes; never none."""
        for start in range(0, len(pieces), CHUNK_BYTES):
            self._feed(pieces[start : start + CHUNK_BYTES])

    def _feed(self, chunk: bytes) -> None:
        self._first = self._first or chunk[:4]
        self._utf8.feed(chunk)
        if self._nul_byte is None and (found := chunk.find(b"\0")) >= 0:
            self._nul_byte = self._size + found
        self._rows.feed(chunk.removeprefix(BOM) if self._size == 0 else chunk)
        self._size += len(chunk)

    def facts(self, sha256: str) -> ByteFacts:
        """No more pieces."""
        self._utf8.finish()
        rows, bad_byte, encoding = self._rows, self._utf8.bad_byte, "utf-8"
        if bad_byte is not None:
            encoding = "utf-16" if self._first.startswith(_UTF16_MARKS) else "cp1252"
        return ByteFacts(
            sha256=sha256,
            size=self._size,
            has_bom=self._first.startswith(BOM),
            bad_byte=bad_byte,
            # UTF-16 is full of NULs: its encoding is the finding, not they.
            nul_byte=None if encoding == "utf-16" else self._nul_byte,
            records=rows.records,
            plain_rows=rows.plain,
            crlf=rows.crlf,
            encoding=encoding,
            breaks_in_cells=rows.breaks_in_cells,
            unbroken=rows.unbroken,
        )


def find_blank_rows(path: Path, most: int) -> tuple[int, ...] | None:
    """The numbers of the empty rows, the first row of the file being 1; None if more than ``most``.

    A pass of its own, because few files have any and looking for them costs as much as the rest.
    """
    rows = _RowJudge(notes_blank_rows=True)
    with path.open("rb") as stream:
        first = stream.read(CHUNK_BYTES).removeprefix(BOM)
        rows.feed(first)
        while (chunk := stream.read(CHUNK_BYTES)) and len(rows.blank_rows) <= most:
            rows.feed(chunk)
    return tuple(rows.blank_rows) if len(rows.blank_rows) <= most else None


class FileReading:
    """The byte pass of one file, at work in a thread of its own since this object was made.

    :param advance: told the size of each piece read, from that thread.
    :param survey: fed with the bytes on their way.
    :raises InputFileError: the file cannot be read.
    """

    def __init__(
        self,
        path: Path,
        *,
        advance: Callable[[int], object] | None = None,
        survey: Survey | None = None,
    ) -> None:
        self._path = path
        self._stamp = _stamp_of(path)
        self._advance = advance
        self._survey = survey
        self._facts: ByteFacts | None = None
        self._table: SurveyedTable | None = None
        self._is_surveyed = threading.Event()
        self._failure: InputFileError | None = None
        # A daemon: nobody waits for it when the program has to end.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def facts(self) -> ByteFacts:
        """Wait for the end of the pass.

        :raises InputFileError: the file cannot be read.
        """
        self._thread.join()
        if self._facts is None:
            raise self._failure or RuntimeError("the pass over the bytes ended without a result")
        return self._facts

    def surveyed(self) -> SurveyedTable | None:
        """What the survey found, at the end of the pass; None once it is known to find nothing."""
        if self._survey is not None:
            self._is_surveyed.wait()
        return self._table

    @property
    def is_outdated(self) -> bool:
        """Whether the file is no longer the one that was there when the pass began."""
        return _stamp_of(self._path) != self._stamp

    def _run(self) -> None:
        try:
            self._facts, self._table = survey_bytes(
                self._path,
                self._survey,
                advance=self._advance,
                given_up=self._is_surveyed.set,
            )
        except InputFileError as error:
            self._failure = error
        finally:
            self._is_surveyed.set()


class _Digest:
    """SHA-256 of pieces, from the second one on in a thread of its own.

    It takes as long as everything else that is asked of the bytes, and lets other threads work.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._pieces: queue.Queue[bytes] = queue.Queue(maxsize=4)
        self._thread: threading.Thread | None = None
        self._is_first = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def feed(self, chunk: bytes) -> None:
        """The next piece; never an empty one."""
        if self._is_first:
            self._is_first = False
            self._digest.update(chunk)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        self._pieces.put(chunk)

    def finish(self) -> str:
        """The digest in hexadecimal, of all the pieces."""
        self._stop()
        return self._digest.hexdigest()

    def _run(self) -> None:
        while chunk := self._pieces.get():
            self._digest.update(chunk)

    def _stop(self) -> None:
        if self._thread is not None:
            self._pieces.put(b"")
            self._thread.join()
            self._thread = None


@dataclass
class _Utf8Judge:
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
class _RowJudge:
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
