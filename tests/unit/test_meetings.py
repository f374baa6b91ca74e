"""Meetings, agreements and requests: what is late, missing or cannot be."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from organism import DAY, TODAY

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.meetings import (
    Agreement,
    AgreementState,
    Meeting,
    Observation,
    Request,
    SentForm,
    attendance,
    held_meetings,
    meeting_problems,
    open_requests,
    overdue_agreements,
    request_problems,
)

ZONE = ZoneInfo("America/Mexico_City")
START = datetime.datetime(2026, 11, 10, 10, tzinfo=ZONE)
HOUR = datetime.timedelta(hours=1)
NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=ZONE)
FORM = SentForm("f1", "Formato 1", "a" * 64, START - HOUR)
AGREED = Agreement("a1", "Completar el Formato 1", "ana", TODAY)
MEETING = Meeting(
    "m1",
    "C1",
    START,
    agenda=("Formato 1",),
    called=frozenset({"ana", "eva"}),
    attended=frozenset({"ana"}),
    held=True,
    minutes_sha256="b" * 64,
    forms=(FORM,),
    agreements=(AGREED,),
)
ASKED = Request("r1", "C1", "Aclarar la fila 3", TODAY - DAY * 5, TODAY)


def problems(**changes: Any) -> list[str]:
    meeting = replace(MEETING, **changes)
    found = meeting_problems(meeting, {"ana", "eva"}, NOW, ZONE)
    assert len(problem_findings(found, "en")) == len(found)
    return [problem.code for problem in found]


def seen(at: datetime.datetime, form: str = "f1") -> tuple[Observation, ...]:
    return (Observation("luz", at, form, "Falta la ubicación."),)


@pytest.mark.req("R-029", "R-030", "R-033")
@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"agenda": ()}, ["meeting-without-agenda"]),
        ({"starts_at": NOW + HOUR}, ["meeting-not-yet"]),
        ({"held": None}, ["meeting-not-recorded"]),
        ({"minutes_sha256": ""}, ["meeting-without-minutes"]),
        ({"held": False}, ["meeting-attended-not-held"]),
        ({"attended": frozenset()}, ["meeting-without-attendance"]),
        ({"attended": frozenset({"ana", "otra"})}, ["meeting-attended-by-others"]),
        ({"forms": (replace(FORM, sent_at=None),)}, ["meeting-form-not-sent"]),
        # A meeting that was cancelled asked for no form.
        (
            {"held": False, "attended": frozenset(), "forms": (replace(FORM, sent_at=None),)},
            [],
        ),
        ({"forms": (replace(FORM, sent_at=START),)}, ["meeting-form-late"]),
        ({"observations": seen(START - HOUR)}, []),
        ({"observations": seen(START + HOUR)}, ["meeting-observation-late"]),
        ({"observations": seen(START, "none")}, ["meeting-observation-of-nothing"]),
    ],
)
def test_what_is_wrong_with_a_meeting(changes: dict[str, Any], codes: list[str]) -> None:
    assert problems(**changes) == codes


@pytest.mark.req("R-039")
@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"due": TODAY - DAY}, ["agreement-overdue"]),
        ({"due": TODAY - DAY, "state": AgreementState.DONE, "closed_on": TODAY}, []),
        ({"text": " "}, ["agreement-without-text"]),
        ({"owner": ""}, ["agreement-without-owner"]),
        (
            {"due": START.date() - DAY},
            ["agreement-due-before-meeting", "agreement-overdue"],
        ),
        ({"state": AgreementState.DONE}, ["agreement-closed-without-day"]),
        ({"closed_on": TODAY}, ["agreement-closed-without-day"]),
        (
            {"state": AgreementState.CANCELLED, "closed_on": TODAY + DAY},
            ["agreement-closed-out-of-time"],
        ),
    ],
)
def test_what_is_wrong_with_an_agreement(changes: dict[str, Any], codes: list[str]) -> None:
    agreement = replace(AGREED, **changes)
    assert problems(agreements=(agreement,)) == codes
    late = overdue_agreements([replace(MEETING, agreements=(AGREED, agreement))], TODAY)
    assert [found for _, found in late] == ([agreement] if "agreement-overdue" in codes else [])


@pytest.mark.req("R-043")
@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"due": TODAY - DAY}, ["request-overdue"]),
        ({"text": ""}, ["request-without-text"]),
        ({"due": TODAY - DAY * 9}, ["request-dates-backwards", "request-overdue"]),
        ({"answered_on": TODAY}, ["request-without-answer"]),
        ({"answered_on": TODAY, "answer": "Sí."}, []),
        (
            {"answered_on": TODAY, "answer": "Sí.", "due": TODAY - DAY},
            ["request-answered-late"],
        ),
        ({"answered_on": TODAY + DAY, "answer": "Sí."}, ["request-dates-backwards"]),
    ],
)
def test_what_is_wrong_with_a_request(changes: dict[str, Any], codes: list[str]) -> None:
    asked = replace(ASKED, **changes)
    found = request_problems(asked, TODAY)
    assert [problem.code for problem in found] == codes
    assert len(problem_findings(found, "es")) == len(codes)
    assert open_requests([asked], {"C1"}) == (() if "answered_on" in changes else (asked,))
    assert open_requests([asked], {"C2"}) == ()


@pytest.mark.req("R-029")
def test_attendance_counts_those_called_to_meetings_that_were_held() -> None:
    other = replace(MEETING, attended=frozenset({"ana", "eva", "uncalled"}))
    cancelled = replace(MEETING, held=False, attended=frozenset())
    found = attendance([MEETING, other, cancelled])
    assert (found.called, found.attended, found.percent) == (4, 3, 75.0)
    assert attendance([MEETING, other], "eva").percent == 50.0
    assert attendance([cancelled]).percent is None


@pytest.mark.req("R-029")
def test_the_year_of_a_meeting_is_that_of_the_calendar_in_mexico() -> None:
    evening = datetime.datetime(2027, 1, 1, 4, tzinfo=datetime.UTC)
    late = replace(MEETING, id="m2", starts_at=evening)
    assert held_meetings([late, MEETING], {"C1"}, 2026, ZONE) == (MEETING, late)
    assert held_meetings([late, MEETING], {"C2"}, 2026, ZONE) == ()
    assert held_meetings([replace(late, held=None)], {"C1"}, 2026, ZONE) == ()
    with pytest.raises(ValueError, match="zone"):
        replace(MEETING, starts_at=datetime.datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        replace(MEETING, observations=seen(datetime.datetime(2026, 1, 1)))  # noqa: DTZ001
