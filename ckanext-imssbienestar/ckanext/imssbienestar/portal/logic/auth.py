"""Who may call what; whether a transition may happen is the workflow's to decide."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.domain.workflow import State
from ckanext.imssbienestar.model import Release
from ckanext.imssbienestar.portal import permissions
from ckanext.imssbienestar.portal.logic.analysis_auth import (
    imss_analysis_decide,
    imss_analysis_repeat,
    imss_analysis_show,
    imss_concentrado_export,
    imss_concentrado_generate,
    imss_concentrado_list,
    imss_concentrado_show,
)
from ckanext.imssbienestar.portal.logic.datastore_auth import (
    datastore_change_permissions,
    datastore_create,
    datastore_delete,
    datastore_records_delete,
    datastore_run_triggers,
    datastore_upsert,
)
from ckanext.imssbienestar.portal.logic.designation_auth import (
    imss_designation_create,
    imss_designation_end,
    imss_designation_list,
    imss_designation_replace,
    imss_designation_show,
)
from ckanext.imssbienestar.portal.logic.group_auth import (
    imss_group_create,
    imss_group_list,
    imss_group_show,
    member_list,
)
from ckanext.imssbienestar.portal.logic.history_auth import imss_history_list
from ckanext.imssbienestar.portal.logic.inventory_auth import (
    imss_inventory_close,
    imss_inventory_entry_create,
    imss_inventory_entry_delete,
    imss_inventory_entry_show,
    imss_inventory_entry_update,
    imss_inventory_export,
    imss_inventory_give_back,
    imss_inventory_hand_over,
    imss_inventory_import,
    imss_inventory_show,
    imss_inventory_update,
    imss_inventory_version_list,
    imss_inventory_version_show,
)
from ckanext.imssbienestar.portal.logic.mail_auth import (
    imss_mail_list,
    imss_mail_retry,
)
from ckanext.imssbienestar.portal.logic.meetings_auth import (
    imss_agreement_close,
    imss_agreement_list,
    imss_database_forward,
    imss_database_list,
    imss_database_report,
    imss_form_list,
    imss_form_send,
    imss_form_show,
    imss_meeting_create,
    imss_meeting_list,
    imss_meeting_record,
    imss_meeting_show,
    imss_meeting_update,
    imss_observation_create,
    imss_observation_list,
    imss_request_answer,
    imss_request_create,
    imss_request_list,
    imss_request_show,
)
from ckanext.imssbienestar.portal.logic.mirror_auth import (
    imss_mirror_activity_show,
    imss_mirror_equality,
    imss_mirror_notify,
    imss_mirror_receipt_list,
    imss_mirror_receipt_record,
    imss_mirror_review,
    imss_mirror_start,
    imss_mirror_status,
)
from ckanext.imssbienestar.portal.logic.oficio_auth import (
    imss_oficio_create,
    imss_oficio_export,
    imss_oficio_list,
    imss_oficio_paper_receipt,
    imss_oficio_preview,
    imss_oficio_receive_signed,
    imss_oficio_send,
    imss_oficio_show,
    imss_oficio_template_show,
    imss_oficio_template_update,
)
from ckanext.imssbienestar.portal.logic.personal_data_auth import (
    imss_personal_data_decide,
    imss_personal_data_list,
    imss_personal_data_show,
)
from ckanext.imssbienestar.portal.logic.public_auth import (
    organization_update,
    package_relationship_create,
    package_relationship_update,
    resource_view_clear,
    resource_view_create,
    resource_view_delete,
    resource_view_reorder,
    resource_view_update,
)
from ckanext.imssbienestar.portal.logic.unit_auth import (
    imss_unit_export,
    imss_unit_import,
    imss_unit_list,
    imss_unit_show,
)
from ckanext.imssbienestar.portal.release_view import PUBLIC_STATES

__all__ = [
    "bulk_update_delete",
    "bulk_update_public",
    "datastore_change_permissions",
    "datastore_create",
    "datastore_delete",
    "datastore_records_delete",
    "datastore_run_triggers",
    "datastore_upsert",
    "imss_agreement_close",
    "imss_agreement_list",
    "imss_analysis_decide",
    "imss_analysis_repeat",
    "imss_analysis_show",
    "imss_concentrado_export",
    "imss_concentrado_generate",
    "imss_concentrado_list",
    "imss_concentrado_show",
    "imss_database_forward",
    "imss_database_list",
    "imss_database_report",
    "imss_designation_create",
    "imss_designation_end",
    "imss_designation_list",
    "imss_designation_replace",
    "imss_designation_show",
    "imss_dictionary_import",
    "imss_dictionary_infer",
    "imss_dictionary_update",
    "imss_form_list",
    "imss_form_send",
    "imss_form_show",
    "imss_group_create",
    "imss_group_list",
    "imss_group_show",
    "imss_history_list",
    "imss_inventory_close",
    "imss_inventory_entry_create",
    "imss_inventory_entry_delete",
    "imss_inventory_entry_show",
    "imss_inventory_entry_update",
    "imss_inventory_export",
    "imss_inventory_give_back",
    "imss_inventory_hand_over",
    "imss_inventory_import",
    "imss_inventory_show",
    "imss_inventory_update",
    "imss_inventory_version_list",
    "imss_inventory_version_show",
    "imss_mail_list",
    "imss_mail_retry",
    "imss_meeting_create",
    "imss_meeting_list",
    "imss_meeting_record",
    "imss_meeting_show",
    "imss_meeting_update",
    "imss_mirror_activity_show",
    "imss_mirror_equality",
    "imss_mirror_notify",
    "imss_mirror_receipt_list",
    "imss_mirror_receipt_record",
    "imss_mirror_review",
    "imss_mirror_start",
    "imss_mirror_status",
    "imss_observation_create",
    "imss_observation_list",
    "imss_oficio_create",
    "imss_oficio_export",
    "imss_oficio_list",
    "imss_oficio_paper_receipt",
    "imss_oficio_preview",
    "imss_oficio_receive_signed",
    "imss_oficio_send",
    "imss_oficio_show",
    "imss_oficio_template_show",
    "imss_oficio_template_update",
    "imss_personal_data_decide",
    "imss_personal_data_list",
    "imss_personal_data_show",
    "imss_release_list",
    "imss_release_publish",
    "imss_release_return",
    "imss_release_show",
    "imss_release_sign",
    "imss_release_submit",
    "imss_request_answer",
    "imss_request_create",
    "imss_request_list",
    "imss_request_show",
    "imss_resource_report",
    "imss_table_check",
    "imss_unit_export",
    "imss_unit_import",
    "imss_unit_list",
    "imss_unit_show",
    "imss_update_discard",
    "imss_update_start",
    "member_list",
    "organization_update",
    "package_delete",
    "package_owner_org_update",
    "package_relationship_create",
    "package_relationship_update",
    "resource_view_clear",
    "resource_view_create",
    "resource_view_delete",
    "resource_view_reorder",
    "resource_view_update",
]


def imss_release_submit(context: Context, data_dict: DataDict) -> AuthResult:
    """Those who can read the dataset may ask; the workflow looks at their designation."""
    return _reads_dataset(context, data_dict)


def imss_release_sign(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_release_submit`."""
    return _reads_dataset(context, data_dict)


