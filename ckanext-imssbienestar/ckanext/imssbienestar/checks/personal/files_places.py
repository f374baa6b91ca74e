"""Where in a file something was found, when it is in no column: names for programs and people.

A place is written in brackets, ``[page 3]``, which no program writes as a column's name; what a
file inside the file holds comes after the place of that one: ``[attachment 1] [page 3]``.
"""

from __future__ import annotations

import re

from ckanext.imssbienestar.checks.texts import word

FILE = "[file]"
"""The file as a whole."""

_PLACE = re.compile(r"\[([a-z-]+)(?: ([0-9]+))?\]")


def place(code: str, number: int = 0) -> str:
    """The name of a place.

    :param code: a key of ``words.places`` in ``findings.yaml``.
    :param number: of the page, sheet or attachment, from 1; 0 for none.
    """
    return f"[{code} {number}]" if number else f"[{code}]"


def is_place(column: str) -> bool:
    """Whether what a report tells of is a place in the file, and not a column."""
    return _PLACE.search(column) is not None


def place_in_words(column: str, language: str) -> str:
    """A column or place of a report as people read it: «la página 3»."""

    def told(found: re.Match[str]) -> str:
        name = word("places", found.group(1), language)
        return f"{name} {found.group(2)}" if found.group(2) else name

    return _PLACE.sub(told, column)
