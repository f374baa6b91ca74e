"""Requests (*requerimientos*) of the Transparency Unit to a liaison, and their answers (R-043)."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.meetings import Request, request_problems
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.procedure.refusals import ActRefused, refuse_blocking


class RequestNotFound(TerminalError):
    """There is no such request."""

    def __init__(self) -> None:
        super().__init__("There is no such request.")


def make(
    session: Session,
    coordination_id: str,
    text: str,
    due: datetime.date,
    *,
    by: str,
    today: datetime.date,
) -> model.Request:
    """Ask something of the liaison of a group, by a day.

    :raises ActRefused: the day is before today, or nothing is asked.
    """
    row = model.Request(
        id=model.new_id(),
        coordination_id=coordination_id,
        text=text,
        made_on=today,
        made_by=by,
        due=due,
    )
    refuse_blocking(request_problems(as_request(row), today))
    session.add(row)
    session.flush()
    return row


def answer(
    session: Session, request_id: str, text: str, *, by: str, today: datetime.date
) -> tuple[model.Request, tuple[Problem, ...]]:
    """Answer a request, once.

    :returns: the request, and whether the answer is late.
    :raises RequestNotFound: there is none.
    :raises ActRefused: somebody answered before, or the answer is empty.
    """
    row = session.get(model.Request, request_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise RequestNotFound
    if row.answered_on is not None:
        facts = {"request": row.text[:60], "answered": row.answered_on.isoformat()}
        raise ActRefused(Problem("request-answered-already", facts=facts))
    answered = replace(as_request(row), answer=text, answered_on=today)
    problems = request_problems(answered, today)
    refuse_blocking(problems)
    row.answer, row.answered_on, row.answered_by = text, today, by
    session.flush()
    return row, problems


def requests_of(
    session: Session,
    coordination_ids: Collection[str] | None,
    *,
    today: datetime.date,
    standing: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> tuple[list[model.Request], int]:
    """A page of the requests to some groups, the most urgent first, and how many there are.

    :param coordination_ids: None for all groups.
    :param standing: ``open``, ``overdue`` or ``answered``; empty for all.
    """
    query = sa.select(model.Request)
    if coordination_ids is not None:
        query = query.where(model.Request.coordination_id.in_(coordination_ids))
    if standing == "answered":
        query = query.where(model.Request.answered_on.is_not(None))
    elif standing:
        query = query.where(model.Request.answered_on.is_(None))
    if standing == "overdue":
        query = query.where(model.Request.due < today)
    count = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    page = query.order_by(
        model.Request.answered_on.is_not(None),
        sa.case((model.Request.answered_on.is_(None), model.Request.due)),
        model.Request.answered_on.desc(),
        model.Request.made_on.desc(),
        model.Request.id,
    )
    return list(session.scalars(page.limit(limit).offset(offset))), count


def as_request(row: model.Request) -> Request:
    """A stored request as the domain knows it."""
    return Request(
        id=row.id,
        coordination_id=row.coordination_id,
        text=row.text,
        made_on=row.made_on,
        due=row.due,
        answer=row.answer or "",
        answered_on=row.answered_on,
    )
