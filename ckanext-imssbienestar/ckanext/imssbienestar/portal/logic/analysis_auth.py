"""Who sees and decides the analysis, and who sees and generates Formato 2 (R-057, R-046, R-069)."""

from __future__ import annotations

from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.portal.logic.coordination import may_here


@tk.auth_sysadmins_check
def imss_analysis_show(context: Context, data_dict: DataDict) -> AuthResult:
    """The group, those who look after it, and nobody else."""
    return may_here(context, data_dict, "read_group")


@tk.auth_sysadmins_check
def imss_analysis_decide(context: Context, data_dict: DataDict) -> AuthResult:
    """Those who analyse in this group."""
    return may_here(context, data_dict, "analyse")


@tk.auth_sysadmins_check
def imss_analysis_repeat(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_analysis_decide`."""
    return may_here(context, data_dict, "analyse")


@tk.auth_sysadmins_check
def imss_concentrado_generate(context: Context, data_dict: DataDict) -> AuthResult:
    """The liaison of the group, who reviews what is closed."""
    return may_here(context, data_dict, "generate_concentrado")


@tk.auth_sysadmins_check
def imss_concentrado_show(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_analysis_show`."""
    return may_here(context, data_dict, "read_group")


@tk.auth_sysadmins_check
def imss_concentrado_list(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_analysis_show`."""
    return may_here(context, data_dict, "read_group")


@tk.auth_sysadmins_check
def imss_concentrado_export(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_analysis_show`."""
    return may_here(context, data_dict, "read_group")
