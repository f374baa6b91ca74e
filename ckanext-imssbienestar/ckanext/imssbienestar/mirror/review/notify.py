"""Which releases the federal side has not been told of yet, and telling it, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from ckanext.imssbienestar.mirror.catalogues.releases import Release
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry, State
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage
from ckanext.imssbienestar.mirror.review.notices import (
    NoticeDataset,
    NoticeFile,
    NoticeRefusedError,
    compose,
    send,
)
from ckanext.imssbienestar.mirror.review.passages import Kind
from ckanext.imssbienestar.mirror.review.records import (
    REMINDER,
    Memory,
    NoticeOutcome,
    NoticeRecord,
    ReviewRecords,
)
from ckanext.imssbienestar.mirror.review.standings import kind_of
from ckanext.imssbienestar.mirror.review_settings import NoticeSettings
from ckanext.imssbienestar.mirror.running.preflight import preflight
from ckanext.imssbienestar.mirror.running.session import MirrorSession


@dataclass(frozen=True)
class Due:
    """What there is to tell.

    :ivar fresh: never told.
    :ivar doubtful: told once, with the answer lost.
    :ivar unconfirmed: sent, and not read back as it should be.
    """

    fresh: tuple[LedgerEntry, ...] = ()
    doubtful: tuple[LedgerEntry, ...] = ()
    unconfirmed: tuple[LedgerEntry, ...] = ()


def due(entries: Iterable[LedgerEntry], memory: Memory) -> Due:
    """Sort the ledger by what its releases' notices came to."""
    fresh, doubtful, unconfirmed = [], [], []
    for entry in entries:
        if not entry.remote_id or not entry.release_id:
            continue
        if entry.state is not State.CONFIRMED:
            unconfirmed.append(entry)
            continue
        notice = memory.notice_of(entry.dataset_id, entry.release_id, kind_of(entry, memory))
        if notice is None or notice.outcome is NoticeOutcome.REFUSED:
            fresh.append(entry)
        elif notice.outcome is NoticeOutcome.BEGUN:
            doubtful.append(entry)
    return Due(tuple(fresh), tuple(doubtful), tuple(unconfirmed))


def notice_settings(session: MirrorSession) -> NoticeSettings:
    """The section ``[notice]``, which whoever notifies needs."""
    if session.settings.notice is None:
        raise MirrorConfigurationError("notice-absent")
    return session.settings.notice


def describe(
    session: MirrorSession,
    entries: Sequence[LedgerEntry],
    memory: Memory,
    since: Mapping[str, str] | None = None,
) -> tuple[NoticeDataset, ...]:
    """What a mail says of these releases, from the ledger, the target and the signed documents.

    Reads both catalogues: one page of each for every thousand datasets.
    """
    preflight(session.target, session.projection)
    releases = {
        release.dataset_id: release
        for release in session.source.releases()
        if isinstance(release, Release)
    }
    packages = {package.id: package for package in session.target.packages()}
    base = session.settings.target.url
    return tuple(
        _dataset(
            entry,
            kind_of(entry, memory),
            packages.get(entry.remote_id or ""),
            releases.get(entry.dataset_id),
            f"{base}/dataset/{entry.remote_name}",
            (since or {}).get(entry.dataset_id, ""),
        )
        for entry in entries
    )


def mail_about(
    session: MirrorSession,
    datasets: Sequence[NoticeDataset],
    records: ReviewRecords,
    *,
    reminder: bool = False,
) -> EmailMessage:
    """The mail, from the profile's settings."""
    return compose(
        notice_settings(session),
        datasets,
        organization=session.settings.target.organization,
        host=session.target.host,
        now=records.now(),
        reminder=reminder,
    )


def post(
    settings: NoticeSettings,
    message: EmailMessage,
    datasets: Sequence[NoticeDataset],
    records: ReviewRecords,
    memory: Memory,
    *,
    reminder: bool = False,
) -> tuple[str, ...]:
    """Send a mail with its record around it; returns the mailboxes that were not taken.

    The record is begun before the mail leaves: what breaks off in between, a power cut too, is
    known as doubtful and is not sent again by itself.

    :param memory: what the mail was decided by; if more is known by now, it does not leave.
    """

    def rows(outcome: NoticeOutcome) -> list[NoticeRecord]:
        return [
            NoticeRecord(
                one.dataset_id,
                one.release_id,
                REMINDER if reminder else one.kind,
                str(message["Message-ID"]),
                outcome,
                records.now(),
            )
            for one in datasets
        ]

    records.begin_notice(rows(NoticeOutcome.BEGUN), memory)
    try:
        refused = send(settings, message)
    except (NoticeRefusedError, MirrorConfigurationError):
        records.noticed(rows(NoticeOutcome.REFUSED))
        raise
    records.noticed(rows(NoticeOutcome.SENT))
    return refused


def _dataset(
    entry: LedgerEntry,
    kind: Kind,
    package: RemotePackage | None,
    release: Release | None,
    address: str,
    since: str,
) -> NoticeDataset:
    same = release is not None and release.id == entry.release_id
    known = release if release is not None and same else None
    # What was withdrawn is no longer there to be asked; the signed document still has its title.
    title = str((release.document.get("dataset") or {}).get("title") or "") if release else ""
    if package is not None:
        title = str(package.raw.get("title") or "") or title
    return NoticeDataset(
        dataset_id=entry.dataset_id,
        release_id=entry.release_id,
        kind=kind.value,
        name=entry.remote_name,
        title=title or entry.dataset_name,
        address=address,
        number=str(known.number) if known and known.number else "",
        since=since,
        files=_files(entry, package),
        document=known.document if known else {},
    )


def _files(entry: LedgerEntry, package: RemotePackage | None) -> tuple[NoticeFile, ...]:
    shown = {one.id: one.raw for one in package.resources} if package else {}
    return tuple(
        NoticeFile(
            name=str(shown.get(file.remote_id, {}).get("url") or "").rsplit("/", 1)[-1],
            address=str(shown.get(file.remote_id, {}).get("url") or ""),
            sha256=file.sha256,
            size=file.size,
        )
        for file in entry.files.values()
    )
