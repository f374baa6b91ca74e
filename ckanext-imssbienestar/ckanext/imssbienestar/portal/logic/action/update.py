"""Updates of public datasets: start and discard the working copy."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.portal import updates
from ckanext.imssbienestar.portal.documents import stored_dataset
from ckanext.imssbienestar.portal.logic import schema
from ckanext.imssbienestar.procedure import releases


@tk.validate_action_data(schema.release_target)
def imss_update_start(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Prepare an update of a published dataset: a private working copy to change and sign.

    The public dataset stays as it is until the copy's release is published. Asked again, it gives
    the copy that exists.

    :param id: the id or name of the published dataset
    :type id: string

    :returns: the working copy
    :rtype: dictionary
    """
    package = _package(data_dict["id"])
    tk.check_access("imss_update_start", context, {"id": package.id})
    if package.private or package.state != "active":
        raise tk.ValidationError(
            {"message": [tk._("This dataset is not published: change it directly.")]}
        )
    return updates.start(stored_dataset(package.id), str(context["user"]))


@tk.validate_action_data(schema.release_target)
def imss_update_discard(context: Context, data_dict: DataDict) -> None:
    """Discard the working copy of an update; the public dataset is not touched.

    :param id: the id or name of the working copy
    :type id: string
    """
    package = _package(data_dict["id"])
    tk.check_access("imss_update_discard", context, {"id": package.id})
    if not package.extras.get("update_of"):
        raise tk.ValidationError({"message": [tk._("This is not the working copy of an update.")]})
    if releases.open_release(model.Session, package.id) is not None:
        raise tk.ValidationError(
            {
                "message": [
                    tk._("The update is under review; return it to draft before discarding it.")
                ]
            }
        )
    updates.discard(package.id, str(context["user"]))


def _package(name_or_id: str) -> model.Package:
    package = model.Package.get(name_or_id)
    if package is None or package.state == "deleted":
        raise tk.ObjectNotFound(tk._("There is no such dataset."))
    return package
