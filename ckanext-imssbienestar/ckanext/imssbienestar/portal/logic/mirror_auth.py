"""Who looks after the mirror; what it proves of published datasets is for everybody."""

from __future__ import annotations

from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.portal import mirror_site


@tk.auth_allow_anonymous_access
def imss_mirror_status(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody; those who do not look after the mirror are told of published datasets only."""
    return {"success": True}


@tk.auth_allow_anonymous_access
def imss_mirror_equality(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody; the action knows published datasets only."""
    return {"success": True}


def imss_mirror_start(context: Context, data_dict: DataDict) -> AuthResult:
    """The *Administrador de Datos Abiertos* and system administrators."""
    return _keepers(context)


def imss_mirror_notify(context: Context, data_dict: DataDict) -> AuthResult:
    """The same."""
    return _keepers(context)


def imss_mirror_review(context: Context, data_dict: DataDict) -> AuthResult:
    """The same."""
    return _keepers(context)


def imss_mirror_activity_show(context: Context, data_dict: DataDict) -> AuthResult:
    """The same."""
    return _keepers(context)


def imss_mirror_receipt_record(context: Context, data_dict: DataDict) -> AuthResult:
    """The same."""
    return _keepers(context)


def imss_mirror_receipt_list(context: Context, data_dict: DataDict) -> AuthResult:
    """The same."""
    return _keepers(context)


def _keepers(context: Context) -> AuthResult:
    if mirror_site.looks_after(context.get("user")):
        return {"success": True}
    return {
        "success": False,
        "msg": tk._("Only the Open data administrator looks after the mirror."),
    }
