"""One JSON line a call to either catalogue, for whoever looks after the machine.

No token, no query, no content: an address is told without what follows its question mark.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError

STANDARD_ERROR = "-"


@dataclass(frozen=True)
class Call:
    """One attempt of a call.

    :ivar action: name of the action of CKAN, or the path of a download.
    :ivar status: of the answer; None when none came.
    :ivar failure: code of the sentence where there was no usable answer; empty otherwise.
    :ivar bytes: size of the files sent or received.
    :ivar attempt: from 1.
    :ivar dataset: name of the dataset it was made for; empty for calls about all of them.
    """

    method: str
    host: str
    action: str
    status: int | None
    milliseconds: int
    bytes: int
    attempt: int
    failure: str = ""
    dataset: str = ""


OnCall = Callable[[Call], None]


def ignore(_call: Call) -> None:
    """Nobody wants to know."""


class CallLog:
    """Writes calls as they end; threads share it."""

    def __init__(self, out: TextIO, run: str, where: str) -> None:
        self._run = run
        self._where = where
        self._out = out
        self._lock = threading.Lock()

    def write(self, call: Call) -> None:
        """One line.

        :raises MirrorConfigurationError: there is no room for it, which ends the run: who wants a
            record of each call wants no call without one.
        """
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "run": self._run,
            **vars(call),
        }
        text = json.dumps(line, ensure_ascii=False)
        try:
            with self._lock:
                self._out.write(text + "\n")
                self._out.flush()
        except OSError as error:
            cause = error.strerror or type(error).__name__
            raise MirrorConfigurationError("log-full", path=self._where, cause=cause) from None


@contextmanager
def call_log(where: str | None, run: str) -> Iterator[OnCall]:
    """What to tell of each call: a file that grows, ``-`` for standard error, or nobody.

    :param run: id of the activity that the calls belong to.
    :raises MirrorConfigurationError: the file cannot be written.
    """
    if not where:
        yield ignore
    elif where == STANDARD_ERROR:
        yield CallLog(sys.stderr, run, where).write
    else:
        file = _opened(Path(where))
        try:
            yield CallLog(file, run, where).write
        finally:
            with suppress(OSError):  # a line that did not fit was told when it was written
                file.close()


def _opened(path: Path) -> TextIO:
    try:
        return path.open("a", encoding="utf-8")
    except OSError as error:
        cause = error.strerror or type(error).__name__
        raise MirrorConfigurationError("log-unwritable", path=path, cause=cause) from None
