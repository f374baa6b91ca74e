"""Who reads the history of a group."""

from __future__ import annotations

from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.portal.logic.coordination import may_here


@tk.auth_sysadmins_check
def imss_history_list(context: Context, data_dict: DataDict) -> AuthResult:
    """The group, those who look after it, and nobody else."""
    return may_here(context, data_dict, "read_group")
