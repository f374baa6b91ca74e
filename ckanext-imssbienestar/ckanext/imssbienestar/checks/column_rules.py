"""Rules over a column of texts: one kind of value, ISO dates, keys with their zeros."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ckanext.imssbienestar.checks import guide
from ckanext.imssbienestar.checks.cell_rules import Column, literal
from ckanext.imssbienestar.checks.whole_table import Probe, RowFinding, WholeTable
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import DataDictionary


def kinds_of_value(table: WholeTable) -> Iterator[Probe]:
    """``mixed-type`` and ``date-form``: a text column of numbers or of dates, and what is neither.

    Columns whose values the dictionary lists or gives a form are judged by it, and codes may
    mix digits and letters.
    """
    for column in free_texts(table):
        if not guide.names_codes(column.label):
            # Digits and signs come before ':'. Most columns of texts have few cells like that.
            cell = column.sql
            filled = f"count(nullif({cell}, ''))"
            digits = f"count(CASE WHEN {cell} < ':' AND {cell} <> '' THEN 1 END)"
            yield Probe((filled, digits), partial(_judge_kinds, table, column))


def padded_keys(table: WholeTable) -> Iterator[Probe]:
    """``unpadded-key``: an INEGI key that lost its leading zeros (Guía 2017)."""
    for column in free_texts(table):
        digits = guide.key_digits(column.label)
        if digits is not None:
            allowed = ", ".join(map(str, guide.allowed_key_digits(digits)))
            broken = (
                f"length({column.sql}) NOT IN ({allowed}) "
                f"AND regexp_full_match({column.sql}, '[0-9]+')"
            )
            yield Probe(
                (f"count(CASE WHEN {broken} THEN 1 END)",),
                partial(_cells, table, column, "unpadded-key", broken, {"digits": digits}),
            )


def free_texts(table: WholeTable) -> Iterator[Column]:
    """Text columns that no list, form or catalogue of the dictionary judges."""
    return (column for column in table.columns if judged_freely(column, table.dictionary))


def judged_freely(column: Column, dictionary: DataDictionary | None) -> bool:
    """Whether a column holds texts, and no list, form or catalogue of the dictionary judges it."""
    entry = column.field
    if entry is None:
        return True
    keys = dictionary.foreign_keys if dictionary else ()
    if entry.type is not FieldType.STRING or any(entry.name in key.fields for key in keys):
        return False
    return not entry.constraints.enum and entry.constraints.pattern is None


def _judge_kinds(
    table: WholeTable, column: Column, filled: int, digits: int
) -> Iterator[RowFinding]:
    forms = guide.cell_forms()
    least = forms.least_share * filled
    if not digits or digits < least:
        return
    text = f"trim({column.sql})"
    number, iso, other, word = (
        f"regexp_full_match({text}, {literal(form)})"
        for form in (forms.number, forms.iso_date, forms.other_date, forms.word)
    )
    words = f"({text} <> '' AND {word})"
    counts = ", ".join(
        f"count(CASE WHEN {kind} THEN 1 END)" for kind in (number, iso, other, words)
    )
    row = table.fetch(f"SELECT {counts} FROM {table.relation}")[0]
    numbers, iso_dates, other_dates, spoken = map(int, row)
    if iso_dates + other_dates >= least:
        yield from _cells(table, column, "date-form", other, {}, other_dates)
        strange = f"({words} OR ({number} AND NOT {iso}))"
        yield from _mixed(table, column, strange, "date")
    elif numbers >= least and spoken + iso_dates + other_dates:
        strange = f"({words} OR {iso} OR {other}) AND NOT {number}"
        yield from _mixed(table, column, f"({strange})", "number")


def _mixed(table: WholeTable, column: Column, strange: str, kind: str) -> Iterator[RowFinding]:
    total = table.fetch(f"SELECT count(*) FROM {table.relation} WHERE {strange}")[0][0]
    yield from _cells(table, column, "mixed-type", strange, {"variant": kind}, int(total))


def _cells(
    table: WholeTable,
    column: Column,
    code: str,
    condition: str,
    facts: dict[str, object],
    total: int,
) -> Iterator[RowFinding]:
    """Count the cells of a column that fulfil a condition, and give the first ones."""
    table.collector.count(code, total, column.label)
    if total and table.limit:
        query = (
            f"SELECT r, {column.sql} FROM {table.relation} WHERE {condition} "
            f"ORDER BY r LIMIT {table.limit}"
        )
        for row, value in table.fetch(query):
            yield table.found(code, row, column, value, **facts)
