"""Who sees, fills in, hands over and closes the Formato 1 of a group (R-032, R-040, R-057)."""

from __future__ import annotations

from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.portal.logic.coordination import may_here


@tk.auth_sysadmins_check
def imss_inventory_show(context: Context, data_dict: DataDict) -> AuthResult:
    """The group, its liaison, the head of its unit and the Transparency Unit; nobody else."""
    return may_here(context, data_dict, "read_group")


@tk.auth_sysadmins_check
def imss_inventory_entry_show(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_inventory_show`."""
    return may_here(context, data_dict, "read_group")


@tk.auth_sysadmins_check
def imss_inventory_export(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_inventory_show`."""
    return may_here(context, data_dict, "read_group")


@tk.auth_sysadmins_check
def imss_inventory_version_list(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_inventory_show`."""
    return may_here(context, data_dict, "read_group")


@tk.auth_sysadmins_check
def imss_inventory_version_show(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_inventory_show`."""
    return may_here(context, data_dict, "read_group")


@tk.auth_sysadmins_check
def imss_inventory_update(context: Context, data_dict: DataDict) -> AuthResult:
    """Those who fill in Formato 1 in this group."""
    return may_here(context, data_dict, "edit_inventory")


@tk.auth_sysadmins_check
def imss_inventory_entry_create(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_inventory_update`."""
    return may_here(context, data_dict, "edit_inventory")


@tk.auth_sysadmins_check
def imss_inventory_entry_update(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_inventory_update`."""
    return may_here(context, data_dict, "edit_inventory")


@tk.auth_sysadmins_check
def imss_inventory_entry_delete(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_inventory_update`."""
    return may_here(context, data_dict, "edit_inventory")


@tk.auth_sysadmins_check
def imss_inventory_import(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_inventory_update`."""
    return may_here(context, data_dict, "edit_inventory")


@tk.auth_sysadmins_check
def imss_inventory_hand_over(context: Context, data_dict: DataDict) -> AuthResult:
    """Those who hand forms to the liaison of this group (R-032)."""
    return may_here(context, data_dict, "submit_for_review")


@tk.auth_sysadmins_check
def imss_inventory_give_back(context: Context, data_dict: DataDict) -> AuthResult:
    """The liaison of this group (R-041)."""
    return may_here(context, data_dict, "review_as_liaison")


@tk.auth_sysadmins_check
def imss_inventory_close(context: Context, data_dict: DataDict) -> AuthResult:
    """The liaison of this group, and nobody else (R-041, R-046)."""
    return may_here(context, data_dict, "close_inventory")
