"""Core's actions on datasets, closed for those that are published.

Actions and not permissions: a permission to change a dataset is also the one to prepare its update,
and commands and other extensions ask for none.
"""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.logic import auth_audit_exempt
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.portal import guard
from ckanext.imssbienestar.portal.hooks import (
    before_dataset_write,
    refuse_if_published,
    refuse_if_shown,
)
from ckanext.imssbienestar.portal.logic.action.personal_data import origin_of


@tk.chained_action
def dataset_purge(original: Any, context: Context, data_dict: DataDict) -> Any:
    """Core's ``dataset_purge``; nobody purges a published dataset (R-008, R-126).

    :raises tk.NotAuthorized: the dataset has a published release, whatever became of it since.
    """
    package = model.Package.get(str(data_dict.get("id") or ""))
    if package is not None:
        refuse_if_published(package.id)
    return original(context, data_dict)


@tk.chained_action
def package_update(original: Any, context: Context, data_dict: DataDict) -> Any:
    """Core's ``package_update``, through which every change of a dataset and its resources goes.

    Of a published dataset people change nothing, not even what no signature covers: dates, the
    mark of a table, keys of their own. The system writes with ``ignore_auth``, and the gate in
    front of the public looks at that too.

    :raises tk.ValidationError: the dataset is published, or a text shows personal data.
    """
    package = model.Package.get(str(data_dict.get("id") or data_dict.get("name") or ""))
    if package is not None and not context.get("ignore_auth"):
        tk.check_access("package_update", {"user": context.get("user")}, {"id": package.id})
        # Locked and read anew: a publication may have ended after this session read it.
        model.Session.refresh(package, with_for_update=True)
        refuse_if_shown(package)
    before_dataset_write(data_dict)
    with guard.writing(origin_of(context, data_dict)):
        return original(context, data_dict)


@tk.chained_action
@auth_audit_exempt
def package_create_default_resource_views(
    original: Any, context: Context, data_dict: DataDict
) -> list[dict[str, Any]]:
    """None: a preview is made when its table is loaded, whatever views a site has by default."""
    return []


@tk.chained_action
@auth_audit_exempt
def resource_create_default_resource_views(
    original: Any, context: Context, data_dict: DataDict
) -> list[dict[str, Any]]:
    """See :func:`package_create_default_resource_views`."""
    return []
