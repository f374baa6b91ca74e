"""Documents, pictures and other files that are no table, judged wherever something is written."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.checks.personal.files_places import FILE, place
from ckanext.imssbienestar.checks.personal.files_texts import TextJudge
from ckanext.imssbienestar.checks.personal.report import PersonalDataColumn, PersonalDataReport
from ckanext.imssbienestar.checks.personal.rules import Decision
from ckanext.imssbienestar.checks.personal.scan import scan_columns
from ckanext.imssbienestar.checks.recognise import wide_encoding
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.formats.documents.document import Document
from ckanext.imssbienestar.formats.documents.facts import document_limit
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError, workbook_layout
from ckanext.imssbienestar.formats.workbooks.guard import container_kind, ole_kind

ScanFile = Callable[[Path, str, int], PersonalDataReport]
"""Judges a file inside another: its path, its name, how deep it is."""

_HEAD = 1024
_PDF = re.compile(rb"%PDF-[0-9]\.[0-9]")
# Categories of Unicode that no text has: controls, unassigned, private, halves of a pair.
_NO_TEXT = ("Cc", "Cn", "Co", "Cs")
_LAID_OUT = frozenset("\t\n\r\f\x1b\x85")
_SAMPLE = 1 << 16
# Rows and columns from which cells are a table, and not the layout of a letter.
_TABLE_ROWS, _TABLE_COLUMNS = 3, 2
_REASONS = {
    "workbook-damaged": "damaged",
    "workbook-encrypted": "encrypted",
    "workbook-too-large": "too-large",
    "workbook-unsafe": "unsafe",
    "format-error": "archive",
    "old-document": "old-document",
}
# What stands out of bytes that are no text.
_WRITTEN = re.compile("[ -~ÁÉÍÑÓÚÜáéíñóúü\t\r\n]{10,}")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_MARKUP = re.compile(r"\\'([0-9a-f]{2})|\\[a-z]{1,30}-?[0-9]{0,9} ?|[{}]")


def unreadable(reason: str) -> PersonalDataColumn:
    """What is told of a file that nobody here can read: it stays out.

    :param reason: ``encrypted``, ``damaged``, ``too-large``, ``unsafe``, ``archive``,
        ``unknown-content``.
    """
    return _whole_file("unreadable", reason, Decision.BLOCK)


def unseen_picture(count: int = 1) -> PersonalDataColumn:
    """What is told of pictures of something written: a person may look at them."""
    told = _whole_file("image", "image", Decision.REVIEW)
    return told.model_copy(update={"matches": count, "cells": count})


def _whole_file(kind: str, reason: str, decision: Decision) -> PersonalDataColumn:
    return PersonalDataColumn(
        column=FILE,
        kind=kind,
        sensitive=False,
        matches=1,
        cells=1,
        ratio=1.0,
        evidence=(reason,),
        decision=decision,
    )


def judge_document(
    document: Document, scan_file: ScanFile, depth: int
) -> Iterator[PersonalDataColumn]:
    """Everything that is written in a document, told by its place.

    :param depth: how many files this one is inside of.
    """
    judge = TextJudge()
    for text in document.texts():
        judge.add(place(text.place, text.number), text.text, text.kind)
    yield from judge.found()
    for number, table in enumerate(document.tables(), start=1):
        yield from _judge_table(table, place("table", number))
    facts = document.facts
    if facts.pictures:
        yield unseen_picture(facts.pictures)
    if facts.unread:
        yield unreadable("damaged").model_copy(update={"decision": Decision.REVIEW})
    for number, attachment in enumerate(facts.attachments, start=1):
        where = place("attachment", number)
        if depth >= document_limit("depth"):
            yield unreadable("archive").model_copy(update={"column": where})
            continue
        report = scan_file(document.attached(attachment), attachment.name, depth + 1)
        for found in report.columns:
            yield found.model_copy(update={"column": f"{where} {found.column}"})


def _judge_table(rows: list[list[str]], where: str) -> Iterator[PersonalDataColumn]:
    """A table of a document: by its values; a name of a column alone is for a person to look at.

    Letters have tables for their layout, and «Firma» stands in most of them.
    """
    width = max(map(len, rows), default=0)
    if len(rows) < _TABLE_ROWS or width < _TABLE_COLUMNS:
        return
    filled = [[*row, *[""] * (width - len(row))] for row in rows]
    columns = [[row[n] for row in filled[1:]] for n in range(width)]
    for found in scan_columns(filled[0], columns).columns:
        update: dict[str, Any] = {"column": f"{where} {found.column}"}
        if found.evidence == ("header",) and found.decision is Decision.BLOCK:
            update["decision"] = Decision.REVIEW
        yield found.model_copy(update=update)


def is_pdf(path: Path) -> bool:
    """Whether a PDF begins in the first bytes: readers take some before it.

    A table may speak of «%PDF-1.7» too; what follows there is no object.
    """
    head = _head(path, 4 * _HEAD)
    begun = _PDF.search(head, 0, _HEAD)
    return begun is not None and (begun.start() == 0 or b" obj" in head)


def is_picture(path: Path) -> bool:
    """Whether the file is a picture, by its first bytes."""
    return _is_marked(path, "pictures")


def packed(path: Path) -> bool:
    """Whether the file holds other files, or one that is packed."""
    return _is_marked(path, "archives")


def _is_marked(path: Path, group: str) -> bool:
    head = _head(path)
    return any(
        all(head.startswith(bytes.fromhex(mark["hex"]), mark["at"]) for mark in marks)
        for marks in _data()[group]
    )


def is_rows(path: Path) -> bool:
    """Whether the file is looked at as the rows of a table, as far as its beginning tells."""
    other = (container_kind, is_pdf, is_picture, packed, is_marked_text, wide_encoding)
    return not any(looks_so(path) for looks_so in other) and not is_binary(path, 0)


def is_marked_text(path: Path) -> bool:
    """Whether the file may be a text with marks between its words: XML, JSON, RTF, a mail."""
    opening = _head(path).decode("utf-8-sig", errors="replace")
    return re.match(_data()["marked_texts"], opening) is not None


def is_old_office(path: Path) -> bool:
    """Whether the file is in the form that Office wrote before 2007, or encrypted in its way."""
    return container_kind(path) == "ole"


def require_old_workbook(path: Path) -> None:
    """Refuse an old file of Office that is no workbook.

    :raises WorkbookError: it is encrypted, or a document that nothing here reads.
    """
    kind = ole_kind(path)
    if kind not in workbook_layout()["readable"]:
        raise WorkbookError("workbook-encrypted" if kind == "encrypted" else "old-document")


def reason_of(error: WorkbookError) -> str:
    """Why a document could not be read, as evidence of an ``unreadable`` file."""
    return _REASONS.get(error.code, "unknown-content")


def is_binary(path: Path, around: int, encoding: str = "latin-1") -> bool:
    """Whether its bytes are no text in that encoding.

    :param around: where in the file to look besides its beginning.
    """
    limits = _data()["limits"]
    with path.open("rb") as stream:
        for start in {0, max(0, around - _SAMPLE // 2) & ~1}:
            stream.seek(start)
            sample = stream.read(_SAMPLE).decode(encoding, errors="replace")
            strange = sum(map(_is_strange, sample))
            if strange > max(limits["control_count"], limits["control_share"] * len(sample)):
                return True
    return False


def _is_strange(character: str) -> bool:
    return character not in _LAID_OUT and unicodedata.category(character) in _NO_TEXT


def judge_loose_text(pieces: Iterable[str], *, raw: bool = False) -> Iterator[PersonalDataColumn]:
    """A file that is text and no table: a page, a JSON document, a letter.

    :param raw: its bytes are no text; only what nothing else looks like is told.
    """
    judge = TextJudge()
    for piece in pieces:
        if raw:
            # Far less than all of it, and quickly told.
            for written in _WRITTEN.findall(piece):
                judge.add(place("text"), written, "raw")
            continue
        for text in _unescaped(piece):
            judge.add(place("text"), text)
    yield from judge.found()


def _unescaped(piece: str) -> Iterator[str]:
    """The piece, and what it says where its letters are written in another way."""
    yield piece
    if "&#" in piece or "&amp;" in piece:
        yield html.unescape(piece)
    if "\\u" in piece:
        yield _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), piece)
    if "<" in piece:
        yield re.sub(r"<[^<>]{1,300}>", "", piece)
    if "\\'" in piece or "\\par" in piece:
        yield _MARKUP.sub(
            lambda found: bytes.fromhex(found.group(1) or "").decode("cp1252", "replace"), piece
        )


def judge_records(path: Path) -> Iterator[PersonalDataColumn]:
    """A JSON document's lists of records, each as the table it is."""
    if path.stat().st_size > _data()["limits"]["record_bytes"]:
        return
    document = _json_of(path.read_bytes())
    for number, records in enumerate(_record_lists(document), start=1):
        labels = list(dict.fromkeys(key for record in records for key in record))
        columns = [[_cell(record.get(label)) for record in records] for label in labels]
        for found in scan_columns(labels, columns).columns:
            yield found.model_copy(update={"column": f"{place('table', number)} {found.column}"})


