"""A new database, or one to withdraw: the group tells the liaison, who tells the Transparency Unit.

What follows is not decided here: a new one goes the whole way from Formato 1 (A-30), and a
withdrawal (*baja*) is the Transparency Unit's to decide (R-034, R-035, A-31).
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.procedure.refusals import ActRefused


class ReportKind(StrEnum):
    """What is told of a database."""

    NEW = "new"
    WITHDRAWAL = "withdrawal"


class ReportNotFound(TerminalError):
    """Nobody told of that database."""

    def __init__(self) -> None:
        super().__init__("There is no such notice.")


def report(
    session: Session,
    coordination_id: str,
    kind: ReportKind,
    text: str,
    *,
    identifier: str = "",
    by: str,
    now: datetime.datetime,
    zone: datetime.tzinfo,
) -> model.ReportedDatabase:
    """Tell the liaison of a group of a new database, or of one to withdraw.

    :param identifier: of the database to withdraw; not used for a new one.
    :param zone: the zone of the calendar.
    :raises ActRefused: the group has no database of that identifier, or its withdrawal waits
        already for the liaison.
    """
    if kind is ReportKind.WITHDRAWAL:
        identifier = _known(session, coordination_id, identifier)
        since = _waiting_since(session, coordination_id, identifier)
        if since is not None:
            day = since.astimezone(zone).date().isoformat()
            facts = {"identifier": identifier, "since": day}
            raise ActRefused(Problem("database-reported-already", facts=facts))
    row = model.ReportedDatabase(
        coordination_id=coordination_id,
        kind=kind.value,
        identifier=identifier if kind is ReportKind.WITHDRAWAL else "",
        text=text,
        reported=now,
        reported_by=by,
    )
    session.add(row)
    session.flush()
    return row


def forward(
    session: Session, report_id: str, *, by: str, now: datetime.datetime
) -> model.ReportedDatabase:
    """Tell the Transparency Unit, as the liaison.

    :raises ReportNotFound: there is no such notice.
    :raises ActRefused: it was told already.
    """
    row = session.get(
        model.ReportedDatabase, report_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise ReportNotFound
    if row.forwarded is not None:
        raise ActRefused(Problem("database-forwarded-already"))
    row.forwarded, row.forwarded_by = now, by
    session.flush()
    return row


def reports_of(
    session: Session,
    coordination_ids: Collection[str] | None,
    *,
    standing: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> tuple[list[model.ReportedDatabase], int]:
    """A page of what some groups told, the newest first, and how many there are.

    :param coordination_ids: None for all groups.
    :param standing: ``waiting`` for the liaison, or ``forwarded``; empty for all.
    """
    query = sa.select(model.ReportedDatabase)
    if coordination_ids is not None:
        query = query.where(model.ReportedDatabase.coordination_id.in_(coordination_ids))
    if standing == "waiting":
        query = query.where(model.ReportedDatabase.forwarded.is_(None))
    elif standing:
        query = query.where(model.ReportedDatabase.forwarded.is_not(None))
    count = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    page = query.order_by(
        model.ReportedDatabase.forwarded.is_not(None),
        model.ReportedDatabase.reported.desc(),
        model.ReportedDatabase.id,
    )
    return list(session.scalars(page.limit(limit).offset(offset))), count


def _known(session: Session, coordination_id: str, identifier: str) -> str:
    """The identifier as it was given to a database of the group.

    :raises ActRefused: it has none of that identifier.
    """
    found = session.get(model.DatabaseIdentifier, identifier.strip().upper())
    if found is None or found.coordination_id != coordination_id:
        raise ActRefused(Problem("database-unknown", facts={"identifier": identifier[:60]}))
    return found.identifier


def _waiting_since(
    session: Session, coordination_id: str, identifier: str
) -> datetime.datetime | None:
    """Since when the withdrawal of a database waits for the liaison."""
    # Two who tell at once: the second waits here and then sees what the first wrote.
    session.execute(
        sa.select(model.DatabaseIdentifier)
        .where(model.DatabaseIdentifier.key == identifier.upper())
        .with_for_update()
    )
    return session.scalar(
        sa.select(model.ReportedDatabase.reported).where(
            model.ReportedDatabase.coordination_id == coordination_id,
            model.ReportedDatabase.kind == ReportKind.WITHDRAWAL.value,
            model.ReportedDatabase.identifier == identifier,
            model.ReportedDatabase.forwarded.is_(None),
        )
    )
