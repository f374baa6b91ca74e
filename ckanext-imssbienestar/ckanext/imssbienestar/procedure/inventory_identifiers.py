"""The identifiers of databases, given once in the whole organism and never again (R-054)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.inventory_identifiers import identifier_prefix
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.procedure.inventory import Coordination, Writer

_LOCK = 0x1B57_0002
"""Of the database: two coordinations may have the same initials, and a number is given once."""


@dataclass(frozen=True)
class Taken:
    """What is known of some identifiers, as an import asks for it.

    :ivar prefix: what those of the coordination begin with.
    :ivar elsewhere: identifiers of other inventories -> the name of their coordination.
    :ivar retired: identifiers in no inventory.
    :ivar last: the identifier with the highest number of the prefix, wherever it is; or empty.
    """

    prefix: str
    elsewhere: dict[str, str] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()
    last: str = ""


def lock(session: Session) -> None:
    """Nobody else gives an identifier until the transaction ends."""
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def taken(session: Session, coordination: Coordination, asked: Collection[str]) -> Taken:
    """What stands against giving these identifiers, and the last one of the series.

    :param asked: identifiers as they are written anywhere.
    """
    registry, entry = model.DatabaseIdentifier, model.InventoryEntry
    prefix = identifier_prefix(coordination.name, inventory_layout())
    last = _last_of(session, prefix)
    keys = [one.upper() for one in (*asked, last) if one]
    rows = session.execute(
        sa.select(registry.identifier, entry.coordination_id)
        .outerjoin(entry, entry.identifier == registry.identifier)
        .where(registry.key == sa.any_(sa.literal(keys, _TEXTS)))
    ).all()
    known = {identifier: holder for identifier, holder in rows if holder != coordination.id}
    retired = {identifier for identifier, holder in known.items() if holder is None}
    return Taken(
        prefix=prefix,
        elsewhere={
            identifier: coordination.name_of(holder)
            for identifier, holder in known.items()
            if holder is not None
        },
        retired=frozenset(retired),
        last=last,
    )


def register(
    session: Session, identifiers: Collection[str], coordination: Coordination, writer: Writer
) -> None:
    """Note that identifiers are taken; the caller holds :func:`lock` and asked :func:`taken`."""
    if identifiers:
        session.execute(
            insert(model.DatabaseIdentifier),
            [
                {
                    "key": identifier.upper(),
                    "identifier": identifier,
                    "coordination_id": coordination.id,
                    "given": writer.now,
                }
                for identifier in identifiers
            ],
        )


_TEXTS = sa.ARRAY(sa.Text)


def _last_of(session: Session, prefix: str) -> str:
    """The identifier with the highest number of a series."""
    key = model.DatabaseIdentifier.key
    number = sa.cast(sa.func.substring(key, "[0-9]+$"), sa.BigInteger)
    found = session.scalar(
        sa.select(key)
        .where(key.regexp_match(f"^{prefix}-[0-9]{{1,9}}$"))
        .order_by(number.desc())
        .limit(1)
    )
    return found or ""
