"""The data dictionary as CSV: one row for each column, Spanish headers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from ckanext.imssbienestar.canonical_csv import CanonicalWriter
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryError,
    DictionaryProblem,
)
from ckanext.imssbienestar.formats.dictionary import layout
from ckanext.imssbienestar.formats.dictionary.rows import parse_dictionary_rows, record_of

_DELIMITERS = ",;\t"


def dump_dictionary_csv(dictionary: DataDictionary) -> str:
    """The dictionary as CSV text (comma, LF, no BOM), which :func:`parse_dictionary_csv` reads.

    Properties that only a Table Schema can hold (missing values, other people's properties)
    are left out.
    """
    rows = [record_of(field, dictionary) for field in dictionary.fields]
    base = list(layout.layout()["columns"])
    used = [name for name in layout.layout()["optional_columns"] if any(r[name] for r in rows)]
    text = io.StringIO(newline="")
    writer = CanonicalWriter(text)
    writer.writerow([layout.headers()[name] for name in (*base, *used)])
    writer.writerows([row[name] for name in (*base, *used)] for row in rows)
    return text.getvalue()


def parse_dictionary_csv(content: bytes) -> DataDictionary:
    """Read a dictionary CSV: UTF-8, with or without BOM, columns in any order.

    :raises DictionaryError: with the row and column of everything that is wrong.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise DictionaryError([DictionaryProblem("dictionary-not-utf8", row=row)]) from error
    delimiter = _delimiter_of(text)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return parse_dictionary_rows(_bounded(rows))
    except csv.Error as error:
        raise DictionaryError([DictionaryProblem("dictionary-not-table")]) from error


def _bounded(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """The rows, none with a cell longer than any text of people.

    Python's own limit is one for the whole process, and whoever reads tables raises it.

    :raises csv.Error: some cell is longer.
    """
    longest = int(read_yaml("dictionary.yaml")["limits"]["cell_characters"])
    for row in rows:
        if any(len(cell) > longest for cell in row):
            raise csv.Error("cell longer than the limit")
        yield row


def _delimiter_of(text: str) -> str:
    """The separator that makes the most of the first line; spreadsheets in Spanish write ';'."""
    first = text.partition("\n")[0]
    return max(_DELIMITERS, key=first.count)
