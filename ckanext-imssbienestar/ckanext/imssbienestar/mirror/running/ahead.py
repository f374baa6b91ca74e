"""A read that is under way while something else is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

_POLL_SECONDS = 0.2


class Ahead(Generic[T]):
    """A call begun on a daemon thread; nobody has to wait for it, so Ctrl-C can leave at once."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._over = threading.Event()
        self._result: T | None = None
        self._error: BaseException | None = None
        threading.Thread(target=self._carry_out, daemon=True).start()

    def ended(self, seconds: float) -> bool:
        """Whether it has ended, after waiting so long at most."""
        return self._over.wait(max(0.0, seconds))

    def result(self) -> T:
        """What it came to, once: it may be large and is not kept; raises what it raised."""
        while not self._over.wait(_POLL_SECONDS):
            pass  # a signal is only seen between two waits
        if self._error is not None:
            raise self._error
        result, self._result = self._result, None
        return result  # type: ignore[return-value]

    def _carry_out(self) -> None:
        try:
            self._result = self._call()
        except BaseException as error:  # noqa: BLE001 - handed to who asks for the result
            self._error = error
        finally:
            self._over.set()
