"""The identifiers that the system proposes for the databases of a coordination (R-054)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.inventory_layout import InventoryLayout


def identifier_prefix(coordination: str, layout: InventoryLayout) -> str:
    """What the identifiers of a coordination begin with: the initials of its name, 20 at most.

    Two coordinations may have the same; their numbers are still taken once in the organism.
    """
    words = plain_words(coordination).split()
    initials = [word[0] for word in words if word not in layout.rules.small_words]
    return "".join(initials).upper()[:20] or "BD"


class IdentifierSeries:
    """The identifiers of a coordination, such as ``CTV-0007``; numbers are never used again.

    :param prefix: short form of the coordination; what an identifier cannot hold is left out.
    :param taken: every identifier ever given in the organism, withdrawn ones too.
    """

    def __init__(self, prefix: str, taken: Iterable[str], layout: InventoryLayout) -> None:
        kept = re.sub(r"[^A-Z0-9]+", "-", plain_words(prefix).upper()).strip("-")[:20].strip("-")
        # Without a letter it would be taken for the number of a row.
        self._start = f"{kept if re.search('[A-Z]', kept) else f'BD-{kept}'.strip('-')}-"
        self._digits = layout.rules.identifier_digits
        self._last = 0
        for identifier in taken:
            self.note(identifier)

    def note(self, identifier: str) -> None:
        """An identifier is taken."""
        start, number = identifier[: len(self._start)], identifier[len(self._start) :]
        if start.upper() == self._start and number.isascii() and number.isdigit():
            # A number this long is no consecutive one.
            self._last = max(self._last, int(number)) if len(number) < 10 else self._last

    def proposed(self) -> str:
        """The next free one; the same until it is noted as taken."""
        return f"{self._start}{self._last + 1:0{self._digits}d}"
