"""The files a person gave a program: refused with a sentence when they cannot be what is asked."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any, BinaryIO

from ckanext.imssbienestar.checks.layout import limit, table_layout
from ckanext.imssbienestar.checks.program import CannotRunError, existing_file, says
from ckanext.imssbienestar.checks.reading import CHUNK_BYTES
from ckanext.imssbienestar.checks.recognise import foreign_content
from ckanext.imssbienestar.checks.texts import finding, word
from ckanext.imssbienestar.checks.torn_rows import torn_row
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.formats import load_dictionary


def read_dictionary(name: str | None, language: str) -> DataDictionary | None:
    """The dictionary a person named, or None when none was.

    :raises CannotRunError: there is no such file.
    :raises DictionaryError: it is not a usable dictionary.
    """
    if name is None:
        return None
    return load_dictionary(existing_file(name, says(language)))


def require_table(path: Path, language: str) -> None:
    """Refuse what is no table at all, whatever its name says, or a torn one.

    :raises CannotRunError: it is a web page, a picture, a compressed file, …; a quote in it is
        never closed, or a row longer than the limit.
    """
    # Imported here: whoever reads a dictionary need not wait for workbooks.
    from ckanext.imssbienestar.formats.workbooks.workbook import is_container

    if is_container(path):
        return  # a workbook, or its reader says why it is none
    if kind := foreign_content(path):
        kind = word("contents", kind, language)
        raise CannotRunError(_sentence(finding("format-error", language=language, kind=kind)))
    with path.open("rb") as stream:
        _require_rows(stream, language)
    if torn := torn_row(path, language):
        raise CannotRunError(_sentence(torn))


def _require_rows(stream: BinaryIO, language: str) -> None:
    """Refuse bytes that cannot be rows: NULs, lines or columns beyond the limits."""
    longest, line, lines, size = limit("row_bytes"), 0, 0, 0
    head = stream.read(CHUNK_BYTES)
    wide = head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    stream.seek(0)
    opening = head.lstrip().partition(b"\n")[0]
    columns = 1 + max(opening.count(mark.encode()) for mark in table_layout()["separators"])
    if columns > limit("columns"):
        facts: dict[str, Any] = {"found": columns, "limit": limit("columns")}
        raise CannotRunError(_sentence(finding("too-many-columns", language=language, **facts)))
    while piece := stream.read(CHUNK_BYTES):
        nul = -1 if wide else piece.find(b"\0")
        if nul >= 0:
            found = finding("nul-byte", language=language, byte=size + nul + 1)
            raise CannotRunError(_sentence(found))
        first = piece.find(b"\n")
        line += len(piece) if first < 0 else first
        if line > longest:
            facts = {"row": lines + 1, "limit": longest}
            raise CannotRunError(_sentence(finding("row-too-long", language=language, **facts)))
        if first >= 0:
            line = len(piece) - piece.rfind(b"\n") - 1
        lines += piece.count(b"\n")
        size += len(piece)


def _sentence(found: Finding) -> str:
    return f"{found.message} {found.fix}"
