"""The texts of a PDF: its pages, and whatever else is kept in its objects.

Annotations, fields of forms, bookmarks, properties, files inside and alternative texts are all
strings of some object, so every object is looked at, not a list of places.
"""

from __future__ import annotations

import mmap
import re
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    StreamObject,
    TextStringObject,
)

from ckanext.imssbienestar.formats.documents.collector import DocumentCollector, collecting
from ckanext.imssbienestar.formats.documents.facts import TextKind, document_limit
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError

# What pypdf meets in objects that are not as the standard says.
_MALFORMED = (
    PyPdfError,
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
_END = b"%%EOF"
_DEEPEST, _DEEPEST_FORM = 40, 3
# Unpacked of one stream to see that it is whole.
_LONGEST_STREAM = 50_000_000
_SHOWS_TEXT = re.compile(rb"[\])>\s]T[jJ]\s|[\])>]\s*['\"]\s")
_LITERAL = re.compile(rb"\(((?:[^()\\]|\\.){1,2000})\)", re.DOTALL)
_SHORTEST = 4
# «/g12/g34»: glyphs that nothing says the letters of.
_GLYPHS = re.compile(r"(?:/[A-Za-z]{0,3}[0-9]{1,5}){4,}")
_TEXT_STREAMS = frozenset({"/JS", "/XFA", "/RC", "/RV", "/Metadata", "/Contents"})


def read_pdf(path: Path, folder: Path) -> None:
    """Leave everything that is written in the document in the folder.

    :raises WorkbookError: it is damaged, or asks for a password.
    """
    with collecting(folder, "pdf") as collector, path.open("rb") as stream:
        known: set[int] = set()
        try:
            reader = _opened(stream)
            _read_pages(reader, collector, known)
            _Objects(reader, collector, known).read()
        except _MALFORMED as error:
            raise WorkbookError("workbook-damaged") from error
        for earlier in _earlier_versions(path):
            _read_version(earlier, collector, known)


def _opened(stream: Any) -> PdfReader:
    reader = PdfReader(stream, strict=False)
    try:
        # Many are locked against printing only, and open with an empty password.
        closed = reader.is_encrypted and not reader.decrypt("")
    except (DependencyError, NotImplementedError):
        closed = True  # in a way that takes a library of its own to open
    if closed:
        raise WorkbookError("workbook-encrypted")
    return reader


def _read_pages(reader: PdfReader, collector: DocumentCollector, known: set[int]) -> None:
    if not reader.pages:
        raise WorkbookError("workbook-damaged")
    for number, page in enumerate(reader.pages, start=1):
        drawn = list(_drawn(page))
        text = page.extract_text()
        letters = "".join(text.split())
        if _is_unknown(text):
            collector.facts.pictures += 1
        elif len(letters) < document_limit("page_letters"):
            collector.facts.pictures += _may_be_scanned(page, drawn, blank=not letters)
        _is_new(known, "page", text)
        collector.text("page", text, number=number)
        # Some programs place every letter by itself.
        collector.text("page", letters, number=number, kind="compact")


def _drawn(page: Any) -> Iterator[bytes]:
    """What a page is drawn with, pieces that it shares with others included.

    :raises WorkbookError: some of it is torn: pypdf would leave it out without a word.
    """
    contents = _resolved(page.get("/Contents"))
    parts = contents if isinstance(contents, ArrayObject) else [contents]
    streams = [_resolved(part) for part in parts]
    streams += [form for form in _forms(page.get("/Resources")) if form.get("/Subtype") == "/Form"]
    for stream in streams:
        if isinstance(stream, StreamObject):
            if not _is_whole(stream):
                raise WorkbookError("workbook-damaged")
            yield stream.get_data()


def _is_whole(stream: StreamObject) -> bool:
    filters = stream.get("/Filter")
    if filters not in ("/FlateDecode", ["/FlateDecode"]):
        return True
    unpacking = zlib.decompressobj()
    try:
        unpacking.decompress(stream._data, _LONGEST_STREAM)
    except zlib.error:
        return False
    return unpacking.eof or bool(unpacking.unconsumed_tail)


def _is_unknown(text: str) -> bool:
    glyphs = sum(len(found.group()) for found in _GLYPHS.finditer(text))
    strange = sum(not c.isprintable() and not c.isspace() for c in text) + text.count("\ufffd")
    return glyphs + strange > document_limit("unknown_share") * max(1, len(text))


def _may_be_scanned(page: Any, drawn: Sequence[bytes], *, blank: bool) -> bool:
    """Whether a page with little text shows a picture of some, or letters that nothing names."""
    points = max(map(_points, _forms(page.get("/Resources"))), default=0.0)
    if points >= document_limit("image_points"):
        return True
    # Of a page without a letter, only what is seen to draw nothing is blank.
    lines = sum(map(len, drawn)) > document_limit("drawing_bytes")
    plain = all(piece.isascii() and not _SHOWS_TEXT.search(piece) for piece in drawn)
    return blank and (points > 0 or lines or not drawn or not plain)


def _points(form: DictionaryObject) -> float:
    return float(form.get("/Width", 0)) * float(form.get("/Height", 0))


def _forms(resources: Any, depth: int = 0) -> Iterator[DictionaryObject]:
    """The pictures and forms that a page, or a form, uses."""
    resources = _resolved(resources)
    if not isinstance(resources, DictionaryObject) or depth > _DEEPEST_FORM:
        return
    found = _resolved(resources.get("/XObject"))
    if not isinstance(found, DictionaryObject):
        return
    for name in found:
        form = _resolved(found.raw_get(name))
        if isinstance(form, DictionaryObject):
            yield form
            yield from _forms(form.get("/Resources"), depth + 1)


class _Objects:
    """Every string of every object, with the place it is told as."""

    def __init__(self, reader: PdfReader, collector: DocumentCollector, known: set[int]) -> None:
        self._reader = reader
        self._collector = collector
        self._known = known

    def read(self) -> None:
        """Read them all; those that cannot be read are counted."""
        trailer = self._reader.trailer
        info = trailer.raw_get("/Info") if "/Info" in trailer else None
        self._strings(_resolved(info), "properties")
        numbers = {number for group in self._reader.xref.values() for number in group}
        told = {info.idnum} if isinstance(info, IndirectObject) else set()
        for number in sorted((numbers | set(self._reader.xref_objStm)) - told):
            try:
                found = self._reader.get_object(number)
                self._strings(found, "other-parts")
            except _MALFORMED:
                self._collector.facts.unread += 1

    def _strings(self, found: Any, place: str, key: str = "", depth: int = 0) -> None:
        if depth > _DEEPEST:
            return
        if isinstance(found, StreamObject):
            self._stream(found, key)
        if isinstance(found, DictionaryObject):
            place = _place_of(found, place)
            self._embedded(found)
            for name in found:
                self._strings(found.raw_get(name), place, str(name), depth + 1)
        elif isinstance(found, ArrayObject):
            for item in found:
                # What an array refers to is an object of its own.
                if not isinstance(item, IndirectObject):
                    self._strings(item, place, key, depth + 1)
        elif isinstance(found, TextStringObject):
            self._keep(place, str(found), _kind_of(key, place))
        elif isinstance(found, ByteStringObject):
            self._keep_bytes(place, bytes(found), key)
        elif isinstance(found, IndirectObject) and key in _TEXT_STREAMS:
            stream = _resolved(found)
            if isinstance(stream, StreamObject) and key != "/Contents":
                self._keep_bytes(_STREAM_PLACES.get(key, "other-parts"), stream.get_data(), key)

    def _stream(self, found: StreamObject, key: str) -> None:
        if found.get("/Type") == "/Metadata" or found.get("/Subtype") == "/XML":
            self._keep_bytes("properties", found.get_data(), key)
        elif found.get("/Subtype") != "/Image" and "/Length1" not in found:
            # Of a page that the document no longer shows, or names wrongly.
            content = found.get_data()
            if _SHOWS_TEXT.search(content):
                letters = b"".join(found.group(1) for found in _LITERAL.finditer(content))
                self._keep("other-parts", letters.decode("latin-1"), "compact")

    def _embedded(self, found: DictionaryObject) -> None:
        files = _resolved(found.get("/EF"))
        if not isinstance(files, DictionaryObject):
            return
        name = str(found.get("/UF") or found.get("/F") or "")
        for key in ("/F", "/UF"):
            stream = _resolved(files.get(key))
            if not isinstance(stream, StreamObject):
                continue
            content = stream.get_data()
            if _is_new(self._known, "attachment", content):
                self._collector.attachment(name, [content])

    def _keep(self, place: str, text: str, kind: TextKind) -> None:
        text = text.strip()
        if len(text) >= _SHORTEST and _is_new(self._known, place, text):
            self._collector.text(place, text, kind=kind)

    def _keep_bytes(self, place: str, content: bytes, key: str) -> None:
        if not _is_new(self._known, place, content):
            return
        if place == "signature":
            # Of a certificate: printable names and keys among other bytes.
            self._keep(place, content.decode("latin-1"), "signature")
            return
        text = content.decode("utf-8", errors="replace")
        self._keep(place, re.sub(r"<[^<>]{0,2000}>", " ", text), "text")
        self._keep(place, text, "raw")


_STREAM_PLACES = {"/XFA": "form-fields", "/RC": "annotations", "/RV": "form-fields"}


def _place_of(found: DictionaryObject, place: str) -> str:
    if "/ByteRange" in found or found.get("/Type") == "/Sig":
        return "signature"
    if "/FT" in found or found.get("/Subtype") == "/Widget":
        return "form-fields"
    if found.get("/Type") == "/Annot" or ("/Rect" in found and "/Subtype" in found):
        return "annotations"
    return place


def _kind_of(key: str, place: str) -> TextKind:
    if place == "signature":
        return "signature"
    if key == "/Author" or (key == "/T" and place == "annotations"):
        return "author"
    return "text"


def _is_new(known: set[int], place: str, content: str | bytes) -> bool:
    key = hash((place, content))
    if key in known:
        return False
    known.add(key)
    return True


def _resolved(found: Any) -> Any:
    return found.get_object() if isinstance(found, IndirectObject) else found


def _earlier_versions(path: Path) -> Iterator[bytes]:
    """What the file was before somebody changed it and saved it over: PDF only adds at the end."""
    if path.stat().st_size > document_limit("revision_bytes"):
        return
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
        ends = [found.end() for found in re.finditer(re.escape(_END), view)]
        for end in ends[:-1][-int(document_limit("revisions")) :]:
            yield view[:end]


def _read_version(content: bytes, collector: DocumentCollector, known: set[int]) -> None:
    """An earlier version: what it holds besides; one that is no whole document adds nothing."""
    try:
        reader = _opened(BytesIO(content))
        for page in reader.pages:
            text = page.extract_text()
            if _is_new(known, "page", text):
                collector.text("earlier-version", text)
        _Objects(reader, collector, known).read()
    except (WorkbookError, *_MALFORMED):
        return
