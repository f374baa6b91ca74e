"""Where each release is at the federal side, from the ledger's memory: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry, State
from ckanext.imssbienestar.mirror.ledger.proofs import Proof, Verdict
from ckanext.imssbienestar.mirror.review.passages import (
    Facts,
    Kind,
    Seen,
    Standing,
    Verification,
    since_of,
    state_of,
)
from ckanext.imssbienestar.mirror.review.records import (
    REMINDER,
    Memory,
    NoticeOutcome,
    NoticeRecord,
    Passage,
)


def standings(
    entries: Iterable[LedgerEntry], memory: Memory, *, notices: bool
) -> tuple[Standing, ...]:
    """Where every release of the ledger is, as far as it is known without looking.

    What never reached the target has no standing.

    :param notices: whether this mirror sends notices.
    """
    return tuple(
        standing_of(entry, memory, notices=notices)
        for entry in entries
        if entry.remote_id and entry.release_id
    )


def standing_of(
    entry: LedgerEntry, memory: Memory, *, notices: bool, seen: Seen | None = None
) -> Standing:
    """Where one release is.

    :param seen: what a look has just found, if there was one.
    """
    kind = kind_of(entry, memory)
    facts = _facts(entry, memory, kind, notices, seen)
    state = state_of(facts)
    passages = _passages_of(entry, memory)
    same = passages[-1].moment if passages and passages[-1].state is state else None
    receipt = memory.receipt_of(entry.dataset_id, entry.release_id, kind)
    reminder = memory.notice_of(entry.dataset_id, entry.release_id, REMINDER)
    return Standing(
        dataset_id=entry.dataset_id,
        dataset=entry.dataset_name,
        release_id=entry.release_id,
        kind=kind,
        state=state,
        facts=facts,
        since=same or since_of(state, facts),
        receipt=receipt.receipt_number if receipt else None,
        reminded=reminder.moment if reminder and not _refused(reminder) else None,
    )


def kind_of(entry: LedgerEntry, memory: Memory) -> Kind:
    """What sending this release was: the first of its dataset is a load, what follows a change."""
    if entry.withdrawn:
        return Kind.WITHDRAWAL
    earlier = (
        *(one.release_id for one in memory.passages.get(entry.dataset_id, ())),
        *(one.release_id for one in memory.notices.get(entry.dataset_id, ())),
    )
    first = earlier[0] if earlier else entry.release_id
    return Kind.LOAD if first == entry.release_id else Kind.CHANGE


def _facts(
    entry: LedgerEntry, memory: Memory, kind: Kind, notices: bool, looked: Seen | None
) -> Facts:
    confirmed = entry.confirmed if entry.state is State.CONFIRMED else None
    passages = _passages_of(entry, memory)
    seen = looked or _seen(entry, passages, confirmed)
    opened = _opened(passages)
    notice = memory.notice_of(entry.dataset_id, entry.release_id, kind)
    return Facts(
        confirmed=confirmed,
        withdrawn=entry.withdrawn,
        seen=seen,
        opened=opened if seen is Seen.PUBLIC else None,
        closed_again=seen is Seen.PRIVATE and opened is not None,
        notified=notice.moment if notice is not None and _left(notice) else None,
        notices=notices,
        verified=verification_of(entry, memory.proofs.get(entry.dataset_id, ())),
    )


def verification_of(entry: LedgerEntry, proofs: Iterable[Proof]) -> Verification | None:
    """What the last readings of a dataset's files came to; None while some were not read.

    :returns: equal since the oldest of them; or not, by the newest that found something else.
    """
    by_file = {one.finding.identifier: one for one in proofs}
    read = {
        key: proof
        for key, file in entry.files.items()
        if (proof := by_file.get(key)) is not None
        # Not read is not read wrong, and what another release asked for says nothing of this one.
        and proof.finding.verdict is not Verdict.UNREADABLE
        and proof.finding.expected_sha256 == file.sha256
    }
    wrong = [one.checked for one in read.values() if one.finding.verdict is not Verdict.EQUAL]
    if wrong:
        return Verification(equal=False, moment=max(wrong))
    if not read or read.keys() != entry.files.keys():
        return None
    return Verification(equal=True, moment=min(one.checked for one in read.values()))


def _seen(
    entry: LedgerEntry, passages: Sequence[Passage], confirmed: datetime | None
) -> Seen | None:
    """The newer of the two: what a look found, or what was there at the confirmation."""
    last = passages[-1] if passages else None
    if last is not None and last.seen in (Seen.CHANGED, Seen.GONE):
        newer = confirmed is None or last.recorded >= confirmed
        if newer:
            return last.seen
    if entry.private is None:
        return None
    return Seen.PRIVATE if entry.private else Seen.PUBLIC


def _opened(passages: Sequence[Passage]) -> datetime | None:
    """When it was first seen public, since it was last seen gone."""
    opened = None
    for passage in passages:
        if passage.seen is Seen.GONE:
            opened = None
        elif passage.seen is Seen.PUBLIC:
            opened = opened or passage.moment
    return opened


def _passages_of(entry: LedgerEntry, memory: Memory) -> tuple[Passage, ...]:
    rows = memory.passages.get(entry.dataset_id, ())
    return tuple(row for row in rows if row.release_id == entry.release_id)


def _refused(notice: NoticeRecord) -> bool:
    return notice.outcome is NoticeOutcome.REFUSED


def _left(notice: NoticeRecord) -> bool:
    return notice.outcome is NoticeOutcome.SENT
