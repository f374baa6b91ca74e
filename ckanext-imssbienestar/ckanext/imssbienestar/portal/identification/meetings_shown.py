"""Meetings, agreements, forms sent, requests and notices as answers and pages show them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from ckan import model

from ckanext.imssbienestar.domain.meetings import Attendance, Meeting, attendance, request_problems
from ckanext.imssbienestar.model import (
    Agreement,
    Observation,
    ReportedDatabase,
    Request,
    SentForm,
)
from ckanext.imssbienestar.model import Meeting as MeetingRow
from ckanext.imssbienestar.portal.identification import asked
from ckanext.imssbienestar.procedure import meetings, requests, sent_forms
from ckanext.imssbienestar.procedure.meetings import PeopleByDay

Shown = dict[str, Any]


def meetings_shown(rows: Sequence[MeetingRow], *, whole: bool = False) -> list[Shown]:
    """Meetings with what is late or missing about each.

    :param whole: with agreements, forms and observations instead of how many there are.
    """
    restored = meetings.restored(model.Session, rows)
    groups = asked.groups_shown(row.coordination_id for row in rows)
    forms = {row.id: _forms_of(row) if whole else [] for row in rows}
    senders = (form.sent_by for sent in forms.values() for form, _ in sent)
    people = asked.people_shown(_people_in(rows, restored) | set(senders))
    days, now = PeopleByDay(model.Session), asked.now()
    found = []
    for row, meeting in zip(rows, restored, strict=True):
        shown = _meeting(row, meeting, groups, people)
        problems = meetings.problems_of(meeting, days, now, asked.ZONE)
        shown["findings"] = asked.told(problems)
        if whole:
            shown["agreements"] = [
                _agreement(agreed, people, asked.today()) for agreed in _agreements_of(row.id)
            ]
            shown["forms_sent"] = [
                form_shown(form, groups, people, observations)
                for form, observations in forms[row.id]
            ]
        found.append(shown)
    return found


def attendance_shown(counted: Attendance) -> Shown:
    """An attendance rate; None where nobody was called."""
    percent = counted.percent
    return {
        "called": counted.called,
        "attended": counted.attended,
        "percent": None if percent is None else round(percent, 1),
    }


def agreements_shown(rows: Sequence[tuple[Agreement, MeetingRow]]) -> list[Shown]:
    """Agreements with the meeting that made them."""
    groups = asked.groups_shown(meeting.coordination_id for _, meeting in rows)
    people = asked.people_shown(agreement.owner for agreement, _ in rows)
    today = asked.today()
    return [
        {
            **_agreement(agreement, people, today),
            **_group(meeting.coordination_id, groups),
            "meeting_starts_at": asked.moment(meeting.starts_at),
        }
        for agreement, meeting in rows
    ]


def form_shown(
    row: SentForm,
    groups: dict[str, dict[str, str]] | None = None,
    people: dict[str, dict[str, str]] | None = None,
    observations: int | None = None,
) -> Shown:
    """A form that was sent, without what it says."""
    groups = asked.groups_shown([row.coordination_id]) if groups is None else groups
    people = asked.people_shown([row.sent_by]) if people is None else people
    shown = {
        "id": row.id,
        **_group(row.coordination_id, groups),
        "meeting": row.meeting_id,
        "form": row.form,
        "name": sent_forms.name_of(row.form),
        "sha256": row.sha256,
        "sent": asked.moment(row.sent),
        "sent_by": people.get(row.sent_by),
    }
    return shown if observations is None else {**shown, "observations_count": observations}


def forms_shown(rows: Sequence[tuple[SentForm, int]]) -> list[Shown]:
    """Forms that were sent, each with how many observations it has."""
    groups = asked.groups_shown(form.coordination_id for form, _ in rows)
    people = asked.people_shown(form.sent_by for form, _ in rows)
    return [form_shown(form, groups, people, observed) for form, observed in rows]


def observations_shown(rows: Sequence[tuple[Observation, SentForm]]) -> list[Shown]:
    """Observations with the form they are about."""
    groups = asked.groups_shown(form.coordination_id for _, form in rows)
    people = asked.people_shown(observation.made_by for observation, _ in rows)
    return [
        {
            "id": observation.id,
            **_group(form.coordination_id, groups),
            "form": form.id,
            "form_name": sent_forms.name_of(form.form),
            "form_sha256": form.sha256,
            "meeting": form.meeting_id,
            "text": observation.text,
            "made": asked.moment(observation.made),
            "made_by": people.get(observation.made_by),
        }
        for observation, form in rows
    ]


def requests_shown(rows: Sequence[Request]) -> list[Shown]:
    """Requests with what is late about each."""
    groups = asked.groups_shown(row.coordination_id for row in rows)
    people = asked.people_shown(
        person for row in rows for person in (row.made_by, row.answered_by or "")
    )
    today = asked.today()
    found = []
    for row in rows:
        request = requests.as_request(row)
        state = "answered" if row.answered_on else "open"
        found.append(
            {
                "id": row.id,
                **_group(row.coordination_id, groups),
                "text": row.text,
                "made_on": asked.day(row.made_on),
                "made_by": people.get(row.made_by),
                "due": asked.day(row.due),
                "state": "overdue" if request.is_overdue(today) else state,
                "answer": row.answer or "",
                "answered_on": asked.day(row.answered_on),
                "answered_by": people.get(row.answered_by or ""),
                "findings": asked.told(request_problems(request, today)),
            }
        )
    return found


def reports_shown(rows: Sequence[ReportedDatabase]) -> list[Shown]:
    """What was told of databases, by whom and when, on its way to the Transparency Unit."""
    groups = asked.groups_shown(row.coordination_id for row in rows)
    people = asked.people_shown(
        person for row in rows for person in (row.reported_by, row.forwarded_by or "")
    )
    return [
        {
            "id": row.id,
            **_group(row.coordination_id, groups),
            "kind": row.kind,
            "identifier": row.identifier or "",
            "text": row.text,
            "state": "forwarded" if row.forwarded else "waiting",
            "reported": asked.moment(row.reported),
            "reported_by": people.get(row.reported_by),
            "forwarded": asked.moment(row.forwarded),
            "forwarded_by": people.get(row.forwarded_by or ""),
        }
        for row in rows
    ]


def _meeting(
    row: MeetingRow,
    meeting: Meeting,
    groups: dict[str, dict[str, str]],
    people: dict[str, dict[str, str]],
) -> Shown:
    today = asked.today()
    sent = [form.id for form in meeting.forms if form.sent_at]
    return {
        "id": row.id,
        **_group(row.coordination_id, groups),
        "starts_at": asked.moment(row.starts_at),
        "state": _state(row),
        "agenda": list(row.agenda),
        "called": _in_order(people[one] for one in set(row.called)),
        "attended": _in_order(people[one] for one in set(row.attended)),
        "attendance": attendance_shown(attendance([meeting])),
        "forms": list(row.forms),
        "forms_missing": [form.name for form in meeting.forms if not form.sent_at],
        "forms_sent_count": len(sent),
        "observations_count": len(meeting.observations),
        "agreements_count": len(meeting.agreements),
        "agreements_overdue": sum(one.is_overdue(today) for one in meeting.agreements),
        "minutes": _minutes(row),
        "recorded": asked.moment(row.recorded),
        "recorded_by": people.get(row.recorded_by or ""),
        "created": asked.moment(row.created),
        "created_by": people.get(row.created_by),
        "mark": meetings.mark_of(row),
    }


def _state(row: MeetingRow) -> str:
    if row.held is not None:
        return "held" if row.held else "not_held"
    return "called" if row.starts_at > asked.now() else "to_record"


def _minutes(row: MeetingRow) -> Shown | None:
    if not row.minutes_sha256:
        return None
    return {"name": row.minutes_name, "size": row.minutes_size, "sha256": row.minutes_sha256}


def _agreement(row: Agreement, people: dict[str, dict[str, str]], today: datetime.date) -> Shown:
    overdue = meetings.as_agreement(row).is_overdue(today)
    return {
        "id": row.id,
        "meeting": row.meeting_id,
        "position": row.position,
        "text": row.text,
        "owner": people.get(row.owner),
        "due": asked.day(row.due),
        "state": "overdue" if overdue else row.state,
        "closed_on": asked.day(row.closed_on),
    }


def _group(coordination_id: str, groups: dict[str, dict[str, str]]) -> Shown:
    known = groups.get(coordination_id, {})
    # What a purged organization had stays; its id then stands for its name.
    return {
        "coordination_id": coordination_id,
        "coordination": known.get("name", coordination_id),
        "coordination_title": known.get("title", coordination_id),
    }


def _people_in(rows: Sequence[MeetingRow], restored: Sequence[Meeting]) -> set[str]:
    found: set[str] = set()
    for row, meeting in zip(rows, restored, strict=True):
        found |= {row.created_by, row.recorded_by or "", *row.called, *row.attended}
        found |= {agreement.owner for agreement in meeting.agreements}
    return found


def _agreements_of(meeting_id: str) -> Iterable[Agreement]:
    query = model.Session.query(Agreement).filter(Agreement.meeting_id == meeting_id)
    found: Iterable[Agreement] = query.order_by(Agreement.position)
    return found


def _forms_of(row: MeetingRow) -> list[tuple[SentForm, int]]:
    found, _ = sent_forms.forms_of(model.Session, [row.coordination_id], meeting_id=row.id)
    return found


def _in_order(people: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(people, key=lambda person: (person["display_name"].casefold(), person["id"]))
