"""Check digits and calendar days inside identifiers, each by its public algorithm.

Every function takes the identifier without separators, in capitals, and says whether it holds.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from functools import cache

from ckanext.imssbienestar.datafiles import read_yaml

# The value of a symbol is its place; Ñ counts although no CURP shows it.
CURP_ALPHABET = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_CURP_VALUE = {symbol: value for value, symbol in enumerate(CURP_ALPHABET)}
_RFC_ALPHABET = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ"
_RFC_VALUE = {symbol: value for value, symbol in enumerate(_RFC_ALPHABET)}
_CLABE_WEIGHTS = (3, 7, 1) * 6
_CARD = re.compile(
    r"4[0-9]{15}|5[1-5][0-9]{14}|2(22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}"
    r"|3[47][0-9]{13}|6(011|5[0-9]{2})[0-9]{12}|(5062|6391|6366|2869|5064|6046)[0-9]{12}"
)


def is_day(year: str, month: str, day: str) -> bool:
    """Whether the two-digit date exists in either century."""
    for century in ("19", "20"):
        try:
            datetime.date(int(century + year), int(month), int(day))
        except ValueError:
            continue
        return True
    return False


def curp_holds(text: str) -> bool:
    """18 places: Σ value · (18 − place), complement to ten."""
    if not is_day(text[4:6], text[6:8], text[8:10]):
        return False
    total = sum(_CURP_VALUE[symbol] * (18 - place) for place, symbol in enumerate(text[:17]))
    return text[17] == str((10 - total % 10) % 10)


def rfc_holds(text: str) -> bool:
    """12 or 13 places, modulus 11 over the body padded with a space on the left."""
    body = text[:-1].rjust(12)
    if not is_day(text[-9:-7], text[-7:-5], text[-5:-3]):
        return False
    total = sum(_RFC_VALUE.get(symbol, 0) * (13 - place) for place, symbol in enumerate(body))
    digit = (11 - total % 11) % 11
    return text[-1] == ("A" if digit == 10 else str(digit))


def luhn_holds(text: str) -> bool:
    """Modulus 10 of ISO/IEC 7812-1; leading zeros change nothing. All one digit is no number."""
    total = 0
    for place, symbol in enumerate(reversed(text)):
        value = ord(symbol) - 48
        if place % 2:
            value *= 2
            if value > 9:
                value -= 9
        total += value
    return total % 10 == 0 and len(set(text)) > 2


def clabe_holds(text: str) -> bool:
    """18 digits of a bank that exists; with 17, the leading zero a spreadsheet dropped."""
    full = text.zfill(18)
    if full[:3] not in _bank_codes():
        return False
    total = sum(int(d) * w % 10 for d, w in zip(full[:17], _CLABE_WEIGHTS, strict=False))
    return full[17] == str((10 - total % 10) % 10)


def card_holds(text: str) -> bool:
    """A number of a range some issuer has, with its Luhn digit."""
    return bool(_CARD.fullmatch(text)) and luhn_holds(text)


def working_age_holds(text: str) -> bool:
    """The date at the end (YYMMDD) is of somebody of fifteen years or more."""
    now = datetime.datetime.now(tz=datetime.UTC).year
    young = {f"{year % 100:02d}" for year in range(now - 14, now + 1)}
    return is_day(text[-6:-4], text[-4:-2], text[-2:]) and text[-6:-4] not in young


CHECKS: dict[str, Callable[[str], bool]] = {
    "curp": curp_holds,
    "rfc": rfc_holds,
    "luhn": luhn_holds,
    "clabe": clabe_holds,
    "card": card_holds,
    "working-age": working_age_holds,
}
"""By the name a rules file calls them with."""


@cache
def _bank_codes() -> frozenset[str]:
    return frozenset(read_yaml("personal_data/banks.yaml")["codes"].split())
