"""A read that is under way while something else is done."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

_POLL_SECONDS = 0.2


class Ahead(Generic[T]):
    """A call begun on a daemon thread; nobody has to wait for it, so Ctrl-C can leave at once."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._ended: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()
        threading.Thread(target=self._carry_out, daemon=True).start()

    def result(self) -> T:
        """What it came to, once; raises what it raised."""
        while True:
            try:
                result, error = self._ended.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue  # a signal is only seen between two waits
            if error is not None:
                raise error
            return result  # type: ignore[return-value]

    def _carry_out(self) -> None:
        try:
            self._ended.put((self._call(), None))
        except BaseException as error:  # noqa: BLE001 - handed to who asks for the result
            self._ended.put((None, error))
