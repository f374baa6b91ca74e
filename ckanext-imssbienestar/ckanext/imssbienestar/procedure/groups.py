"""The working groups there are, one for each *coordinación central* (R-019)."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.working_groups import WorkingGroup, new_group_problems
from ckanext.imssbienestar.procedure import units
from ckanext.imssbienestar.procedure.refusals import refuse_blocking


def groups(session: Session) -> tuple[WorkingGroup, ...]:
    """Every group there ever was, the oldest first."""
    rows = session.scalars(sa.select(model.WorkingGroup).order_by(model.WorkingGroup.valid_from))
    return tuple(_group(row) for row in rows)


def group_of(session: Session, coordination_id: str, day: datetime.date) -> WorkingGroup | None:
    """The group that a coordination has on a day."""
    found = session.scalars(
        sa.select(model.WorkingGroup).where(model.WorkingGroup.coordination_id == coordination_id)
    )
    return next((group for row in found if (group := _group(row)).holds_on(day)), None)


def make_group(session: Session, coordination_id: str, first_day: datetime.date) -> WorkingGroup:
    """Make the group of a coordination; flushes, does not commit.

    :raises ActRefused: it has one, or is no *coordinación central* on that day; nothing was
        written.
    """
    table = model.WorkingGroup.__tablename__
    session.execute(sa.text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
    new = WorkingGroup(model.new_id(), coordination_id, first_day)
    refuse_blocking(new_group_problems(new, groups(session), units.tree(session, first_day)))
    session.add(
        model.WorkingGroup(id=new.id, coordination_id=coordination_id, valid_from=first_day)
    )
    session.flush()
    return new


def _group(row: model.WorkingGroup) -> WorkingGroup:
    return WorkingGroup(row.id, row.coordination_id, row.valid_from, row.valid_to)
