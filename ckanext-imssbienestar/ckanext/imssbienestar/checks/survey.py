"""What one quick pass over a canonical CSV tells of its columns, where it was compiled.

The pass is a small extension in C (``ckanext-imssbienestar/survey``), fed with the pieces of the
file that are read for its SHA-256. It takes UTF-8 with commas, every row as wide as the header and
ending alike, quotes around whole cells without quotes and line breaks in them, and gives up on
anything else. Of a column of few different values it brings all of
them with their cells; of one of many it brings what form all its cells have: numbers or days. It
knows no rule. Whoever has its facts may prove that a file is clean without reading it again
(:mod:`ckanext.imssbienestar.checks.clean_table`); where there is no survey, or it proves nothing,
the table engine does the whole work.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Protocol

from ckanext.imssbienestar.checks.layout import limit

# Set to anything, checks go their way without surveys, as where no compiler was at hand.
SWITCH = "IMSS_CHECK_WITHOUT_SURVEY"


class Survey(Protocol):
    """The pass, piece by piece."""

    def feed(self, piece: bytes, /) -> bool:
        """Take the next bytes; False once it has given up."""

    def finish(self) -> tuple[int, bool, tuple[tuple[object, ...], ...]] | None:
        """No more bytes: rows, whether they end in CRLF, columns; None where it had to give up."""


class Kinds(IntFlag):
    """What cells a column of many values has."""

    EMPTY = 1
    WHOLE = 2
    NEGATIVE = 4
    DECIMAL = 8
    DATE = 16


@dataclass(frozen=True)
class SurveyedColumn:
    """The facts of a column; those after ``kinds`` are of one without ``values``.

    :ivar values: cells by value, or None where there are too many different ones.
    :ivar ascends: every cell is a whole number, larger than the one before.
    :ivar counts: every cell is a whole number, larger by one.
    :ivar kinds: no cell is anything else (``Kinds``).
    :ivar shortest: bytes of the shortest cell that is not empty.
    :ivar most_digits: digits that could be read as one number: those of a whole one, those before
        the point of an amount.
    :ivar least: of all numbers. :ivar first_day: as the number yyyymmdd.
    """

    values: Mapping[str, int] | None
    ascends: bool
    counts: bool
    kinds: int
    shortest: int
    longest: int
    most_digits: int
    least_whole: int
    greatest_whole: int
    least: float
    greatest: float
    first_day: int
    last_day: int


@dataclass(frozen=True)
class SurveyedTable:
    """The facts of a table.

    :ivar rows: without the header.
    :ivar crlf: they end in CRLF and not in LF.
    """

    rows: int
    crlf: bool
    columns: tuple[SurveyedColumn, ...]


def new_survey() -> Survey | None:
    """A survey to be fed; None where the extension was not compiled, or is switched off."""
    if os.environ.get(SWITCH):
        return None
    try:
        from ckanext.imssbienestar.checks import _survey
    except ImportError:
        return None
    few = limit("few_values")
    # So many columns at most that the engine, too, keeps all of so many values.
    columns = limit("values_in_memory") // few
    # Nobody can make up texts that this seed gives one hash.
    seed = int.from_bytes(os.urandom(8), "little")
    survey: Survey = _survey.Survey(few_values=few, most_columns=columns, seed=seed)
    return survey


def surveyed(survey: Survey) -> SurveyedTable | None:
    """The end of a survey: the facts, None where it had to give up."""
    found = survey.finish()
    if found is None:
        return None
    rows, crlf, columns = found
    return SurveyedTable(rows, crlf, tuple(SurveyedColumn(*column) for column in columns))  # type: ignore[arg-type]
