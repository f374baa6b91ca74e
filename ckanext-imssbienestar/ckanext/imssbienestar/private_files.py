"""Folders for copies of files that nobody judged yet: private, and wiped whatever happens.

Each folder has a lock that ends with the process that made it, however that ends. So one that a
``kill -9`` left behind is told from one in use without asking for process numbers, which are used
again and mean nothing on another machine. Wiping is unlinking: the blocks on the disk are not
overwritten.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ENVIRONMENT = "IMSS_PRIVATE_FOLDER"
"""Names the folder under which they are made; without it, the system's one for temporary files."""

_PREFIX = "imss-private-"


@contextmanager
def private_folder(purpose: str, *, parent: Path | None = None) -> Iterator[Path]:
    """A folder that only this user can open, wiped on leaving.

    What processes that are gone left beside it is wiped first.

    :param purpose: a word of the folder's name, for who looks at the disk.
    :param parent: where; made with mode 0700 when it is not there.
    :raises OSError: it cannot be made; no room on the disk, for one.
    """
    where = parent or _parent()
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    wipe_abandoned(where)
    folder, lock = _locked_folder(where, purpose)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def wipe_abandoned(parent: Path | None = None) -> int:
    """Wipe the folders that belong to no living process, and say how many there were.

    What is in use, another user's, or not one of these folders is left alone.
    """
    wiped = 0
    for folder in (parent or _parent()).glob(f"{_PREFIX}*"):
        # In use, another user's, no folder, or being wiped by somebody else: the next one sees.
        with suppress(OSError):
            wiped += _wipe_if_abandoned(folder)
    return wiped


def _parent() -> Path:
    named = os.environ.get(ENVIRONMENT)
    return Path(named) if named else Path(tempfile.gettempdir())


def _locked_folder(parent: Path, purpose: str) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{purpose}-", dir=parent))
        # A sweep may have taken it for abandoned before the lock: then another one is made.
        with suppress(FileNotFoundError):
            lock = _open_folder(folder)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _wipe_if_abandoned(folder: Path) -> bool:
    lock = _open_folder(folder)
    try:
        found = os.fstat(lock)
        if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
            return False
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
        return True
    finally:
        os.close(lock)


def _open_folder(folder: Path) -> int:
    # Python closes it in programs that this one starts: the lock is not theirs.
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
