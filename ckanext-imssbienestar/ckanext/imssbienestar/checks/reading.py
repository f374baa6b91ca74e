"""One pass over the bytes of a file: what it is, before anything tries to understand it.

The same pass takes the SHA-256, the size, the strict UTF-8 verdict and the facts that tell
whether the vectorised reader can be trusted with the file's rows. It can run in a thread of its
own: most of it lets other threads work.
"""

from __future__ import annotations

import codecs
import hashlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from ckanext.imssbienestar.checks.byte_judges import RowJudge, Utf8Judge
from ckanext.imssbienestar.checks.survey import Survey, SurveyedTable, surveyed
from ckanext.imssbienestar.errors import InputFileError

CHUNK_BYTES = 1 << 20
# Pieces read at once for a survey: each one costs the threads a turn of the interpreter.
_SURVEYED_CHUNKS = 4
BOM = codecs.BOM_UTF8

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


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
        self._utf8 = Utf8Judge()
        self._rows = RowJudge()
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
    rows = RowJudge(notes_blank_rows=True)
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
