"""Files by what they contain: each is kept once, read-only, under its SHA-256.

A stored file is never overwritten, so a later release cannot change an earlier one and the mirror
never reads a file that somebody is editing.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ckanext.imssbienestar.errors import TerminalError, TransientError
from ckanext.imssbienestar.private_files import private_folder

CHUNK = 1 << 20
PRIVATE = "private"
"""The folder, inside that of the store, of files that nobody judged yet."""

_READ_ONLY = 0o444


class FileTooLarge(TerminalError):
    """The file is larger than the catalogue accepts.

    :param limit: in bytes.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The file is larger than the limit of {limit} bytes.",
            next_step="Split it, or ask for a higher limit.",
        )
        self.limit = limit


class StorageFull(TransientError):
    """There is no room to keep the file; nothing was kept."""

    def __init__(self) -> None:
        super().__init__(
            "The catalogue has no room left to keep the file; nothing was saved.",
            next_step="Tell the system administrator, then upload it again.",
        )


class ContentMissing(TerminalError):
    """The bytes under a hash are gone or are no longer those bytes.

    :param sha256: the hash that was asked for.
    """

    def __init__(self, sha256: str) -> None:
        super().__init__(
            f"The stored file {sha256} is missing or was altered.",
            next_step="Upload the file again and send it to review again.",
        )
        self.sha256 = sha256


@dataclass(frozen=True)
class Candidate:
    """A file received and hashed, not kept yet.

    :ivar path: a temporary file, gone when the context that made it ends.
    """

    path: Path
    sha256: str
    size: int


class ContentStore:
    """The files under one folder; safe to use from many processes."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def private(self) -> Path:
        """The folder of what is on its way in; on the same disk, so that keeping is a rename."""
        return self._root / PRIVATE

    def path(self, sha256: str) -> Path:
        """Where the bytes of a hash are, whether they exist or not."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ContentMissing(sha256)
        return self._root / sha256[:2] / sha256[2:4] / sha256

    @contextmanager
    def receive(self, stream: IO[bytes], limit: int) -> Iterator[Candidate]:
        """Write a stream to a temporary file while hashing it, so that it can be looked at first.

        The temporary file is unlinked when the context ends, kept or not; after a ``kill -9``,
        when any process next asks for such a folder or starts.

        :param limit: most bytes accepted.
        :raises FileTooLarge: the stream is longer; nothing stays on disk.
        :raises StorageFull: no room; nothing stays on disk.
        """
        with ExitStack() as until_wiped:
            with _no_room_is_a_sentence():
                folder = until_wiped.enter_context(private_folder("upload", parent=self.private))
                path = folder / "candidate"
                with path.open("xb") as output:
                    sha256, size = _copy(stream, output, limit)
            yield Candidate(path, sha256, size)

    def keep(self, candidate: Candidate) -> None:
        """Make a candidate permanent; the same bytes twice are kept once."""
        target = self.path(candidate.sha256)
        try:
            os.utime(target)  # young again: a sweep leaves it until this write refers to it
        except FileNotFoundError:
            self._put(candidate, target)

    def _put(self, candidate: Candidate, target: Path) -> None:
        with _no_room_is_a_sentence():
            target.parent.mkdir(parents=True, exist_ok=True)
            candidate.path.chmod(_READ_ONLY)
            os.replace(candidate.path, target)
            _sync_folder(target.parent)

    def kept(self) -> Iterator[Path]:
        """Every file of the store, in no order; not those on their way in."""
        return (
            path
            for path in self._root.rglob("*")
            if path.is_file() and self.private not in path.parents
        )

    def verify(self, sha256: str) -> None:
        """Read the stored bytes again.

        :raises ContentMissing: they are gone or hash to something else.
        """
        try:
            with self.path(sha256).open("rb") as stored:
                found = hashlib.file_digest(stored, "sha256").hexdigest()
        except FileNotFoundError as error:
            raise ContentMissing(sha256) from error
        if found != sha256:
            raise ContentMissing(sha256)


def _copy(stream: IO[bytes], output: IO[bytes], limit: int) -> tuple[str, int]:
    hasher, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise FileTooLarge(limit)
        hasher.update(chunk)
        output.write(chunk)
    output.flush()
    os.fsync(output.fileno())
    return hasher.hexdigest(), size


@contextmanager
def _no_room_is_a_sentence() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull from error
        raise


def _sync_folder(folder: Path) -> None:
    # Without it, a power cut may keep the database row and lose the file's name.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
