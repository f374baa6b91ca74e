"""Closed documents that this process has read lately: they never change, so none is read twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """The documents used last, by their digest.

    :param most: how much they may weigh together; the one used last is kept whatever it weighs.
    :param weight: of one document, such as the number of its entries.
    """

    def __init__(self, most: int, weight: Callable[[T], int]) -> None:
        self._most = most
        self._weight = weight
        self._kept: OrderedDict[str, T] = OrderedDict()
        self._lock = Lock()

    def get(self, digest: str, read: Callable[[], T]) -> T:
        """The document of a digest; what ``read`` gives is that document and no other."""
        with self._lock:
            if digest in self._kept:
                self._kept.move_to_end(digest)
                return self._kept[digest]
        found = read()
        with self._lock:
            self._kept[digest] = found
            self._kept.move_to_end(digest)
            weighed = sum(1 + self._weight(one) for one in self._kept.values())
            while weighed > self._most and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                weighed -= 1 + self._weight(oldest)
        return found
