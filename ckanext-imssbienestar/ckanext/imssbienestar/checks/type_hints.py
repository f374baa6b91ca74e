"""Why a cell is probably not of its type: the variant of ``type-error`` that tells the cure."""

from __future__ import annotations

import re
from functools import cache

from ckanext.imssbienestar.checks.layout import table_layout
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import plain_words

_NUMERIC = (FieldType.INTEGER, FieldType.NUMBER)
_DATED = (FieldType.DATE, FieldType.DATETIME, FieldType.YEARMONTH)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([,' ]\d{3})+(\.\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+")
_DECIMALS = re.compile(r"[+-]?\d+\.\d+")
_OTHER_DATE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}.*")


def hint_for(kind: FieldType | None, value: str) -> str:
    """The variant's name, or an empty text when nothing is known beyond the type."""
    text = value.strip()
    if text.casefold() in _no_data_words() or not plain_words(text):
        return "no-data-word"
    if kind in _NUMERIC:
        return _number_hint(kind, text)
    if kind in _DATED and _OTHER_DATE.fullmatch(text):
        return "day-first-date"
    return ""


def _number_hint(kind: FieldType | None, text: str) -> str:
    if text[0] in "$€" or text[-1] in "%$€":
        return "currency"
    if _THOUSANDS.fullmatch(text):
        return "thousands"
    if _DECIMAL_COMMA.fullmatch(text):
        return "decimal-comma"
    if kind is FieldType.INTEGER and _DECIMALS.fullmatch(text):
        return "decimals-in-integer"
    return ""


@cache
def _no_data_words() -> frozenset[str]:
    return frozenset(word.casefold() for word in table_layout()["no_data_words"])
