"""What meetings, agreements, requests and forms sent leave waiting for a person."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from sqlalchemy.orm import aliased, defer

from ckanext.imssbienestar.model import Agreement, Meeting, Observation, SentForm
from ckanext.imssbienestar.portal.identification import asked, meetings_texts
from ckanext.imssbienestar.portal.identification.tasks import Task
from ckanext.imssbienestar.procedure import (
    agreements,
    meetings,
    reported_databases,
    requests,
    sent_forms,
)
from ckanext.imssbienestar.procedure.people import People

_MOST = 200
"""Of each kind; whoever has more waiting sees the first of them."""

_LETTERS = 100


@dataclass(frozen=True)
class _Person:
    """Who the tasks are for, and what the groups are called."""

    people: People
    user_id: str
    today: datetime.date

    @cached_property
    def groups(self) -> dict[str, dict[str, str]]:
        """The groups of today, by the id of their *coordinación central*."""
        return asked.groups_shown(unit.unit_id for unit in self.people.tree.with_working_group())

    def places(self, act: str) -> Collection[str]:
        """The groups in which the person does an act."""
        found = self.people.places(self.user_id, act)
        return [group for group in self.groups if None in found or group in found]

    def task(
        self,
        coordination_id: str,
        what: str,
        endpoint: str,
        *,
        until: datetime.date | None = None,
        **arguments: Any,
    ) -> Task:
        """One thing to do in a group."""
        group = self.groups[coordination_id]
        url = tk.url_for(endpoint, name=group["name"], **arguments)
        return Task(what, str(url), group["title"], until)

    def meeting_task(self, text: str, meeting: Meeting, page: str, *, until: bool = False) -> Task:
        """One thing to do about a meeting.

        :param until: it is to be done until its day.
        """
        what = text.format(day=meetings_texts.when(asked.moment(meeting.starts_at)))
        return self.task(
            meeting.coordination_id,
            what,
            f"imss_meetings.{page}",
            id=meeting.id,
            until=meeting.starts_at.astimezone(asked.ZONE).date() if until else None,
        )


def tasks_of(people: People, user_id: str, today: datetime.date) -> Iterator[Task]:
    """Meetings to attend and record, forms to send and look at, requests, notices, agreements."""
    person = _Person(people, user_id, today)
    if not person.places("read_group"):
        return
    yield from _meetings(person)
    yield from _forms_to_send(person)
    yield from _forms_to_observe(person)
    yield from _observations(person)
    yield from _requests(person)
    yield from _overdue_requests(person)
    yield from _notices(person)
    yield from _agreements(person)


def _meetings(person: _Person) -> Iterator[Task]:
    """To attend, for who is called; to record, for who may; minutes, for who leads the group."""
    records, leads = person.places("record_meeting"), person.places("call_meeting")
    unfinished = sa.or_(
        Meeting.held.is_(None), sa.and_(Meeting.held.is_(True), Meeting.minutes_sha256 == "")
    )
    for row in _recent(person.places("read_group"), unfinished):
        if row.held:
            if row.coordination_id in leads:
                text = tk._("Attach the minutes of the meeting of {day}")
                yield person.meeting_task(text, row, "record_form")
        elif row.starts_at > asked.now():
            if person.user_id in row.called:
                text = tk._("Attend the meeting of {day}")
                yield person.meeting_task(text, row, "show", until=True)
        elif row.coordination_id in records:
            text = tk._("Record the meeting of {day}")
            yield person.meeting_task(text, row, "record_form", until=True)


def _forms_to_send(person: _Person) -> Iterator[Task]:
    rows = _to_come(person.places("send_to_transparency_unit"))
    sent = _sent_for(rows)
    for row in rows:
        for form in meetings.unsent_forms(row, [one.form for one in sent.get(row.id, [])]):
            name = sent_forms.name_of(form)
            text = tk._("Send {form} to the Transparency Unit before the meeting")
            yield person.meeting_task(text.format(form=name), row, "show", until=True)


def _forms_to_observe(person: _Person) -> Iterator[Task]:
    rows = _to_come(person.places("observe"))
    sent = _sent_for(rows)
    observed = _observed(form.id for forms in sent.values() for form in forms)
    for row in rows:
        newest = {form.form: form for form in sent.get(row.id, [])}
        for form in newest.values():
            if form.id not in observed:
                name = sent_forms.name_of(form.form)
                yield person.task(
                    row.coordination_id,
                    tk._("Look at {form} before the meeting").format(form=name),
                    "imss_requests.form",
                    id=form.id,
                    until=row.starts_at.astimezone(asked.ZONE).date(),
                )


def _observations(person: _Person) -> Iterator[Task]:
    """Observed forms of which no newer version was sent, until their meeting is recorded."""
    newer = aliased(SentForm)
    query = (
        sa.select(SentForm)
        .options(defer(SentForm.document))
        .where(
            SentForm.coordination_id.in_(person.places("send_to_transparency_unit")),
            sa.exists().where(Observation.sent_form_id == SentForm.id),
            ~sa.exists().where(Meeting.id == SentForm.meeting_id, Meeting.held.is_not(None)),
            ~sa.exists().where(
                newer.coordination_id == SentForm.coordination_id,
                newer.form == SentForm.form,
                newer.sent > SentForm.sent,
            ),
        )
        .order_by(SentForm.sent.desc())
        .limit(_MOST)
    )
    for form in model.Session.scalars(query):
        name = sent_forms.name_of(form.form)
        text = tk._("Read the observations on {form} and send it again").format(form=name)
        yield person.task(form.coordination_id, text, "imss_requests.form", id=form.id)


def _requests(person: _Person) -> Iterator[Task]:
    rows, _ = requests.requests_of(
        model.Session,
        person.places("answer_request"),
        today=person.today,
        standing="open",
        limit=_MOST,
    )
    for row in rows:
        text = tk._("Answer the request: {text}").format(text=_short(row.text))
        yield person.task(row.coordination_id, text, "imss_requests.show", id=row.id, until=row.due)


def _overdue_requests(person: _Person) -> Iterator[Task]:
    """For who made them, all of them in one line."""
    rows, count = requests.requests_of(
        model.Session,
        person.places("make_request"),
        today=person.today,
        standing="overdue",
        limit=1,
    )
    if count:
        text = tk._("Follow up the overdue requests: {count}").format(count=count)
        url = tk.url_for("imss_requests.index", state="overdue")
        yield Task(text, str(url), until=rows[0].due)


def _notices(person: _Person) -> Iterator[Task]:
    rows, _ = reported_databases.reports_of(
        model.Session,
        person.places("send_to_transparency_unit"),
        standing="waiting",
        limit=_MOST,
    )
    for row in rows:
        text = tk._("Tell the Transparency Unit of a database: {text}")
        yield person.task(
            row.coordination_id, text.format(text=_short(row.text)), "imss_requests.databases"
        )


def _agreements(person: _Person) -> Iterator[Task]:
    """Those the person answers for, and the overdue ones of whoever follows them up."""
    mine, _ = agreements.agreements_of(
        model.Session,
        person.places("read_group"),
        today=person.today,
        standing="open",
        owner=person.user_id,
        limit=_MOST,
    )
    for agreement, meeting in mine:
        yield _agreement(person, tk._("Fulfil the agreement: {text}"), agreement, meeting)
    late, _ = agreements.agreements_of(
        model.Session,
        person.places("follow_agreements"),
        today=person.today,
        standing="overdue",
        limit=_MOST,
    )
    for agreement, meeting in late:
        if agreement.owner != person.user_id:
            text = tk._("Follow up the overdue agreement: {text}")
            yield _agreement(person, text, agreement, meeting)


def _agreement(person: _Person, text: str, agreement: Agreement, meeting: Meeting) -> Task:
    return person.task(
        meeting.coordination_id,
        text.format(text=_short(agreement.text)),
        "imss_meetings.show",
        id=meeting.id,
        _anchor="agreements",
        until=agreement.due,
    )


def _to_come(places: Collection[str]) -> Sequence[Meeting]:
    return _recent(places, Meeting.starts_at > asked.now(), Meeting.held.is_(None))


def _recent(places: Collection[str], *conditions: sa.ColumnElement[bool]) -> Sequence[Meeting]:
    """Meetings of the last year and those to come."""
    since = asked.now() - datetime.timedelta(days=366)
    query = sa.select(Meeting).where(
        Meeting.coordination_id.in_(places), Meeting.starts_at > since, *conditions
    )
    found: Sequence[Meeting] = model.Session.scalars(
        query.order_by(Meeting.starts_at.desc()).limit(_MOST)
    ).all()
    return found


def _sent_for(rows: Sequence[Meeting]) -> dict[str, list[SentForm]]:
    """The forms sent for meetings, the oldest first."""
    query = (
        sa.select(SentForm)
        .options(defer(SentForm.document))
        .where(SentForm.meeting_id.in_([row.id for row in rows]))
        .order_by(SentForm.sent)
    )
    found: dict[str, list[SentForm]] = {}
    for form in model.Session.scalars(query):
        found.setdefault(form.meeting_id, []).append(form)
    return found


def _observed(form_ids: Iterable[str]) -> set[str]:
    query = sa.select(Observation.sent_form_id).where(Observation.sent_form_id.in_(list(form_ids)))
    return set(model.Session.scalars(query))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LETTERS else f"{line[: _LETTERS - 1]}…"
