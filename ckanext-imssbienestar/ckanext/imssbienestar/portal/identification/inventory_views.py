"""The pages of Formato 1: the list of a draft, its header, its way to the liaison, its versions."""

from __future__ import annotations

import base64
from typing import Any

from ckan.plugins import toolkit as tk
from flask import Blueprint, Response
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.portal.identification import inventory_texts
from ckanext.imssbienestar.portal.identification.inventory_fields import (
    HEADER_TYPED,
    form_fields,
    typed_values,
)
from ckanext.imssbienestar.portal.identification.pages import (
    Place,
    Standing,
    done_or_told,
    place,
    section_page,
    sentences,
)

imss_inventory = Blueprint("imss_inventory", __name__)

PAGE = 50
ENDPOINT = "imss_inventory.read"


@imss_inventory.get("/working-group/<name>/inventory")
def read(name: str) -> str:
    """The databases of the draft, with what is missing in each."""
    return _page(place(name), {}, [])


@imss_inventory.post("/working-group/<name>/inventory/header")
def header(name: str) -> WerkzeugResponse | str:
    """Keep the header, or show it again as it was typed with what is wrong."""
    here = place(name)
    form = tk.request.form
    typed = typed_values(form, HEADER_TYPED)
    data = {"coordination": here.coordination_id, "header": typed, "mark": form.get("mark", "")}
    try:
        tk.get_action("imss_inventory_update")({"user": tk.current_user.name}, data)
    except tk.NotAuthorized as error:
        return _page(here, typed, [str(error)])
    except tk.ValidationError as error:
        return _page(here, typed, sentences(error), error.error_dict)
    tk.h.flash_success(tk._("The header was saved."))
    return tk.redirect_to(ENDPOINT, name=name)


@imss_inventory.post("/working-group/<name>/inventory/declare")
def declare(name: str) -> WerkzeugResponse:
    """Say that the coordination has no database, or take that back."""
    here = place(name)
    empty = tk.request.form.get("declared_empty") == "yes"
    data = {"coordination": here.coordination_id, "declared_empty": empty}
    done = (
        tk._("It was declared that the coordination has no database.")
        if empty
        else tk._("The declaration was withdrawn.")
    )
    return done_or_told("imss_inventory_update", data, done, _back(name))[1]


@imss_inventory.post("/working-group/<name>/inventory/hand-over")
def hand_over(name: str) -> WerkzeugResponse:
    """Hand the draft to the liaison."""
    here = place(name)
    done = tk._("Formato 1 was handed to the liaison, {liaison}.").format(
        liaison=inventory_texts.liaison(here)
    )
    data = {"coordination": here.coordination_id}
    return done_or_told("imss_inventory_hand_over", data, done, _back(name))[1]


@imss_inventory.post("/working-group/<name>/inventory/give-back")
def give_back(name: str) -> WerkzeugResponse | str:
    """Give the draft back to the group; remarks that are refused are shown again."""
    here = place(name)
    remarks = tk.request.form.get("remarks", "")
    data = {"coordination": here.coordination_id, "remarks": remarks}
    try:
        tk.get_action("imss_inventory_give_back")({"user": tk.current_user.name}, data)
    except tk.NotAuthorized as error:
        return _page(here, {}, [str(error)], remarks=remarks)
    except tk.ValidationError as error:
        return _page(here, {}, sentences(error), remarks=remarks)
    tk.h.flash_success(tk._("Formato 1 was given back to the group."))
    return tk.redirect_to(ENDPOINT, name=name)


@imss_inventory.post("/working-group/<name>/inventory/close")
def close(name: str) -> WerkzeugResponse | str:
    """Close the draft as the next version, or show what stands against it."""
    here = place(name)
    data = {"coordination": here.coordination_id}
    try:
        closed = tk.get_action("imss_inventory_close")({"user": tk.current_user.name}, data)
    except tk.NotAuthorized as error:
        return _page(here, {}, [str(error)])
    except tk.ValidationError as error:
        return _page(here, {}, sentences(error)[:1], error.error_dict)
    tk.h.flash_success(
        tk._("Version {number} of Formato 1 was closed.").format(number=closed["number"])
    )
    return tk.redirect_to("imss_inventory.version", name=name, number=closed["number"])


