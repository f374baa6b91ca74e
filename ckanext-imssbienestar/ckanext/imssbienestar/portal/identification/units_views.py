"""The register of units for who keeps it: the tree of today, a unit's history, the import."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from flask import Blueprint
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.portal import acting, permissions, texts
from ckanext.imssbienestar.portal.identification.groups_views import may_record
from ckanext.imssbienestar.portal.identification.pages import demand_account, sentences
from ckanext.imssbienestar.procedure.rules import designation_rules, unit_rules

imss_unit = Blueprint("imss_unit", __name__, url_prefix="/units")

_SHOWN = 500
"""As many rows of an import are shown; those that change or are refused come first."""


@imss_unit.get("/")
def index() -> str:
    """The units of today as a tree."""
    _demand_keeper()
    context = {"user": tk.current_user.name}
    found = tk.get_action("imss_unit_list")(context, {"limit": 20000})
    return tk.render(
        "imssbienestar/identification/units.html",
        {"units": found["results"], "count": found["count"], "kinds": _kinds(), "refused": []},
    )


@imss_unit.post("/import")
def preview() -> str | WerkzeugResponse:
    """What a file would change, and a button to apply exactly that."""
    _demand_keeper()
    upload = tk.request.files.get("upload")
    try:
        told = _import({"upload": upload})
    except tk.ValidationError as error:
        for sentence in sentences(error):
            tk.h.flash_error(sentence)
        return tk.redirect_to("imss_unit.index")
    order = {"refused": 0, "changed": 1, "created": 2, "same": 3}
    rows = sorted(told["changes"], key=lambda change: (order[change["outcome"]], change["row"]))
    return tk.render(
        "imssbienestar/identification/units_import.html",
        {
            "told": told,
            "rows": rows[:_SHOWN],
            "left": max(0, len(rows) - _SHOWN),
            "file_name": upload.filename if upload else "",
            "writes": told["counts"]["created"] + told["counts"]["changed"],
        },
    )


@imss_unit.post("/import/apply")
def apply() -> WerkzeugResponse:
    """Apply what was shown."""
    _demand_keeper()
    form = tk.request.form
    try:
        told = _import(
            {"content": form.get("content"), "digest": form.get("digest"), "confirm": True}
        )
    except tk.ValidationError as error:
        for sentence in sentences(error):
            tk.h.flash_error(sentence)
    else:
        text = tk._("{created} units were made and {changed} changed.")
        tk.h.flash_success(text.format(**told["counts"]))
    return tk.redirect_to("imss_unit.index")


@imss_unit.get("/export")
def export() -> WerkzeugResponse:
    """All units with all their periods, as CSV."""
    _demand_keeper()
    content = tk.get_action("imss_unit_export")({"user": tk.current_user.name}, {})["content"]
    response = WerkzeugResponse(content, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="unidades.csv"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@imss_unit.get("/<name>")
def read(name: str) -> str:
    """What a unit is and was, and who is designated in it."""
    _demand_keeper()
    context = {"user": tk.current_user.name}
    try:
        unit = tk.get_action("imss_unit_show")(context, {"id": name})
    except tk.ObjectNotFound:
        return tk.abort(404, tk._("There is no such unit."))
    held = tk.get_action("imss_designation_list")(
        context, {"organization": unit["id"], "limit": 1000}
    )["results"]
    language = texts.language()
    kinds = _kinds()
    current = unit["kind"] if unit["exists"] else ""
    return tk.render(
        "imssbienestar/identification/unit.html",
        {
            "unit": unit,
            "kinds": kinds,
            "titles": _titles(unit),
            "held": held,
            "posts": {rule.code.value: rule.label(language) for rule in designation_rules().posts},
            "may_add": [
                (rule.code.value, rule.label(language))
                for rule in designation_rules().posts
                if current in rule.held_in
                and not (rule.single and any(_holds(row, rule.code) for row in held))
                and may_record(rule.code.value, unit["id"])
            ],
            "grouped": current in unit_rules().codes("working_group")
            and acting.people().may(tk.current_user.id, "read_group", unit["id"]),
            "today": permissions.today(),
        },
    )


def _import(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = tk.get_action("imss_unit_import")({"user": tk.current_user.name}, data)
    return found


def _holds(row: dict[str, Any], role: str) -> bool:
    return row["role"] == role and bool(row["in_force"])


def _titles(unit: dict[str, Any]) -> dict[str, str]:
    """Id -> title of today of the units that this one hangs or hung from."""
    wanted = {period["parent_id"] for period in unit["history"] if period["parent_id"]}
    found = (model.Group.get(unit_id) for unit_id in wanted)
    return {group.id: group.title for group in found if group is not None}


def _kinds() -> dict[str, str]:
    language = texts.language()
    return {kind.code: kind.label(language) for kind in unit_rules().kinds}


def _demand_keeper() -> None:
    """404 for who does not keep the units."""
    demand_account()
    try:
        acting.require_keeper({"user": tk.current_user.name}, "keep_units")
    except tk.NotAuthorized:
        tk.abort(404, tk._("There is no such page, or it is not yours."))
