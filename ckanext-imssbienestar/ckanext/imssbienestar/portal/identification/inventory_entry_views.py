"""The page of one database of Formato 1: filled in with help, what is missing, its history.

Nothing that was typed is lost: what is refused is shown again as it was written, and when somebody
else changed the database meanwhile, what the person had not touched becomes what it is now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from flask import Blueprint
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.domain.inventory_layout import DERIVED_FROM, NAME
from ckanext.imssbienestar.domain.inventory_values import read_value
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.portal.identification import inventory_texts
from ckanext.imssbienestar.portal.identification.inventory_fields import (
    ENTRY_TYPED,
    entry_fields,
    form_fields,
    typed_values,
)
from ckanext.imssbienestar.portal.identification.inventory_views import ENDPOINT
from ckanext.imssbienestar.portal.identification.pages import (
    Place,
    Standing,
    done_or_told,
    place,
    section_page,
    sentences,
)
from ckanext.imssbienestar.procedure.inventory_entries import earlier_entries

imss_inventory_entry = Blueprint("imss_inventory_entry", __name__)


@imss_inventory_entry.get("/working-group/<name>/inventory/new")
def new(name: str) -> str:
    """The form of a new database; of a safe derivative, with what its original says (A-06)."""
    here = place(name, "edit_inventory")
    original = tk.request.args.get("from", "")
    return _page(here, None, _derived(here, original) if original else {})


@imss_inventory_entry.post("/working-group/<name>/inventory/new")
def create(name: str) -> WerkzeugResponse | str:
    """Add a database, or show the form again as it was filled in."""
    here = place(name, "edit_inventory")
    typed = typed_values(tk.request.form, ENTRY_TYPED)
    data = {"coordination": here.coordination_id, "values": typed}
    try:
        made = tk.get_action("imss_inventory_entry_create")({"user": tk.current_user.name}, data)
    except tk.NotAuthorized as error:
        return _page(here, None, typed, [str(error)])
    except tk.ValidationError as error:
        return _page(here, None, typed, sentences(error), error.error_dict)
    done = tk._("The database {identifier} was added.")
    return _saved(name, made, done)


@imss_inventory_entry.get("/working-group/<name>/inventory/entry/<identifier>")
def read(name: str, identifier: str) -> str:
    """One database, to be changed by those who fill in the form."""
    here = place(name)
    entry = _entry(here, identifier)
    return _page(here, entry, entry["values"])


@imss_inventory_entry.post("/working-group/<name>/inventory/entry/<identifier>")
def update(name: str, identifier: str) -> WerkzeugResponse | str:
    """Keep what was written, or show it again with what stands against it."""
    here = place(name)
    form = tk.request.form
    typed = typed_values(form, ENTRY_TYPED)
    data = {
        "coordination": here.coordination_id,
        "identifier": identifier,
        "mark": form.get("mark") or "-",
        "values": typed,
    }
    try:
        kept = tk.get_action("imss_inventory_entry_update")({"user": tk.current_user.name}, data)
    except tk.NotAuthorized as error:
        return _page(here, _entry(here, identifier), typed, [str(error)])
    except tk.ValidationError as error:
        against = error.error_dict
        entry = _entry(here, identifier, typed)
        if against.get("meanwhile"):
            typed = _merged(here, form.get("mark", ""), typed, entry["values"])
        return _page(here, entry, typed, sentences(error), against)
    return _saved(name, kept, tk._("The database {identifier} was saved."))


@imss_inventory_entry.post("/working-group/<name>/inventory/entry/<identifier>/remove")
def remove(name: str, identifier: str) -> WerkzeugResponse:
    """Take a database out of the draft."""
    here = place(name)
    data = {
        "coordination": here.coordination_id,
        "identifier": identifier,
        "mark": tk.request.form.get("mark") or "-",
    }
    done = tk._("The database {identifier} was taken out; its identifier is not used again.")
    back = tk.url_for(ENDPOINT, name=name)
    return done_or_told(
        "imss_inventory_entry_delete", data, done.format(identifier=identifier), back
    )[1]


def _entry(here: Place, identifier: str, typed: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The database as it is stored.

    :param typed: what somebody wrote for it: when it is gone, that is not thrown away.
    """
    try:
        found: dict[str, Any] = tk.get_action("imss_inventory_entry_show")(
            {"user": tk.current_user.name},
            {"coordination": here.coordination_id, "identifier": identifier},
        )
    except tk.ObjectNotFound as error:
        if typed is None:
            return tk.abort(404, str(error))
        return {"identifier": "", "values": {}, "missing": [], "history": [], "derivatives": []}
    return found


