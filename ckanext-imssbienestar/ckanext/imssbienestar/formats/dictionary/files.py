"""Dictionaries in the forms people keep them: CSV, workbook, Table Schema and the printed one.

The two that few ask for are imported where they are made: a check need not wait for them.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryError,
    DictionaryProblem,
)
from ckanext.imssbienestar.errors import InputFileError
from ckanext.imssbienestar.formats.dictionary import layout
from ckanext.imssbienestar.formats.dictionary.csv import dump_dictionary_csv, parse_dictionary_csv
from ckanext.imssbienestar.formats.dictionary.rows import parse_dictionary_rows


class DictionaryForm(StrEnum):
    """A form in which a dictionary is given out."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
    TABLE_SCHEMA = "json"

    @property
    def media_type(self) -> str:
        """What a browser is told that it is."""
        return _MEDIA_TYPES[self]

    @property
    def is_text(self) -> bool:
        """Whether the form is UTF-8 text."""
        return self in (DictionaryForm.CSV, DictionaryForm.TABLE_SCHEMA)


_MEDIA_TYPES = {
    DictionaryForm.CSV: "text/csv",
    DictionaryForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    DictionaryForm.PDF: "application/pdf",
    DictionaryForm.TABLE_SCHEMA: "application/json",
}


def dump_dictionary(
    dictionary: DataDictionary,
    form: DictionaryForm,
    *,
    dataset_title: str = "",
    file_title: str = "",
    language: str = "es",
) -> bytes:
    """The dictionary in one of its forms; the same bytes for the same dictionary.

    :param dataset_title: for the forms that print it (R-099).
    :param file_title: which file of the dataset it is of, when there are several.
    :raises DictionaryError: the form cannot hold it: a text too long for Excel.
    """
    match form:
        case DictionaryForm.CSV:
            return dump_dictionary_csv(dictionary).encode("utf-8")
        case DictionaryForm.XLSX:
            from ckanext.imssbienestar.formats.dictionary.workbook import dump_dictionary_workbook

            return dump_dictionary_workbook(
                dictionary, dataset_title=dataset_title, language=language
            )
        case DictionaryForm.PDF:
            from ckanext.imssbienestar.formats.dictionary.pdf import dump_dictionary_pdf

            return dump_dictionary_pdf(
                dictionary, dataset_title=dataset_title, file_title=file_title, language=language
            )
        case DictionaryForm.TABLE_SCHEMA:
            text = json.dumps(dictionary.to_table_schema(), ensure_ascii=False, indent=2)
            return f"{text}\n".encode("utf-8", "surrogatepass")


def load_dictionary(path: str | Path) -> DataDictionary:
    """Read a dictionary file, whatever its form.

    :raises InputFileError: the file cannot be read at all.
    :raises DictionaryError: it was read and is not a usable dictionary.
    """
    file = Path(path)
    limit = int(layout.layout()["limits"]["bytes"])
    try:
        with file.open("rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        raise InputFileError(
            f"The dictionary {path} cannot be read: {error.strerror}.",
            path=str(path),
            next_step="Check the name of the file and its permissions.",
        ) from error
    return parse_dictionary(content)


def parse_dictionary(content: bytes) -> DataDictionary:
    """Read a dictionary from its bytes; the form is told by the content, not by a name.

    :raises DictionaryError: it is not a usable dictionary.
    """
    limit = int(layout.layout()["limits"]["bytes"])
    if len(content) > limit:
        raise DictionaryError([DictionaryProblem("dictionary-too-large", allowed=str(limit))])
    if not content.strip():
        raise DictionaryError([DictionaryProblem("dictionary-empty")])
    if content.startswith(b"PK\x03\x04"):
        from ckanext.imssbienestar.formats.dictionary.workbook import workbook_rows

        return parse_dictionary_rows(workbook_rows(content))
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return _parse_table_schema(content)
    return parse_dictionary_csv(content)


def _parse_table_schema(content: bytes) -> DataDictionary:
    try:
        descriptor: Any = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        row = getattr(error, "lineno", None)
        raise DictionaryError([DictionaryProblem("dictionary-not-json", row=row)]) from error
    return DataDictionary.from_table_schema(descriptor)
