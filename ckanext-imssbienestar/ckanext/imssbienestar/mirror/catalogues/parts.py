"""The files of a multipart call: read from disk as they are sent, and hashed on their way out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True)
class UploadPart:
    """A file of a multipart call.

    :ivar field: name of the form field.
    :ivar sha256: of the bytes that must be sent; empty where any will do.
    """

    field: str
    path: Path
    name: str
    media_type: str
    sha256: str = ""


class LeavingFile:
    """A file that is hashed while it is read, once, from its beginning to its end.

    It was right when it came to the disk; what counts is what leaves.
    """

    def __init__(self, part: UploadPart) -> None:
        self.part = part
        self._digest = hashlib.sha256()
        self._file: BinaryIO = part.path.open("rb")
        self.fileno, self.tell, self.close = self._file.fileno, self._file.tell, self._file.close

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        chunk = self._file.read(size)
        self._digest.update(chunk)
        return chunk

    @property
    def differs(self) -> bool:
        """Whether what was read so far is not what must be sent."""
        return self.part.sha256 not in ("", self._digest.hexdigest())


@contextmanager
def opened(parts: Sequence[UploadPart]) -> Iterator[list[LeavingFile]]:
    """The files of a call, open inside."""
    files: list[LeavingFile] = []
    try:
        files.extend(LeavingFile(part) for part in parts)
        yield files
    finally:
        for file in files:
            file.close()
