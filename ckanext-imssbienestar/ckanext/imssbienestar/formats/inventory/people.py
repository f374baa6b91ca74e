"""Whether a post in Formato 1 names a person, by the lists of the guard of personal data."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import takewhile

from ckanext.imssbienestar.checks.personal.names import is_given_name, is_place, kind_of_name
from ckanext.imssbienestar.checks.personal.text import capitals, words_of

_PARTED = re.compile(r"[|\n,;:()/«»\"]| [-–—] ")
# Words of a given name and two surnames, and of the longest such name with its particles.
_SHORTEST, _LONGEST = 3, 7
# «Rosa Martínez» may be two surnames; no post is called so, and a place may be.
_OF_UNIT = ("full", "name")
_OF_POST = (*_OF_UNIT, "surname")


def names_person(text: str, *, separator: str, named_after_people: Collection[str]) -> bool:
    """Whether a post and its unit name somebody (R-060).

    A part that is a name, with a title or without, is a person; so are a given name and two
    surnames after a post, unless a hospital or a school is called so.

    :param separator: between the post and the unit.
    :param named_after_people: in small letters without accents, such as ``hospital``.
    """
    post, _, unit = text.partition(separator)
    return any(
        _is_person(words_of(capitals(part)), kinds, named_after_people) and not is_place(part)
        for side, kinds in ((post, _OF_POST), (unit, _OF_UNIT))
        for part in _PARTED.split(side)
    )


def _is_person(
    words: Sequence[str], kinds: Collection[str], named_after_people: Collection[str]
) -> bool:
    # Most posts have no word that is a given name: nothing else is looked up for them.
    if len(words) < 2 or not any(is_given_name(word.lower()) for word in words):
        return False
    if kind_of_name(" ".join(words)) in kinds:
        return True
    before = list(takewhile(lambda word: word.lower() not in named_after_people, words))
    return any(
        kind_of_name(" ".join(before[start:end])) == "full"
        for start in range(len(before))
        for end in range(start + _SHORTEST, min(start + _LONGEST, len(before)) + 1)
    )
