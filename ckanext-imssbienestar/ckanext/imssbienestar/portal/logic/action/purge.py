"""Core's purge of datasets, without those that are published."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.portal.hooks import refuse_if_published


@tk.chained_action
def dataset_purge(original: Any, context: Context, data_dict: DataDict) -> Any:
    """Core's ``dataset_purge``; nobody purges a published dataset (R-008, R-126).

    An action and not a permission: the command line and other extensions ask for no permission.

    :raises tk.NotAuthorized: the dataset has a published release, whatever became of it since.
    """
    package = model.Package.get(str(data_dict.get("id") or ""))
    if package is not None:
        refuse_if_published(package.id)
    return original(context, data_dict)
