"""The dictionary itself: does it describe every column for people (R-098, R-101)?"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from ckanext.imssbienestar.checks.catalogues import foreign_key_problems
from ckanext.imssbienestar.checks.collector import FindingCollector
from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryError,
    DictionaryProblem,
)


def check_dictionary(dictionary: DataDictionary | None, collector: FindingCollector) -> None:
    """Columns without a description, or with one that says nothing."""
    if dictionary is None:
        collector.add("dictionary-missing")
        return
    for field in dictionary.undescribed_fields:
        collector.add("description-missing", column=field.name)
    for field in dictionary.echoing_fields:
        collector.add("echo-description", column=field.name)


def require_usable(dictionary: DataDictionary) -> None:
    """Refuse what the engine cannot check.

    :raises DictionaryError: names each pattern that is not a regular expression, or needs
        back-references or look-around (no linear time), and each foreign key to a catalogue or
        column there is not.
    """
    problems = [*foreign_key_problems(dictionary), *_pattern_problems(dictionary)]
    if problems:
        raise DictionaryError(problems)


def _pattern_problems(dictionary: DataDictionary) -> Iterator[DictionaryProblem]:
    patterned = [(f, f.constraints.pattern) for f in dictionary.fields if f.constraints.pattern]
    if not patterned:
        return
    with duckdb.connect() as connection:
        for field, pattern in patterned:
            try:
                connection.execute("SELECT regexp_full_match('', ?)", [pattern]).fetchone()
            except duckdb.Error:
                yield DictionaryProblem("dictionary-pattern", field=field.name, value=pattern)
