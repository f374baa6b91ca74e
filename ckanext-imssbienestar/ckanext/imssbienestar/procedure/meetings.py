"""Meetings of working groups in the database: called, changed, held or not, with their minutes.

Rules are those of ``domain.meetings``. Every function works inside the caller's transaction; a
meeting that is changed is locked until it ends, and nothing is written of what is refused.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.designations import in_force
from ckanext.imssbienestar.domain.meetings import (
    Agreement,
    AgreementState,
    Attendance,
    Meeting,
    Observation,
    SentForm,
    attendance,
    meeting_problems,
)
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.procedure import units
from ckanext.imssbienestar.procedure.people import People, stored_designations
from ckanext.imssbienestar.procedure.refusals import ActRefused, refuse_blocking
from ckanext.imssbienestar.procedure.rules import meeting_rules


class MeetingNotFound(TerminalError):
    """There is no such meeting."""

    def __init__(self) -> None:
        super().__init__("There is no such meeting.")


@dataclass(frozen=True)
class Call:
    """What a meeting is called with.

    :ivar starts_at: with its zone.
    :ivar called: CKAN's ids of users.
    :ivar forms: of ``schemas/meetings.yaml``, those it is to formalise.
    """

    starts_at: datetime.datetime
    agenda: tuple[str, ...]
    called: tuple[str, ...]
    forms: tuple[str, ...]


@dataclass(frozen=True)
class NewAgreement:
    """An agreement to write down; ``owner`` is CKAN's id of a user."""

    text: str
    owner: str
    due: datetime.date


@dataclass(frozen=True)
class Minutes:
    """The file of the minutes; ``size`` in bytes."""

    sha256: str
    name: str
    size: int


@dataclass(frozen=True)
class Outcome:
    """What became of a meeting (R-029, R-030, R-039).

    :ivar attended: CKAN's ids of users.
    :ivar agreements: added to those that were written down before.
    :ivar minutes: None leaves those it has.
    """

    held: bool
    attended: tuple[str, ...] = ()
    agreements: tuple[NewAgreement, ...] = ()
    minutes: Minutes | None = None


class PeopleByDay:
    """Who was in a group on any day, read once for many meetings."""

    def __init__(self, session: Session) -> None:
        self._register = units.register(session)
        self._designations = tuple(stored_designations(session))
        self.on = cache(self._on)

    def _on(self, day: datetime.date) -> People:
        return People(self._register.on(day), in_force(self._designations, day))


def call_meeting(
    session: Session, coordination_id: str, call: Call, *, by: str, now: datetime.datetime
) -> model.Meeting:
    """Write down a meeting that is to be held, or one of the past that nobody wrote down."""
    row = model.Meeting(
        coordination_id=coordination_id,
        starts_at=call.starts_at,
        agenda=list(call.agenda),
        called=list(call.called),
        forms=list(call.forms),
        created=now,
        created_by=by,
    )
    session.add(row)
    session.flush()
    return row


def change_call(
    session: Session, meeting_id: str, call: Call, *, based_on: str, zone: datetime.tzinfo
) -> tuple[model.Meeting, dict[str, Any]]:
    """Change what a meeting is called with, until it is recorded.

    :param based_on: the mark of what was seen; empty to change it whatever it says.
    :returns: the meeting, and each field that changed with what it was and is.
    :raises MeetingNotFound: there is none.
    :raises ActRefused: it was recorded, or changed since.
    """
    row = locked(session, meeting_id)
    if row.held is not None:
        raise ActRefused(Problem("meeting-recorded-already", facts={"day": _day(row, zone)}))
    if based_on and based_on != mark_of(row):
        raise ActRefused(Problem("meeting-changed-meanwhile", facts={"day": _day(row, zone)}))
    before = _call_of(row)
    row.starts_at = call.starts_at
    row.agenda, row.called, row.forms = list(call.agenda), list(call.called), list(call.forms)
    session.flush()
    after = _call_of(row)
    return row, {
        name: [before[name], after[name]] for name in before if before[name] != after[name]
    }


def record_outcome(
    session: Session,
    meeting_id: str,
    outcome: Outcome,
    *,
    based_on: str,
    by: str,
    now: datetime.datetime,
    zone: datetime.tzinfo,
) -> tuple[model.Meeting, tuple[Problem, ...]]:
    """Write down whether a meeting was held, who came and what it agreed.

    :param based_on: the mark of what was seen. It may be empty only for a meeting of which nobody
        has said anything yet, so that of two people the second is told what the first wrote.
    :returns: the meeting, and what is late or missing about it.
    :raises MeetingNotFound: there is none.
    :raises ActRefused: a rule stands against it, or somebody was quicker.
    """
    row = locked(session, meeting_id)
    if (based_on or row.held is not None) and based_on != mark_of(row):
        raise ActRefused(Problem("meeting-changed-meanwhile", facts={"day": _day(row, zone)}))
    (meeting,) = restored(session, [row])
    minutes = outcome.minutes or Minutes(row.minutes_sha256, row.minutes_name, row.minutes_size)
    new = [
        Agreement(model.new_id(), agreed.text, agreed.owner, agreed.due)
        for agreed in outcome.agreements
    ]
    meeting = replace(
        meeting,
        held=outcome.held,
        attended=frozenset(outcome.attended),
        minutes_sha256=minutes.sha256,
        agreements=(*meeting.agreements, *new),
    )
    problems = problems_of(meeting, PeopleByDay(session), now, zone)
    refuse_blocking(problems)
    row.held, row.attended = outcome.held, list(outcome.attended)
    row.minutes_sha256, row.minutes_name = minutes.sha256, minutes.name
    row.minutes_size = minutes.size
    row.recorded, row.recorded_by = now, by
    first = len(meeting.agreements) - len(new) + 1
    session.add_all(
        model.Agreement(
            id=agreed.id,
            meeting_id=row.id,
            position=place,
            text=agreed.text,
            owner=agreed.owner,
            due=agreed.due,
        )
        for place, agreed in enumerate(new, first)
    )
    session.flush()
    return row, problems


