"""Is this file publishable? The one function that the command line, the API and the page ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ckanext.imssbienestar.checks.clean_table import clean_rows
from ckanext.imssbienestar.checks.collector import FindingCollector
from ckanext.imssbienestar.checks.dictionary_lint import check_dictionary, require_usable
from ckanext.imssbienestar.checks.errors import FileChangedError
from ckanext.imssbienestar.checks.languages import DEFAULT_LANGUAGE
from ckanext.imssbienestar.checks.layout import DEFAULT_LIMIT
from ckanext.imssbienestar.checks.reading import FileReading
from ckanext.imssbienestar.checks.survey import new_survey
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.domain.findings import CheckReport


def check_table(
    path: str | Path,
    dictionary: DataDictionary | None,
    *,
    file_name: str | None = None,
    limit: int = DEFAULT_LIMIT,
    language: str = DEFAULT_LANGUAGE,
    advance: Callable[[int], object] | None = None,
    accepted_terms: Sequence[str] = (),
    reading: FileReading | None = None,
) -> CheckReport:
    """Check one file against its dictionary.

    :param file_name: the name to report, when the path is not the one people know.
    :param limit: findings given in full; counts are exact whatever it is.
    :param advance: told the bytes read so far, piece by piece, for a progress bar.
    :param accepted_terms: short forms accepted besides the word list's (R-097, A-35).
    :param reading: the pass over the file's bytes, when it has already begun.
    :raises InputFileError: the file cannot be read, or it changed while it was read.
    :raises DictionaryError: the dictionary asks for what no engine can check.
    :raises TableEngineError: no memory or no temporary disk left to work.
    """
    file = Path(path)
    # Without a dictionary every column would need to be guessed at: the engine does that.
    survey = new_survey() if dictionary is not None else None
    reading = reading or FileReading(file, advance=advance, survey=survey)
    if dictionary is not None:
        require_usable(dictionary)
    collector = FindingCollector(
        limit=max(0, limit), language=language, accepted_terms=accepted_terms
    )
    check_dictionary(dictionary, collector)
    rows = clean_rows(file, reading, dictionary, collector)
    facts = reading.facts()
    if rows is None:
        # Imported here: a file that is proven clean need not wait for the engine.
        from ckanext.imssbienestar.checks.file_check import check_content

        rows = check_content(file, facts, dictionary, collector)
    if reading.is_outdated:
        raise FileChangedError(str(path))
    return collector.report(file_name=file_name or file.name, facts=facts, rows=rows)
