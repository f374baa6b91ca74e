"""The comprobantes of the federal side, kept and given out by this site."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from werkzeug.datastructures import FileStorage

from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.review import receipts
from ckanext.imssbienestar.mirror.review.passages import Kind
from ckanext.imssbienestar.mirror.review.receipts import ReceiptWish, Recorded
from ckanext.imssbienestar.mirror.review.records import ReceiptRecord, ReviewRecords
from ckanext.imssbienestar.portal import guard, mirror_site
from ckanext.imssbienestar.portal.content import content_store, sentence
from ckanext.imssbienestar.procedure.guard_records import Origin


@dataclass(frozen=True)
class Wish:
    """What a person fills in.

    :ivar dataset: id or name.
    :ivar number: as the document says.
    :ivar issued: the day the document bears.
    """

    dataset: str
    kind: Kind
    number: str
    issued: datetime.date


def record(wish: Wish, upload: object, user: model.User) -> Recorded:
    """Keep a comprobante against its release.

    Its file goes through the guard like every other, before anything is kept of it.

    :raises tk.ValidationError: there is no file, it is too large, or it holds personal data.
    :raises MirrorConfigurationError: it cannot be a comprobante of this dataset.
    """
    if not isinstance(upload, FileStorage) or not upload.filename:
        raise tk.ValidationError({"upload": [tk._("Choose the file of the receipt.")]})
    mirror = mirror_site.settings()
    database = mirror_site.database(mirror)
    records, entries = ReviewRecords(database), Ledger(database).entries()
    name, given = _ledger_name(entries, wish.dataset), Path(upload.filename).name
    shown = "".join(letter for letter in given if letter.isprintable())
    try:
        with content_store().receive(upload.stream, receipts.largest_bytes()) as candidate:
            file = candidate.path
            accepted = receipts.accept(
                records,
                entries,
                ReceiptWish(name, wish.kind, wish.number, wish.issued, file, user.name, shown),
            )
            with guard.writing(_origin(accepted.row.dataset_id, user)):
                guard.let_in(candidate, given)
            receipts.keep_accepted(records, accepted, receipts.folder_of(mirror))
    except MirrorConfigurationError:
        raise
    except ImssError as error:
        raise tk.ValidationError({"upload": [sentence(error)]}) from error
    return Recorded(entries[accepted.row.dataset_id], accepted.row, counts=True)


def listed(dataset: str = "") -> list[Recorded]:
    """The comprobantes of one dataset or of all, the newest first.

    :param dataset: id or name.
    :raises MirrorConfigurationError: the ledger cannot be read.
    """
    database = mirror_site.database()
    entries = Ledger(database).entries()
    if dataset:
        package = model.Package.get(dataset)
        wanted = package.id if package is not None and package.id in entries else ""
        entries = {
            key: one
            for key, one in entries.items()
            if key == wanted or (not wanted and one.dataset_name == dataset)
        }
    found = receipts.recorded(entries, ReviewRecords(database).memory())
    return sorted(found, key=lambda one: one.row.recorded, reverse=True)


def sent_names() -> list[str]:
    """The datasets that there may be a comprobante of."""
    entries = Ledger(mirror_site.database()).entries().values()
    return sorted(entry.dataset_name for entry in entries if entry.remote_id)


def is_there(row: ReceiptRecord) -> bool:
    """Is the file there with its size? Its bytes are proven when they are given out."""
    path = receipts.kept_path(_folder(), row.sha256, row.media_type)
    return path.is_file() and path.stat().st_size == row.size


def file_of(sha256: str) -> tuple[Path, Recorded] | None:
    """The file of a comprobante, proven to be the recorded one; None when it is not there."""
    for one in listed():
        if one.row.sha256 == sha256 and receipts.is_kept(_folder(), one.row):
            return receipts.kept_path(_folder(), sha256, one.row.media_type), one
    return None


def receipt_dict(one: Recorded) -> dict[str, Any]:
    """A comprobante for programs."""
    row = one.row
    return {
        "dataset": one.entry.dataset_name,
        "release": row.release_id,
        "kind": row.kind.value,
        "number": row.receipt_number,
        "date": row.issued.isoformat(),
        "sha256": row.sha256,
        "bytes": row.size,
        "media_type": row.media_type,
        "person": row.person,
        "recorded": row.recorded.isoformat(timespec="seconds"),
        "counts": one.counts,
        "kept": is_there(row),
        "url": tk.url_for("imss_mirror_federal.receipt_file", sha256=row.sha256, _external=True),
    }


def _folder() -> Path:
    return receipts.folder_of(mirror_site.settings())


def _ledger_name(entries: Mapping[str, LedgerEntry], dataset: str) -> str:
    """The name by which the ledger knows a dataset; it may have another one by now."""
    package = model.Package.get(dataset)
    entry = entries.get(package.id) if package is not None else None
    return entry.dataset_name if entry is not None else dataset


def _origin(dataset_id: str, user: model.User) -> Origin:
    package = model.Package.get(dataset_id)
    return Origin(str(package.owner_org or "") if package else "", dataset_id, user.id)
