"""Which unit or letter an action is about, for somebody who may know of it (R-057)."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context

from ckanext.imssbienestar.model import Oficio
from ckanext.imssbienestar.portal import acting
from ckanext.imssbienestar.procedure import oficios
from ckanext.imssbienestar.procedure.oficios import OficioNotFound
from ckanext.imssbienestar.procedure.people import People


def signing_unit_id(context: Context, name_or_id: str, action: str) -> str:
    """The id of a unit whose head signs, for somebody who may call the action about it.

    :raises tk.NotAuthorized: the person may not, or there is none: nobody learns which.
    :raises tk.ObjectNotFound: there is none, for those who act over all of them.
    """
    organization = model.Group.get(name_or_id)
    found = str(organization.id) if organization is not None else ""
    tk.check_access(action, context, {"unit_id": found})
    if not acting.people().tree.signs(found):
        raise tk.ObjectNotFound(tk._("There is no such unit, or its letters are not yours."))
    return found


def letter(context: Context, oficio_id: str, action: str) -> Oficio:
    """A letter, for somebody who may call the action about it.

    :raises tk.NotAuthorized: the person may not, or there is none: nobody learns which.
    :raises tk.ObjectNotFound: there is none, for those who act over all of them.
    """
    try:
        row = oficios.by_id(model.Session, oficio_id)
    except OficioNotFound as error:
        tk.check_access(action, context, {"unit_id": "", "coordination_ids": [""]})
        raise tk.ObjectNotFound(tk._("There is no such letter, or it is not yours.")) from error
    about = {"unit_id": row.unit_id, "coordination_ids": row.coordination_ids}
    tk.check_access(action, context, about)
    return row


def may_read_letters(people: People, person: str, unit_id: str) -> bool:
    """Whether somebody may see some letter of a unit: its people, and those of its groups."""
    if people.may(person, "prepare_oficio", unit_id):
        return True
    own = [unit.unit_id for unit in oficios.coordinations_of(people.tree, unit_id)]
    return any(people.may(person, "read_group", each) for each in own or [""])


def may_read_letter(people: People, person: str, row: Oficio) -> bool:
    """Whether somebody may see a letter: its unit's people, and who sees all groups it is about."""
    return _reads(people, person, row.unit_id, list(row.coordination_ids))


def may_over_unit(context: Context, data_dict: dict[str, Any], act: str) -> AuthResult:
    """The answer of an auth function: whether the person may do an act over the unit today."""
    if acting.may(str(context.get("user") or ""), act, data_dict.get("unit_id")):
        return {"success": True}
    return {"success": False, "msg": acting.refusal(act)}


def may_see(context: Context, data_dict: dict[str, Any]) -> AuthResult:
    """The answer of an auth function: whether the person sees the letter, or some of the unit."""
    user = model.User.get(str(context.get("user") or ""))
    people = acting.people()
    unit_id, about = str(data_dict.get("unit_id") or ""), data_dict.get("coordination_ids")
    if user is not None:
        if about is None and may_read_letters(people, user.id, unit_id):
            return {"success": True}
        if about is not None and _reads(people, user.id, unit_id, about):
            return {"success": True}
    return {"success": False, "msg": acting.refusal("read_group")}


def _reads(people: People, person: str, unit_id: str, coordination_ids: list[str]) -> bool:
    if people.may(person, "prepare_oficio", unit_id):
        return True
    return all(people.may(person, "read_group", each) for each in coordination_ids)
