"""What waits for a person today: the lines of the page *Mi trabajo*."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """One thing that a person is to do.

    :ivar what: a sentence in the language of the request, beginning with a verb.
    :ivar url: the page where it is done.
    :ivar place: the name of the group or unit it is for.
    :ivar until: the last day, included; None when the Procedure gives none.
    """

    what: str
    url: str
    place: str = ""
    until: datetime.date | None = None

    def is_late(self, today: datetime.date) -> bool:
        """Whether its last day has passed."""
        return self.until is not None and self.until < today


def in_order(tasks: list[Task]) -> list[Task]:
    """The most urgent first; those without a last day at the end."""
    return sorted(tasks, key=lambda task: (task.until or datetime.date.max, task.place, task.what))
