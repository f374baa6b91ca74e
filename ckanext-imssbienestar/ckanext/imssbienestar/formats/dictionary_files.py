"""Dictionaries in the three forms people keep them: CSV, workbook and Table Schema."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryError,
    DictionaryProblem,
)
from ckanext.imssbienestar.errors import InputFileError
from ckanext.imssbienestar.formats import dictionary_layout as layout
from ckanext.imssbienestar.formats.dictionary_csv import (
    parse_dictionary_csv,
    parse_dictionary_rows,
)

# A workbook is a ZIP: what it unpacks to is bounded before any of it is unpacked.
_UNPACKED_FACTOR = 20


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
        return parse_dictionary_rows(_workbook_rows(content))
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


def _workbook_rows(content: bytes) -> Iterator[list[str]]:
    """The first sheet's cells as text."""
    # Imported here because it takes as long as everything else a check imports.
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        limit = int(layout.layout()["limits"]["bytes"]) * _UNPACKED_FACTOR
        if unpacked > limit:
            raise DictionaryError([DictionaryProblem("dictionary-too-large", allowed=str(limit))])
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = workbook.worksheets[0]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError) as error:
        raise DictionaryError([DictionaryProblem("dictionary-not-workbook")]) from error
    for row in sheet.iter_rows(values_only=True):
        yield [_cell_text(value) for value in row]


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a spreadsheet keeps the allowed value 50 as 50.0
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)
