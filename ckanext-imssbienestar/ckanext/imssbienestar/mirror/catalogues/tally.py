"""How many calls were made and bytes sent, for the whole run and for the dataset at hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Tally:
    """Counts of one run or of one dataset; every attempt is a call.

    :ivar bytes: of the files sent.
    :ivar bytes_read_back: downloaded from the target to be sure of what it holds.
    """

    reads: int = 0
    writes: int = 0
    bytes: int = 0
    bytes_read_back: int = 0

    @property
    def calls(self) -> int:
        """Calls of both kinds."""
        return self.reads + self.writes


class Counters:
    """A tally for the run and one for each thread's current dataset."""

    def __init__(self) -> None:
        self.total = Tally()
        self._lock = threading.Lock()
        self._local = threading.local()

    @contextmanager
    def dataset(self, name: str = "") -> Iterator[Tally]:
        """Count what this thread does inside, apart from the total.

        :param name: of the dataset it does it for.
        """
        tally = Tally()
        self._local.tally, self._local.name = tally, name
        try:
            yield tally
        finally:
            self._local.tally, self._local.name = None, ""

    @property
    def dataset_name(self) -> str:
        """The dataset this thread works on; empty when it is about all of them."""
        return str(getattr(self._local, "name", ""))

    def read(self) -> None:
        """A call that changes nothing was made."""
        self._add(Tally(reads=1))

    def write(self) -> None:
        """A call that may change something was made."""
        self._add(Tally(writes=1))

    def moved(self, size: int) -> None:
        """File bytes were sent."""
        self._add(Tally(bytes=size))

    def read_back(self, size: int) -> None:
        """File bytes were downloaded from the target."""
        self._add(Tally(bytes_read_back=size))

    def _add(self, more: Tally) -> None:
        with self._lock:
            for tally in (self.total, getattr(self._local, "tally", None)):
                if tally is not None:
                    tally.reads += more.reads
                    tally.writes += more.writes
                    tally.bytes += more.bytes
                    tally.bytes_read_back += more.bytes_read_back
