"""What people write in Formato 1, as the values that are stored, and the other way round.

A stored value is a text in one canonical form for each kind: ISO 8601 dates, the code of a choice,
digits without a thousands mark, ``yes`` or ``no``, ``post | unit``. An empty text is no value.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass

from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.inventory_layout import (
    InventoryField,
    InventoryLayout,
    ValueKind,
)
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.written_text import is_writable

_DAY = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
)
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_YEAR = re.compile(r"[0-9]{4}")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]+")
_MOST_DIGITS = 15
_LISTS = (ValueKind.CHOICE, ValueKind.YES_NO, ValueKind.STATE)
_DATES = (ValueKind.DATE, ValueKind.DATE_OR_YEAR)


@dataclass(frozen=True)
class ReadValue:
    """What was read from one cell or one field of a form.

    :ivar value: the stored value; what was written, when it cannot be read.
    :ivar problem: why it cannot be read.
    :ivar note: something the person should see, though it was read.
    """

    value: str
    problem: Problem | None = None
    note: Problem | None = None


def clean_text(text: str) -> str:
    r"""A text as it is stored: composed accents, ``\n`` for line breaks, no space around it.

    Tabs become spaces: a spreadsheet cell holds none, and the reader of ODS drops them.
    """
    if text.isascii() and "\r" not in text and "\t" not in text:
        return text.strip()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return unicodedata.normalize("NFC", lines).strip()


def read_value(field: InventoryField, written: str, layout: InventoryLayout) -> ReadValue:
    """The stored value of what a person wrote, in any of the words that are accepted."""
    text = clean_text(written)
    if not text:
        return ReadValue("")
    if field.kind in _LISTS:
        # A code is the quickest to recognise, and what is stored already.
        code = text if text in field.labels else field.codes.get(plain_words(text))
        return ReadValue(code) if code is not None else _unlisted(field, text)
    if field.kind in _DATES:
        return _read_date(field, text)
    if field.kind is ValueKind.WHOLE_NUMBER:
        return _read_number(field, text)
    if field.kind is ValueKind.POST_AND_UNIT:
        text = _read_post(text, layout.rules.separator)
    return ReadValue(text, problem=text_problem(field, text))


def shown_value(field: InventoryField, value: str, language: str) -> str:
    """A stored value in the words of a language; :func:`read_value` reads it back."""
    choice = field.labels.get(value)
    return choice.label(language) if choice and value else value


def text_problem(field: InventoryField, text: str) -> Problem | None:
    """Why a text cannot be kept in a field, if it cannot."""
    if not text.isascii() and "\ufeff" in text:
        return Problem("inventory-characters", column=field.title)
    if not is_writable(text):
        return Problem("inventory-characters", column=field.title)
    if len(text) > field.length:
        facts = {"length": len(text), "limit": field.length}
        return Problem("inventory-text-too-long", column=field.title, facts=facts)
    return None


def stored_problem(field: InventoryField, value: str, layout: InventoryLayout) -> Problem | None:
    """Why a value is not one that the field may store; None for an empty one."""
    if not value:
        return None
    read = read_value(field, value, layout)
    if read.problem:
        return read.problem
    if read.value != value:
        variant = "" if field.kind not in _DATES else "form"
        code = "inventory-date-wrong" if variant else "inventory-value-not-stored"
        return Problem(code, variant, column=field.title)
    return None


def date_bounds(value: str) -> tuple[datetime.date, datetime.date] | None:
    """The first and last day a stored date or year may mean; None when it is neither."""
    try:
        if _YEAR.fullmatch(value):
            return datetime.date(int(value), 1, 1), datetime.date(int(value), 12, 31)
        day = datetime.date.fromisoformat(value)
    except ValueError:
        return None
    return day, day


def _unlisted(field: InventoryField, text: str) -> ReadValue:
    problem = Problem(
        "inventory-value-not-listed", column=field.title, facts={"allowed": field.allowed}
    )
    if field.kind is ValueKind.STATE:
        problem = Problem("inventory-value-not-listed", "state", column=field.title)
    return ReadValue(text, problem=problem)


def _read_date(field: InventoryField, text: str) -> ReadValue:
    if _YEAR.fullmatch(text):
        if field.kind is ValueKind.DATE:
            return _wrong_date(field, text, "year")
        return ReadValue(text) if int(text) else _wrong_date(field, text, "")
    found = _DAY.fullmatch(text)
    day_first = _DAY_FIRST.fullmatch(text)
    if found:
        iso = found[1]
    elif day_first:
        # As dates are written in Mexico; the person is told how it was read.
        iso = f"{day_first[3]}-{int(day_first[2]):02d}-{int(day_first[1]):02d}"
    else:
        return _wrong_date(field, text, "")
    try:
        datetime.date.fromisoformat(iso)
    except ValueError:
        return _wrong_date(field, text, "impossible")
    note = Problem("inventory-date-read", column=field.title, facts={"date": iso})
    return ReadValue(iso, note=note if day_first and not found else None)


def _wrong_date(field: InventoryField, text: str, variant: str) -> ReadValue:
    return ReadValue(text, Problem("inventory-date-wrong", variant, column=field.title))


def _read_number(field: InventoryField, text: str) -> ReadValue:
    digits = re.sub("[, ]", "", text).lstrip("0") or "0"
    if not _WHOLE_NUMBER.fullmatch(text) or len(digits) > _MOST_DIGITS:
        return ReadValue(text, Problem("inventory-number-wrong", column=field.title))
    return ReadValue(digits)


def _read_post(text: str, separator: str) -> str:
    """``post | unit``; people write the unit on a line of its own too."""
    marked = text if separator in text else text.replace("\n", separator, 1)
    parts = (part.strip() for part in marked.split(separator))
    return f" {separator} ".join(part for part in parts if part)
