"""Spaces and line breaks that nobody sees, and words that stand for something else."""

from __future__ import annotations

import re
from functools import cache

from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.formats.canonical.layout import settings, words

# Spaces that are not the space bar's: no-break, narrow, figure, ideographic and the like.
_HARD = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INVISIBLE = "\u200b\u2060\ufeff"
_BREAKS = "\r\v\f\x1c-\x1e\x85\u2028\u2029"
_BREAK = re.compile(f"\r\n|[{_BREAKS}]")
_OUTER = " \t\n"

# Cells of a column are searched at once, with this between them; a cell that holds it is only
# looked at more closely, never less.
JOINER = "\x1f"
_ODD = re.compile(f"[{_HARD}{_INVISIBLE}{_BREAKS}]")


def all_clean(joined: str) -> bool:
    """Whether none of the cells joined by :data:`JOINER` needs :func:`clean_text`."""
    if joined[:1] in _OUTER or joined[-1:] in _OUTER:
        return not joined
    # Plain searches, each much quicker than one pattern for them all.
    outer = any(space + JOINER in joined or JOINER + space in joined for space in _OUTER)
    return not outer and not _ODD.search(joined)


def clean_text(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without what nobody sees, and the kinds of change that took."""
    kinds = []
    cleaned = _BREAK.sub("\n", text)
    if cleaned != text:
        kinds.append("line-break")
    visible = re.sub(f"[{_INVISIBLE}]", "", re.sub(f"[{_HARD}]", " ", cleaned))
    if visible != cleaned:
        kinds.append("odd-space")
    trimmed = visible.strip(_OUTER)
    if trimmed != visible:
        kinds.append("outer-space")
    return trimmed, tuple(kinds)


def one_line(text: str) -> str:
    """A label as a header has it: cleaned, on one line, single spaces."""
    return " ".join(clean_text(text)[0].split())


def says_no_data(text: str) -> bool:
    """Whether a cell of numbers or dates says in words that there is no value."""
    return plain_words(text) in words("no_data_words") and bool(plain_words(text))


@cache
def _booleans() -> dict[str, str]:
    return dict.fromkeys(words("words_for_true"), "true") | dict.fromkeys(
        words("words_for_false"), "false"
    )


def boolean_word(text: str) -> str | None:
    """``true`` or ``false`` for a word that means it; None for any other."""
    return _booleans().get(plain_words(text))


@cache
def _error_words() -> frozenset[str]:
    return frozenset(settings()["error_words"])


def is_error_word(text: str) -> bool:
    """Whether a spreadsheet wrote this where a formula failed."""
    return text.upper() in _error_words()
