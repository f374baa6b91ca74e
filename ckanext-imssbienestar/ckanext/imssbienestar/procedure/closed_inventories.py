"""The closed versions of Formato 1 in the database (R-068): read, never written here."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.inventory_versions import (
    AlteredInventory,
    ClosedInventory,
    restore_closed,
)
from ckanext.imssbienestar.procedure.remembered import Remembered

_TABLE = model.ClosedInventory
# A large inventory has some thousand entries; each of them takes about three kilobytes here.
_READ: Remembered[ClosedInventory] = Remembered(20_000, lambda form: len(form.entries))
_COUNTED: Remembered[int] = Remembered(10_000, lambda _count: 0)


@dataclass(frozen=True)
class InventoryVersion:
    """A closed version, without what it says.

    :ivar closed_by: CKAN's id of the user.
    """

    digest: str
    coordination_id: str
    number: int
    closed: datetime.datetime
    closed_by: str


def newest(
    session: Session, coordination_id: str, *, lock: bool = False
) -> InventoryVersion | None:
    """The version of a coordination that counts, or None while none was closed.

    :param lock: nobody else decides about it, or makes a form of it, until the transaction ends.
    """
    query = _versions(coordination_id).order_by(_TABLE.number.desc()).limit(1)
    return _one(session, query.with_for_update() if lock else query)


def by_number(session: Session, coordination_id: str, number: int) -> InventoryVersion | None:
    """One version of a coordination, or None."""
    return _one(session, _versions(coordination_id).where(_TABLE.number == number))


def earlier(session: Session, version: InventoryVersion) -> list[InventoryVersion]:
    """The versions that this one supersedes, the newest first."""
    query = _versions(version.coordination_id).where(_TABLE.number < version.number)
    rows = session.execute(query.order_by(_TABLE.number.desc()))
    return [InventoryVersion(*row) for row in rows]


def content(session: Session, version: InventoryVersion) -> ClosedInventory:
    """What a version says.

    :raises AlteredInventory: it is not what was closed.
    """

    def read() -> ClosedInventory:
        query = sa.select(_TABLE.document).where(_TABLE.digest == version.digest)
        try:
            document = json.loads(session.scalars(query).one())
        except ValueError as error:
            raise AlteredInventory(version.number) from error
        return restore_closed(document, version.digest)

    return _READ.get(version.digest, read)


def entry_count(session: Session, digest: str) -> int:
    """How many entries a version has, without reading them."""

    def counted() -> int:
        entries = sa.cast(_TABLE.document, sa.dialects.postgresql.JSONB)["entries"]
        query = sa.select(sa.func.jsonb_array_length(entries)).where(_TABLE.digest == digest)
        return int(session.scalars(query).one())

    return _COUNTED.get(digest, counted)


def _versions(coordination_id: str) -> sa.Select[tuple[str, str, int, datetime.datetime, str]]:
    return sa.select(
        _TABLE.digest, _TABLE.coordination_id, _TABLE.number, _TABLE.closed, _TABLE.closed_by
    ).where(_TABLE.coordination_id == coordination_id)


def _one(
    session: Session, query: sa.Select[tuple[str, str, int, datetime.datetime, str]]
) -> InventoryVersion | None:
    row = session.execute(query).first()
    return InventoryVersion(*row) if row else None
