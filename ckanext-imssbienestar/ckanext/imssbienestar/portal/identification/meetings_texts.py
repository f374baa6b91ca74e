"""The words of the pages of meetings: where they stand, who acts next, what is missing."""

from __future__ import annotations

import datetime
from typing import Any

from babel.dates import format_date, format_time
from babel.numbers import format_percent
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.portal.identification import asked
from ckanext.imssbienestar.portal.identification.pages import Standing, Tone

Shown = dict[str, Any]


def when(moment: str | None) -> str:
    """A moment of an answer in words: day and hour of Mexico City."""
    if not moment:
        return "–"
    found = datetime.datetime.fromisoformat(moment).astimezone(asked.ZONE)
    language = texts.language()
    return tk._("{day}, {time}").format(
        day=format_date(found.date(), format="long", locale=language),
        time=format_time(found.time(), format="HH:mm", locale=language),
    )


def day(date: str | datetime.date | None) -> str:
    """A day of an answer in words."""
    if not date:
        return "–"
    found = datetime.date.fromisoformat(date) if isinstance(date, str) else date
    return format_date(found, format="long", locale=texts.language())


def percent(value: float | None) -> str:
    """A rate from 0 to 100 in words; a dash for none."""
    if value is None:
        return "–"
    # Numbers are written as in Mexico, with a point.
    locale = "es_MX" if texts.language() == "es" else "en"
    return format_percent(value / 100, format="#,##0.# %", locale=locale)


def meeting_state(state: str) -> str:
    """A state of a meeting in people's words."""
    return {
        "called": tk._("Called"),
        "to_record": tk._("To be recorded"),
        "held": tk._("Held"),
        "not_held": tk._("Not held"),
    }[state]


def item_state(state: str) -> str:
    """A state of an agreement, a request or a notice in people's words."""
    return {
        "open": tk._("Open"),
        "overdue": tk._("Overdue"),
        "done": tk._("Fulfilled"),
        "cancelled": tk._("Cancelled"),
        "answered": tk._("Answered"),
        "waiting": tk._("Waits for the liaison"),
        "forwarded": tk._("The Transparency Unit was told"),
    }[state]


def report_kind(kind: str) -> str:
    """What is told of a database."""
    return {"new": tk._("New database"), "withdrawal": tk._("Database to withdraw")}[kind]


def group_standing(
    upcoming: list[Shown],
    to_record: list[Shown],
    without_minutes: int,
    counts: dict[str, int],
    next_due: datetime.date | None,
) -> Standing:
    """Where the meetings of a group stand.

    :param upcoming: the meetings that are called, the soonest first.
    :param counts: ``overdue`` agreements, ``open`` and ``late`` requests, ``waiting`` notices.
    :param next_due: last day of the most urgent request.
    """
    missing = [
        *(
            tk._("to record the meeting of {day}").format(day=when(meeting["starts_at"]))
            for meeting in to_record[:3]
        ),
        *_forms_missing(upcoming[:1]),
        *_counted(without_minutes, counts),
    ]
    if upcoming:
        state = tk._("Next meeting: {day}").format(day=when(upcoming[0]["starts_at"]))
    else:
        state = tk._("No meeting is called.")
    late = bool(counts["overdue"] or counts["late"])
    tone: Tone = "bad" if late else "waiting" if missing or not upcoming else "good"
    return Standing(
        state=state,
        tone=tone,
        who=_who(upcoming, to_record, counts),
        missing=missing,
        until=next_due,
    )


def meeting_standing(meeting: Shown) -> Standing:
    """Where one meeting stands."""
    begins = datetime.datetime.fromisoformat(meeting["starts_at"])
    state = f"{meeting_state(meeting['state'])}: {when(meeting['starts_at'])}"
    missing = [_form_to_send(form) for form in meeting["forms_missing"]]
    if not meeting["agenda"]:
        missing.append(tk._("its agenda"))
    if meeting["state"] == "called":
        who = tk._("Who was called attends; what it yields is recorded afterwards.")
        if meeting["forms_missing"]:
            who = tk._("The Transparency Liaison sends the forms before it begins.")
        tone: Tone = "waiting" if missing else "good"
        return Standing(state, tone, who, missing, begins.astimezone(asked.ZONE).date())
    if meeting["state"] == "to_record":
        who = tk._("Whoever is in the group records who came, the minutes and the agreements.")
        return Standing(state, "bad", who, [tk._("what became of it"), *missing])
    if meeting["state"] == "not_held":
        return Standing(state, "good")
    if not meeting["minutes"]:
        missing.append(tk._("its minutes"))
    if meeting["agreements_overdue"]:
        missing.append(
            tk._("overdue agreements: {count}").format(count=meeting["agreements_overdue"])
        )
    who = tk._("The Transparency Liaison follows up its agreements.") if missing else ""
    return Standing(
        state,
        "bad" if meeting["agreements_overdue"] else "waiting" if missing else "good",
        who,
        missing,
    )


def request_standing(request: Shown) -> Standing:
    """Where a request stands."""
    if request["state"] == "answered":
        state = tk._("Answered on {day}").format(day=day(request["answered_on"]))
        return Standing(state, "good")
    late = request["state"] == "overdue"
    return Standing(
        tk._("Waits for its answer"),
        "bad" if late else "waiting",
        tk._("The Transparency Liaison answers it."),
        [tk._("the answer")],
        datetime.date.fromisoformat(request["due"]),
    )


def form_standing(form: Shown, observations: int, meeting: Shown | None) -> Standing:
    """Where a form that was sent stands."""
    state = tk._("Sent on {day}").format(day=when(form["sent"]))
    if meeting is not None and meeting["state"] == "called":
        begins = datetime.datetime.fromisoformat(meeting["starts_at"]).astimezone(asked.ZONE)
        who = tk._("The Transparency Unit makes its observations before the meeting of {day}.")
        return Standing(
            state, "waiting", who.format(day=when(meeting["starts_at"])), (), begins.date()
        )
    if observations:
        return Standing(state, "waiting", tk._("The group attends to the observations."))
    return Standing(state, "good", tk._("The Transparency Unit may make observations."))


def _forms_missing(upcoming: list[Shown]) -> list[str]:
    return [_form_to_send(form) for meeting in upcoming for form in meeting["forms_missing"]]


def _form_to_send(form: str) -> str:
    return tk._("to send {form} to the Transparency Unit").format(form=form)


def _counted(without_minutes: int, counts: dict[str, int]) -> list[str]:
    told = (
        (without_minutes, tk._("minutes of meetings: {count}")),
        (counts["overdue"], tk._("overdue agreements: {count}")),
        (counts["open"], tk._("requests without an answer: {count}")),
        (counts["waiting"], tk._("notices to pass on to the Transparency Unit: {count}")),
    )
    return [text.format(count=count) for count, text in told if count]


def _who(upcoming: list[Shown], to_record: list[Shown], counts: dict[str, int]) -> str:
    if to_record:
        return tk._("Whoever is in the group records who came, the minutes and the agreements.")
    if counts["open"]:
        return tk._("The Transparency Liaison answers what the Transparency Unit asked.")
    if counts["waiting"]:
        return tk._("The Transparency Liaison passes the notices on to the Transparency Unit.")
    if not upcoming:
        return tk._("The Transparency Liaison calls the next meeting.")
    if upcoming[0]["forms_missing"]:
        return tk._("The Transparency Liaison sends the forms before it begins.")
    return tk._("Who was called attends; what it yields is recorded afterwards.")
