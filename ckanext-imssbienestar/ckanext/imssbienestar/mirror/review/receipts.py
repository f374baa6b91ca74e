"""The comprobantes of load, change and withdrawal (article 21), kept by the hash of their file."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.mirror.days import day_of
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry
from ckanext.imssbienestar.mirror.review.passages import Kind
from ckanext.imssbienestar.mirror.review.records import Memory, ReceiptRecord, ReviewRecords
from ckanext.imssbienestar.mirror.review.standings import kind_of
from ckanext.imssbienestar.mirror.settings import MirrorSettings
from ckanext.imssbienestar.mirror.whole_file import write_whole

_RULES = "federal/receipts.yaml"
# Writers of PDF may put a little before the mark and after the end.
_PDF_SLACK = 1024


@dataclass(frozen=True)
class ReceiptWish:
    """What a person asks to be recorded.

    :ivar issued: the day the comprobante bears.
    :ivar person: who records it.
    :ivar file_name: what people call the file; empty for its path.
    """

    dataset: str
    kind: Kind
    receipt_number: str
    issued: date
    file: Path
    person: str
    file_name: str = ""


@dataclass(frozen=True)
class Accepted:
    """A comprobante that can be one, not kept yet."""

    row: ReceiptRecord
    content: bytes


@dataclass(frozen=True)
class Recorded:
    """A comprobante with the dataset it is of.

    :ivar counts: whether it is the one that counts; another corrected it otherwise.
    """

    entry: LedgerEntry
    row: ReceiptRecord
    counts: bool


def record(
    records: ReviewRecords,
    entries: Mapping[str, LedgerEntry],
    wish: ReceiptWish,
    folder: Path,
) -> ReceiptRecord:
    """Check a comprobante, keep its file and append it to the ledger.

    :raises MirrorConfigurationError: when it cannot be one; nothing is kept then.
    """
    accepted = accept(records, entries, wish)
    keep_accepted(records, accepted, folder)
    return accepted.row


def accept(
    records: ReviewRecords, entries: Mapping[str, LedgerEntry], wish: ReceiptWish
) -> Accepted:
    """Check a comprobante; keeps nothing.

    :raises MirrorConfigurationError: when it cannot be one.
    """
    memory, now = records.memory(), records.now()
    entry = _entry(entries, wish.dataset)
    release_id, sent = _release(entry, memory, wish.kind)
    _check_number(wish.receipt_number)
    _check_date(wish.issued, sent, now)
    content, media_type = _content(wish.file, wish.file_name or str(wish.file))
    sha256 = hashlib.sha256(content).hexdigest()
    row = ReceiptRecord(
        entry.dataset_id,
        release_id,
        wish.kind,
        " ".join(wish.receipt_number.split()),
        wish.issued,
        sha256,
        len(content),
        media_type,
        wish.person,
        now,
    )
    return Accepted(row, content)


def keep_accepted(records: ReviewRecords, accepted: Accepted, folder: Path) -> None:
    """Keep the file, then append the comprobante to the ledger.

    :raises MirrorConfigurationError: when the folder cannot be written; nothing is kept then.
    """
    row = accepted.row
    keep(folder, row.sha256, row.media_type, accepted.content)
    earlier = records.memory().receipt_of(row.dataset_id, row.release_id, row.kind)
    if earlier is None or _as_told(earlier) != _as_told(row):  # said twice is said once
        records.received(row)


def largest_bytes() -> int:
    """Most bytes of the file of a comprobante."""
    return int(read_yaml(_RULES)["largest_bytes"])


def longest_number() -> int:
    """Most characters of the number of a comprobante."""
    return int(read_yaml(_RULES)["longest_number"])


def media_types() -> tuple[str, ...]:
    """What the file of a comprobante may be."""
    return tuple(read_yaml(_RULES)["media_types"])


def folder_of(settings: MirrorSettings) -> Path:
    """Where the files of comprobantes are kept."""
    # The loader has given it a value; settings made by hand may have none.
    return settings.receipts.folder or Path("receipts")


def recorded(entries: Mapping[str, LedgerEntry], memory: Memory) -> Iterator[Recorded]:
    """Every comprobante of these datasets, oldest first within each."""
    for key, entry in entries.items():
        for row in memory.receipts.get(key, ()):
            counts = memory.receipt_of(key, row.release_id, row.kind) == row
            yield Recorded(entry, row, counts)


def kept_path(folder: Path, sha256: str, media_type: str) -> Path:
    """Where the file of a comprobante is."""
    suffix = read_yaml(_RULES)["media_types"][media_type]["suffix"]
    return folder / sha256[:2] / f"{sha256}{suffix}"


def is_kept(folder: Path, row: ReceiptRecord) -> bool:
    """Whether the file is there with its bytes."""
    try:
        content = kept_path(folder, row.sha256, row.media_type).read_bytes()
    except OSError:
        return False
    return hashlib.sha256(content).hexdigest() == row.sha256


def keep(folder: Path, sha256: str, media_type: str, content: bytes) -> Path:
    """Write a file under its hash, whole or not at all; what is there already stays."""
    path = kept_path(folder, sha256, media_type)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        if path.exists() and path.read_bytes() == content:
            return path
        write_whole(path, content)
    except OSError as error:
        cause = error.strerror or type(error).__name__
        raise MirrorConfigurationError("receipt-folder", folder=folder, cause=cause) from None
    return path


def media_type_of(content: bytes) -> str | None:
    """What a file is by its own bytes, whatever its name says; None for anything not taken."""
    for name, rule in read_yaml(_RULES)["media_types"].items():
        begins, ends = _marks(rule)
        if name == "application/pdf":
            if begins in content[:_PDF_SLACK] and ends in content[-_PDF_SLACK:]:
                return name if _has_pages(content) else None
        elif content.startswith(begins) and content.rstrip(b"\0\r\n").endswith(ends):
            return str(name)
    return None


def _entry(entries: Mapping[str, LedgerEntry], name: str) -> LedgerEntry:
    for entry in entries.values():
        if name in (entry.dataset_name, entry.remote_name) and entry.remote_id:
            return entry
    raise MirrorConfigurationError("receipt-dataset-unknown", dataset=name)


def _release(entry: LedgerEntry, memory: Memory, kind: Kind) -> tuple[str, datetime | None]:
    """The release that a comprobante of this kind is about, and when it was sent."""
    passages = memory.passages.get(entry.dataset_id, ())
    current = kind_of(entry, memory)
    if kind is Kind.LOAD and current is not Kind.LOAD and passages:
        return passages[0].release_id, passages[0].moment
    if kind is not current and not (kind is Kind.CHANGE and current is Kind.WITHDRAWAL):
        raise MirrorConfigurationError(
            "receipt-kind", dataset=entry.dataset_name, kind=f"{kind}", current=f"{current}"
        )
    sent = [one.moment for one in passages if one.release_id == entry.release_id]
    if kind is Kind.WITHDRAWAL:
        return entry.release_id, entry.confirmed
    return entry.release_id, min([*sent, *filter(None, [entry.confirmed])], default=None)


def _check_number(number: str) -> None:
    longest = longest_number()
    text = number.strip()
    if not text or len(text) > longest or not text.isprintable():
        raise MirrorConfigurationError("receipt-number", longest=longest)


def _check_date(issued: date, sent: datetime | None, now: datetime) -> None:
    today = day_of(now)
    if issued > today:
        raise MirrorConfigurationError("receipt-future", issued=issued, today=today)
    if sent is not None and issued < (first := day_of(sent)):
        raise MirrorConfigurationError("receipt-early", issued=issued, sent=first)


def _content(path: Path, shown: str) -> tuple[bytes, str]:
    largest = largest_bytes()
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        cause = error.strerror or type(error).__name__
        raise MirrorConfigurationError("receipt-unreadable", path=shown, cause=cause) from None
    if len(content) > largest:
        raise MirrorConfigurationError("receipt-large", path=shown, largest=largest)
    media_type = media_type_of(content)
    if media_type is None:
        raise MirrorConfigurationError("receipt-not-a-document", path=shown)
    return content, media_type


def _has_pages(content: bytes) -> bool:
    # Imported here: it takes a while to load and few commands need it.
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        # What is locked cannot be counted and is a document all the same.
        return reader.is_encrypted or len(reader.pages) > 0
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def _marks(rule: dict[str, Any]) -> tuple[bytes, bytes]:
    if "begins_hex" in rule:
        return bytes.fromhex(str(rule["begins_hex"])), bytes.fromhex(str(rule["ends_hex"]))
    return rule["begins"].encode(), rule["ends"].encode()


def _as_told(row: ReceiptRecord) -> tuple[object, ...]:
    return (row.receipt_number, row.issued, row.sha256)
