"""One reading of a text for every detector: capitals, no accents, no invisible characters."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ACCENTED = "ÁÀÂÄÃÅÉÈÊËÍÌÎÏÓÒÔÖÕÚÙÛÜÇÝ"
_PLAIN = "AAAAAAEEEEIIIIOOOOOUUUUCY"
# Zero-width and soft characters split a number for the eye of a program only.
_INVISIBLE = dict.fromkeys(
    [
        0xAD,
        0x34F,
        0x61C,
        0xFEFF,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2065),
    ]
)
_TABLE = str.maketrans(_ACCENTED, _PLAIN) | _INVISIBLE
_ASCII_GAPS = {code: " " for code in range(128) if not chr(code).isalnum()}
_WORD = re.compile(r"[A-ZÑ]+")


def capitals(value: str) -> str:
    """``value`` in capitals, accents off (Ñ stays), full-width forms made plain."""
    if value.isascii():
        return value.upper()
    return unicodedata.normalize("NFKC", value).upper().translate(_TABLE)


def has_letters(text: str) -> bool:
    """Whether a text has letters that can be capitals or not."""
    return text.upper() != text.lower()


def words_of(text: str) -> list[str]:
    """The words of a text already in capitals; Ñ is read as N, as the word lists are."""
    return _WORD.findall(text.replace("Ñ", "N"))


@lru_cache(maxsize=4096)
def plain(value: str) -> str:
    """Small letters, no accents (no tilde either), words parted by one space."""
    if value.isascii():
        return " ".join(value.lower().translate(_ASCII_GAPS).split())
    text = unicodedata.normalize("NFKD", capitals(value).casefold())
    kept = "".join(c if c.isalnum() else " " for c in text if not unicodedata.combining(c))
    return " ".join(kept.split())
