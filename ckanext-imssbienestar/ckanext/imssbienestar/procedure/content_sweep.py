"""Stored files that nothing refers to any more: replaced drafts and uploads cut short."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar.domain.release import file_hashes
from ckanext.imssbienestar.model import (
    DesignationOficio,
    Meeting,
    ReleaseDocument,
    ResourceFile,
    SignedOficio,
)
from ckanext.imssbienestar.procedure import mails
from ckanext.imssbienestar.procedure.content_store import ContentStore

_DOCUMENTS_AT_ONCE = 500
# Besides data files: letters that designate, minutes, signed letters.
_REFERRING = (
    DesignationOficio.sha256,
    Meeting.minutes_sha256,
    SignedOficio.sha256,
)


@dataclass(frozen=True)
class SweepReport:
    """What was deleted, or would be.

    :ivar size: in bytes.
    """

    files: int
    size: int


def sweep(
    session: Session,
    store: ContentStore,
    *,
    older_than: datetime.timedelta,
    now: datetime.datetime,
    delete: bool,
) -> SweepReport:
    """Find, and if told to delete, the files that nothing refers to any more.

    The files of every release document stay, of returned and superseded ones too.

    :param older_than: younger files are left alone, since an upload is kept before the
        transaction that refers to it ends.
    """
    # The files are listed first: one that gains a reference meanwhile is then found referred to.
    candidates = [path for path in store.kept() if _age(path, now) > older_than]
    referred = referred_files(session)
    files = size = 0
    for path in candidates:
        # Asked again: the same bytes may have been uploaded once more since the list was made.
        if path.name in referred or _age(path, now) <= older_than:
            continue
        files += 1
        size += path.stat().st_size
        if delete:
            path.unlink()
    return SweepReport(files, size)


def referred_files(session: Session) -> set[str]:
    """The hashes of all files that a table, a mail or a release document names."""
    found = data_files(session) | mails.attached_files(session)
    for column in _REFERRING:
        found.update(session.scalars(sa.select(column)))
    return found


def data_files(session: Session) -> set[str]:
    """The hashes of the files that a resource has or a release document names: what is published.

    Letters and minutes are none: they name those who signed and who came, and are never public.
    """
    found = set(session.scalars(sa.select(ResourceFile.sha256)))
    documents = session.scalars(
        sa.select(ReleaseDocument.canonical).execution_options(yield_per=_DOCUMENTS_AT_ONCE)
    )
    for canonical in documents:
        found.update(file_hashes(json.loads(canonical)))
    return found


def _age(path: Path, now: datetime.datetime) -> datetime.timedelta:
    modified = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
    return now - modified
