"""The ledger's memory of the federal way: passages, looks, notices, comprobantes.

Every table of it only grows. A correction is a row that comes later. What was found in the bytes
of the copies is remembered by :mod:`~ckanext.imssbienestar.mirror.proofs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from ckanext.imssbienestar.mirror import ledger_tables as tables
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger_database import LedgerDatabase, aware
from ckanext.imssbienestar.mirror.ledger_entries import LedgerEntry, State
from ckanext.imssbienestar.mirror.proofs import Proof, Proofs, Verdict
from ckanext.imssbienestar.mirror.reviews import (
    Facts,
    Kind,
    ReviewState,
    Seen,
    Standing,
    Verification,
    since_of,
    state_of,
)


class NoticeOutcome(StrEnum):
    """How far a mail got: ``begun`` is written before it leaves, one of the others after.

    A mail that stays ``begun`` may have arrived; ``refused`` surely did not.
    """

    BEGUN = "begun"
    SENT = "sent"
    REFUSED = "refused"


REMINDER = "reminder"

# Any number that nobody else locks in the same database.
_NOTICE_LOCK = 6_157_309_442


@dataclass(frozen=True)
class Passage:
    """A release got somewhere.

    :ivar moment: when it did, as far as that can be known.
    :ivar known_by: ``run``, ``notify``, ``review`` or ``verify``.
    :ivar recorded: when the row was written.
    """

    dataset_id: str
    release_id: str
    state: ReviewState
    seen: Seen | None
    known_by: str
    moment: datetime
    recorded: datetime


@dataclass(frozen=True)
class NoticeRecord:
    """One thing that a mail was about, and how far that mail got.

    :ivar kind: a :class:`~ckanext.imssbienestar.mirror.reviews.Kind`, or ``reminder``.
    """

    dataset_id: str
    release_id: str
    kind: str
    message_id: str
    outcome: NoticeOutcome
    moment: datetime


@dataclass(frozen=True)
class ReceiptRecord:
    """A comprobante; the last one of a release and kind counts, earlier ones were corrected by it.

    :ivar issued: the day it bears.
    :ivar person: who recorded it.
    """

    dataset_id: str
    release_id: str
    kind: Kind
    receipt_number: str
    issued: date
    sha256: str
    size: int
    media_type: str
    person: str
    recorded: datetime


@dataclass(frozen=True)
class Memory:
    """All of it for one target, oldest first, by dataset."""

    passages: Mapping[str, Sequence[Passage]] = field(default_factory=dict)
    proofs: Mapping[str, Sequence[Proof]] = field(default_factory=dict)
    notices: Mapping[str, Sequence[NoticeRecord]] = field(default_factory=dict)
    receipts: Mapping[str, Sequence[ReceiptRecord]] = field(default_factory=dict)

    def notice_of(self, dataset_id: str, release_id: str, kind: str) -> NoticeRecord | None:
        """How far the last mail about this got; None if there was none."""
        rows = self.notices.get(dataset_id, ())
        same = [row for row in rows if (row.release_id, row.kind) == (release_id, kind)]
        return same[-1] if same else None

    def receipt_of(self, dataset_id: str, release_id: str, kind: Kind) -> ReceiptRecord | None:
        """The comprobante that counts."""
        rows = self.receipts.get(dataset_id, ())
        same = [row for row in rows if (row.release_id, row.kind) == (release_id, kind)]
        return same[-1] if same else None


class ReviewRecords:
    """Reads and appends; every method is one transaction."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def now(self) -> datetime:
        """The ledger's clock."""
        return self._database.clock()

    def memory(self) -> Memory:
        """Everything that is remembered of this target."""
        proofs = Proofs(self._database).all()
        with self._database.transaction() as connection:
            passages = _grouped(_passage(row) for row in self._rows(connection, tables.passage))
            notices = _grouped(_notice(row) for row in self._rows(connection, tables.notice))
            receipts = _grouped(_receipt(row) for row in self._rows(connection, tables.receipt))
        return Memory(passages, proofs, notices, receipts)

    def last_look(self) -> datetime | None:
        """When the target was last looked at as a whole."""
        with self._database.transaction() as connection:
            moments = [row.moment for row in self._rows(connection, tables.look)[-1:]]
        return aware(moments[0]) if moments else None

    def looked(self, datasets: int) -> None:
        """Append that the target was looked at."""
        self._append(tables.look, [{"moment": self.now(), "datasets": datasets}])

    def passed(
        self, standings: Iterable[Standing], known_by: str, memory: Memory
    ) -> tuple[Passage, ...]:
        """Append each state that is not the one last recorded; returns what was appended."""
        now = self.now()
        found = tuple(
            Passage(
                one.dataset_id,
                one.release_id,
                one.state,
                one.facts.seen,
                known_by,
                one.since or now,
                now,
            )
            for one in standings
            if _is_news(one, memory)
        )
        self._append(tables.passage, [_plain(one) for one in found])
        return found

    def begin_notice(self, rows: Iterable[NoticeRecord], memory: Memory) -> None:
        """Append that a mail is about to leave.

        :raises MirrorConfigurationError: when another program has begun one since that memory.
        """
        known = sum(len(found) for found in memory.notices.values())
        target = self._database.target
        with self._database.transaction() as connection:
            if connection.dialect.name == "postgresql":  # SQLite lets one in at a time anyway
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_NOTICE_LOCK)))
            count = sa.select(sa.func.count()).where(tables.notice.c.target == target)
            if connection.execute(count).scalar_one() != known:
                raise MirrorConfigurationError("notice-busy")
            made = [{**_plain(row), "target": target} for row in rows]
            connection.execute(tables.notice.insert(), made)

    def noticed(self, rows: Iterable[NoticeRecord]) -> None:
        """Append how far a mail got."""
        self._append(tables.notice, [_plain(row) for row in rows])

    def received(self, row: ReceiptRecord) -> None:
        """Append a comprobante."""
        self._append(tables.receipt, [_plain(row)])

    def _append(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        with self._database.transaction() as connection:
            connection.execute(
                table.insert(), [{**row, "target": self._database.target} for row in rows]
            )

    def _rows(self, connection: sa.Connection, table: sa.Table) -> Sequence[sa.Row[Any]]:
        query = sa.select(table).where(table.c.target == self._database.target)
        return connection.execute(query.order_by(table.c.number)).all()


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


def _is_news(standing: Standing, memory: Memory) -> bool:
    rows = memory.passages.get(standing.dataset_id, ())
    same = [row for row in rows if row.release_id == standing.release_id]
    last = same[-1] if same else None
    return last is None or (last.state, last.seen) != (standing.state, standing.facts.seen)


def _refused(notice: NoticeRecord) -> bool:
    return notice.outcome is NoticeOutcome.REFUSED


def _left(notice: NoticeRecord) -> bool:
    return notice.outcome is NoticeOutcome.SENT


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: value.value if isinstance(value, StrEnum) else value
        for name, value in vars(row).items()
    }


def _grouped(rows: Iterable[Any]) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.dataset_id, []).append(row)
    return found


def _passage(row: Any) -> Passage:
    return Passage(
        row.dataset_id,
        row.release_id,
        ReviewState(row.state),
        Seen(row.seen) if row.seen else None,
        row.known_by,
        aware(row.moment),
        aware(row.recorded),
    )


def _notice(row: Any) -> NoticeRecord:
    return NoticeRecord(
        row.dataset_id,
        row.release_id,
        row.kind,
        row.message_id,
        NoticeOutcome(row.outcome),
        aware(row.moment),
    )


def _receipt(row: Any) -> ReceiptRecord:
    return ReceiptRecord(
        row.dataset_id,
        row.release_id,
        Kind(row.kind),
        row.receipt_number,
        row.issued,
        row.sha256,
        row.size,
        row.media_type,
        row.person,
        aware(row.recorded),
    )
