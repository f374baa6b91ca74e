"""The rows of a signed CSV file as a stream that PostgreSQL's COPY reads."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from ckanext.imssbienestar.portal.datastore_errors import ColumnsDiffer, NotUtf8, RowUnreadable
from ckanext.imssbienestar.procedure.content_store import CHUNK, ContentMissing

_ROWS_AT_ONCE = 500
_LONGEST_CELL = 1 << 28


class SignedRows:
    """A file-like object for ``copy_expert``: the rows without their header, every cell quoted.

    Read with Python's ``csv``, which is what the check of the file is held to; PostgreSQL's own
    reader takes a stray quote or a mixed line end for something else. The bytes are hashed on their
    way: :meth:`verify` says whether they were the signed ones.

    :ivar problem: what made reading end early. The database driver keeps no exception of ours, so
        the caller raises this one.
    """

    def __init__(self, path: Path, sha256: str, names: Sequence[str]) -> None:
        self._path, self._sha256, self._names = path, sha256, tuple(names)
        self._waiting = b""
        self._number = 1
        self.problem: RowUnreadable | NotUtf8 | None = None

    def __enter__(self) -> Self:
        """Open the file and read its header.

        :raises ContentMissing: the file is not there.
        :raises NotUtf8: its first bytes are not UTF-8.
        :raises ColumnsDiffer: its header is not the dictionary's.
        """
        try:
            self._source = _HashingReader(self._path.open("rb"))
        except FileNotFoundError as error:
            raise ContentMissing(self._sha256) from error
        buffered = io.BufferedReader(self._source, CHUNK)
        self._text = io.TextIOWrapper(buffered, encoding="utf-8-sig", newline="")
        csv.field_size_limit(_LONGEST_CELL)
        self._rows = csv.reader(self._text)
        try:
            header = tuple(next(self._rows, []))
        except UnicodeDecodeError:
            self._text.close()
            raise NotUtf8 from None
        if header != self._names:
            self._text.close()
            raise ColumnsDiffer
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._text.close()

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes of quoted CSV in UTF-8; fewer only at the end."""
        while size < 0 or len(self._waiting) < size:
            block = self._next_block()
            if not block:
                break
            self._waiting += block
        given = self._waiting if size < 0 else self._waiting[:size]
        self._waiting = self._waiting[len(given) :]
        return given

    def verify(self) -> None:
        """Once all is read: were these the bytes that were signed?

        :raises ContentMissing: they hash to something else.
        """
        if self._source.sha256() != self._sha256:
            raise ContentMissing(self._sha256)

    def _next_block(self) -> bytes:
        written = io.StringIO()
        writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n")
        try:
            for _turn in range(_ROWS_AT_ONCE):
                row = next(self._rows, None)
                if row is None:
                    break
                self._number += 1
                if len(row) != len(self._names):
                    raise self._unreadable()
                writer.writerow(row)
        except UnicodeDecodeError:
            # Read ahead of the rows: nobody knows here in which row it is.
            self.problem = NotUtf8()
            raise self.problem from None
        except csv.Error:
            raise self._unreadable() from None
        return written.getvalue().encode("utf-8")

    def _unreadable(self) -> RowUnreadable:
        problem = self.problem = RowUnreadable(self._number)
        return problem


class _HashingReader(io.RawIOBase):
    """A binary file that hashes what is read from it."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        chunk = self._source.read(min(len(buffer), CHUNK))
        buffer[: len(chunk)] = chunk
        self._hash.update(chunk)
        return len(chunk)

    def close(self) -> None:
        self._source.close()
        super().close()

    def sha256(self) -> str:
        return self._hash.hexdigest()
