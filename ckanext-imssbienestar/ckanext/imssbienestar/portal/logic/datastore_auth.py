"""People do not write in the DataStore: it holds copies of what was signed.

CKAN would let whoever may edit a resource change its table and the dictionary of that table
(``datastore_create`` with ``force``, the form «Data dictionary»), system administrators anything.
Our own loading asks for no permission.
"""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict


@tk.chained_auth_function
@tk.auth_sysadmins_check
def datastore_create(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """Nobody: tables are made from published files, with the dictionary that was signed."""
    return _refused()


@tk.chained_auth_function
@tk.auth_sysadmins_check
def datastore_upsert(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`datastore_create`."""
    return _refused()


@tk.chained_auth_function
@tk.auth_sysadmins_check
def datastore_delete(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`datastore_create`."""
    return _refused()


@tk.chained_auth_function
@tk.auth_sysadmins_check
def datastore_records_delete(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`datastore_create`."""
    return _refused()


@tk.chained_auth_function
@tk.auth_sysadmins_check
def datastore_run_triggers(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`datastore_create`."""
    return _refused()


@tk.chained_auth_function
@tk.auth_sysadmins_check
def datastore_change_permissions(
    next_auth: Any, context: Context, data_dict: DataDict
) -> AuthResult:
    """See :func:`datastore_create`."""
    return _refused()


def _refused() -> AuthResult:
    return {
        "success": False,
        "msg": tk._(
            "The DataStore holds copies of published files and of their data dictionaries. "
            "To change them, prepare an update of the dataset and have it signed."
        ),
    }
