"""Temporary files: written from a stream, hashed on the way, gone afterwards whatever happens."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ckanext.imssbienestar.mirror.errors import SpoolError
from ckanext.imssbienestar.mirror.processes import process_exists

Download = Callable[[Callable[[Iterator[bytes]], None]], str]


@dataclass
class Received:
    """What came through a download."""

    sha256: str = ""
    size: int = 0
    media_type: str = ""


@contextmanager
def spool_folder(parent: Path | None) -> Iterator[Path]:
    """A folder for files on their way, removed on the way out.

    Its name holds machine and process, so that a later one can remove what ``kill -9`` left.
    """
    try:
        holder = tempfile.TemporaryDirectory(
            prefix=f"{_prefix()}{os.getpid()}-", dir=parent, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise _failure(str(parent or tempfile.gettempdir()), error) from None
    with holder as folder:
        yield Path(folder)


def sweep(parent: Path | None) -> None:
    """Remove the folders of processes of this machine that are gone."""
    for folder in Path(parent or tempfile.gettempdir()).glob(f"{_prefix()}*"):
        process = folder.name.removeprefix(_prefix()).split("-")[0]
        if process.isdecimal() and not process_exists(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def spool(download: Download, path: Path, name: str) -> Received:
    """Download into ``path``; ``name`` is what people call the file."""
    received = Received()

    def consume(chunks: Iterator[bytes]) -> None:
        with _disk_errors(name), path.open("wb") as file:
            for chunk in _measured(chunks, received):
                file.write(chunk)

    received.media_type = download(consume)
    return received


def measure(download: Download) -> Received:
    """Hash and size of a download without keeping it."""
    received = Received()

    def consume(chunks: Iterator[bytes]) -> None:
        for _ in _measured(chunks, received):
            pass

    received.media_type = download(consume)
    return received


def _prefix() -> str:
    return f"imss-mirror-{socket.gethostname()}-"


def _measured(chunks: Iterator[bytes], received: Received) -> Iterator[bytes]:
    digest = hashlib.sha256()
    received.size = 0
    for chunk in chunks:
        digest.update(chunk)
        received.size += len(chunk)
        yield chunk
    received.sha256 = digest.hexdigest()


@contextmanager
def _disk_errors(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # Network errors of the stream are OSErrors too; they have their own meaning.
        if error.errno is None:
            raise
        raise _failure(name, error) from None


def _failure(name: str, error: OSError) -> SpoolError:
    return SpoolError("spool-failed", file=name, cause=error.strerror or type(error).__name__)
