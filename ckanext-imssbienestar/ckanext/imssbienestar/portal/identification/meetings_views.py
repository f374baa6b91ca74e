"""The pages of a group's meetings: call, record, follow up (R-029, R-030, R-036 to R-039)."""

from __future__ import annotations

import datetime
import json
from typing import Any

import flask
from ckan import model
from ckan.plugins import toolkit as tk
from flask import Blueprint, Response
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.model import Meeting
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.identification import (
    asked,
    forms_typed,
    meetings_texts,
    minutes,
    pages,
)
from ckanext.imssbienestar.portal.identification.forms_typed import Typed
from ckanext.imssbienestar.portal.identification.pages import Place
from ckanext.imssbienestar.procedure.rules import meeting_rules

imss_meetings = Blueprint("imss_meetings", __name__)

SECTION = "imss_meetings.index"
PAGE = 20
_FEW = 10
# Rows for agreements in the form, and how many more a button gives.
_ROWS, _MORE = 3, 5
_MOST_ROWS = 60


@imss_meetings.get("/working-group/<name>/meetings")
def index(name: str) -> str:
    """The next meeting, the past ones, and everything that follows from them."""
    place = pages.place(name)
    number = page_number()
    past = _answer("imss_meeting_list", place, limit=PAGE, offset=(number - 1) * PAGE)
    recent = past if number == 1 else _answer("imss_meeting_list", place, limit=PAGE)
    upcoming = [one for one in recent["results"] if one["state"] == "called"][::-1]
    to_record = [one for one in recent["results"] if one["state"] == "to_record"]
    lists = {
        "agreements": _answer("imss_agreement_list", place, state="open", limit=_FEW),
        "requests": _answer("imss_request_list", place, state="open", limit=_FEW),
        "reports": _answer("imss_database_list", place, limit=_FEW),
        "forms": _answer("imss_form_list", place, limit=_FEW),
    }
    counts = {
        "overdue": _count("imss_agreement_list", place, "overdue"),
        "open": lists["requests"]["count"],
        "late": _count("imss_request_list", place, "overdue"),
        "waiting": _count("imss_database_list", place, "waiting"),
    }
    standing = meetings_texts.group_standing(
        upcoming,
        to_record,
        sum(one["state"] == "held" and not one["minutes"] for one in recent["results"]),
        counts,
        _first_due(lists["requests"]["results"]),
    )
    return page_of(
        "meetings",
        place,
        standing,
        upcoming=upcoming,
        past=[one for one in past["results"] if one["state"] != "called"],
        attendance=past["attendance"],
        page=number,
        pages=-(-past["count"] // PAGE),
        counts=counts,
        **lists,
    )


@imss_meetings.get("/working-group/<name>/meetings/new")
def new(name: str) -> str:
    """The form that calls a meeting."""
    return _call_page(pages.place(name, "call_meeting"), Typed())


@imss_meetings.post("/working-group/<name>/meetings/new")
def create(name: str) -> WerkzeugResponse | str:
    """Call it."""
    place = pages.place(name, "call_meeting")
    data = {"coordination": place.name, **_call_typed(tk.request.form)}
    meeting, typed = call_or_typed("imss_meeting_create", data, ("people", "forms"))
    if meeting is None:
        return _call_page(place, typed)
    tk.h.flash_success(tk._("The meeting is called; everybody called gets a mail."))
    return tk.redirect_to("imss_meetings.show", name=place.name, id=meeting["id"])


@imss_meetings.get("/working-group/<name>/meetings/<id>")
def show(name: str, id: str) -> str:
    """One meeting."""
    place, meeting = _place_and_meeting(name, id)
    observations = _answer("imss_observation_list", place, limit=1000)["results"]
    sent = {form["id"] for form in meeting["forms_sent"]}
    return page_of(
        "meeting",
        place,
        meetings_texts.meeting_standing(meeting),
        meeting=meeting,
        observations=[one for one in observations if one["form"] in sent],
        form_names=_form_names(),
    )


@imss_meetings.get("/working-group/<name>/meetings/<id>/change")
def change(name: str, id: str) -> str:
    """The form that changes what a meeting is called with."""
    place, meeting = _place_and_meeting(name, id, "call_meeting")
    return _call_page(place, Typed(), meeting)


@imss_meetings.post("/working-group/<name>/meetings/<id>/change")
def update(name: str, id: str) -> WerkzeugResponse | str:
    """Change it."""
    place, meeting = _place_and_meeting(name, id, "call_meeting")
    form = tk.request.form
    data = {"id": meeting["id"], "based_on": form.get("based_on", ""), **_call_typed(form)}
    answer, typed = call_or_typed("imss_meeting_update", data, ("people", "forms"))
    if answer is None:
        return _call_page(place, typed, _place_and_meeting(name, id, "call_meeting")[1])
    tk.h.flash_success(tk._("The call of the meeting is saved."))
    return tk.redirect_to("imss_meetings.show", name=place.name, id=id)


@imss_meetings.get("/working-group/<name>/meetings/<id>/record")
def record_form(name: str, id: str) -> str:
    """The form that records what became of a meeting."""
    place, meeting = _place_and_meeting(name, id, "record_meeting")
    return _record_page(place, meeting, Typed())


@imss_meetings.post("/working-group/<name>/meetings/<id>/record")
def record(name: str, id: str) -> WerkzeugResponse | str:
    """Record it; of two people, the second sees what the first wrote and loses nothing typed."""
    place, meeting = _place_and_meeting(name, id, "record_meeting")
    form = tk.request.form
    if form.get("more"):
        values = {key: form.get(key) for key in form} | {"people": form.getlist("people")}
        return _record_page(place, meeting, Typed(values), rows=_rows_of(form) + _MORE)
    data = {
        "id": meeting["id"],
        "held": form.get("held", ""),
        "attended": _people_typed(form) if form.get("held") == "true" else [],
        "agreements": json.dumps(_agreements_typed(form)),
        "upload": tk.request.files.get("upload"),
        "based_on": form.get("based_on", ""),
    }
    answer, typed = call_or_typed("imss_meeting_record", data, ("people",))
    if answer is None:
        meeting = _place_and_meeting(name, id, "record_meeting")[1]
        return _record_page(place, meeting, typed, rows=_rows_of(form))
    tk.h.flash_success(tk._("What became of the meeting is recorded."))
    return tk.redirect_to("imss_meetings.show", name=place.name, id=id)


@imss_meetings.get("/working-group/<name>/meetings/<id>/minutes")
def download(name: str, id: str) -> Response:
    """The minutes of a meeting, for whoever reads the group."""
    _, meeting = _place_and_meeting(name, id)
    kept = meeting["minutes"]
    path = content_store().path(kept["sha256"]) if kept else None
    if path is None or not path.is_file():
        return tk.abort(404, tk._("No download is available"))
    response = flask.send_file(
        path,
        mimetype=minutes.media_type(kept["name"]),
        as_attachment=True,
        download_name=kept["name"],
        etag=kept["sha256"],
    )
    # Browsers must never guess that it is a page, nor keep what is the group's.
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@imss_meetings.get("/working-group/<name>/agreements")
def agreements(name: str) -> str:
    """All agreements of a group, by their state."""
    place = pages.place(name)
    state = tk.request.args.get("state", "")
    known = {"", "open", "overdue", "done", "cancelled"}
    state = state if state in known else ""
    number = page_number()
    asked_for = {"state": state} if state else {}
    found = _answer(
        "imss_agreement_list", place, **asked_for, limit=PAGE, offset=(number - 1) * PAGE
    )
    overdue = _count("imss_agreement_list", place, "overdue")
    standing = pages.Standing(
        tk._("Overdue agreements: {count}").format(count=overdue)
        if overdue
        else tk._("No agreement is overdue."),
        "bad" if overdue else "good",
        tk._("The Transparency Liaison follows up its agreements.") if overdue else "",
    )
    return page_of(
        "agreements",
        place,
        standing,
        found=found,
        state=state,
        page=number,
        pages=-(-found["count"] // PAGE),
    )


@imss_meetings.post("/working-group/<name>/agreements/<id>/close")
def close(name: str, id: str) -> WerkzeugResponse:
    """The buttons of an agreement."""
    place = pages.place(name, "follow_agreements")
    form = tk.request.form
    data = {"id": id, "state": form.get("state", ""), "closed_on": form.get("closed_on", "")}
    meeting = form.get("meeting", "")
    back = tk.url_for("imss_meetings.agreements", name=place.name)
    if meeting:
        back = tk.url_for("imss_meetings.show", name=place.name, id=meeting)
    _, response = pages.done_or_told(
        "imss_agreement_close", data, tk._("The agreement is closed."), back
    )
    return response


def page_of(template: str, place: Place, standing: pages.Standing, **variables: Any) -> str:
    """A page of the tab of meetings."""
    return pages.section_page(
        template,
        place,
        SECTION,
        standing,
        when=meetings_texts.when,
        day=meetings_texts.day,
        percent=meetings_texts.percent,
        meeting_state=meetings_texts.meeting_state,
        item_state=meetings_texts.item_state,
        report_kind=meetings_texts.report_kind,
        may=place.may,
        longest=meeting_rules().limits.text_letters,
        **variables,
    )


def call_or_typed(
    action: str, data: dict[str, Any], lists: tuple[str, ...] = ()
) -> tuple[dict[str, Any] | None, Typed]:
    """Call an action for a form; when it refuses, the form as it was typed.

    Ends the request with 404 where the person may not, or there is no such thing.
    """
    try:
        answer = tk.get_action(action)({"user": tk.current_user.name}, data)
    except tk.ValidationError as error:
        return None, forms_typed.refused(tk.request.form, error, lists)
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return tk.abort(404, tk._("There is no such group, or it is not yours."))
    return answer, Typed()


def page_number() -> int:
    """Which page of a list is asked for, from 1."""
    return min(max(1, tk.request.args.get("page", 1, type=int)), 10_000)


def _answer(action: str, place: Place, **data: Any) -> dict[str, Any]:
    found: dict[str, Any] = tk.get_action(action)(
        {"user": tk.current_user.name}, {"coordination": place.coordination_id, **data}
    )
    return found


def _count(action: str, place: Place, state: str) -> int:
    return int(_answer(action, place, state=state, limit=0)["count"])


def _place_and_meeting(name: str, id: str, act: str = "read_group") -> tuple[Place, dict[str, Any]]:
    """A meeting of that group; 404 for another's, as for none."""
    place = pages.place(name, act)
    row = model.Session.get(Meeting, id)
    if row is None or row.coordination_id != place.coordination_id:
        return tk.abort(404, tk._("There is no such meeting."))
    model.Session.refresh(row)
    meeting = tk.get_action("imss_meeting_show")({"user": tk.current_user.name}, {"id": id})
    return place, meeting


def _call_page(place: Place, typed: Typed, meeting: dict[str, Any] | None = None) -> str:
    if meeting is None:
        standing = pages.Standing(
            tk._("A new meeting"), who=tk._("The Transparency Liaison calls the next meeting.")
        )
    else:
        standing = meetings_texts.meeting_standing(meeting)
    called = [person["id"] for person in meeting["called"]] if meeting else None
    return page_of(
        "meeting_call",
        place,
        standing,
        meeting=meeting,
        typed=typed,
        people=_people_offered(place, meeting),
        chosen=called,
        form_names=_form_names(),
        begins=_local(meeting["starts_at"]) if meeting else "",
    )


def _record_page(place: Place, meeting: dict[str, Any], typed: Typed, *, rows: int = _ROWS) -> str:
    return page_of(
        "meeting_record",
        place,
        meetings_texts.meeting_standing(meeting),
        meeting=meeting,
        typed=typed,
        people=_people_offered(place, meeting),
        rows=min(max(rows, _ROWS), _MOST_ROWS),
        minutes_bytes=meeting_rules().minutes.bytes,
    )


def _people_offered(place: Place, meeting: dict[str, Any] | None) -> list[dict[str, str]]:
    """Who may be called or marked: those of the group today, and those of the meeting."""
    known = {person["id"] for person in (meeting or {}).get("called", [])}
    known |= {person["id"] for person in (meeting or {}).get("attended", [])}
    shown = asked.people_shown(place.people.group(place.coordination_id) | known)
    return sorted(shown.values(), key=lambda person: person["display_name"].casefold())


def _call_typed(form: MultiDict[str, str]) -> dict[str, Any]:
    return {
        "starts_at": form.get("starts_at", ""),
        "agenda": form.get("agenda", ""),
        "called": _people_typed(form),
        "forms": form.getlist("forms"),
    }


def _people_typed(form: MultiDict[str, str]) -> list[str]:
    others = form.get("others", "").replace(",", " ").split()
    return [*form.getlist("people"), *others]


def _agreements_typed(form: MultiDict[str, str]) -> list[dict[str, str]]:
    """The rows of the form in which something was typed."""
    found = []
    for row in range(1, _rows_of(form) + 1):
        typed = {
            part: form.get(f"agreement-{row}-{part}", "").strip()
            for part in ("text", "owner", "due")
        }
        if typed["text"] or typed["due"]:
            found.append(typed)
    return found


def _rows_of(form: MultiDict[str, str]) -> int:
    return min(form.get("rows", _ROWS, type=int), _MOST_ROWS)


def _form_names() -> dict[str, str]:
    return {code: words.es for code, words in meeting_rules().forms.items()}


def _first_due(requests: list[dict[str, Any]]) -> datetime.date | None:
    return datetime.date.fromisoformat(requests[0]["due"]) if requests else None


def _local(moment: str) -> str:
    """A moment as the field of a form takes it."""
    found = datetime.datetime.fromisoformat(moment).astimezone(asked.ZONE)
    return found.strftime("%Y-%m-%dT%H:%M")
