"""The texts of one XML part of an office document, whatever it is for, as a stream.

Nothing is looked for by its place: every text and every attribute is given, so that what no
program shows (deleted text, alternative texts, old values of a chart) is looked at as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from xml.parsers import expat

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.formats.documents.facts import TextKind
from ckanext.imssbienestar.formats.workbooks import safe_xml

Emit = Callable[[TextKind, str], None]

# In an attribute: numbers, identifiers of styles, addresses of schemas.
_MEANINGLESS = re.compile(r"[0-9A-Fa-f{}.:%#,+ -]*|(http://(schemas|purl|www\.w3)|urn:).*")
_SHORTEST_ATTRIBUTE = 10
_SHORTEST_TEXT = 4
# «&L&"Arial,Bold"&12»: how a spreadsheet writes the looks of its headers.
_HEADER_MARK = re.compile(r'&("[^"]*"|[A-Z]|[0-9]+)')
_CHANGES = {"ins": "inserted", "moveTo": "inserted", "del": "deleted", "moveFrom": "deleted"}
_ROWS, _CELLS, _TABLES = ("tr", "table-row"), ("tc", "table-cell"), ("tbl", "table")
# What stands over the cells of an ODS and is none of them.
_OVER_CELLS = ("annotation", "shapes", "frame", "custom-shape", "text-box", "object")

Table = list[list[str]]


class PartReader:
    """Follows the elements of one part.

    :param cells_apart: the texts of cells are not given: their sheet is read as a table.
    :ivar tables: the tables of a text document, each as rows of cells.
    """

    def __init__(self, emit: Emit, *, cells_apart: bool = False) -> None:
        self._emit = emit
        self._cells_apart = cells_apart
        self._names: list[str] = []
        # One for each element that is open: its own text, as (change, text).
        self._texts: list[list[tuple[str, str]]] = []
        self._changes: list[str] = []
        self._cell_depth = self._over_depth = 0
        self._known: set[int] = set()
        self._open_tables: list[Table] = []
        self.tables: list[Table] = []

    def read(self, pieces: Iterable[bytes]) -> None:
        """Read the part.

        :raises WorkbookError: it is no XML, or declares entities.
        """
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.CommentHandler = self._comment
        safe_xml.parse(parser, pieces)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._names.append(name)
        label = ""
        for attribute, value in attributes.items():
            self._attribute(attribute.rpartition(":")[2], value)
            if attribute.endswith("name") and name in ("property", "user-defined"):
                label = f"{value}: "
        if name in _CHANGES:
            self._changes.append(_CHANGES[name])
        if name in _words("spaces"):
            self._characters("-" if name == "noBreakHyphen" else " ")
        self._texts.append([("", label)] if label else [])
        self._cell_depth += self._cells_apart and name in ("table-cell", "covered-table-cell")
        self._over_depth += name in _OVER_CELLS
        if not self._cells_apart:
            self._open_table(name)

    def _attribute(self, name: str, value: str) -> None:
        value = value.strip()
        if name in _words("authors"):
            self._give("author", value)
        elif name in _words("written_attributes") and len(value) >= _SHORTEST_TEXT:
            self._give("text", value)
        elif len(value) >= _SHORTEST_ATTRIBUTE and not _MEANINGLESS.fullmatch(value):
            self._give("raw", value)

    def _characters(self, data: str) -> None:
        if self._texts:
            self._texts[-1].append((self._changes[-1] if self._changes else "", data))

    def _comment(self, data: str) -> None:
        self._give("text", data.strip())

    def _end(self, tag: str) -> None:
        name = self._names.pop()
        own = self._texts.pop()
        if name in _CHANGES:
            self._changes.pop()
        if name in _words("authors"):
            self._give("author", _joined(own))
        elif name in _words("paragraphs") or not any(
            parent in _words("paragraphs") for parent in self._names
        ):
            self._paragraph(name, own)
        else:
            self._texts[-1] += own
        self._cell_depth -= self._cells_apart and name in ("table-cell", "covered-table-cell")
        self._over_depth -= name in _OVER_CELLS
        if self._open_tables:
            self._close_table(name)

    def _paragraph(self, name: str, own: list[tuple[str, str]]) -> None:
        text = _joined(own)
        if not text:
            return
        if name.endswith(("Header", "Footer")):
            text = _HEADER_MARK.sub(" ", text)
        if self._cell_depth and not self._over_depth:
            return
        if self._open_tables and self._open_tables[-1]:
            row = self._open_tables[-1][-1]
            if row:
                row[-1] = f"{row[-1]} {text}".strip()
                return
        self._give("text", text)
        if any(change for change, _ in own):
            # What stood there before, and what stands there now.
            self._give("text", _joined(own, without="inserted"))
            self._give("text", _joined(own, without="deleted"))

    def _open_table(self, name: str) -> None:
        if name in _TABLES:
            self._open_tables.append([])
        elif self._open_tables and name in _ROWS:
            self._open_tables[-1].append([])
        elif self._open_tables and name in _CELLS and self._open_tables[-1]:
            self._open_tables[-1][-1].append("")

    def _close_table(self, name: str) -> None:
        table = self._open_tables[-1]
        if name in _ROWS and table:
            # «Paciente» in one cell tells who stands in the next one.
            self._give("text", " ".join(filter(None, table[-1])))
        elif name in _TABLES:
            self.tables.append(self._open_tables.pop())

    def _give(self, kind: TextKind, text: str) -> None:
        key = hash((kind, text))
        if len(text) >= _SHORTEST_TEXT and key not in self._known:
            self._known.add(key)
            self._emit(kind, text)


def _joined(parts: list[tuple[str, str]], *, without: str = "none") -> str:
    return "".join(text for change, text in parts if change != without).strip()


@cache
def _words(group: str) -> frozenset[str]:
    return frozenset(read_yaml("documents.yaml")[group])
