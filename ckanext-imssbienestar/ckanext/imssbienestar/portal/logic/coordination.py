"""Which group an action is about: its *coordinación central*, by id or name of the organization."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.domain.inventory_versions import AlteredInventory
from ckanext.imssbienestar.domain.kept_documents import AlteredDocument
from ckanext.imssbienestar.portal import acting

Action = Callable[[Context, DataDict], Any]
ALTERED = (AlteredInventory, AlteredDocument)


def coordination_id(context: Context, name_or_id: str, action: str) -> str:
    """The id of the coordination, for somebody who may call the action about it.

    :raises tk.NotAuthorized: the person may not, or there is none: nobody learns which.
    :raises tk.ObjectNotFound: there is none, for those who act over all of them.
    """
    # The database takes no such character, not even to look for it.
    organization = model.Group.get(name_or_id) if "\0" not in name_or_id else None
    found = str(organization.id) if organization is not None else ""
    tk.check_access(action, context, {"coordination_id": found})
    if not any(unit.unit_id == found for unit in acting.people().tree.with_working_group()):
        raise tk.ObjectNotFound(tk._("There is no such group, or it is not yours."))
    return found


def may_here(context: Context, data_dict: dict[str, Any], act: str) -> AuthResult:
    """The answer of an auth function: whether the person may do an act in that group today."""
    if acting.may(str(context.get("user") or ""), act, data_dict.get("coordination_id")):
        return {"success": True}
    return {"success": False, "msg": acting.refusal(act)}


def altered_sentence() -> str:
    """What is said of a closed form that is not what was closed."""
    return str(
        tk._(
            "A closed form is not what was closed: somebody altered it in the database. "
            "Nothing was done. Tell the administrator, who has it restored from a backup."
        )
    )


def tells_altered(action: Action) -> Action:
    """Decorates an action that reads closed documents: an altered one is a sentence, no fault."""

    @wraps(action)
    def call(context: Context, data_dict: DataDict) -> Any:
        try:
            return action(context, data_dict)
        except ALTERED as error:
            model.Session.rollback()
            raise tk.ValidationError({"message": [altered_sentence()]}) from error

    return call
