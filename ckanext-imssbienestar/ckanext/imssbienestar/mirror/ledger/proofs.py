"""What was found when the bytes of the target's copies were read, and when.

A row lasts as long as the same thing is found: ``since`` is when it was first found, ``checked``
when it was last. Another finding begins another row, and the one before stays as history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase, aware

# Values of one IN list; SQLite and PostgreSQL both take more.
_IDS_A_QUERY = 500


class Verdict(StrEnum):
    """What a look at a copy showed."""

    EQUAL = "equal"
    DIFFERENT = "different"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    """The copy could not be read: nothing is known of its bytes."""


@dataclass(frozen=True)
class Finding:
    """One look at one file.

    :ivar identifier: of the resource, as signed; empty for a dataset as a whole.
    :ivar address: where the copy is for people.
    """

    dataset_id: str
    identifier: str
    file_name: str
    address: str
    expected_sha256: str | None
    found_sha256: str | None
    verdict: Verdict


@dataclass(frozen=True)
class Proof:
    """A finding and how long it has been so."""

    finding: Finding
    since: datetime
    checked: datetime


class Proofs:
    """The findings of one target."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def record(self, findings: Iterable[Finding]) -> None:
        """Keep what was found just now; one transaction."""
        wanted = list(findings)
        if not wanted:
            return
        with self._database.transaction() as connection:
            self._database.take_turn(connection, tables.proof)  # a run and a verification at once
            now = self._database.now(connection)
            standing = {
                (row.dataset_id, row.identifier): row
                for row in self._rows(connection, {finding.dataset_id for finding in wanted})
            }
            for finding in wanted:
                row = standing.get((finding.dataset_id, finding.identifier))
                self._keep(connection, finding, row, now)

    def of(self, dataset_id: str) -> tuple[Proof, ...]:
        """What stands now for one dataset."""
        with self._database.transaction() as connection:
            return tuple(_proof(row) for row in self._rows(connection, {dataset_id}))

    def all(self) -> dict[str, tuple[Proof, ...]]:
        """What stands now for every dataset, by its id."""
        found: dict[str, list[Proof]] = {}
        with self._database.transaction() as connection:
            for row in connection.execute(self._standing()):
                found.setdefault(row.dataset_id, []).append(_proof(row))
        return {key: tuple(proofs) for key, proofs in found.items()}

    def history(self, dataset_id: str, limit: int) -> tuple[Proof, ...]:
        """All that was ever found of one dataset, newest first."""
        table = tables.proof
        query = (
            sa.select(table)
            .where(table.c.target == self._database.target, table.c.dataset_id == dataset_id)
            .order_by(table.c.number.desc())
            .limit(limit)
        )
        with self._database.transaction() as connection:
            return tuple(_proof(row) for row in connection.execute(query))

    def _keep(
        self, connection: sa.Connection, finding: Finding, row: Any | None, now: datetime
    ) -> None:
        table = tables.proof
        if row is not None:
            same = _finding(row) == finding
            change = {"checked": now} if same else {"present": False}
            connection.execute(sa.update(table).where(table.c.number == row.number).values(change))
            if same:
                return
        connection.execute(
            table.insert().values(
                **(vars(finding) | {"verdict": finding.verdict.value}),
                target=self._database.target,
                present=True,
                since=now,
                checked=now,
            )
        )

    def _rows(self, connection: sa.Connection, ids: set[str]) -> Iterable[Any]:
        ordered: Sequence[str] = sorted(ids)
        for start in range(0, len(ordered), _IDS_A_QUERY):
            part = ordered[start : start + _IDS_A_QUERY]
            query = self._standing().where(tables.proof.c.dataset_id.in_(part))
            yield from connection.execute(query).all()

    def _standing(self) -> sa.Select[Any]:
        table = tables.proof
        return (
            sa.select(table)
            .where(table.c.target == self._database.target, table.c.present)
            .order_by(table.c.number)
        )


def _proof(row: Any) -> Proof:
    return Proof(_finding(row), aware(row.since), aware(row.checked))


def _finding(row: Any) -> Finding:
    return Finding(
        dataset_id=row.dataset_id,
        identifier=row.identifier,
        file_name=row.file_name,
        address=row.address,
        expected_sha256=row.expected_sha256,
        found_sha256=row.found_sha256,
        verdict=Verdict(row.verdict),
    )
