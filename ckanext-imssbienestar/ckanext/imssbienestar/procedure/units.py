"""The register of units in the database: periods of each organization of CKAN."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.units import UnitPeriod, UnitRegister, UnitTree
from ckanext.imssbienestar.procedure.rules import unit_rules

_COLUMNS = (
    model.UnitPeriod.unit_id,
    model.UnitPeriod.kind,
    model.UnitPeriod.name,
    model.UnitPeriod.parent_id,
    model.UnitPeriod.valid_from,
    model.UnitPeriod.valid_to,
)


def register(session: Session, *, lock: bool = False) -> UnitRegister:
    """All units there ever were.

    :param lock: nobody else changes the register until the transaction ends.
    """
    if lock:
        table = model.UnitPeriod.__tablename__
        session.execute(sa.text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
    rows = session.execute(_periods())
    return UnitRegister(tuple(UnitPeriod(*row) for row in rows), unit_rules())


def tree(session: Session, day: datetime.date) -> UnitTree:
    """The hierarchy of a day."""
    of_that_day = _periods().where(
        model.UnitPeriod.valid_from <= day,
        sa.or_(model.UnitPeriod.valid_to.is_(None), model.UnitPeriod.valid_to >= day),
    )
    periods = [UnitPeriod(*row) for row in session.execute(of_that_day)]
    return UnitTree(day, {period.unit_id: period for period in periods}, unit_rules())


def no_units(day: datetime.date) -> UnitTree:
    """A hierarchy with nothing in it, for who needs none: nothing is read."""
    return UnitTree(day, {}, unit_rules())


def _periods() -> sa.Select[tuple[str, str, str, str | None, datetime.date, datetime.date | None]]:
    return sa.select(*_COLUMNS).order_by(model.UnitPeriod.valid_from, model.UnitPeriod.unit_id)


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
