"""Who sees, prepares, returns and sends Oficios de Validación, and looks after mails."""

from __future__ import annotations

from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.portal.logic.signing_unit import may_over_unit, may_see


@tk.auth_sysadmins_check
def imss_oficio_list(context: Context, data_dict: DataDict) -> AuthResult:
    """The unit's head and liaison, its groups and the Transparency Unit."""
    return may_see(context, data_dict)


@tk.auth_sysadmins_check
def imss_oficio_show(context: Context, data_dict: DataDict) -> AuthResult:
    """The same, for a letter about groups that they all see."""
    return may_see(context, data_dict)


@tk.auth_sysadmins_check
def imss_oficio_export(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_oficio_show`."""
    return may_see(context, data_dict)


@tk.auth_sysadmins_check
def imss_oficio_preview(context: Context, data_dict: DataDict) -> AuthResult:
    """Those who prepare letters of the unit."""
    return may_over_unit(context, data_dict, "prepare_oficio")


@tk.auth_sysadmins_check
def imss_oficio_create(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_oficio_preview`."""
    return may_over_unit(context, data_dict, "prepare_oficio")


@tk.auth_sysadmins_check
def imss_oficio_receive_signed(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_oficio_preview`."""
    return may_over_unit(context, data_dict, "prepare_oficio")


@tk.auth_sysadmins_check
def imss_oficio_send(context: Context, data_dict: DataDict) -> AuthResult:
    """The head of the unit, or its liaison."""
    return may_over_unit(context, data_dict, "send_oficio")


@tk.auth_sysadmins_check
def imss_oficio_paper_receipt(context: Context, data_dict: DataDict) -> AuthResult:
    """The Transparency Unit."""
    return may_over_unit(context, data_dict, "receive_oficio")


@tk.auth_sysadmins_check
def imss_oficio_template_show(context: Context, data_dict: DataDict) -> AuthResult:
    """The Transparency Unit."""
    return may_over_unit(context, {}, "edit_oficio_template")


@tk.auth_sysadmins_check
def imss_oficio_template_update(context: Context, data_dict: DataDict) -> AuthResult:
    """The Transparency Unit."""
    return may_over_unit(context, {}, "edit_oficio_template")
