"""When to try again, and how fast: pure rules with the clock and the dice passed in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential back-off with full jitter above a floor.

    :ivar attempts: tries in all, the first included.
    :ivar first_delay: seconds before the second try.
    :ivar longest_delay: cap of the back-off, in seconds.
    :ivar longest_retry_after: cap of what the other side may ask for, in seconds.
    """

    attempts: int = 5
    first_delay: float = 0.5
    longest_delay: float = 30.0
    longest_retry_after: float = 120.0

    def delay(self, failures: int, retry_after: float | None, dice: float) -> float:
        """Seconds to wait after ``failures`` failed tries.

        What the other side asked for is a floor, never shortened by the jitter.

        :param dice: a number in [0, 1).
        """
        backoff = min(self.longest_delay, self.first_delay * 2.0 ** min(failures - 1, 30))
        jittered = backoff * (0.5 + dice / 2)
        asked = min(retry_after or 0.0, self.longest_retry_after)
        return max(jittered, asked)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds of a ``Retry-After`` header, a number or an HTTP date; None if unusable."""
    if not value:
        return None
    text = value.strip()
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


class Pacer:
    """Keeps a minimum interval between calls to one catalogue, over all threads."""

    def __init__(
        self,
        interval: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = interval
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Return when the caller may make its call."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._interval
        if turn > now:
            self._sleep(turn - now)

    def pause(self, seconds: float) -> None:
        """No thread calls for so long: the other side asked for it."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)
