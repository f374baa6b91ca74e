"""The calendar of the Procedure, of the offices and of the people who read what the mirror says."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

_CALENDAR = ZoneInfo("America/Mexico_City")


def day_of(moment: datetime) -> date:
    """The day on which something happened there."""
    return moment.astimezone(_CALENDAR).date()