def judge_web_tables(pieces: Iterable[str]) -> Iterator[PersonalDataColumn]:
    """The tables of a web page, each as the table it is."""
    reader = _TableReader()
    for piece in pieces:
        reader.feed(piece)
    reader.close()
    for number, rows in enumerate(filter(None, reader.tables), start=1):
        yield from _judge_table(rows, place("table", number))


class _TableReader(HTMLParser):
    """The cells of every table; one inside a cell ends where that cell does."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._in_cell = False
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """A table, a row or a cell begins."""
        self._in_cell = tag in ("td", "th") or (self._in_cell and tag not in ("table", "tr"))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self._cells += 1
            if self._cells <= document_limit("cells"):
                self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        """A cell ends."""
        self._in_cell = self._in_cell and tag not in ("td", "th", "tr", "table")

    def handle_data(self, data: str) -> None:
        """Characters, of a cell or of none."""
        if self._in_cell and self.tables and self.tables[-1] and self.tables[-1][-1]:
            self.tables[-1][-1][-1] += data.strip()


def _json_of(content: bytes) -> Any:
    """The document, or the list of those that stand on a line each; None when it is no JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        pass
    try:
        return [json.loads(line) for line in content.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None


def _record_lists(document: Any, depth: int = 0) -> Iterator[list[dict[str, Any]]]:
    if depth > 20:
        return
    if isinstance(document, dict):
        for value in document.values():
            yield from _record_lists(value, depth + 1)
    elif isinstance(document, list):
        records = [item for item in document if isinstance(item, dict)]
        if records:
            yield records
            # «features» of a GeoJSON: what tells of each is one level down.
            inner = [r["properties"] for r in records if isinstance(r.get("properties"), dict)]
            if inner:
                yield inner
        for item in document:
            yield from _record_lists(item, depth + 1)


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    return str(value)


def _head(path: Path, size: int = _HEAD) -> bytes:
    with path.open("rb") as stream:
        return stream.read(size)


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = read_yaml("personal_data/files.yaml")
    return data
