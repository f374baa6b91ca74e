"""Who records designations and who reads them."""

from __future__ import annotations

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.domain.designations import Post
from ckanext.imssbienestar.model import Designation
from ckanext.imssbienestar.portal import acting, designated


def imss_designation_create(context: Context, data_dict: DataDict) -> AuthResult:
    """The Transparency Unit, which receives them (R-026); heads and the administrator theirs."""
    role, place = data_dict.get("role"), data_dict.get("organization_id")
    return _recorder(context, Post(role) if role else Post.LIAISON, place)


def imss_designation_end(context: Context, data_dict: DataDict) -> AuthResult:
    """Who may record one like it."""
    row = model.Session.get(Designation, str(data_dict.get("id") or ""))
    if row is None:  # that there is none is told to those who keep them
        return _recorder(context, Post.LIAISON, None)
    return _recorder(context, Post(row.role), row.organization_id)


def imss_designation_replace(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_designation_end`."""
    return imss_designation_end(context, data_dict)


def imss_designation_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Who keeps them; those of a group, who is in it; one's own, everybody."""
    user = model.User.get(str(context.get("user") or ""))
    if user is None:
        return {"success": False, "msg": acting.refusal("record_designation")}
    people = acting.people()
    coordination = data_dict.get("coordination_id")
    if (
        people.may(user.id, "record_designation")
        or (coordination and people.may(user.id, "read_group", coordination))
        or data_dict.get("user_id") == user.id
    ):
        return {"success": True}
    return {"success": False, "msg": acting.refusal("record_designation")}


@tk.auth_sysadmins_check
def imss_designation_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Who keeps them, the person designated, and who is in a group that the post serves.

    With it comes the letter, so it is not for system administrators (R-057).
    """
    user = model.User.get(str(context.get("user") or ""))
    row = model.Session.get(Designation, str(data_dict.get("id") or ""))
    if user is None:
        return {"success": False, "msg": acting.refusal("record_designation")}
    people = acting.people()
    allowed = people.may(user.id, "record_designation") or (
        row is not None and (row.user_id == user.id or _shares_group(user.id, row))
    )
    return {"success": allowed, "msg": "" if allowed else acting.refusal("record_designation")}


def _shares_group(user_id: str, row: Designation) -> bool:
    """Whether the post serves a group that this person reads."""
    people = acting.people()
    served = people.tree.with_working_group(row.organization_id)
    return any(people.may(user_id, "read_group", unit.unit_id) for unit in served)


def _recorder(context: Context, post: Post, place: str | None) -> AuthResult:
    try:
        designated.recorder(context, post, place)
    except tk.NotAuthorized as error:
        return {"success": False, "msg": str(error)}
    return {"success": True}
