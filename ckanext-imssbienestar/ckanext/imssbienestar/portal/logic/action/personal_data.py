"""Personal data: what the guard told of files, and the decisions of the Transparency Unit."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.portal import guard, personal_data
from ckanext.imssbienestar.portal.hooks import before_dataset_write
from ckanext.imssbienestar.portal.logic import schema
from ckanext.imssbienestar.procedure import resource_files
from ckanext.imssbienestar.procedure.guard_records import Origin


@tk.validate_action_data(schema.personal_data_decide)
def imss_personal_data_decide(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say that one column of one file holds no personal data, though the guard told of it.

    For the Transparency Unit (R-201). It is kept for ever with the reason, the person and the
    *oficio* of the designation. The same file passes from then on; any other file asks again.

    :param sha256: the file, by its SHA-256
    :type sha256: string
    :param column: the column, as the guard names it
    :type column: string
    :param decision: ``false-alarm``
    :type decision: string
    :param reason: why it is no personal data; without telling of any person
    :type reason: string

    :returns: the file, as ``imss_personal_data_show`` gives it
    :rtype: dictionary
    """
    tk.check_access("imss_personal_data_decide", context, data_dict)
    user = model.User.get(str(context.get("user") or ""))
    decided = personal_data.decide(
        data_dict["sha256"],
        data_dict["column"],
        data_dict["reason"],
        user.id if user is not None else "",
    )
    model.Session.commit()
    return personal_data.file_dict(decided)


@tk.side_effect_free
@tk.validate_action_data(schema.personal_data_list)
def imss_personal_data_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """List the files that wait for the Transparency Unit, newest first.

    They are the refused ones, of which nothing was kept, and those of drafts with columns that
    might hold personal data.

    :param limit: files in a page, at most ``ckan.search.rows_max`` (default: 100)
    :type limit: integer
    :param offset: files to pass over (default: 0)
    :type offset: integer

    :returns: ``count`` of all and ``results``, this page of them
    :rtype: dictionary
    """
    tk.check_access("imss_personal_data_list", context, data_dict)
    found, count = personal_data.waiting(data_dict["limit"], data_dict["offset"])
    return {"count": count, "results": [personal_data.file_dict(known) for known in found]}


@tk.side_effect_free
@tk.validate_action_data(schema.personal_data_show)
def imss_personal_data_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Show what the guard told of a file: its columns, with kinds and counts, and the decisions.

    :param id: the resource whose file is meant; or
    :type id: string
    :param sha256: the file, by its SHA-256, kept or refused
    :type sha256: string

    :rtype: dictionary
    """
    sha256, dataset_id = data_dict.get("sha256", ""), ""
    resource = model.Resource.get(data_dict.get("id") or "")
    if resource is not None:
        stored = resource_files.file_of(model.Session, resource.package_id, resource.id)
        dataset_id, sha256 = resource.package_id, stored.sha256 if stored is not None else ""
    found = personal_data.known_file(sha256)
    if found is not None and resource is not None:
        # The same bytes may be in a draft of another unit, which is nobody else's business.
        found = personal_data.as_of(found, dataset_id)
    elif found is not None:
        dataset_id = found.dataset_id
    tk.check_access("imss_personal_data_show", context, {"dataset_id": dataset_id})
    if found is None:
        raise tk.ObjectNotFound(tk._("The guard knows of no such file."))
    return personal_data.file_dict(found)


@tk.chained_action
def package_create(original: Any, context: Context, data_dict: DataDict) -> Any:
    """Core's ``package_create``; says who sends which files, for the record of a refusal.

    :raises tk.ValidationError: a text shows personal data.
    """
    if not context.get("ignore_auth"):  # whoever may not write keeps nobody busy with texts
        tk.check_access("package_create", {"user": context.get("user")}, data_dict)
    before_dataset_write(data_dict)
    with guard.writing(origin_of(context, data_dict)):
        return original(context, data_dict)


def origin_of(context: Context, data_dict: DataDict) -> Origin:
    """Who writes which dataset of which unit."""
    user = model.User.get(str(context.get("user") or ""))
    package = model.Package.get(str(data_dict.get("id") or data_dict.get("name") or ""))
    unit = model.Group.get(str(data_dict.get("owner_org") or ""))
    organization_id = package.owner_org if package is not None else unit.id if unit else ""
    return Origin(
        organization_id=str(organization_id or ""),
        dataset_id=package.id if package is not None else "",
        user_id=user.id if user is not None else "",
    )
