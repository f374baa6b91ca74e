"""The pages of Formato 2: as it is in its files, its versions, and generating the next."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from flask import Blueprint, Response
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.analysis import DocumentRefused
from ckanext.imssbienestar.domain.concentrado import Concentrado
from ckanext.imssbienestar.formats.concentrado.files import MEDIA_TYPES
from ckanext.imssbienestar.formats.concentrado.layout import ShownConcentrado, show_concentrado
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.portal.identification import (
    analysis_shown,
    analysis_texts,
    concentrado_shown,
)
from ckanext.imssbienestar.portal.identification.pages import (
    Place,
    place,
    section_page,
    sentences,
)
from ckanext.imssbienestar.portal.identification.refusal_page import tell_refusals
from ckanext.imssbienestar.procedure import concentrado
from ckanext.imssbienestar.procedure.concentrado import ConcentradoVersion
from ckanext.imssbienestar.procedure.remembered import Remembered

imss_concentrado = Blueprint("imss_concentrado", __name__)
tell_refusals(imss_concentrado)

_ENDPOINT = "imss_concentrado.read"
_VERSIONS = 20
_SHOWN: Remembered[ShownConcentrado] = Remembered(20_000, lambda form: len(form.rows))


@imss_concentrado.get("/working-group/<name>/formato-2")
def read(name: str) -> str:
    """The newest Formato 2 of a group, and what is missing for the next."""
    here = place(name)
    return _page(here, concentrado.newest(model.Session, here.coordination_id))


@imss_concentrado.get("/working-group/<name>/formato-2/<int:number>")
def version(name: str, number: int) -> str:
    """One version."""
    here = place(name)
    found = concentrado.by_number(model.Session, here.coordination_id, number)
    if found is None:
        return tk.abort(404, tk._("There is no such Formato 2."))
    return _page(here, found)


@imss_concentrado.post("/working-group/<name>/formato-2")
def generate(name: str) -> WerkzeugResponse | str:
    """Close the next version, or show what it would say."""
    here = place(name)
    typed = tk.request.form.get("attributions", "")
    preview = "preview" in tk.request.form
    try:
        made = _call("imss_concentrado_generate", here, attributions=typed, preview=preview)
    except (tk.NotAuthorized, tk.ValidationError) as error:
        refused = isinstance(error, tk.ValidationError)
        newest = concentrado.newest(model.Session, here.coordination_id)
        return _page(here, newest, typed, sentences(error) if refused else [str(error)])
    if preview:
        return _page(here, None, typed, preview=made["attributions"])
    said = tk._("Version {number} of Formato 2 was closed.")
    tk.h.flash_success(said.format(number=made["number"]))
    return tk.redirect_to(_ENDPOINT, name=name)


@imss_concentrado.get("/working-group/<name>/formato-2/<int:number>/<form>")
def download(name: str, number: int, form: str) -> Response:
    """A version as a file."""
    here = place(name)
    found = concentrado.by_number(model.Session, here.coordination_id, number)
    if found is None or form not in MEDIA_TYPES:
        return tk.abort(404, tk._("There is no such Formato 2."))
    asked = {"version": number, "format": form, "lang": tk.request.args.get("lang", "es")}
    file = _call("imss_concentrado_export", here, **asked)
    response = Response(base64.b64decode(file["base64"]), mimetype=file["media_type"])
    response.headers.set("Content-Disposition", "attachment", filename=file["name"])
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _page(
    here: Place,
    shown: ConcentradoVersion | None,
    typed: str | None = None,
    errors: Sequence[str] = (),
    preview: Sequence[str] | None = None,
) -> str:
    """A page of Formato 2.

    :param shown: the version to show.
    :param typed: the powers that somebody wrote; None for those of the newest version.
    :param preview: show a preview with these powers instead of a version.
    """
    found = _call("imss_analysis_show", here, limit=0)
    listed = concentrado.versions(model.Session, here.coordination_id, limit=_VERSIONS)
    newest = listed[0] if listed else None
    form = _preview(here, preview) if preview is not None else _form(shown)
    is_newest = shown is None or newest is None or shown.number == newest.number
    return section_page(
        "concentrado",
        here,
        _ENDPOINT,
        analysis_texts.concentrado_standing(here, found, _about(newest)),
        found=found,
        form=form[0] if form else None,
        body=_body(form[0]) if form else "",
        version=None if preview is not None else _about(shown),
        preview=preview is not None,
        newest=newest.number if newest else None,
        totals=form[1].totals if form else None,
        versions=concentrado_shown.version_dicts(listed),
        count=concentrado.version_count(model.Session, here.coordination_id),
        may_generate=here.may("generate_concentrado"),
        # Beside an earlier version nobody generates the next.
        may_preview=here.may("analyse") and (is_newest or bool(errors)),
        attributions=_attributions(newest) if typed is None else typed,
        errors=list(errors),
        formats=list(MEDIA_TYPES),
        lang=texts.language(),
    )


def _about(version: ConcentradoVersion | None) -> dict[str, Any] | None:
    """A version without its rows, and whether it is outdated."""
    if version is None:
        return None
    (about,) = concentrado_shown.version_dicts([version])
    why = concentrado.outdated(model.Session, version, analysis_shown.now())
    return about | {"outdated": why.value}


def _form(version: ConcentradoVersion | None) -> tuple[ShownConcentrado, Concentrado] | None:
    if version is None:
        return None
    form, language = concentrado.content(model.Session, version), texts.language()
    key = f"{language}:{version.digest}"
    return _SHOWN.get(key, lambda: show_concentrado(form, language)), form


def _preview(
    here: Place, attributions: Sequence[str]
) -> tuple[ShownConcentrado, Concentrado] | None:
    try:
        form = concentrado.draft(
            model.Session,
            here.coordination_id,
            attributions,
            config.organism(),
            analysis_shown.now(),
        )
    except DocumentRefused:  # somebody closed another Formato 1 in this very moment
        return None
    return show_concentrado(form, texts.language()), form


def _body(form: ShownConcentrado) -> Markup:
    """The rows of the table; thousands of them are made quicker here than in a template."""
    rows = (
        "<tr>"
        + "".join(f"<td>{escape(cell)}</td>" if cell else "<td></td>" for cell in row)
        + "</tr>"
        for row in form.rows
    )
    return Markup("\n".join(rows))  # noqa: S704 - every cell is escaped above


def _attributions(newest: ConcentradoVersion | None) -> str:
    """Those of the version before: the powers of a unit seldom change."""
    if newest is None:
        return ""
    return "\n".join(concentrado.content(model.Session, newest).header.attributions)


def _call(action: str, here: Place, **asked: Any) -> Any:
    data = {"coordination": here.coordination_id, **asked}
    return tk.get_action(action)({"user": tk.current_user.name}, data)
