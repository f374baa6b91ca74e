"""When a run is due, and whether what should have run did: pure, given the moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ckanext.imssbienestar.mirror.ledger.activities import Activity, Stage


class Punctuality(StrEnum):
    """What a monitor wants to know in one word, the worst first."""

    NEVER = "never"
    LATE = "late"
    FAILED = "failed"
    OK = "ok"


@dataclass(frozen=True)
class Timetable:
    """What should have run, and did it.

    :ivar due: when the next run of everything should begin; None before the first one.
    :ivar late_since: since when a run is missing; None while none is.
    """

    punctuality: Punctuality
    due: datetime | None
    late_since: datetime | None


def timetable(
    last: Activity | None, every: timedelta, tolerance: timedelta, now: datetime
) -> Timetable:
    """Judge by the newest run of everything.

    :param every: between the beginnings of two runs.
    :param tolerance: how much later than that a run may begin before it counts as late.
    """
    if last is None or last.started is None:
        return Timetable(Punctuality.NEVER, None, None)
    due = last.started + every
    if now > due + tolerance:
        return Timetable(Punctuality.LATE, due, due)
    if last.stage is Stage.LOST or (last.stage is Stage.DONE and last.exit_code != 0):
        return Timetable(Punctuality.FAILED, due, None)
    return Timetable(Punctuality.OK, due, None)
