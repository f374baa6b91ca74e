"""The texts of an office document that is an archive of XML: DOCX, ODT, PPTX, XLSX, ODS, ….

The cells of a workbook are left out: its sheets are read as tables
(:mod:`ckanext.imssbienestar.formats.workbooks.workbook`).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.formats.documents.collector import DocumentCollector, collecting
from ckanext.imssbienestar.formats.documents.facts import TextKind, document_layout, document_limit
from ckanext.imssbienestar.formats.documents.parts import PartReader
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError, limit
from ckanext.imssbienestar.formats.workbooks.guard import (
    archive_kind,
    guarded_archive,
    pieces,
    small_part,
)
from ckanext.imssbienestar.formats.workbooks.xml import elements, local, xml_tree

_XML = (".xml", ".rels", ".vml", ".rdf", ".svg")
_SHEET_DATA = re.compile(rb"<(/?)(?:[A-Za-z0-9]+:)?sheetData[\s/>]")
# A formula with a text of its own, which its value need not show.
_FORMULA = re.compile(
    rb"<(?:[A-Za-z0-9]+:)?f(?:\s[^<>]{0,300})?>([^<\"&]{0,999}(?:\"|&quot;)[^<]{0,9000})<"
)
_CARRIED = 400


def read_archive(path: Path, folder: Path) -> None:
    """Leave everything that is written in the document in the folder.

    :raises WorkbookError: it is damaged, protected, unsafe, too large, or no office document;
        then its code is ``format-error``.
    """
    with guarded_archive(path) as archive:
        kind = _kind_of(archive)
        if kind not in document_layout()["readable"]:
            raise WorkbookError("format-error", kind=kind)
        _refuse_encrypted(archive)
        with collecting(folder, kind) as collector:
            for entry in archive.infolist():
                if not entry.is_dir() and entry.file_size:
                    _read_part(archive, entry, collector)


def _kind_of(archive: zipfile.ZipFile) -> str:
    kind = archive_kind(archive)
    if kind == "zip" and "mimetype" in archive.namelist():
        with archive.open("mimetype") as stream:
            mimetype = stream.read(200).decode("ascii", errors="replace").strip()
        return str(document_layout()["mimetypes"].get(mimetype, "zip"))
    return kind


def _refuse_encrypted(archive: zipfile.ZipFile) -> None:
    manifest = "META-INF/manifest.xml"
    if manifest in archive.namelist() and b"encryption-data" in small_part(archive, manifest):
        raise WorkbookError("workbook-encrypted")


def _read_part(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, collector: DocumentCollector
) -> None:
    name = entry.filename
    if _pattern("images").search(name) and not _is_thumbnail(name):
        collector.facts.pictures += entry.file_size >= document_limit("image_bytes")
        if name.lower().endswith(
            (".emf", ".wmf", ".svm")
        ):  # drawings that hold their letters as such
            collector.raw("drawings", small_part(archive, name))
    elif _pattern("harmless").search(name):
        if not name.endswith((".odttf", ".fntdata", ".ttf", ".otf")):
            collector.raw("other-parts", small_part(archive, name))
    elif "pivotCacheDefinition" in name and name.endswith(".xml"):
        _read_pivot(archive, name, collector)
    elif name.endswith(_XML):
        _read_xml(archive, entry, collector)
    else:
        collector.attachment(posixpath.basename(name), pieces(archive, name))


def _is_thumbnail(name: str) -> bool:
    """The picture of the first page that programs add: what it shows is read as text."""
    return name.startswith(("Thumbnails/", "docProps/"))


def _read_xml(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, collector: DocumentCollector
) -> None:
    name, kind = entry.filename, collector.facts.kind
    place = _place_of(name)
    content = pieces(archive, name)
    if name.endswith("sharedStrings.xml"):
        if entry.file_size <= limit("small_part_bytes"):
            # Cells are read as cells: this is for those that were deleted and stayed here.
            leftover = PartReader(lambda _, text: collector.text("stored-data", text, kind="raw"))
            leftover.read(content)
        return
    if name.startswith("xl/worksheets/") and name.endswith(".xml"):
        content = around_cells(content, collector)

    signature = "signatures" in name

    def emit(found: TextKind, text: str) -> None:
        collector.text(place, text, kind="signature" if signature else found)

    reader = PartReader(emit, cells_apart=kind == "ods")
    reader.read(content)
    if kind not in ("xlsx", "ods"):
        for table in reader.tables:
            collector.table([row for row in table if any(row)])


def around_cells(content: Iterator[bytes], collector: DocumentCollector) -> Iterator[bytes]:
    """A sheet without its rows; of those, only the texts in formulas are kept."""
    inside, carried = False, b""
    for piece in content:
        carried += piece
        while found := _SHEET_DATA.search(carried):
            end = carried.find(b">", found.end() - 1)
            if end < 0:
                break
            if not inside and not found.group(1):
                yield carried[: found.start()]
                inside = carried[end - 1 : end] != b"/"
            elif inside and found.group(1):
                _keep_formulas(carried[: found.start()], collector)
                inside = False
            carried = carried[end + 1 :]
        if inside:
            _keep_formulas(carried, collector)
            carried = carried[-_CARRIED:]
        elif len(carried) > _CARRIED:
            yield carried[:-_CARRIED]
            carried = carried[-_CARRIED:]
    if not inside:
        yield carried


def _keep_formulas(content: bytes, collector: DocumentCollector) -> None:
    for found in _FORMULA.finditer(content):
        collector.text("formulas", found.group(1).decode("utf-8", errors="replace"), kind="raw")


def _read_pivot(archive: zipfile.ZipFile, name: str, collector: DocumentCollector) -> None:
    """The values a pivot table remembers of the table it was made of, which may be elsewhere."""
    tree = xml_tree(archive, name)
    columns: list[list[str]] = []
    for field in elements(tree, "cacheField"):
        values = [field.get("name", "")]
        values += [item.get("v", "") for item in _shared_items(field) if item.get("v")]
        columns.append(values)
    width = max(map(len, columns), default=0)
    rows = [[column[n] if n < len(column) else "" for column in columns] for n in range(width)]
    collector.table(rows)
    PartReader(lambda _, text: collector.text("stored-data", text, kind="raw")).read(
        pieces(archive, name)
    )


def _shared_items(field: Any) -> Iterator[Any]:
    for items in elements(field, "sharedItems"):
        yield from (item for item in items if local(item.tag) != "n")


def _place_of(name: str) -> str:
    for known in document_layout()["places"]:
        if re.search(known["part"], name):
            return str(known["place"])
    return "other-parts"


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(document_layout()[name], re.IGNORECASE if name == "images" else 0)
