"""The ledger's memory of the federal way: passages, looks, notices, comprobantes.

Every table of it only grows. A correction is a row that comes later. What was found in the bytes
of the copies is remembered by :mod:`~ckanext.imssbienestar.mirror.ledger.proofs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase, aware
from ckanext.imssbienestar.mirror.ledger.proofs import Proof, Proofs
from ckanext.imssbienestar.mirror.review.passages import (
    Kind,
    ReviewState,
    Seen,
    Standing,
)


class NoticeOutcome(StrEnum):
    """How far a mail got: ``begun`` is written before it leaves, one of the others after.

    A mail that stays ``begun`` may have arrived; ``refused`` surely did not.
    """

    BEGUN = "begun"
    SENT = "sent"
    REFUSED = "refused"


REMINDER = "reminder"


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

    :ivar kind: a :class:`~ckanext.imssbienestar.mirror.review.passages.Kind`, or ``reminder``.
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
        with self._database.transaction() as connection:
            return aware(self._database.now(connection))

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
            self._database.take_turn(connection, tables.notice)
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


def _is_news(standing: Standing, memory: Memory) -> bool:
    rows = memory.passages.get(standing.dataset_id, ())
    same = [row for row in rows if row.release_id == standing.release_id]
    last = same[-1] if same else None
    return last is None or (last.state, last.seen) != (standing.state, standing.facts.seen)


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
