"""Dates and ages as people write them."""

from __future__ import annotations

import datetime
import re
from functools import cache

from ckanext.imssbienestar.checks.personal.text import capitals

_SMALL = re.compile(r"[0-9]{1,3}([.]0)?")
_AGE = re.compile(
    r"([0-9]{1,3}) ?(AÑOS?|ANIOS?|MESES|MES|DIAS?|SEMANAS?|YEARS?|MONTHS?|[AM]\.?)( .{0,20})?"
)
_DATE = re.compile(
    r"(?P<y>(18|19|20)[0-9]{2})[-/.]?(?P<m>0[1-9]|1[0-2])[-/.]?(?P<d>[0-3][0-9])"
    r"([T ][0-9:.Z]{4,18})?"
    r"|(?P<d2>[0-3]?[0-9])[-/. ](?P<m2>[01]?[0-9]|[A-Z]{3,10})[-/. ](?P<y2>(18|19|20)?[0-9]{2})"
    r"( [0-9:.]{4,12})?"
    r"|(?P<d3>[0-3]?[0-9]) DE (?P<m3>[A-Z]{4,10}) (DE|DEL) (?P<y3>(18|19|20)[0-9]{2})"
)
_MONTHS = frozenset(
    {"ENE", "FEB", "MAR", "ABR", "MAY", "JUN", "JUL", "AGO"}
    | {"SEP", "OCT", "NOV", "DIC", "JAN", "APR", "AUG", "DEC"}
)


def is_small_number(text: str) -> bool:
    """Whether a cell is a whole number of up to three digits."""
    return _SMALL.fullmatch(text) is not None


def is_age(text: str) -> bool:
    """Whether a cell in capitals is an age with its unit: «12 AÑOS», «8 MESES»."""
    return _AGE.fullmatch(text) is not None


def year_of(text: str) -> int:
    """The year of a cell that is a date, else 0; two digits are of the last hundred years."""
    match = _DATE.fullmatch(text)
    if not match:
        return 0
    found = match.groupdict()
    year = found["y"] or found["y2"] or found["y3"]
    month = found["m"] or found["m2"] or found["m3"]
    day = found["d"] or found["d2"] or found["d3"]
    if month.isalpha():
        if month[:3] not in _MONTHS:
            return 0
        month = "1"
    number = int(year)
    if number < 100:
        number += 1900 if number > _this_year() % 100 else 2000
    first, second = int(month), int(day)
    if not (1 <= first <= 12 and 1 <= second <= 31) and not (
        1 <= second <= 12 and 1 <= first <= 31
    ):
        return 0
    return number


def age_of(value: str) -> int | None:
    """Whole years of a cell that says an age («12», «12 años», «8 meses»)."""
    text = capitals(value.strip())
    if _SMALL.fullmatch(text):
        return int(float(text))
    match = _AGE.fullmatch(text)
    if match is None:
        return None
    return int(match.group(1)) if match.group(2)[0] in "AY" else 0


@cache
def _this_year() -> int:
    return datetime.datetime.now(tz=datetime.UTC).year
