"""Formato 2 as a file of any of its forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ckanext.imssbienestar.domain.concentrado import Concentrado
from ckanext.imssbienestar.formats.concentrado.ods import dump_concentrado_ods
from ckanext.imssbienestar.formats.concentrado.pdf import dump_concentrado_pdf
from ckanext.imssbienestar.formats.concentrado.workbook import dump_concentrado_workbook

MEDIA_TYPES: Mapping[str, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "pdf": "application/pdf",
}
_DUMPS: Mapping[str, Callable[..., bytes]] = {
    "xlsx": dump_concentrado_workbook,
    "ods": dump_concentrado_ods,
    "pdf": dump_concentrado_pdf,
}


def dump_concentrado(concentrado: Concentrado, form: str, *, language: str = "es") -> bytes:
    """The file; the same bytes each time.

    :param form: one of :data:`MEDIA_TYPES`.
    """
    return _DUMPS[form](concentrado, language=language)
