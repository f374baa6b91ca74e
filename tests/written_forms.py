"""The lines of a form, read back from its files."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from pypdf import PdfReader

from ckanext.imssbienestar.formats.workbooks.workbook import open_workbook

Lines = list[tuple[str, ...]]


def trimmed(lines: Iterable[Sequence[Any]]) -> Lines:
    """Lines without the empty cells at their ends."""
    found = []
    for line in lines:
        texts = ["" if text is None else str(text) for text in line]
        while texts and not texts[-1]:
            texts.pop()
        found.append(tuple(texts))
    return found


def from_xlsx(content: bytes) -> Lines:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return trimmed(sheet.iter_rows(values_only=True))


def from_ods(content: bytes, folder: Path) -> Lines:
    path = folder / "formato.ods"
    path.write_bytes(content)
    with open_workbook(path) as workbook:
        (sheet,) = workbook.filled_sheets
        return trimmed(workbook.rows(sheet))


def squeezed(texts: Iterable[str]) -> str:
    return "".join("".join(texts).split())


def pdf_text(content: bytes) -> str:
    """All that is written, without page numbers and without spaces."""
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return squeezed(re.sub(r"Página \d+ de \d+", "", page) for page in pages)