@imss_inventory.get("/working-group/<name>/inventory/download")
def download(name: str) -> WerkzeugResponse | Response:
    """The draft, a closed version or the blank form as a workbook."""
    here = place(name)
    asked = tk.request.args
    data = {
        "coordination": here.coordination_id,
        "format": asked.get("format", "xlsx"),
        "version": asked.get("version", ""),
        "blank": bool(asked.get("blank")),
        "lang": texts.language(),
    }
    try:
        file = tk.get_action("imss_inventory_export")({"user": tk.current_user.name}, data)
    except tk.ObjectNotFound as error:
        return tk.abort(404, str(error))
    except tk.ValidationError as error:
        for sentence in sentences(error):
            tk.h.flash_error(sentence)
        return tk.redirect_to(ENDPOINT, name=name)
    response = Response(base64.b64decode(file["base64"]), mimetype=file["media_type"])
    response.headers.set("Content-Disposition", "attachment", filename=file["name"])
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@imss_inventory.get("/working-group/<name>/inventory/version/<int:number>")
def version(name: str, number: int) -> WerkzeugResponse | str:
    """A closed version, to be read only: what it says, or what became of each database."""
    here = place(name)
    page = page_number()
    show = "differences" if tk.request.args.get("show") == "differences" else "entries"
    data = {
        "coordination": here.coordination_id,
        "version": number,
        "show": show,
        "limit": PAGE,
        "offset": (page - 1) * PAGE,
    }
    try:
        found = tk.get_action("imss_inventory_version_show")({"user": tk.current_user.name}, data)
    except tk.ObjectNotFound as error:
        return tk.abort(404, str(error))
    except tk.ValidationError as error:
        for sentence in sentences(error):
            tk.h.flash_error(sentence)
        return tk.redirect_to(ENDPOINT, name=name)
    closed = tk._("Version {number}, closed on {day} by {person}").format(
        number=number,
        day=tk.h.render_datetime(found["closed"], with_hours=True),
        person=found["closed_by"],
    )
    superseded = found["state"] == "superseded"
    standing = Standing(
        closed,
        "waiting" if superseded else "good",
        tk._("A later version supersedes it; it is never edited.")
        if superseded
        else tk._("It is the newest one; it is never edited, a later one supersedes it."),
    )
    return section_page(
        "inventory_version",
        here,
        ENDPOINT,
        standing,
        found=found,
        show=show,
        columns=[(f.name, f.title.label(texts.language())) for f in inventory_layout().columns],
        header=header_words(found["header"]),
        labels=inventory_texts.difference_label,
        page=page,
        pages=pages_of(found["count"]),
    )


def page_number() -> int:
    """The page that is asked for, the first being 1."""
    return min(max(1, tk.request.args.get("page", 1, type=int)), 1_000_000)


def pages_of(count: int) -> int:
    """How many pages there are; one when there is nothing."""
    return max(1, -(-count // PAGE))


def header_words(values: dict[str, str]) -> list[tuple[str, str]]:
    """Title and value of each field of a header that says something."""
    language = texts.language()
    return [
        (field.title.label(language), _said(field, values[field.name]))
        for field in inventory_layout().header
        if values.get(field.name)
    ]


def _said(field: Any, value: str) -> str:
    choice = field.labels.get(value)
    return str(choice.label(texts.language()) if choice else value)


def _back(name: str) -> str:
    return str(tk.url_for(ENDPOINT, name=name))


def _page(
    here: Place,
    typed: dict[str, str],
    errors: list[str],
    against: dict[str, Any] | None = None,
    *,
    remarks: str = "",
) -> str:
    """The list of the draft.

    :param typed: the header as it was typed, when it could not be kept.
    :param against: the error dictionary of what was refused.
    """
    asked = {name: tk.request.args.get(name, "") for name in ("q", "missing")}
    page, user = page_number(), {"user": tk.current_user.name}
    query = {
        "coordination": here.coordination_id,
        **asked,
        "limit": PAGE,
        "offset": (page - 1) * PAGE,
    }
    draft = tk.get_action("imss_inventory_show")(user, query)
    versions = tk.get_action("imss_inventory_version_list")(
        user, {"coordination": here.coordination_id, "limit": 20}
    )
    against = against or {}
    edits = here.may("edit_inventory")
    reviews = here.may("review_as_liaison")
    return section_page(
        "inventory",
        here,
        ENDPOINT,
        inventory_texts.standing(here, draft),
        draft=draft,
        versions=versions,
        fields=form_fields(
            inventory_layout().header,
            {**draft["header"], **typed},
            [*draft["header_findings"], *against.get("findings", ())],
        ),
        header=header_words(draft["header"]),
        mark=against.get("current_mark") or draft["header_mark"],
        header_open=bool(typed),
        errors=errors,
        against=against,
        remarks=remarks,
        edits=edits and (draft["state"] == "draft" or reviews),
        hands=here.may("submit_for_review"),
        reviews=reviews,
        closes=here.may("close_inventory"),
        asked=asked,
        page=page,
        pages=pages_of(draft["count"]),
    )
