"""A look at the target: what the federal side did with each release, and what it made public."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ckanext.imssbienestar.mirror.errors import RefusedError
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry, State
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.ledger.proofs import Proofs
from ckanext.imssbienestar.mirror.planning.plan import PlanItem
from ckanext.imssbienestar.mirror.review.passages import ReviewState, Seen, Standing
from ckanext.imssbienestar.mirror.review.records import ReviewRecords
from ckanext.imssbienestar.mirror.review.standings import standing_of, standings
from ckanext.imssbienestar.mirror.running.session import MirrorSession, ledger_database_of
from ckanext.imssbienestar.mirror.running.verify import compare_item
from ckanext.imssbienestar.mirror.running.watch import finding_of


@dataclass(frozen=True)
class Looked:
    """What came of it.

    :ivar waits_until: set when it was too soon to look again; the standings are the known ones.
    """

    standings: tuple[Standing, ...]
    last: datetime | None = None
    waits_until: datetime | None = None


def look(
    session: MirrorSession,
    ledger: Ledger,
    records: ReviewRecords,
    *,
    only: Sequence[str] = (),
    now: bool = False,
) -> Looked:
    """See what the federal side did, record it, and read the bytes of what became public.

    One page of search for every thousand datasets, one more call for each that is not in it, and
    the files of those that are public and not proven equal. Writes nothing at the target.

    :param now: look even if the interval of the profile is not over.
    """
    entries = {key: entry for key, entry in ledger.entries().items() if _is_asked_for(entry, only)}
    notices = session.settings.notice is not None
    last = records.last_look()
    due = _next_look(session, last)
    if due is not None and due > records.now() and not now:
        known = standings(entries.values(), records.memory(), notices=notices)
        return Looked(known, last, due)
    items, _ = session.plan(ledger.entries(), to_write=False)
    found = {item.dataset_id: item for item in items if item.dataset_id in entries}
    seen = _see(session, ledger, entries, found)
    memory = records.memory()
    first = [
        standing_of(one, memory, notices=notices, seen=seen.get(key))
        for key, one in _as_seen(entries, seen).items()
        if one.remote_id and one.release_id
    ]
    records.passed(first, "review", memory)
    if not only:  # a look at a few does not put off the one at all
        records.looked(len(first))
    _read_what_is_public(session, first, found)
    memory = records.memory()
    second = standings(_as_seen(entries, seen).values(), memory, notices=notices)
    records.passed(second, "review", memory)
    return Looked(second, last)


def _is_asked_for(entry: LedgerEntry, only: Sequence[str]) -> bool:
    return not only or bool({entry.dataset_name, entry.remote_name} & {*only})


def _next_look(session: MirrorSession, last: datetime | None) -> datetime | None:
    if last is None:
        return None
    return last + timedelta(minutes=session.settings.review.interval_minutes)


def _see(
    session: MirrorSession,
    ledger: Ledger,
    entries: Mapping[str, LedgerEntry],
    items: Mapping[str, PlanItem],
) -> dict[str, Seen]:
    seen: dict[str, Seen] = {}
    for key, entry in entries.items():
        item = items.get(key)
        if item is None or entry.state is not State.CONFIRMED or entry.withdrawn:
            continue
        seen[key] = _seen(session, entry, item)
        private = _private(item)
        if private is not None and private != entry.private and seen[key] is not Seen.GONE:
            ledger.note_private(key, private)
    return seen


def _seen(session: MirrorSession, entry: LedgerEntry, item: PlanItem) -> Seen:
    remote = item.remote
    if remote is None or remote.deleted:
        return _seen_by_id(session, entry)
    if item.drift or (item.doubts and _bytes_differ(session, item)):
        return Seen.CHANGED
    return Seen.PRIVATE if remote.private else Seen.PUBLIC


def _seen_by_id(session: MirrorSession, entry: LedgerEntry) -> Seen:
    """The search index may lag behind, and may hide things: the dataset itself is asked."""
    try:
        remote = session.target.show(entry.remote_id or entry.remote_name)
    except RefusedError as error:
        if error.sentence.code != "refused":
            raise  # a firewall says nothing of the dataset
        return Seen.GONE
    if remote is None or remote.deleted:
        return Seen.GONE
    if not session.target.owns(remote):
        return Seen.CHANGED
    return Seen.PRIVATE if remote.private else Seen.PUBLIC


def _bytes_differ(session: MirrorSession, item: PlanItem) -> bool:
    return any(not one.equal and one.error is None for one in compare_item(session, item))


def _private(item: PlanItem) -> bool | None:
    return item.remote.private if item.remote is not None and not item.remote.deleted else None


def _as_seen(
    entries: Mapping[str, LedgerEntry], seen: Mapping[str, Seen]
) -> dict[str, LedgerEntry]:
    private = {Seen.PRIVATE: True, Seen.PUBLIC: False}
    return {
        key: replace(entry, private=private[seen[key]]) if seen.get(key) in private else entry
        for key, entry in entries.items()
    }


def _read_what_is_public(
    session: MirrorSession, found: Iterable[Standing], items: Mapping[str, PlanItem]
) -> None:
    proofs, url = Proofs(ledger_database_of(session.settings)), session.settings.target.url
    for standing in found:
        item = items.get(standing.dataset_id)
        if standing.state is ReviewState.PUBLIC and item is not None:
            proofs.record(finding_of(one, url) for one in compare_item(session, item))
