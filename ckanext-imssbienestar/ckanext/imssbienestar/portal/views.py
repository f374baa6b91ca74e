"""The pages and addresses of this extension."""

from __future__ import annotations

from typing import Any

import flask
from ckan import model
from ckan.plugins import toolkit as tk
from flask import Blueprint, Response
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.domain.workflow import Transition
from ckanext.imssbienestar.model import Release
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.copy_views import imss_copy
from ckanext.imssbienestar.portal.derivative_views import imss_derivative
from ckanext.imssbienestar.portal.dictionary_views import imss_dictionary
from ckanext.imssbienestar.portal.identification.analysis_views import imss_analysis
from ckanext.imssbienestar.portal.identification.concentrado_views import imss_concentrado
from ckanext.imssbienestar.portal.identification.designations_views import imss_designation
from ckanext.imssbienestar.portal.identification.groups_views import imss_group
from ckanext.imssbienestar.portal.identification.history_views import imss_history
from ckanext.imssbienestar.portal.identification.inventory_entry_views import (
    imss_inventory_entry,
)
from ckanext.imssbienestar.portal.identification.inventory_import_views import (
    imss_inventory_import,
)
from ckanext.imssbienestar.portal.identification.inventory_views import imss_inventory
from ckanext.imssbienestar.portal.identification.mail_views import imss_mail
from ckanext.imssbienestar.portal.identification.meetings_views import imss_meetings
from ckanext.imssbienestar.portal.identification.oficio_template_views import imss_oficio_template
from ckanext.imssbienestar.portal.identification.oficio_views import imss_validation
from ckanext.imssbienestar.portal.identification.requests_views import imss_requests
from ckanext.imssbienestar.portal.identification.units_views import imss_unit
from ckanext.imssbienestar.portal.identification.work_views import imss_work
from ckanext.imssbienestar.portal.mirror_federal_views import imss_mirror_federal
from ckanext.imssbienestar.portal.mirror_views import imss_mirror
from ckanext.imssbienestar.portal.personal_data_views import imss_personal_data
from ckanext.imssbienestar.portal.report_views import imss_report
from ckanext.imssbienestar.procedure import releases

__all__ = [
    "imss_analysis",
    "imss_concentrado",
    "imss_copy",
    "imss_derivative",
    "imss_designation",
    "imss_dictionary",
    "imss_group",
    "imss_history",
    "imss_inventory",
    "imss_inventory_entry",
    "imss_inventory_import",
    "imss_mail",
    "imss_meetings",
    "imss_mirror",
    "imss_mirror_federal",
    "imss_oficio_template",
    "imss_personal_data",
    "imss_release",
    "imss_report",
    "imss_requests",
    "imss_unit",
    "imss_update",
    "imss_validation",
    "imss_work",
]

imss_release = Blueprint("imss_release", __name__)
imss_update = Blueprint("imss_update", __name__)


@imss_release.before_request
@imss_derivative.before_request
@imss_dictionary.before_request
@imss_update.before_request
@imss_report.before_request
@imss_copy.before_request
@imss_mirror.before_request
@imss_mirror_federal.before_request
@imss_personal_data.before_request
@imss_work.before_request
@imss_group.before_request
@imss_designation.before_request
@imss_unit.before_request
@imss_meetings.before_request
@imss_requests.before_request
@imss_history.before_request
@imss_inventory.before_request
@imss_inventory_entry.before_request
@imss_inventory_import.before_request
@imss_analysis.before_request
@imss_validation.before_request
@imss_oficio_template.before_request
@imss_mail.before_request
@imss_concentrado.before_request
def refuse_forms_of_others() -> None:
    """Only a form of ours may act in the name of somebody who is logged in.

    CKAN 2.12 stops asking for the token of a form, for good and for everybody, once somebody
    without a session has asked for the same page. A signature must not depend on that.
    """
    if flask.current_app.config["WTF_CSRF_ENABLED"] and not flask.g.get("login_via_auth_header"):
        flask.current_app.extensions["csrf"].protect()


def refused(error: tk.NotAuthorized) -> tuple[str, int]:
    """The page of a refusal that a page of CKAN lets through: its sentence instead of a fault."""
    page = tk.render("error_document_template.html", {"code": 403, "content": error.message})
    return page, 403


_ACTIONS = {
    Transition.SUBMIT: "imss_release_submit",
    Transition.SIGN: "imss_release_sign",
    Transition.PUBLISH: "imss_release_publish",
    Transition.RETURN: "imss_release_return",
}


