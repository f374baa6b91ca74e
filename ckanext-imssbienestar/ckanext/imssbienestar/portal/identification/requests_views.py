"""Pages of forms sent, observations, requests and reported databases (R-033 to R-035, R-043)."""

from __future__ import annotations

import datetime
from io import BytesIO
from typing import Any

import flask
from ckan import model
from ckan.plugins import toolkit as tk
from flask import Blueprint, Response
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.model import Request, SentForm
from ckanext.imssbienestar.portal import acting
from ckanext.imssbienestar.portal.identification import (
    asked,
    meetings_mail,
    meetings_texts,
    pages,
)
from ckanext.imssbienestar.portal.identification.forms_typed import Typed
from ckanext.imssbienestar.portal.identification.meetings_views import (
    PAGE,
    call_or_typed,
    page_number,
    page_of,
)
from ckanext.imssbienestar.portal.identification.pages import Place, Standing
from ckanext.imssbienestar.procedure import sent_forms
from ckanext.imssbienestar.procedure.rules import meeting_rules
from ckanext.imssbienestar.procedure.sent_forms import FormKind

imss_requests = Blueprint("imss_requests", __name__)

_ROWS = 50


@imss_requests.get("/requests")
def index() -> str:
    """What the Transparency Unit asked and observed, over all groups."""
    pages.demand_account()
    people = acting.people()
    if not people.may(tk.current_user.id, "make_request"):
        return tk.abort(404, tk._("There is no such group, or it is not yours."))
    state = _state({"open", "overdue", "answered"}, "open")
    number = page_number()
    found = _listed("imss_request_list", state=state, limit=PAGE, offset=(number - 1) * PAGE)
    overdue = _listed("imss_request_list", state="overdue", limit=0)["count"]
    waiting = _listed("imss_request_list", state="open", limit=1)
    first = waiting["results"][0]["due"] if waiting["results"] else None
    standing = Standing(
        tk._("Requests that wait for an answer: {count}").format(count=waiting["count"]),
        "bad" if overdue else "waiting" if waiting["count"] else "good",
        tk._("The liaisons of the groups answer them.") if waiting["count"] else "",
        [tk._("overdue requests: {count}").format(count=overdue)] if overdue else (),
        datetime.date.fromisoformat(first) if first else None,
    )
    return tk.render(
        "imssbienestar/identification/requests.html",
        {
            "standing": standing,
            "today": asked.today(),
            "found": found,
            "state": state,
            "page": number,
            "pages": -(-found["count"] // PAGE),
            "observations": _listed("imss_observation_list", limit=PAGE),
            "forms": _listed("imss_form_list", limit=PAGE),
            "reports": _listed("imss_database_list", state="forwarded", limit=PAGE),
            "groups": sorted(
                asked.groups_shown(
                    unit.unit_id for unit in people.tree.with_working_group()
                ).values(),
                key=lambda group: group["title"].casefold(),
            ),
            "when": meetings_texts.when,
            "day": meetings_texts.day,
            "item_state": meetings_texts.item_state,
            "report_kind": meetings_texts.report_kind,
        },
    )


@imss_requests.get("/working-group/<name>/requests")
def of_group(name: str) -> str:
    """The requests to a group."""
    place = pages.place(name)
    state = _state({"open", "overdue", "answered"}, "")
    number = page_number()
    found = _of(place, "imss_request_list", state=state, number=number)
    waiting = _of(place, "imss_request_list", state="open")["count"]
    standing = Standing(
        tk._("Requests that wait for an answer: {count}").format(count=waiting),
        "waiting" if waiting else "good",
        tk._("The Transparency Liaison answers what the Transparency Unit asked.")
        if waiting
        else "",
    )
    return page_of(
        "group_requests",
        place,
        standing,
        found=found,
        state=state,
        page=number,
        pages=-(-found["count"] // PAGE),
    )


@imss_requests.get("/working-group/<name>/requests/new")
def new(name: str) -> str:
    """The form of a request."""
    return _new_page(pages.place(name, "make_request"), Typed())


@imss_requests.post("/working-group/<name>/requests/new")
def create(name: str) -> WerkzeugResponse | str:
    """Make it."""
    place = pages.place(name, "make_request")
    form = tk.request.form
    data = {
        "coordination": place.name,
        "text": form.get("text", ""),
        "due": form.get("due", ""),
    }
    made, typed = call_or_typed("imss_request_create", data)
    if made is None:
        return _new_page(place, typed)
    tk.h.flash_success(tk._("The request is made; the liaison gets a mail."))
    return tk.redirect_to("imss_requests.show", name=place.name, id=made["id"])


@imss_requests.get("/working-group/<name>/requests/<id>")
def show(name: str, id: str) -> str:
    """One request and its answer."""
    place = pages.place(name)
    return _request_page(place, _request(place, id), Typed())


@imss_requests.post("/working-group/<name>/requests/<id>")
def answer(name: str, id: str) -> WerkzeugResponse | str:
    """Answer it."""
    place = pages.place(name, "answer_request")
    request = _request(place, id)
    data = {"id": request["id"], "answer": tk.request.form.get("answer", "")}
    answered, typed = call_or_typed("imss_request_answer", data)
    if answered is None:
        return _request_page(place, _request(place, id), typed)
    tk.h.flash_success(tk._("The answer is saved; the Transparency Unit gets a mail."))
    return tk.redirect_to("imss_requests.show", name=place.name, id=id)


@imss_requests.get("/working-group/<name>/forms")
def forms(name: str) -> str:
    """What the group sent to the Transparency Unit."""
    place = pages.place(name)
    number = page_number()
    found = _of(place, "imss_form_list", number=number)
    standing = Standing(
        tk._("Forms sent: {count}").format(count=found["count"]),
        "good",
        tk._("The Transparency Liaison sends the forms; the Transparency Unit observes them."),
    )
    return page_of(
        "group_forms",
        place,
        standing,
        found=found,
        page=number,
        pages=-(-found["count"] // PAGE),
        form_names={code: words.es for code, words in meeting_rules().forms.items()},
    )


@imss_requests.post("/working-group/<name>/forms")
def send(name: str) -> WerkzeugResponse:
    """The button that sends a form."""
    place = pages.place(name, "send_to_transparency_unit")
    form = tk.request.form
    meeting = form.get("meeting", "")
    back = tk.url_for("imss_requests.forms", name=place.name)
    if meeting:
        back = tk.url_for("imss_meetings.show", name=place.name, id=meeting)
    data = {"coordination": place.name, "form": form.get("form", ""), "meeting": meeting}
    try:
        tk.get_action("imss_form_send")({"user": tk.current_user.name}, data)
    except tk.ValidationError as error:
        # A large Formato 1 may lack much: only the first sentences, not every finding.
        for sentence in error.error_dict.get("message") or pages.sentences(error):
            tk.h.flash_error(sentence)
    except tk.ObjectNotFound as error:
        tk.h.flash_error(str(error))
    else:
        tk.h.flash_success(tk._("The form is sent to the Transparency Unit, exactly as it is now."))
    return tk.redirect_to(back)


@imss_requests.get("/working-group/<name>/forms/<id>")
def form(name: str, id: str) -> str:
    """A form as it was sent, with what the Transparency Unit observed."""
    place = pages.place(name)
    return _form_page(place, _sent(place, id), Typed())


@imss_requests.post("/working-group/<name>/forms/<id>")
def observe(name: str, id: str) -> WerkzeugResponse | str:
    """Observe something."""
    place = pages.place(name, "observe")
    row = _sent(place, id)
    data = {"form": row.id, "text": tk.request.form.get("text", "")}
    made, typed = call_or_typed("imss_observation_create", data)
    if made is None:
        return _form_page(place, _sent(place, id), typed)
    tk.h.flash_success(tk._("The observation is saved; the liaison gets a mail."))
    return tk.redirect_to("imss_requests.form", name=place.name, id=id)


@imss_requests.get("/working-group/<name>/forms/<id>/file")
def workbook(name: str, id: str) -> Response:
    """The form that was sent, as a workbook."""
    place = pages.place(name)
    file_name, content = meetings_mail.form_workbook(_sent(place, id))
    response = flask.send_file(
        BytesIO(content), mimetype=meetings_mail.XLSX, as_attachment=True, download_name=file_name
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@imss_requests.get("/working-group/<name>/databases")
def databases(name: str) -> str:
    """The notices of new databases and of those to withdraw."""
    return _databases_page(pages.place(name), Typed())


@imss_requests.post("/working-group/<name>/databases")
def report(name: str) -> WerkzeugResponse | str:
    """Tell the liaison of one."""
    place = pages.place(name, "report_database")
    typed_form = tk.request.form
    data = {
        "coordination": place.name,
        "kind": typed_form.get("kind", ""),
        "identifier": typed_form.get("identifier", ""),
        "text": typed_form.get("text", ""),
    }
    made, typed = call_or_typed("imss_database_report", data)
    if made is None:
        return _databases_page(place, typed)
    tk.h.flash_success(tk._("The liaison is told."))
    return tk.redirect_to("imss_requests.databases", name=place.name)


@imss_requests.post("/working-group/<name>/databases/<id>/forward")
def forward(name: str, id: str) -> WerkzeugResponse:
    """Pass a notice on to the Transparency Unit."""
    place = pages.place(name, "send_to_transparency_unit")
    back = tk.url_for("imss_requests.databases", name=place.name)
    done = tk._("The Transparency Unit is told.")
    _, response = pages.done_or_told("imss_database_forward", {"id": id}, done, back)
    return response


def _new_page(place: Place, typed: Typed) -> str:
    standing = Standing(tk._("A new request"), who=tk._("The Transparency Liaison answers it."))
    return page_of("request_new", place, standing, typed=typed, first_day=asked.today())


def _request_page(place: Place, request: dict[str, Any], typed: Typed) -> str:
    standing = meetings_texts.request_standing(request)
    return page_of("request", place, standing, request_shown=request, typed=typed)


def _databases_page(place: Place, typed: Typed) -> str:
    number = page_number()
    found = _of(place, "imss_database_list", number=number)
    waiting = _of(place, "imss_database_list", state="waiting")["count"]
    standing = Standing(
        tk._("Notices that wait for the liaison: {count}").format(count=waiting),
        "waiting" if waiting else "good",
        tk._("The Transparency Liaison passes the notices on to the Transparency Unit.")
        if waiting
        else "",
    )
    return page_of(
        "databases",
        place,
        standing,
        typed=typed,
        found=found,
        page=number,
        pages=-(-found["count"] // PAGE),
    )


def _form_page(place: Place, row: SentForm, typed: Typed) -> str:
    shown = tk.get_action("imss_form_show")({"user": tk.current_user.name}, {"id": row.id})
    meeting = None
    if row.meeting_id:
        meeting = tk.get_action("imss_meeting_show")(
            {"user": tk.current_user.name}, {"id": row.meeting_id}
        )
    number = page_number()
    rows = _databases_in(row)
    return page_of(
        "sent_form",
        place,
        meetings_texts.form_standing(shown, len(shown["observations"]), meeting),
        form=shown,
        meeting=meeting,
        typed=typed,
        rows=rows[(number - 1) * _ROWS : number * _ROWS],
        rows_count=len(rows),
        page=number,
        pages=-(-len(rows) // _ROWS),
    )


def _databases_in(row: SentForm) -> list[tuple[str, str]]:
    """Identifier and name of each database in a form that was sent."""
    if row.form == FormKind.INVENTORY.value:
        return [(entry.identifier, entry.name) for entry in sent_forms.sent_draft(row).entries]
    return [(entry.identifier, entry.name) for entry in sent_forms.sent_concentrado(row).rows]


def _request(place: Place, id: str) -> dict[str, Any]:
    row = model.Session.get(Request, id)
    if row is None or row.coordination_id != place.coordination_id:
        return tk.abort(404, tk._("There is no such request."))
    model.Session.refresh(row)
    found: dict[str, Any] = tk.get_action("imss_request_show")(
        {"user": tk.current_user.name}, {"id": id}
    )
    return found


def _sent(place: Place, id: str) -> SentForm:
    row = model.Session.get(SentForm, id)
    if row is None or row.coordination_id != place.coordination_id:
        return tk.abort(404, tk._("No such form was sent."))
    found: SentForm = row
    return found


def _of(place: Place, action: str, *, state: str = "", number: int = 1) -> dict[str, Any]:
    filters = {"state": state} if state else {}
    return _listed(
        action,
        coordination=place.coordination_id,
        **filters,
        limit=PAGE,
        offset=(number - 1) * PAGE,
    )


def _listed(action: str, **data: Any) -> dict[str, Any]:
    found: dict[str, Any] = tk.get_action(action)({"user": tk.current_user.name}, data)
    return found


def _state(known: set[str], otherwise: str) -> str:
    asked_for = tk.request.args.get("state", otherwise)
    return asked_for if asked_for in known else otherwise
