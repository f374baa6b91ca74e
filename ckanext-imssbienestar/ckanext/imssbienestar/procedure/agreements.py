"""Agreements of meetings in the database, and how they are followed up (R-039)."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.meetings import AgreementState
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.procedure import meetings
from ckanext.imssbienestar.procedure.meetings import PeopleByDay
from ckanext.imssbienestar.procedure.refusals import ActRefused, refuse_blocking


class AgreementNotFound(TerminalError):
    """There is no such agreement."""

    def __init__(self) -> None:
        super().__init__("There is no such agreement.")


def close(
    session: Session,
    agreement_id: str,
    state: AgreementState,
    closed_on: datetime.date,
    *,
    now: datetime.datetime,
    zone: datetime.tzinfo,
) -> model.Agreement:
    """Say that an agreement was fulfilled or cancelled, on a day.

    :raises AgreementNotFound: there is none.
    :raises ActRefused: it was closed before, or the day cannot be.
    """
    row = session.get(model.Agreement, agreement_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise AgreementNotFound
    if row.state != AgreementState.OPEN.value:
        facts = {"agreement": row.text[:60], "closed": f"{row.closed_on}"}
        raise ActRefused(Problem("agreement-closed-already", facts=facts))
    found = session.get(model.Meeting, row.meeting_id)
    if found is None:
        raise AgreementNotFound
    (meeting,) = meetings.restored(session, [found])
    agreement = replace(meetings.as_agreement(row), state=state, closed_on=closed_on)
    # Of the meeting only this agreement: what else is late about it stops nobody.
    alone = replace(meeting, forms=(), observations=(), agreements=(agreement,))
    problems = meetings.problems_of(alone, PeopleByDay(session), now, zone)
    refuse_blocking(found for found in problems if found.code.startswith("agreement-"))
    row.state, row.closed_on = state.value, closed_on
    session.flush()
    return row


def agreements_of(
    session: Session,
    coordination_ids: Collection[str] | None,
    *,
    today: datetime.date,
    standing: str = "",
    owner: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> tuple[list[tuple[model.Agreement, model.Meeting]], int]:
    """A page of the agreements of some groups, the most urgent first, and how many there are.

    :param coordination_ids: None for all groups.
    :param standing: ``open``, ``overdue``, ``done`` or ``cancelled``; empty for all.
    :param owner: only those that this user answers for.
    """
    query = sa.select(model.Agreement, model.Meeting).join(
        model.Meeting, model.Agreement.meeting_id == model.Meeting.id
    )
    if coordination_ids is not None:
        query = query.where(model.Meeting.coordination_id.in_(coordination_ids))
    if owner:
        query = query.where(model.Agreement.owner == owner)
    if standing == "overdue":
        query = query.where(model.Agreement.state == "open", model.Agreement.due < today)
    elif standing:
        query = query.where(model.Agreement.state == standing)
    count = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    # Open ones first, by their last day; then the closed ones, the newest first.
    page = query.order_by(
        model.Agreement.state != "open",
        sa.case((model.Agreement.state == "open", model.Agreement.due)),
        model.Agreement.closed_on.desc(),
        model.Meeting.starts_at.desc(),
        model.Agreement.position,
    )
    rows = session.execute(page.limit(limit).offset(offset))
    return [(agreement, meeting) for agreement, meeting in rows], count
