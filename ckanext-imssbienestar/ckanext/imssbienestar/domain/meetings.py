"""Meetings of a working group: agenda, attendance, forms sent before, agreements; and requests.

The Procedure fixes no number, quorum or agenda (A-13): these are free records of which only dates,
attendance and agreements are looked at. Times have a zone; days are those of the calendar of
Mexico City, which the caller passes in.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from ckanext.imssbienestar.domain.problems import Problem, Wording
from ckanext.imssbienestar.domain.written_text import says_something


class AgreementState(StrEnum):
    """Where an agreement stands."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class MeetingLimits(BaseModel):
    """How much a record holds; letters are characters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    earliest_day: datetime.date
    days_ahead: int
    agenda_items: int
    called: int
    agreements: int
    line_letters: int
    text_letters: int


class MinutesRules(BaseModel):
    """The files that minutes may be.

    :ivar bytes: of the largest.
    :ivar kinds: kind of document -> media type.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int
    kinds: Mapping[str, str]


class MeetingRules(BaseModel):
    """The content of ``schemas/meetings.yaml``.

    :ivar forms: what a meeting may formalise, as people call it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    limits: MeetingLimits
    minutes: MinutesRules
    forms: Mapping[str, Wording]


@dataclass(frozen=True)
class Agreement:
    """What a meeting agreed (R-039).

    :ivar owner: identifier of the user who answers for it.
    :ivar closed_on: the day it was done or cancelled.
    """

    id: str
    text: str
    owner: str
    due: datetime.date
    state: AgreementState = AgreementState.OPEN
    closed_on: datetime.date | None = None

    def is_overdue(self, today: datetime.date) -> bool:
        """Whether it is still open after its last day."""
        return self.state is AgreementState.OPEN and self.due < today


@dataclass(frozen=True)
class Observation:
    """What the Transparency Unit says of a draft form (R-033).

    :ivar form_id: the version of the form it is about.
    """

    person: str
    at: datetime.datetime
    form_id: str
    text: str


@dataclass(frozen=True)
class SentForm:
    """A form that a meeting is to formalise.

    :ivar name: what people call it, such as ``Formato 1``.
    :ivar sha256: of the version that was sent, lower-case hexadecimal.
    :ivar sent_at: when the liaison sent it to the Transparency Unit; None while it is not sent.
    """

    id: str
    name: str
    sha256: str
    sent_at: datetime.datetime | None = None


@dataclass(frozen=True)
class Meeting:
    """One meeting of one group.

    :ivar coordination_id: the group's *coordinación central*.
    :ivar called: the users who were called.
    :ivar attended: the users who came.
    :ivar minutes_sha256: of the file of its minutes, lower-case hexadecimal (R-030).
    :ivar held: whether it took place; None while nobody has said.
    """

    id: str
    coordination_id: str
    starts_at: datetime.datetime
    agenda: tuple[str, ...] = ()
    called: frozenset[str] = frozenset()
    attended: frozenset[str] = frozenset()
    held: bool | None = None
    minutes_sha256: str = ""
    forms: tuple[SentForm, ...] = ()
    observations: tuple[Observation, ...] = ()
    agreements: tuple[Agreement, ...] = ()

    def __post_init__(self) -> None:
        """:raises ValueError: a time has no zone."""
        moments = [self.starts_at, *(observation.at for observation in self.observations)]
        moments += [form.sent_at for form in self.forms if form.sent_at]
        if any(moment.utcoffset() is None for moment in moments):
            raise ValueError("The times of a meeting need their time zone.")


@dataclass(frozen=True)
class Request:
    """A *requerimiento* of the Transparency Unit to the liaison of a group (R-043)."""

    id: str
    coordination_id: str
    text: str
    made_on: datetime.date
    due: datetime.date
    answer: str = ""
    answered_on: datetime.date | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.answered_on is None

    def is_overdue(self, today: datetime.date) -> bool:
        """Whether it still waits after its last day."""
        return self.is_open and self.due < today


@dataclass(frozen=True)
class Attendance:
    """How many of those called came, over some meetings (R-029)."""

    called: int
    attended: int

    @property
    def percent(self) -> float | None:
        """From 0 to 100; None when nobody was called, which is not 0 %."""
        return 100 * self.attended / self.called if self.called else None


def attendance(meetings: Iterable[Meeting], person: str | None = None) -> Attendance:
    """The attendance at the meetings that were held; who came uncalled counts in neither number.

    :param person: of this one only.
    """
    called = attended = 0
    for meeting in meetings:
        if meeting.held:
            people = meeting.called if person is None else meeting.called & {person}
            called += len(people)
            attended += len(people & meeting.attended)
    return Attendance(called, attended)


def held_meetings(
    meetings: Iterable[Meeting], coordination_ids: Collection[str], year: int, zone: datetime.tzinfo
) -> tuple[Meeting, ...]:
    """The meetings of some groups that took place in a year, the earliest first.

    An *Oficio de Validación* names them and needs at least one (R-090, A-13).

    :param zone: the zone of the calendar.
    """
    found = (
        meeting
        for meeting in meetings
        if meeting.held
        and meeting.coordination_id in coordination_ids
        and meeting.starts_at.astimezone(zone).year == year
    )
    return tuple(sorted(found, key=lambda meeting: meeting.starts_at))


def meeting_problems(
    meeting: Meeting,
    in_group: Collection[str],
    now: datetime.datetime,
    zone: datetime.tzinfo,
) -> tuple[Problem, ...]:
    """What is wrong or late about a meeting.

    :param in_group: the users with a designation in the group on the day of the meeting.
    :param now: with its zone.
    :param zone: the zone of the calendar.
    """
    return (
        *_record_problems(meeting, in_group, now, zone),
        *(problem for form in meeting.forms for problem in _form_problems(form, meeting, now)),
        *_observation_problems(meeting),
        *(
            problem
            for agreement in meeting.agreements
            for problem in _agreement_problems(
                agreement, meeting.starts_at.astimezone(zone).date(), now.astimezone(zone).date()
            )
        ),
    )


def request_problems(request: Request, today: datetime.date) -> tuple[Problem, ...]:
    """What is wrong or late about a request."""
    facts = _request_facts(request)
    found = []
    if not says_something(request.text):
        found.append(Problem("request-without-text"))
    if request.due < request.made_on:
        found.append(Problem("request-dates-backwards", facts=facts))
    if request.is_overdue(today):
        found.append(Problem("request-overdue", facts=facts))
    if request.answered_on is not None:
        if not says_something(request.answer):
            found.append(Problem("request-without-answer", facts=facts))
        if not request.made_on <= request.answered_on <= today:
            found.append(Problem("request-dates-backwards", facts=facts))
        elif request.answered_on > request.due:
            found.append(Problem("request-answered-late", facts=facts))
    return tuple(found)


def open_requests(
    requests: Iterable[Request], coordination_ids: Collection[str]
) -> tuple[Request, ...]:
    """The requests that some groups have still to answer, the most urgent first."""
    waiting = (
        request
        for request in requests
        if request.is_open and request.coordination_id in coordination_ids
    )
    return tuple(sorted(waiting, key=lambda request: (request.due, request.made_on)))


def overdue_agreements(
    meetings: Iterable[Meeting], today: datetime.date
) -> tuple[tuple[Meeting, Agreement], ...]:
    """The agreements still open after their last day, the oldest first (R-039)."""
    late = (
        (meeting, agreement)
        for meeting in meetings
        for agreement in meeting.agreements
        if agreement.is_overdue(today)
    )
    return tuple(sorted(late, key=lambda pair: pair[1].due))


def _record_problems(
    meeting: Meeting, in_group: Collection[str], now: datetime.datetime, zone: datetime.tzinfo
) -> Iterator[Problem]:
    facts = {"day": meeting.starts_at.astimezone(zone).date().isoformat()}
    if not any(map(says_something, meeting.agenda)):
        yield Problem("meeting-without-agenda", facts=facts)
    if meeting.starts_at > now:
        if meeting.held is not None or meeting.attended:
            yield Problem("meeting-not-yet", facts=facts)
        return
    if meeting.held is None:
        yield Problem("meeting-not-recorded", facts=facts)
    elif meeting.held and not meeting.attended:
        yield Problem("meeting-without-attendance", facts=facts)
    elif meeting.held and not meeting.minutes_sha256:
        yield Problem("meeting-without-minutes", facts=facts)
    elif not meeting.held and meeting.attended:
        yield Problem("meeting-attended-not-held", facts=facts)
    if strangers := len(meeting.attended - frozenset(in_group)):
        yield Problem("meeting-attended-by-others", facts={**facts, "count": strangers})


def _form_problems(form: SentForm, meeting: Meeting, now: datetime.datetime) -> Iterator[Problem]:
    if meeting.held is False:
        return  # nothing was formalised, so nothing had to be sent before
    facts = {"form": form.name}
    if form.sent_at is None:
        if meeting.starts_at <= now:
            yield Problem("meeting-form-not-sent", facts=facts)
    elif form.sent_at >= meeting.starts_at:
        yield Problem("meeting-form-late", facts=facts)


def _observation_problems(meeting: Meeting) -> Iterator[Problem]:
    names = {form.id: form.name for form in meeting.forms}
    for observation in meeting.observations:
        if observation.form_id not in names:
            yield Problem("meeting-observation-of-nothing")
        elif observation.at >= meeting.starts_at:
            facts = {"form": names[observation.form_id]}
            yield Problem("meeting-observation-late", facts=facts)


def _agreement_problems(
    agreement: Agreement, met_on: datetime.date, today: datetime.date
) -> Iterator[Problem]:
    facts: Mapping[str, Wording | str | int] = {
        "agreement": agreement.text[:60],
        "due": agreement.due.isoformat(),
    }
    if not says_something(agreement.text):
        yield Problem("agreement-without-text")
    if not agreement.owner.strip():
        yield Problem("agreement-without-owner", facts=facts)
    if agreement.due < met_on:
        yield Problem("agreement-due-before-meeting", facts=facts)
    if agreement.is_overdue(today):
        yield Problem("agreement-overdue", facts=facts)
    closed = agreement.state is not AgreementState.OPEN
    if closed != (agreement.closed_on is not None):
        yield Problem("agreement-closed-without-day", facts=facts)
    elif agreement.closed_on is not None and not met_on <= agreement.closed_on <= today:
        yield Problem("agreement-closed-out-of-time", facts=facts)


def _request_facts(request: Request) -> dict[str, Wording | str | int]:
    return {
        "request": request.text[:60],
        "made": request.made_on.isoformat(),
        "due": request.due.isoformat(),
        "answered": request.answered_on.isoformat() if request.answered_on else "…",
    }
