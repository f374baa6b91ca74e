"""Workbooks as bytes that are the same each time the same is written."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Any

from ckanext.imssbienestar.formats.written.steady_zip import steadied

# Of every document, in the words of its format's library.
MOMENT = datetime(2026, 1, 1)  # noqa: DTZ001 - openpyxl takes times without a zone for UTC

_CODED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
# Half of a surrogate pair is no character.
_CODE = re.compile(r"_x(?![dD][89A-Fa-f])([0-9A-Fa-f]{4})_")


def cell_text(text: str) -> str:
    """The text as a cell holds it: ``_x0041_`` would be read as the letter that it codes."""
    return _CODED.sub("_x005F_", text)


def text_of_cell(held: str) -> str:
    """The text that a cell holds so: the other way round; openpyxl leaves that to its callers."""
    if "_x" not in held:
        return held
    return _CODE.sub(lambda code: chr(int(code[1], 16)), held).replace("\r\n", "\n")


def saved_workbook(workbook: Any) -> bytes:
    """An openpyxl workbook as XLSX.

    Side effect: its properties get :data:`MOMENT` as the time of their making and last change.
    """
    from openpyxl.writer.excel import ExcelWriter

    workbook.properties.created = workbook.properties.modified = MOMENT
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        ExcelWriter(workbook, archive).write_data()
    return steadied(written.getvalue())
