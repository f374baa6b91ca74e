"""Proof that a file is clean, from the one pass that reads it: the table engine is not asked.

Most files that are checked a last time before they are signed are clean. A survey tells of a
canonical CSV what its columns hold (:mod:`ckanext.imssbienestar.checks.survey`), and here that is
enough, or not, to be sure that no rule has anything to say of it: not one finding, not one warning.
Whatever is not sure is left to the engine, from the beginning; so a verdict never depends on who
gave it. ``tests/referee/test_clean_tables.py`` holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ckanext.imssbienestar.checks.cell_rules import Column
from ckanext.imssbienestar.checks.clean_columns import differs, obeys
from ckanext.imssbienestar.checks.clean_language import has_clean_texts
from ckanext.imssbienestar.checks.collector import FindingCollector
from ckanext.imssbienestar.checks.header import pair_columns
from ckanext.imssbienestar.checks.personal.harmless import are_harmless_labels, is_harmless_column
from ckanext.imssbienestar.checks.reading import FileReading
from ckanext.imssbienestar.checks.recognise import foreign_content, recognise
from ckanext.imssbienestar.checks.row_copy import read_header
from ckanext.imssbienestar.checks.survey import SurveyedColumn
from ckanext.imssbienestar.domain.dictionary import DEFAULT_MISSING_VALUES, DataDictionary

Surveyed = Sequence[tuple[Column, SurveyedColumn]]


def clean_rows(
    file: Path,
    reading: FileReading,
    dictionary: DataDictionary | None,
    collector: FindingCollector,
) -> int | None:
    """The number of data rows of a file that is surely clean; None where it may not be.

    :param collector: is asked for its words and language; nothing is added to it.
    :raises InputFileError: the file cannot be read.
    :raises GuardFailedError: a value cannot be judged.
    """
    # What can be told while the file is being read; its loading takes most of a check's time.
    if dictionary is None or not _is_provable(dictionary):
        return None
    table = reading.surveyed()
    if table is None or not table.rows or len(table.columns) != len(dictionary.fields):
        return None
    if not _has_plain_header(file, reading, dictionary):
        return None
    columns = list(zip(pair_columns(dictionary.names, dictionary), table.columns, strict=True))
    is_clean = (
        all(obeys(column, surveyed) for column, surveyed in columns)
        and _rows_differ(columns, dictionary)
        and has_clean_texts(columns, dictionary, collector)
        and all(is_harmless_column(column.label, surveyed) for column, surveyed in columns)
    )
    return table.rows if is_clean else None


def _is_provable(dictionary: DataDictionary) -> bool:
    names = dictionary.names
    return (
        dictionary.missing_values == DEFAULT_MISSING_VALUES
        and len(set(names)) == len(names)
        and all(name.strip() for name in names)
        and are_harmless_labels(names)
    )


def _has_plain_header(file: Path, reading: FileReading, dictionary: DataDictionary) -> bool:
    """Whether the file is a table with commas whose first row is what the dictionary says."""
    if foreign_content(file):
        return False
    shape = recognise(file, reading.facts(), dictionary)
    if shape.delimiter != "," or shape.header_row != 1:
        return False
    header = read_header(file, shape)
    return header.cut_at is None and not header.titles and header.labels == dictionary.names


def _rows_differ(columns: Surveyed, dictionary: DataDictionary) -> bool:
    """Whether no key is repeated or empty, and no row is equal to another."""
    different = {column.label for column, surveyed in columns if differs(column, surveyed)}
    unique = {entry.name for entry in dictionary.fields if entry.constraints.unique}
    if not unique <= different:
        return False
    # One part that is never the same makes the whole key differ, and the whole row.
    return bool(different & set(dictionary.primary_key or dictionary.names))