@imss_release.get("/dataset/<id>/release/<int:number>/<identifier>/<filename>")
def file(id: str, number: int, identifier: str, filename: str) -> Response:
    """The file of one release, at an address that never changes (decision 9)."""
    release = releases.by_number(model.Session, id, number)
    stored = _stored_file(release, identifier) if release is not None else None
    if release is None or stored is None:
        return tk.abort(404, tk._("No download is available"))
    try:
        tk.check_access("imss_release_show", {"user": tk.current_user.name}, {"release": release})
    except tk.NotAuthorized:
        # The same answer as for what does not exist: an address must not tell of a draft.
        return tk.abort(404, tk._("No download is available"))
    response = flask.send_file(
        content_store().path(stored["sha256"]),
        mimetype="text/csv",
        as_attachment=True,
        download_name=stored["name"],
        etag=stored["sha256"],
    )
    # Browsers must never guess that a data file is a page.
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@imss_release.post("/dataset/<id>/transition/<transition>")
def move(id: str, transition: str) -> WerkzeugResponse:
    """A button of the dataset page."""
    try:
        action = _ACTIONS[Transition(transition)]
    except (ValueError, KeyError):
        return tk.abort(404, tk._("There is no such transition."))
    form = tk.request.form
    values = {name: form[name] for name in ("oficio_number", "reason", "digest") if form.get(name)}
    page = tk.url_for("dataset.read", id=id)
    try:
        release = tk.get_action(action)(
            {"user": tk.current_user.name}, {"id": form.get("release_id") or id, **values}
        )
    except tk.ObjectNotFound:
        return tk.abort(404, tk._("There is no such dataset."))
    except tk.NotAuthorized as error:
        tk.h.flash_error(str(error))
    except tk.ValidationError as error:
        tk.h.flash_error(_message(error))
    else:
        tk.h.flash_success(_done(Transition(transition), release))
        page = tk.url_for("dataset.read", id=release["dataset_name"])
        if release["state"] not in {"published", "withdrawn"}:
            page = tk.url_for("dataset.read", id=id)
    return tk.redirect_to(page)


@imss_update.post("/dataset/<id>/update")
def start(id: str) -> WerkzeugResponse:
    """Make the working copy of a published dataset and go there."""
    return _update("imss_update_start", id, tk._("Change this copy; the public page stays."))


@imss_update.post("/dataset/<id>/update/discard")
def discard(id: str) -> WerkzeugResponse:
    """Throw the working copy away and go back to the public dataset."""
    copy = model.Package.get(id)
    public = model.Package.get(copy.extras.get("update_of")) if copy is not None else None
    return _update(
        "imss_update_discard",
        id,
        tk._("The update was discarded."),
        afterwards=public.name if public is not None else "",
    )


def _update(action: str, id: str, done: str, *, afterwards: str = "") -> WerkzeugResponse:
    try:
        copy = tk.get_action(action)({"user": tk.current_user.name}, {"id": id})
    except tk.ObjectNotFound:
        return tk.abort(404, tk._("There is no such dataset."))
    except tk.NotAuthorized:
        return tk.abort(403, tk._("Not authorized to change this dataset"))
    except tk.ValidationError as error:
        tk.h.flash_error(_message(error))
        return tk.redirect_to("dataset.read", id=id)
    tk.h.flash_success(done)
    return tk.redirect_to("dataset.read", id=copy["name"] if copy else afterwards)


def _done(transition: Transition, release: dict[str, Any]) -> str:
    return {
        Transition.SUBMIT: tk._("Sent to review."),
        Transition.SIGN: tk._("Signed."),
        Transition.PUBLISH: tk._("Published: the public now sees exactly what was signed."),
        Transition.RETURN: tk._("Returned to draft."),
    }[transition]


def _message(error: tk.ValidationError) -> str:
    return " ".join(_sentences({k: v for k, v in error.error_dict.items() if k != "findings"}))


def _sentences(error_dict: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for value in error_dict.values():
        found += [str(item) for item in value] if isinstance(value, list) else [str(value)]
    return found


def _stored_file(release: Release, identifier: str) -> dict[str, Any] | None:
    document = releases.document_of(model.Session, release)
    for resource in document["resources"]:
        if resource["identifier"] == identifier and "file" in resource:
            found: dict[str, Any] = resource["file"]
            return found
    return None
