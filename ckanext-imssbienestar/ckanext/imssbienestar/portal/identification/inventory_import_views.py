"""The pages of importing a Formato 1: send the workbook, see what it would do, say yes or no."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from flask import Blueprint
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.domain.inventory_plan import RowKind
from ckanext.imssbienestar.portal.identification import inventory_texts
from ckanext.imssbienestar.portal.identification.inventory_views import (
    ENDPOINT,
    PAGE,
    page_number,
    pages_of,
)
from ckanext.imssbienestar.portal.identification.pages import (
    Place,
    Standing,
    place,
    section_page,
    sentences,
)

imss_inventory_import = Blueprint("imss_inventory_import", __name__)


@imss_inventory_import.get("/working-group/<name>/inventory/import")
def choose(name: str) -> str:
    """Where the workbook is sent."""
    return _choose(place(name, "edit_inventory"), [])


@imss_inventory_import.post("/working-group/<name>/inventory/import")
def look_at(name: str) -> WerkzeugResponse | str:
    """Read the workbook and show what it would do; nothing of the draft changes."""
    here = place(name, "edit_inventory")
    try:
        shown = _call(here, upload=tk.request.files.get("upload"), limit=0)
    except (tk.NotAuthorized, tk.ValidationError) as error:
        return _choose(here, _told(error))
    return tk.redirect_to("imss_inventory_import.read", name=name, id=shown["id"])


@imss_inventory_import.get("/working-group/<name>/inventory/import/<id>")
def read(name: str, id: str) -> WerkzeugResponse | str:
    """What an import would do, row by row."""
    return _shown(place(name, "edit_inventory"), id, [])


@imss_inventory_import.post("/working-group/<name>/inventory/import/<id>")
def answer(name: str, id: str) -> WerkzeugResponse | str:
    """Do what was shown, or forget it."""
    here = place(name, "edit_inventory")
    what = tk.request.form.get("what", "")
    wishes = {"confirm": {"confirm": True}, "cancel": {"cancel": True}, "again": {"again": True}}
    try:
        shown = _call(here, id=id, limit=0, **wishes.get(what, {}))
    except tk.ObjectNotFound as error:
        tk.h.flash_error(str(error))
        return tk.redirect_to("imss_inventory_import.choose", name=name)
    except tk.NotAuthorized as error:
        return _shown(here, id, _told(error))
    except tk.ValidationError as error:
        codes = {found["code"] for found in error.error_dict.get("findings", ())}
        if "inventory-import-outdated" in codes:
            _call(here, id=id, again=True, limit=0)
        return _shown(here, id, _told(error))
    if what == "confirm":
        tk.h.flash_success(inventory_texts.imported(shown))
    elif what == "cancel":
        tk.h.flash_notice(tk._("The import was cancelled; nothing was saved."))
    else:
        return tk.redirect_to("imss_inventory_import.read", name=name, id=id)
    return tk.redirect_to(ENDPOINT, name=name)


def _call(here: Place, **data: Any) -> dict[str, Any]:
    shown: dict[str, Any] = tk.get_action("imss_inventory_import")(
        {"user": tk.current_user.name}, {"coordination": here.coordination_id, **data}
    )
    return shown


def _told(error: tk.NotAuthorized | tk.ValidationError) -> list[str]:
    return sentences(error) if isinstance(error, tk.ValidationError) else [str(error)]


def _choose(here: Place, errors: list[str]) -> str:
    standing = Standing(
        tk._("Importing a workbook"),
        "waiting",
        tk._(
            "Next: choose the workbook. You will be shown what it would change, row by row, before "
            "anything is saved."
        ),
    )
    return section_page("inventory_import", here, ENDPOINT, standing, errors=errors)


def _shown(here: Place, id: str, errors: list[str]) -> WerkzeugResponse | str:
    page, kind = page_number(), tk.request.args.get("kind", "")
    known = {each.value for each in RowKind}
    query = {
        "id": id,
        "kind": kind if kind in known else "",
        "limit": PAGE,
        "offset": (page - 1) * PAGE,
    }
    try:
        shown = _call(here, **query)
    except tk.ObjectNotFound as error:
        tk.h.flash_error(str(error))
        return tk.redirect_to("imss_inventory_import.choose", name=here.name)
    counts = shown["counts"]
    writes = counts["created"] + counts["changed"] + len(shown["header_changes"])
    if shown["refusals"]:
        standing = Standing(
            tk._("This workbook cannot be imported"),
            "bad",
            tk._("Next: correct it as is said below and send it again. Nothing was saved."),
        )
    elif writes:
        standing = Standing(
            tk._("Nothing has been saved yet"),
            "bad" if counts["refused"] else "waiting",
            tk._("Next: look at what would change, and say whether it is to be done."),
        )
    else:
        standing = Standing(
            tk._("This workbook changes nothing"),
            "bad" if counts["refused"] else "good",
            tk._("Next: go back to the list. Nothing was saved."),
        )
    return section_page(
        "inventory_plan",
        here,
        ENDPOINT,
        standing,
        shown=shown,
        writes=writes,
        errors=errors,
        kinds=[(each.value, inventory_texts.kind_label(each)) for each in RowKind],
        kind=query["kind"],
        label=inventory_texts.kind_label,
        page=page,
        pages=pages_of(shown["count"]),
    )
