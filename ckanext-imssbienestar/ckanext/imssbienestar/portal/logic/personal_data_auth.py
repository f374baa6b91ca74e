"""Who may see what the guard told of a file, and who may overrule it."""

from __future__ import annotations

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.portal import personal_data


@tk.auth_sysadmins_check
def imss_personal_data_decide(context: Context, data_dict: DataDict) -> AuthResult:
    """Only the Transparency Unit (R-201); to be system administrator gives no such role."""
    return _in_transparency_unit(context)


@tk.auth_sysadmins_check
def imss_personal_data_list(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_personal_data_decide`."""
    return _in_transparency_unit(context)


@tk.auth_sysadmins_check
def imss_personal_data_show(context: Context, data_dict: DataDict) -> AuthResult:
    """The Transparency Unit, and those who may edit the dataset the file is in or was sent to."""
    allowed = _in_transparency_unit(context)
    dataset_id = data_dict.get("dataset_id")
    if allowed["success"] or not dataset_id:
        return allowed
    try:
        tk.check_access("package_update", {"user": context.get("user")}, {"id": dataset_id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return allowed
    return {"success": True}


def _in_transparency_unit(context: Context) -> AuthResult:
    user = model.User.get(str(context.get("user") or ""))
    if user is not None and personal_data.is_transparency_unit(user.id):
        return {"success": True}
    return {"success": False, "msg": tk._("Only the Transparency Unit decides on personal data.")}
