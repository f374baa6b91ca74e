"""What stands on the page of a published dataset without being one of its fields.

CKAN lets whoever may edit a dataset, or its organization, change these at any time, and system
administrators anything. Nobody signs them: so views come from the system alone, and the rest stays.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.domain.workflow import State
from ckanext.imssbienestar.model import Release, UnitPeriod


@tk.chained_auth_function
@tk.auth_sysadmins_check
def resource_view_create(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """Nobody: the title and the text of a view would be public without a signature.

    Of a draft neither: its views would become public with it.
    """
    return _no_views()


@tk.chained_auth_function
@tk.auth_sysadmins_check
def resource_view_update(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`resource_view_create`."""
    return _no_views()


@tk.chained_auth_function
@tk.auth_sysadmins_check
def resource_view_reorder(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`resource_view_create`."""
    return _no_views()


@tk.chained_auth_function
@tk.auth_sysadmins_check
def resource_view_delete(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`resource_view_create`."""
    return _no_views()


@tk.chained_auth_function
@tk.auth_sysadmins_check
def resource_view_clear(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`resource_view_create`."""
    return _no_views()


@tk.chained_auth_function
@tk.auth_sysadmins_check
def package_relationship_create(
    next_auth: Any, context: Context, data_dict: DataDict
) -> AuthResult:
    """Nobody: a relationship is shown with both datasets and no release holds it."""
    return _no_relationships()


@tk.chained_auth_function
@tk.auth_sysadmins_check
def package_relationship_update(
    next_auth: Any, context: Context, data_dict: DataDict
) -> AuthResult:
    """See :func:`package_relationship_create`."""
    return _no_relationships()


@tk.chained_auth_function
@tk.auth_sysadmins_check
def organization_update(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """The name of a unit is part of what its published datasets say; its title may change.

    A unit of the register keeps it from the first day: its addresses go by it (R-176).
    """
    group = model.Group.get(str(data_dict.get("id") or ""))
    name = data_dict.get("name")
    renamed = group is not None and name not in (None, group.name, group.id)
    if renamed and _is_registered(group.id):
        return {
            "success": False,
            "msg": tk._(
                "The name of a unit stays, because its addresses go by it. What it is called "
                "changes with the register of units."
            ),
        }
    if renamed and _publishes(group.id):
        return {
            "success": False,
            "msg": tk._(
                "The name of a unit with published datasets stays: it is part of what was signed. "
                "Change its title instead."
            ),
        }
    user = model.User.get(str(context.get("user") or ""))
    if user is not None and user.sysadmin:
        return {"success": True}
    result: AuthResult = next_auth(context, data_dict)
    return result


def _is_registered(organization_id: str) -> bool:
    found = sa.select(UnitPeriod.id).where(UnitPeriod.unit_id == organization_id).limit(1)
    return model.Session.scalar(found) is not None


def _publishes(organization_id: str) -> bool:
    query = sa.select(Release.id).where(
        Release.organization_id == organization_id, Release.state == State.PUBLISHED
    )
    return model.Session.scalars(query.limit(1)).first() is not None


def _no_views() -> AuthResult:
    return {
        "success": False,
        "msg": tk._("The preview of a table is made by the system when its dataset is published."),
    }


def _no_relationships() -> AuthResult:
    return {
        "success": False,
        "msg": tk._("Datasets are not linked to each other here: write it in the description."),
    }
