"""What may be opened: a workbook's container is judged before anything in it is unpacked.

An archive's directory tells names and sizes without unpacking. A directory that lies about a
size is caught later, by the process that reads with bounded memory and time.
"""

from __future__ import annotations

import mmap
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError, limit, workbook_layout

ZIP_OPENINGS = (b"PK\x03\x04", b"PK\x05\x06")
OLE_OPENING = bytes.fromhex("d0cf11e0a1b11ae1")

_OUTSIDE = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|\\")
_PIECE = 1 << 20
_DOCTYPES = (b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))


def container_kind(path: Path) -> str:
    """``zip``, ``ole`` or an empty text, from the first bytes.

    :raises OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(8)
    if head.startswith(ZIP_OPENINGS):
        return "zip"
    return "ole" if head == OLE_OPENING else ""


@contextmanager
def guarded_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose names and sizes are within the limits.

    :raises WorkbookError: it is damaged, too large, or its names reach outside of it.
    """
    if path.stat().st_size > limit("file_bytes"):
        raise WorkbookError("workbook-too-large", limit=megabytes(limit("file_bytes")))
    try:
        with zipfile.ZipFile(path) as archive:
            _guard_directory(archive)
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError) as error:
        raise WorkbookError("workbook-damaged") from error
    except RuntimeError as error:
        if "encrypted" not in str(error):
            raise
        raise WorkbookError("workbook-encrypted") from error


def _guard_directory(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    names = Counter(entry.filename for entry in entries)
    if len(entries) > limit("entries"):
        raise WorkbookError("workbook-too-large", variant="entries", limit=str(limit("entries")))
    # Two parts of one name: each reader would see another workbook.
    if any(count > 1 for count in names.values()) or any(map(_OUTSIDE.search, names)):
        raise WorkbookError("workbook-unsafe", variant="names")
    if sum(entry.file_size for entry in entries) > limit("unpacked_bytes"):
        raise WorkbookError("workbook-too-large", limit=megabytes(limit("unpacked_bytes")))
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise WorkbookError("workbook-encrypted")
        _guard_size(entry)


def _guard_size(entry: zipfile.ZipInfo) -> None:
    name = "shared_strings_bytes" if entry.filename.endswith("sharedStrings.xml") else "part_bytes"
    if entry.file_size > limit(name):
        raise WorkbookError("workbook-too-large", limit=megabytes(limit(name)))
    large = entry.file_size >= limit("ratio_from_bytes")
    if large and entry.file_size > limit("ratio") * max(1, entry.compress_size):
        raise WorkbookError("workbook-unsafe", variant="ratio")


def archive_kind(archive: zipfile.ZipFile) -> str:
    """The kind of document an archive holds; ``zip`` when it is none we know."""
    names = set(archive.namelist())
    for known in workbook_layout()["kinds"]:
        if known["part"] in names:
            return str(known["kind"])
    if "mimetype" in names:
        with archive.open("mimetype") as stream:
            mimetype = stream.read(200).decode("ascii", errors="replace").strip()
        return str(workbook_layout()["mimetypes"].get(mimetype, "zip"))
    return "zip"


def ole_kind(path: Path) -> str:
    """The kind of document an OLE file holds: ``xls``, ``doc``, ``encrypted``, ``ole``."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
        for known in workbook_layout()["streams"]:
            if view.find(f"{known['stream']}\0".encode("utf-16-le")) >= 0:
                return str(known["kind"])
    return "ole"


def refuse_declared_entities(archive: zipfile.ZipFile, *, but: Collection[str] = ()) -> None:
    """Refuse parts with a document type: no office program writes one, attacks do.

    :param but: parts that their own reader examines.
    :raises WorkbookError: some part declares one, or cannot be unpacked.
    """
    for entry in archive.infolist():
        if entry.filename in but or not entry.filename.endswith((".xml", ".rels", ".vml")):
            continue
        tail = b""
        for piece in pieces(archive, entry.filename):
            seen = tail + piece
            if any(mark in seen for mark in _DOCTYPES):
                raise WorkbookError("workbook-unsafe", variant="entities")
            tail = seen[-32:]


def pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """A part of the archive, unpacked piece by piece.

    :raises WorkbookError: it does not unpack to what the directory says.
    """
    try:
        with archive.open(name) as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError) as error:
        raise WorkbookError("workbook-damaged") from error


def small_part(archive: zipfile.ZipFile, name: str) -> bytes:
    """A part that is read whole.

    :raises WorkbookError: it is absent, damaged or too large for that.
    """
    whole = bytearray()
    for piece in pieces(archive, name):
        whole += piece
        if len(whole) > limit("small_part_bytes"):
            raise WorkbookError("workbook-too-large", limit=megabytes(limit("small_part_bytes")))
    return bytes(whole)


def megabytes(size: int) -> str:
    """A size as people read it."""
    return f"{size // 1_000_000} MB"
