"""Who makes working groups and who sees them: nobody outside of one (R-057)."""

from __future__ import annotations

from ckan import model
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
