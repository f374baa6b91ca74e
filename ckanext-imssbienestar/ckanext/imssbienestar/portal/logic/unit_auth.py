"""Who keeps the register of units; everybody reads it, as CKAN's organizations are."""

from __future__ import annotations

from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.portal import acting


def imss_unit_import(context: Context, data_dict: DataDict) -> AuthResult:
    """The Transparency Unit, and system administrators (see ``acting.require_keeper``)."""
    try:
        acting.require_keeper(context, "keep_units")
    except tk.NotAuthorized as error:
        return {"success": False, "msg": str(error)}
    return {"success": True}


@tk.auth_allow_anonymous_access
def imss_unit_export(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody."""
    return {"success": True}


@tk.auth_allow_anonymous_access
def imss_unit_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody."""
    return {"success": True}


@tk.auth_allow_anonymous_access
def imss_unit_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody."""
    return {"success": True}
