"""The form that records a designation, its end, and the letter it was made by."""

from __future__ import annotations

from typing import Any

import flask
import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from flask import Blueprint
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.domain.designations import Post, PostRule
from ckanext.imssbienestar.model import Designation, DesignationOficio
from ckanext.imssbienestar.portal import acting, permissions, texts
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.identification.groups_views import may_record
from ckanext.imssbienestar.portal.identification.pages import (
    demand_account,
    done_or_told,
    sentences,
)
from ckanext.imssbienestar.procedure.rules import designation_rules

imss_designation = Blueprint("imss_designation", __name__, url_prefix="/designation")

_LETTERS_OFFERED = 20
_PEOPLE_OFFERED = 500
_TYPED = ("user", "oficio_id", "oficio_number", "oficio_date", "level", "valid_from", "valid_to")


@imss_designation.route("/new", methods=["GET", "POST"])
def new() -> str | WerkzeugResponse:
    """The form, and what becomes of it; what was typed stays when it is refused."""
    demand_account()
    earlier = _earlier(tk.request.values.get("replaces", ""))
    rule, organization = _asked(earlier)
    place = organization.id if organization is not None else None
    if not may_record(rule.code.value, place):
        return tk.abort(404, tk._("There is no such page, or it is not yours."))
    refused: list[str] = []
    if tk.request.method == "POST":
        answer, refused = _recorded(rule, place, earlier)
        if answer is not None:
            return tk.redirect_to(_back(organization))
    return tk.render(
        "imssbienestar/identification/designation.html",
        {
            "rule": rule,
            "post": rule.label(texts.language()),
            "organization": organization,
            "earlier": earlier,
            "refused": refused,
            "typed": tk.request.form,
            "divisions": _divisions(place) if rule.code is Post.MEMBER else [],
            "levels": _levels(rule),
            "letters": _letters(),
            "people": _people(),
            "back": _back(organization),
            "today": permissions.today(),
        },
    )


@imss_designation.post("/<id>/end")
def end(id: str) -> WerkzeugResponse:
    """Give a designation its last day."""
    demand_account()
    row = model.Session.get(Designation, id)
    organization = model.Group.get(row.organization_id) if row and row.organization_id else None
    data = {"id": id, "valid_to": tk.request.form.get("valid_to")}
    done = tk._("The designation ends on that day; it stays in the list of earlier ones.")
    return done_or_told("imss_designation_end", data, done, _back(organization))[1]


@imss_designation.get("/<id>/letter")
def letter(id: str) -> WerkzeugResponse:
    """The letter of a designation, for who may read the designation."""
    demand_account()
    try:
        tk.get_action("imss_designation_show")({"user": tk.current_user.name}, {"id": id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return tk.abort(404, tk._("There is no such letter, or it is not yours."))
    row = model.Session.get_one(Designation, id)
    kept = model.Session.get(DesignationOficio, row.oficio_id) if row.oficio_id else None
    path = content_store().path(kept.sha256) if kept else None
    if kept is None or path is None or not path.is_file():
        return tk.abort(404, tk._("There is no such letter, or it is not yours."))
    response = flask.send_file(
        path,
        mimetype="application/pdf",
        as_attachment=True,
        download_name=kept.file_name,
        etag=kept.sha256,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _recorded(
    rule: PostRule, place: str | None, earlier: Designation | None
) -> tuple[dict[str, Any] | None, list[str]]:
    """The action's answer, or why it refused."""
    form = tk.request.form
    data: dict[str, Any] = {name: form[name].strip() for name in _TYPED if form.get(name)}
    data["represents"] = form.getlist("represents")
    if upload := tk.request.files.get("upload"):
        data["upload"] = upload
    if earlier is not None:
        action, data["id"] = "imss_designation_replace", earlier.id
    else:
        action, data["role"], data["organization"] = "imss_designation_create", rule.code, place
    try:
        answer = tk.get_action(action)({"user": tk.current_user.name}, data)
    except tk.ValidationError as error:
        return None, sentences(error)
    except tk.NotAuthorized as error:
        return None, [str(error)]
    tk.h.flash_success(tk._("The designation was recorded."))
    for finding in answer["findings"]:
        tk.h.flash_notice(f"{finding['message']} {finding['fix']}")
    return answer, []


def _earlier(designation_id: str) -> Designation | None:
    return model.Session.get(Designation, designation_id) if designation_id else None


def _asked(earlier: Designation | None) -> tuple[PostRule, model.Group | None]:
    """The post and the place that a form is for; ends the request when there is no such post."""
    asked = tk.request.values
    code = earlier.role if earlier else asked.get("role", "")
    name = earlier.organization_id if earlier else asked.get("organization", "")
    if code not in set(Post):
        tk.abort(404, tk._("There is no such page, or it is not yours."))
    return designation_rules().post(Post(code)), model.Group.get(name) if name else None


def _back(organization: model.Group | None) -> str:
    """The page of the place: a group's, a unit's, or the list of groups."""
    if organization is None:
        return str(tk.url_for("imss_group.index"))
    people = acting.people()
    grouped = {unit.unit_id for unit in people.tree.with_working_group()}
    if organization.id in grouped and people.may(tk.current_user.id, "read_group", organization.id):
        return str(tk.url_for("imss_group.read", name=organization.name))
    return str(tk.url_for("imss_unit.read", name=organization.name))


def _divisions(place: str | None) -> list[dict[str, str]]:
    """Those of the coordination, and those of its unit that hang from none (R-037)."""
    tree = acting.people().tree
    own = tree.to_represent(place)
    signing = tree.signing_unit(place or "")
    loose = tree.outside_groups(signing.unit_id) if signing else ()
    return [{"id": unit.unit_id, "title": unit.name} for unit in (*own, *loose)]


def _levels(rule: PostRule) -> list[tuple[str, str]]:
    if designation_rules().levels.least(rule.code) is None:
        return []
    language = texts.language()
    return [(each.code, each.label(language)) for each in designation_rules().levels.levels]


def _letters() -> list[dict[str, Any]]:
    """Letters that were recorded lately: one letter may name several people."""
    query = sa.select(DesignationOficio).order_by(DesignationOficio.received.desc())
    if not acting.may(tk.current_user.name, "record_designation"):
        query = query.where(DesignationOficio.received_by == tk.current_user.id)
    found = model.Session.scalars(query.limit(_LETTERS_OFFERED))
    return [{"id": row.id, "number": row.number, "date": row.date} for row in found]


def _people() -> list[tuple[str, str]]:
    """Accounts by name, for the list that a browser offers while somebody types."""
    query = (
        sa.select(model.User.name, model.User.fullname)
        .where(model.User.state == "active", model.User.sysadmin.is_(False))
        .order_by(model.User.name)
        .limit(_PEOPLE_OFFERED)
    )
    return [(row.name, row.fullname or row.name) for row in model.Session.execute(query)]
