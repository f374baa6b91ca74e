"""The calendar of the Procedure: moments are UTC, days are those of Mexico City."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("America/Mexico_City")


def day_of(moment: datetime.datetime) -> datetime.date:
    """The day of a moment in Mexico City; the moment has its time zone."""
    return moment.astimezone(_ZONE).date()
