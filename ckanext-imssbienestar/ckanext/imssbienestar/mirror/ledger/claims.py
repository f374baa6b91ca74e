"""One writer a dataset, over any number of runs, processes and machines.

A claim is a row with a fence: a number that grows each time somebody takes the dataset. What a run
writes in the ledger proves its fence in the same transaction, so a run that lost its claim (it
slept, its machine was cut off) announces no call and confirms nothing. A claim is taken over when
its beat is too old, and at once when its process was on this machine and is gone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase, aware
from ckanext.imssbienestar.mirror.processes import (
    living_runs,
    process_birth,
    process_lives,
    this_machine,
    whereabouts,
)

LEASE_SECONDS = 300
BEAT_SECONDS = 20.0
_IN_WORK = -1


class LostClaimError(Exception):
    """Another run took the dataset over: nothing more may be written of it by this one."""


@dataclass(frozen=True)
class Claim:
    """The right to write one dataset.

    :ivar fence: grows with each claim of this dataset.
    """

    dataset_id: str
    run_id: str
    fence: int


@dataclass(frozen=True)
class Fences:
    """The claims as they were at one moment.

    :ivar held: datasets that another living run was at.
    """

    numbers: Mapping[str, int]
    held: frozenset[str]

    def of(self, dataset_id: str) -> int:
        """What a claim must still find: a number that none has, while another run is at it."""
        return _IN_WORK if dataset_id in self.held else self.numbers.get(dataset_id, 0)


class Claims:
    """The claims of one target; every method works inside a transaction of the caller."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def take(
        self, connection: sa.Connection, dataset_id: str, run_id: str, seen: int | None
    ) -> Claim | None:
        """The claim on a dataset; None while another living run has it.

        :param seen: its fence when the dataset was planned; None too when somebody had it since.
        """
        now = self._database.now(connection)
        row = connection.execute(sa.select(tables.claim).where(*self._is(dataset_id))).one_or_none()
        if row is None:
            return self._first(connection, dataset_id, run_id, now)
        if seen not in (None, row.fence) or (row.run_id is not None and alive(row, now)):
            return None
        found = connection.execute(
            sa.update(tables.claim)
            .where(*self._is(dataset_id), tables.claim.c.fence == row.fence)
            .values(fence=row.fence + 1, **_holder(run_id, now))
        ).rowcount
        return Claim(dataset_id, run_id, row.fence + 1) if found else None

    def demand(self, connection: sa.Connection, claim: Claim) -> None:
        """Prove and prolong a claim, in the transaction of what is written under it.

        :raises LostClaimError: when another run has it.
        """
        found = connection.execute(
            sa.update(tables.claim)
            .where(*self._of(claim))
            .values(beat=self._database.now(connection))
        ).rowcount
        if not found:
            raise LostClaimError(claim.dataset_id)

    def release(self, connection: sa.Connection, claim: Claim) -> None:
        """Give a claim back; does nothing when it is another run's by now."""
        connection.execute(sa.update(tables.claim).where(*self._of(claim)).values(run_id=None))

    def release_all(self, connection: sa.Connection, run_id: str) -> None:
        """Give back whatever a run still holds."""
        connection.execute(sa.update(tables.claim).where(*self._by(run_id)).values(run_id=None))

    def beat(self, connection: sa.Connection, run_id: str) -> None:
        """Prolong all claims of a run."""
        connection.execute(
            sa.update(tables.claim)
            .where(*self._by(run_id))
            .values(beat=self._database.now(connection))
        )

    def fences(self, connection: sa.Connection, run_id: str) -> Fences:
        """How often each dataset was claimed so far, and by whom it is now."""
        now = self._database.now(connection)
        rows = connection.execute(
            sa.select(tables.claim).where(tables.claim.c.target == self._database.target)
        ).all()
        held = frozenset(
            row.dataset_id for row in rows if row.run_id not in (None, run_id) and alive(row, now)
        )
        return Fences({row.dataset_id: row.fence for row in rows}, held)

    def _first(
        self, connection: sa.Connection, dataset_id: str, run_id: str, now: datetime
    ) -> Claim | None:
        row = {"target": self._database.target, "dataset_id": dataset_id, "fence": 1}
        try:
            with connection.begin_nested():
                connection.execute(tables.claim.insert().values(**row, **_holder(run_id, now)))
        except IntegrityError:
            return None  # another run was quicker
        return Claim(dataset_id, run_id, 1)

    def _is(self, dataset_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            tables.claim.c.target == self._database.target,
            tables.claim.c.dataset_id == dataset_id,
        )

    def _by(self, run_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            tables.claim.c.target == self._database.target,
            tables.claim.c.run_id == run_id,
        )

    def _of(self, claim: Claim) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            *self._is(claim.dataset_id),
            tables.claim.c.run_id == claim.run_id,
            tables.claim.c.fence == claim.fence,
        )


def alive(row: Any, now: datetime) -> bool:
    """Whether whoever wrote a row still works: its beat is young and its process, if near, lives.

    :param row: has the columns of ``processes.whereabouts``, ``run_id`` and ``beat``.
    """
    if now - aware(row.beat) >= timedelta(seconds=LEASE_SECONDS):
        return False
    if row.machine != this_machine():
        return True
    if row.process == os.getpid() and row.birth == process_birth(row.process):
        return row.run_id in living_runs
    return process_lives(row.process, row.birth)


def _holder(run_id: str, now: datetime) -> dict[str, Any]:
    return {"run_id": run_id, "since": now, "beat": now, **whereabouts()}
