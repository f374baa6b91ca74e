"""How many calls were made and bytes sent, for the whole run and for the dataset at hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Tally:
    """Counts of one run or of one dataset; every attempt is a call."""

    reads: int = 0
    writes: int = 0
    bytes: int = 0

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
    def dataset(self) -> Iterator[Tally]:
        """Count what this thread does inside, apart from the total."""
        tally = Tally()
        self._local.tally = tally
        try:
            yield tally
        finally:
            self._local.tally = None

    def read(self) -> None:
        """A call that changes nothing was made."""
        self._add(Tally(reads=1))

    def write(self) -> None:
        """A call that may change something was made."""
        self._add(Tally(writes=1))

    def moved(self, size: int) -> None:
        """File bytes went over the network."""
        self._add(Tally(bytes=size))

    def _add(self, more: Tally) -> None:
        with self._lock:
            for tally in (self.total, getattr(self._local, "tally", None)):
                if tally is not None:
                    tally.reads += more.reads
                    tally.writes += more.writes
                    tally.bytes += more.bytes
