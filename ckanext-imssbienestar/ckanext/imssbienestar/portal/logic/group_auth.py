"""Who makes working groups and who sees them: nobody outside of one (R-057)."""

from __future__ import annotations

from typing import Any

from ckan import authz, model
from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.portal import acting
from ckanext.imssbienestar.portal.logic.coordination import may_here


def imss_group_create(context: Context, data_dict: DataDict) -> AuthResult:
    """The Transparency Unit, and system administrators (see ``acting.require_keeper``)."""
    try:
        acting.require_keeper(context, "keep_groups")
    except tk.NotAuthorized as error:
        return {"success": False, "msg": str(error)}
    return {"success": True}


@tk.auth_sysadmins_check
def imss_group_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Who is in the group, its liaison, its unit's head and the Transparency Unit."""
    return may_here(context, data_dict, "read_group")


@tk.auth_sysadmins_check
def imss_group_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody with an account: each sees the own groups."""
    if model.User.get(str(context.get("user") or "")) is not None:
        return {"success": True}
    return {"success": False, "msg": acting.refusal("read_group")}


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
def member_list(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """Members of an organization are people of a group: not for everybody, as they are in CKAN.

    With ``ckan.auth.public_user_details`` off CKAN itself hides them from everybody who may not
    read the organization, but only when asked for users alone.
    """
    group = model.Group.get(str(data_dict.get("id") or ""))
    asks_for_people = data_dict.get("object_type") in (None, "", "user")
    if group is not None and group.is_organization and asks_for_people:
        user = model.User.get(str(context.get("user") or ""))
        reads = user is not None and (
            authz.has_user_permission_for_group_or_org(group.id, user.name, "read")
            or acting.people().held_by(user.id)
        )
        if not reads:
            return {"success": False, "msg": acting.refusal("read_group")}
    result: AuthResult = next_auth(context, data_dict)
    return result
