"""Proof, from the facts of a survey, that no column breaks a rule of the Guía or of language.

As in :mod:`ckanext.imssbienestar.checks.clean_columns`, «perhaps not» leaves it to the table
engine: the rules themselves are those of ``column_rules``, ``list_rules``, ``row_rules``,
``space_rules`` and ``key_rules``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from ckanext.imssbienestar.checks import guide
from ckanext.imssbienestar.checks.catalogues import find_catalogue
from ckanext.imssbienestar.checks.cell_rules import Column
from ckanext.imssbienestar.checks.collector import FindingCollector
from ckanext.imssbienestar.checks.column_rules import judged_freely
from ckanext.imssbienestar.checks.dictionary_lint import short_values
from ckanext.imssbienestar.checks.layout import table_layout
from ckanext.imssbienestar.checks.space_rules import SPACES
from ckanext.imssbienestar.checks.survey import SurveyedColumn
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import DataDictionary, constraint_text

Surveyed = Sequence[tuple[Column, SurveyedColumn]]


def has_clean_texts(
    columns: Surveyed, dictionary: DataDictionary, collector: FindingCollector
) -> bool:
    """Whether surely no text, list, key or number of a row is to be told of."""
    return (
        not any(_may_hold_total(column, surveyed) for column, surveyed in columns)
        and all(_counts_rows(column, surveyed) for column, surveyed in columns)
        and all(
            _is_clean_text(column, surveyed, collector)
            for column, surveyed in columns
            if judged_freely(column, dictionary)
        )
        and _are_known_keys(columns, dictionary)
    )


def _may_hold_total(column: Column, surveyed: SurveyedColumn) -> bool:
    """Whether a cell may say that its row is a total; a value the dictionary lists is a datum."""
    allowed = column.field.constraints.enum if column.field else ()
    listed = set(map(constraint_text, allowed))
    values = (surveyed.values or {}).keys() - listed
    # Spaces are taken off more freely than the engine does, and the pattern lets more of them be.
    return any(_total().fullmatch(value.strip(SPACES).strip()) for value in values)


@cache
def _total() -> re.Pattern[str]:
    return re.compile(str(table_layout()["total_row"]), re.IGNORECASE)


def _counts_rows(column: Column, surveyed: SurveyedColumn) -> bool:
    whole = column.field is None or column.field.type is FieldType.INTEGER
    if not whole or not guide.is_consecutive_name(column.label):
        return True
    return surveyed.counts or (surveyed.values or {}).keys() == {""}


def _is_clean_text(column: Column, surveyed: SurveyedColumn, collector: FindingCollector) -> bool:
    if surveyed.values is None:
        # Numbers or days in a column of texts.
        return guide.names_codes(column.label) and guide.key_digits(column.label) is None
    values = {value: cells for value, cells in surveyed.values.items() if value}
    if any(value.strip(SPACES) != value for value in values):
        return False
    if not _are_padded(column, values):
        return False
    if guide.names_codes(column.label):
        return True
    return not _may_be_numbers(values) and _is_clean_list(column, list(values), collector)


def _are_padded(column: Column, values: Mapping[str, int]) -> bool:
    digits = guide.key_digits(column.label)
    if digits is None:
        return True
    allowed = guide.allowed_key_digits(digits)
    return all(len(value) in allowed for value in values if value.isascii() and value.isdigit())


def _may_be_numbers(values: Mapping[str, int]) -> bool:
    digits = sum(cells for value, cells in values.items() if value < ":")
    least = guide.cell_forms().least_share * sum(values.values())
    return bool(digits) and digits >= least


def _is_clean_list(column: Column, values: Sequence[str], collector: FindingCollector) -> bool:
    most, longest = guide.list_limits()
    if not values or len(values) > most or max(map(len, values)) > longest:
        return True
    entry = column.field
    said = (entry.title, entry.description) if entry else ()
    return not any(short_values(values, collector.words, collector.language, explanations=said))


def _are_known_keys(columns: Surveyed, dictionary: DataDictionary) -> bool:
    """Whether each foreign key is of one column, and its few values are in their catalogue."""
    found = {column.field.name: surveyed for column, surveyed in columns if column.field}
    for key in dictionary.foreign_keys:
        catalogue = find_catalogue(key.reference.resource)
        surveyed = found.get(key.fields[0])
        if len(key.fields) > 1 or catalogue is None or surveyed is None or surveyed.values is None:
            return False
        known = {value for (value,) in catalogue.values(key.reference.fields)}
        if not known.issuperset(surveyed.values.keys() - {""}):
            return False
    return True
