"""The register of units in the database: periods of each organization of CKAN."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.units import UnitPeriod, UnitRegister, UnitTree
from ckanext.imssbienestar.procedure.rules import unit_rules


def register(session: Session, *, lock: bool = False) -> UnitRegister:
    """All units there ever were.

    :param lock: nobody else changes the register until the transaction ends.
    """
    if lock:
        table = model.UnitPeriod.__tablename__
        session.execute(sa.text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
    rows = session.execute(
        sa.select(
            model.UnitPeriod.unit_id,
            model.UnitPeriod.kind,
            model.UnitPeriod.name,
            model.UnitPeriod.parent_id,
            model.UnitPeriod.valid_from,
            model.UnitPeriod.valid_to,
        ).order_by(model.UnitPeriod.valid_from, model.UnitPeriod.unit_id)
    )
    return UnitRegister(tuple(UnitPeriod(*row) for row in rows), unit_rules())


def tree(session: Session, day: datetime.date) -> UnitTree:
    """The hierarchy of a day."""
    return register(session).on(day)


def save(session: Session, before: UnitRegister, after: UnitRegister) -> None:
    """Write what differs between two registers; flushes, does not commit.

    :param before: what :func:`register` gave under its lock.
    """
    kept = {(period.unit_id, period.valid_from): period for period in before.periods}
    wanted = {(period.unit_id, period.valid_from): period for period in after.periods}
    for key in kept.keys() - wanted.keys():
        session.execute(
            sa.delete(model.UnitPeriod).where(
                model.UnitPeriod.unit_id == key[0], model.UnitPeriod.valid_from == key[1]
            )
        )
    for key, period in wanted.items():
        if kept.get(key) == period:
            continue
        values = {
            "kind": period.kind,
            "name": period.name,
            "parent_id": period.parent_id,
            "valid_to": period.valid_to,
        }
        if key in kept:
            session.execute(
                sa.update(model.UnitPeriod)
                .where(model.UnitPeriod.unit_id == key[0], model.UnitPeriod.valid_from == key[1])
                .values(values)
            )
        else:
            session.add(
                model.UnitPeriod(unit_id=period.unit_id, valid_from=period.valid_from, **values)
            )
    session.flush()
