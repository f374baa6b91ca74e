"""What CKAN's pages know of a table: that a resource has one, and the view that shows it."""

from __future__ import annotations

import logging
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar import config
from ckanext.imssbienestar.datafiles import read_yaml

log = logging.getLogger(__name__)

VIEW = "datatables_view"


def show_as_loaded(resource_id: str, loaded: bool) -> None:
    """Tell CKAN whether a resource has a table, and give it a preview; commits.

    The write goes through the hooks of every dataset, so a public one stays what was signed.
    """
    resource = model.Resource.get(resource_id)
    if resource is None or resource.state != "active":
        return
    if bool(resource.extras.get("datastore_active")) != loaded:
        patch = {"id": resource_id, "datastore_active": loaded}
        try:
            tk.get_action("resource_patch")(_site_user(), patch)
        except tk.ValidationError:
            # Something else changed the dataset meanwhile; its own turn of the job comes.
            log.warning("Resource %s could not be marked as loaded: %s", resource_id, loaded)
            return
    if loaded:
        _ensure_view(resource_id)


def _ensure_view(resource_id: str) -> None:
    views = model.Session.query(model.ResourceView)
    if views.filter_by(resource_id=resource_id, view_type=VIEW).first() is None:
        title = read_yaml("datastore_types.yaml")["view_title"][config.default_language()]
        view = {"resource_id": resource_id, "view_type": VIEW, "title": title}
        tk.get_action("resource_view_create")(_site_user(), view)


def _site_user() -> dict[str, Any]:
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    return {"user": user["name"], "ignore_auth": True}
