"""The small parts of an XLSX: its list of sheets, its cell formats, its comments and properties.

Read with defusedxml, whole and bounded in size; the sheets themselves are streams, see
:mod:`ckanext.imssbienestar.formats.workbooks.sheet`.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ckanext.imssbienestar.formats.workbooks.facts import SheetState, WorkbookError, WorkbookText
from ckanext.imssbienestar.formats.workbooks.guard import small_part

_STATES: dict[str, SheetState] = {"hidden": "hidden", "veryHidden": "very-hidden"}
_ZEROS = re.compile(r"0{2,}")
# Formats every spreadsheet knows without a declaration: 9 is 0%, 10 is 0.00%.
_BUILT_IN_PERCENTS = (9, 10)
_PROPERTY_PARTS = ("docProps/core.xml", "docProps/app.xml", "docProps/custom.xml", "meta.xml")


@dataclass(frozen=True)
class SheetPart:
    """Where a sheet of an XLSX is kept."""

    name: str
    state: SheetState
    part: str


@dataclass(frozen=True)
class CellFormats:
    """Cell formats that show something else than what is kept, by their index.

    :ivar zeros: index -> digits, for formats made of zeros only.
    """

    percents: frozenset[int]
    zeros: dict[int, int]


def xml_tree(archive: zipfile.ZipFile, name: str) -> Any:
    """A small part as an element tree; None when the archive has no such part.

    :raises WorkbookError: it is damaged, too large or declares entities.
    """
    if name not in archive.namelist():
        return None
    try:
        return fromstring(small_part(archive, name), forbid_dtd=True)
    except DefusedXmlException as error:
        raise WorkbookError("workbook-unsafe", variant="entities") from error
    except (ParseError, ValueError, LookupError) as error:
        raise WorkbookError("workbook-damaged") from error


def local(tag: str) -> str:
    """An element's or attribute's name without its namespace."""
    return tag.rpartition("}")[2]


def elements(tree: Any, name: str) -> Iterator[Any]:
    """Every element of that name, whatever its namespace."""
    return (element for element in tree.iter() if local(element.tag) == name)


def sheet_parts(archive: zipfile.ZipFile) -> list[SheetPart]:
    """The sheets of an XLSX in the order of its tabs.

    :raises WorkbookError: the list of sheets is absent or damaged.
    """
    tree = xml_tree(archive, "xl/workbook.xml")
    targets = _targets(archive, "xl/workbook.xml")
    if tree is None or not targets:
        raise WorkbookError("workbook-damaged")
    found = []
    for element in elements(tree, "sheet"):
        attributes = {local(name): value for name, value in element.attrib.items()}
        found.append(
            SheetPart(
                name=attributes.get("name", ""),
                state=_STATES.get(attributes.get("state", ""), "visible"),
                part=targets.get(attributes.get("id", ""), ""),
            )
        )
    return found


def _targets(archive: zipfile.ZipFile, part: str, kind: str = "") -> dict[str, str]:
    """What a part points to: id of the relationship -> name of the other part."""
    folder, _, name = part.rpartition("/")
    tree = xml_tree(archive, f"{folder}/_rels/{name}.rels")
    if tree is None:
        return {}
    return {
        element.get("Id", ""): posixpath.normpath(
            posixpath.join("/" + folder, element.get("Target", ""))
        ).lstrip("/")
        for element in elements(tree, "Relationship")
        if element.get("TargetMode") != "External" and element.get("Type", "").endswith(kind)
    }


def cell_formats(archive: zipfile.ZipFile) -> CellFormats:
    """The formats of an XLSX whose cells look different from what they hold."""
    tree = xml_tree(archive, "xl/styles.xml")
    if tree is None:
        return CellFormats(frozenset(), {})
    declared = {
        element.get("numFmtId"): element.get("formatCode", "")
        for element in elements(tree, "numFmt")
    }
    codes = [
        (index, element.get("numFmtId", ""))
        for group in elements(tree, "cellXfs")
        for index, element in enumerate(group)
    ]
    percents = {
        index
        for index, number in codes
        if "%" in declared.get(number, "") or number in map(str, _BUILT_IN_PERCENTS)
    }
    zeros = {
        index: len(declared[number])
        for index, number in codes
        if _ZEROS.fullmatch(declared.get(number, ""))
    }
    return CellFormats(frozenset(percents), zeros)


def workbook_texts(archive: zipfile.ZipFile) -> Iterator[WorkbookText]:
    """Comments, their authors and the document's properties, of an XLSX or an ODS.

    The comments of an ODS are in its sheets: :mod:`...formats.workbooks.ods` gives those.
    """
    for part in _PROPERTY_PARTS:
        tree = xml_tree(archive, part)
        if tree is None:
            continue
        for element in tree.iter():
            if element.text and element.text.strip():
                name = element.get("name") or local(element.tag)
                yield WorkbookText(kind="property", cell=name, text=element.text.strip())
    if "xl/workbook.xml" in archive.namelist():
        for sheet in sheet_parts(archive):
            if sheet.part:
                yield from _comments(archive, sheet)


def _comments(archive: zipfile.ZipFile, sheet: SheetPart) -> Iterator[WorkbookText]:
    # Classic comments, and the threaded ones that repeat them with their answers.
    for kind, element_name in (("/comments", "comment"), ("/threadedComment", "threadedComment")):
        for part in _targets(archive, sheet.part, kind).values():
            tree = xml_tree(archive, part)
            if tree is None:
                continue
            for author in elements(tree, "author"):
                if author.text:
                    yield WorkbookText(kind="author", sheet=sheet.name, text=author.text)
            for comment in elements(tree, element_name):
                text = "".join(comment.itertext()).strip()
                yield WorkbookText(
                    kind="comment", sheet=sheet.name, cell=comment.get("ref", ""), text=text
                )