def imss_release_publish(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_release_submit`."""
    return _reads_dataset(context, data_dict)


def imss_release_return(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_release_submit`."""
    return _reads_dataset(context, data_dict)


@tk.auth_allow_anonymous_access
def imss_release_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Anybody reads what is or was public; the rest only those who read the dataset."""
    release: Release = data_dict["release"]
    if State(release.state) in PUBLIC_STATES:
        return {"success": True}
    return _reads_dataset(context, {"id": release.working_id})


@tk.auth_allow_anonymous_access
def imss_release_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Everybody; the list itself holds only what the reader may see."""
    return {"success": True}


def imss_dictionary_import(context: Context, data_dict: DataDict) -> AuthResult:
    """Those who may edit the resource."""
    return _granted("resource_update", context, data_dict)


def imss_dictionary_update(context: Context, data_dict: DataDict) -> AuthResult:
    """Those who may edit the resource."""
    return _granted("resource_update", context, data_dict)


def imss_dictionary_infer(context: Context, data_dict: DataDict) -> AuthResult:
    """Those who may edit the resource: a proposal shows values of a file that nobody signed."""
    return _granted("resource_update", context, data_dict)


@tk.auth_allow_anonymous_access
def imss_resource_report(context: Context, data_dict: DataDict) -> AuthResult:
    """Those who may see the dataset: the report of a draft is as hidden as the draft."""
    return _granted("package_show", context, {"id": _package_of(data_dict).id})


def imss_table_check(context: Context, data_dict: DataDict) -> AuthResult:
    """Having a file checked: those who may edit the resource or review its dataset."""
    package = _package_of(data_dict)
    user = model.User.get(str(context.get("user") or ""))
    if user is None:
        return {"success": False, "msg": tk._("Only those who take part have a file checked.")}
    if permissions.roles_of(user.id, package.owner_org):
        return {"success": True}
    return _granted("resource_update", context, data_dict)


def imss_update_start(context: Context, data_dict: DataDict) -> AuthResult:
    """Those who may edit the dataset."""
    return _granted("package_update", context, data_dict)


def imss_update_discard(context: Context, data_dict: DataDict) -> AuthResult:
    """Those who may edit the working copy."""
    return _granted("package_update", context, data_dict)


# The side doors of core that change what is public without going through the dataset's hooks.


@tk.auth_sysadmins_check
def bulk_update_public(context: Context, data_dict: DataDict) -> AuthResult:
    """Nobody: a dataset becomes public by publishing a signed release (R-112)."""
    return {
        "success": False,
        "msg": tk._("A dataset becomes public only by publishing a signed release."),
    }


@tk.auth_sysadmins_check
def bulk_update_delete(context: Context, data_dict: DataDict) -> AuthResult:
    """Nobody: published datasets are permanent (R-008, R-126) and drafts are deleted one by one."""
    return {"success": False, "msg": tk._("Delete the drafts one by one.")}


@tk.chained_auth_function
@tk.auth_sysadmins_check
def package_delete(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """A published dataset is withdrawn with a reason, never deleted (R-125, R-126)."""
    return _unless_public(next_auth, context, data_dict)


@tk.chained_auth_function
@tk.auth_sysadmins_check
def package_owner_org_update(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    """The unit of a published dataset is part of what was signed."""
    return _unless_public(next_auth, context, data_dict)


def _unless_public(next_auth: Any, context: Context, data_dict: DataDict) -> AuthResult:
    package = model.Package.get(str(data_dict.get("id") or data_dict.get("name") or ""))
    if package is not None and package.state == "active" and not package.private:
        return {
            "success": False,
            "msg": tk._("A published dataset is changed only by a new signed release."),
        }
    user = model.User.get(str(context.get("user") or ""))
    if user is not None and user.sysadmin:
        return {"success": True}
    result: AuthResult = next_auth(context, data_dict)
    return result


def _reads_dataset(context: Context, data_dict: DataDict) -> AuthResult:
    return _granted("package_show", context, data_dict)


def _package_of(data_dict: DataDict) -> model.Package:
    resource = model.Resource.get(data_dict["id"])
    package = model.Package.get(resource.package_id) if resource is not None else None
    if package is None:
        raise tk.ObjectNotFound(tk._("There is no such resource."))
    return package


def _granted(name: str, context: Context, data_dict: DataDict) -> AuthResult:
    """The answer of another auth function, for this person."""
    try:
        tk.check_access(name, {"user": context.get("user")}, {"id": data_dict["id"]})
    except tk.NotAuthorized as error:
        return {"success": False, "msg": str(error)}
    return {"success": True}