def _derived(here: Place, original: str) -> dict[str, str]:
    """What a safe derivative of a database begins with: its original, and what stays true of it."""
    values: dict[str, str] = dict(_entry(here, original)["values"])
    kept = ("responsable", "acceso", "formato")
    return {
        **{name: values[name] for name in kept if name in values},
        NAME: tk._("{name}, without personal data").format(name=values.get(NAME, "")),
        "tipo_de_datos": "open",
        "origen_de_los_datos": "derived",
        "contiene_datos_personales": "no",
        "es_informacion_reservada": "no",
        DERIVED_FROM: original,
    }


def _merged(
    here: Place, mark: str, typed: Mapping[str, str], now: Mapping[str, str]
) -> dict[str, str]:
    """What a person wrote, but where it is what the person had read: there, what it is now."""
    layout = inventory_layout()
    read = earlier_entries(model.Session, here.coordination_id, [mark]).get(mark)
    if read is None:
        return dict(typed)
    return {
        name: now.get(name, "")
        if read_value(layout.fields[name], text, layout).value == read.value(name)
        else text
        for name, text in typed.items()
    }


def _saved(name: str, kept: Mapping[str, Any], done: str) -> WerkzeugResponse:
    if not any(note["code"] == "inventory-already-there" for note in kept["notes"]):
        tk.h.flash_success(done.format(identifier=kept["identifier"]))
    for note in kept["notes"]:
        if note["severity"] != "blocking":
            tk.h.flash_notice(f"{note['message']} {note['fix']}")
    if tk.request.form.get("then") == "new":
        return tk.redirect_to("imss_inventory_entry.new", name=name)
    return tk.redirect_to("imss_inventory_entry.read", name=name, identifier=kept["identifier"])


def _page(
    here: Place,
    entry: dict[str, Any] | None,
    values: Mapping[str, str],
    errors: list[str] | None = None,
    against: Mapping[str, Any] | None = None,
) -> str:
    """The form.

    :param entry: as it is stored; None for a new one. :param values: what the form shows.
    """
    against = against or {}
    refused = against.get("findings", ())
    told = list(refused) or ([] if errors or entry is None else _missing(entry))
    draft = tk.get_action("imss_inventory_show")(
        {"user": tk.current_user.name}, {"coordination": here.coordination_id, "limit": 0}
    )
    edits = here.may("edit_inventory") and (
        draft["state"] == "draft" or here.may("review_as_liaison")
    )
    gone = entry is not None and not entry["identifier"]
    return section_page(
        "inventory_entry",
        here,
        ENDPOINT,
        _standing(here, entry, draft, edits=edits),
        entry=None if gone else entry,
        gone=gone,
        fields=form_fields(entry_fields(), values, told),
        mark=against.get("current_mark") or (entry or {}).get("mark", ""),
        meanwhile=against.get("meanwhile", ()),
        errors=errors or [],
        edits=edits,
    )


def _missing(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is missing in a stored database, as findings of its fields."""
    return [{**gap, "column": gap["title"]} for gap in entry["missing"]]


def _standing(
    here: Place, entry: Mapping[str, Any] | None, draft: Mapping[str, Any], *, edits: bool
) -> Standing:
    if entry is None:
        return Standing(
            tk._("New database"),
            "waiting",
            tk._("Next: write what is known; what is missing can be written later."),
        )
    if draft["state"] == "in_review" and not edits:
        return Standing(
            tk._("Under review by the liaison"),
            "waiting",
            tk._("Next: the liaison, {liaison}, closes Formato 1 or gives it back.").format(
                liaison=inventory_texts.liaison(here)
            ),
            [gap["title"] for gap in entry["missing"]],
        )
    blocking = [gap["title"] for gap in entry["missing"] if gap["severity"] == "blocking"]
    if blocking:
        return Standing(
            tk._("Incomplete"),
            "waiting",
            tk._("Next: the group completes it before it hands Formato 1 to the liaison."),
            list(dict.fromkeys(blocking)),
        )
    return Standing(tk._("Complete"), "good")
