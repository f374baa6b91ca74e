"""The calendar of the Procedure: moments are UTC, days are those of Mexico City."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("America/Mexico_City")


def day_of(moment: datetime.datetime) -> datetime.date:
    """The day of a moment in Mexico City; the moment has its time zone."""
    return moment.astimezone(_ZONE).date()


def local_text(moment: datetime.datetime) -> str:
    """A moment as people there write it: day and time, to the minute."""
    return moment.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M")