def locked(session: Session, meeting_id: str) -> model.Meeting:
    """A meeting that nobody else changes until the transaction ends.

    :raises MeetingNotFound: there is none.
    """
    row = session.get(model.Meeting, meeting_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise MeetingNotFound
    return row


def mark_of(row: model.Meeting) -> str:
    """The same for the same call and outcome, another for any other."""
    said = {
        **_call_of(row),
        "held": row.held,
        "attended": sorted(row.attended),
        "minutes": row.minutes_sha256,
        "recorded": row.recorded.timestamp() if row.recorded else None,
    }
    return f"m-{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]}"


def meetings_of(
    session: Session,
    coordination_ids: Collection[str] | None,
    *,
    limit: int | None = None,
    offset: int = 0,
) -> tuple[list[model.Meeting], int]:
    """A page of the meetings of some groups, the latest first, and how many there are.

    :param coordination_ids: None for all groups.
    """
    query = sa.select(model.Meeting)
    if coordination_ids is not None:
        query = query.where(model.Meeting.coordination_id.in_(coordination_ids))
    count = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    page = query.order_by(model.Meeting.starts_at.desc(), model.Meeting.id)
    return list(session.scalars(page.limit(limit).offset(offset))), count


def attendance_of(session: Session, coordination_ids: Collection[str] | None) -> Attendance:
    """The attendance at all meetings of some groups that were held (R-029)."""
    query = sa.select(model.Meeting).where(model.Meeting.held.is_(True))
    if coordination_ids is not None:
        query = query.where(model.Meeting.coordination_id.in_(coordination_ids))
    return attendance(_bare(row) for row in session.scalars(query))


def restored(session: Session, rows: Sequence[model.Meeting]) -> list[Meeting]:
    """Meetings as the domain knows them, with forms, observations and agreements."""
    ids = [row.id for row in rows]
    forms: dict[str, list[model.SentForm]] = defaultdict(list)
    observations: dict[str, list[model.Observation]] = defaultdict(list)
    agreements: dict[str, list[model.Agreement]] = defaultdict(list)
    sent = sa.select(model.SentForm).options(
        sa.orm.defer(model.SentForm.document)  # it may be megabytes
    )
    for form in session.scalars(
        sent.where(model.SentForm.meeting_id.in_(ids)).order_by(model.SentForm.sent)
    ):
        forms[form.meeting_id or ""].append(form)
    made = (
        sa.select(model.SentForm.meeting_id, model.Observation)
        .join(model.SentForm, model.Observation.sent_form_id == model.SentForm.id)
        .where(model.SentForm.meeting_id.in_(ids))
        .order_by(model.Observation.made)
    )
    for meeting_id, observation in session.execute(made):
        observations[meeting_id].append(observation)
    agreed = sa.select(model.Agreement).where(model.Agreement.meeting_id.in_(ids))
    for agreement in session.scalars(agreed.order_by(model.Agreement.position)):
        agreements[agreement.meeting_id].append(agreement)
    return [
        replace(
            _bare(row),
            forms=_forms(row, forms[row.id]),
            observations=tuple(
                Observation(made.made_by, made.made, made.sent_form_id, made.text)
                for made in observations[row.id]
            ),
            agreements=tuple(map(as_agreement, agreements[row.id])),
        )
        for row in rows
    ]


def problems_of(
    meeting: Meeting, days: PeopleByDay, now: datetime.datetime, zone: datetime.tzinfo
) -> tuple[Problem, ...]:
    """What is wrong or late about a meeting, seen by who was in the group on its day."""
    day = meeting.starts_at.astimezone(zone).date()
    in_group = days.on(day).group(meeting.coordination_id)
    return meeting_problems(meeting, in_group, now, zone)


def as_agreement(row: model.Agreement) -> Agreement:
    """A stored agreement as the domain knows it."""
    return Agreement(row.id, row.text, row.owner, row.due, AgreementState(row.state), row.closed_on)


def unsent_forms(row: model.Meeting, sent: Iterable[str]) -> tuple[str, ...]:
    """The forms a meeting is to formalise that nobody has sent for it."""
    known = set(sent)
    return tuple(form for form in row.forms if form not in known)


def _forms(row: model.Meeting, sent: Sequence[model.SentForm]) -> tuple[SentForm, ...]:
    names = meeting_rules().forms
    return (
        *(SentForm(form.id, names[form.form].es, form.sha256, form.sent) for form in sent),
        *(
            SentForm("", names[form].es, "")
            for form in unsent_forms(row, [form.form for form in sent])
        ),
    )


def _bare(row: model.Meeting) -> Meeting:
    return Meeting(
        id=row.id,
        coordination_id=row.coordination_id,
        starts_at=row.starts_at,
        agenda=tuple(row.agenda),
        called=frozenset(row.called),
        attended=frozenset(row.attended),
        held=row.held,
        minutes_sha256=row.minutes_sha256,
    )


def _call_of(row: model.Meeting) -> dict[str, Any]:
    return {
        "starts_at": row.starts_at.astimezone(datetime.UTC).isoformat(),
        "agenda": list(row.agenda),
        "called": sorted(row.called),
        "forms": sorted(row.forms),
    }


def _day(row: model.Meeting, zone: datetime.tzinfo) -> str:
    return row.starts_at.astimezone(zone).date().isoformat()
