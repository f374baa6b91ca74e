"""Who may call the actions on meetings, forms sent, requests and notices: the posts of a group.

System administrators are asked like everybody else: what a group has is the group's, its liaison's
and the Transparency Unit's (R-057).
"""

from __future__ import annotations

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.portal import acting


@tk.auth_sysadmins_check
def imss_meeting_create(context: Context, data_dict: DataDict) -> AuthResult:
    """The liaison (R-036)."""
    return _may(context, data_dict, "call_meeting")


@tk.auth_sysadmins_check
def imss_meeting_update(context: Context, data_dict: DataDict) -> AuthResult:
    """The liaison (R-036)."""
    return _may(context, data_dict, "call_meeting")


@tk.auth_sysadmins_check
def imss_meeting_record(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever is in the group (R-030, R-038)."""
    return _may(context, data_dict, "record_meeting")


@tk.auth_sysadmins_check
def imss_meeting_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever reads the group."""
    return _may(context, data_dict, "read_group")


@tk.auth_sysadmins_check
def imss_meeting_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever reads a group; the list holds those groups alone."""
    return _reads(context)


@tk.auth_sysadmins_check
def imss_agreement_close(context: Context, data_dict: DataDict) -> AuthResult:
    """The liaison (R-039)."""
    return _may(context, data_dict, "follow_agreements")


@tk.auth_sysadmins_check
def imss_agreement_list(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_meeting_list`."""
    return _reads(context)


@tk.auth_sysadmins_check
def imss_form_send(context: Context, data_dict: DataDict) -> AuthResult:
    """The liaison and nobody else (R-042)."""
    return _may(context, data_dict, "send_to_transparency_unit")


@tk.auth_sysadmins_check
def imss_form_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever reads the group."""
    return _may(context, data_dict, "read_group")


@tk.auth_sysadmins_check
def imss_form_list(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_meeting_list`."""
    return _reads(context)


@tk.auth_sysadmins_check
def imss_observation_create(context: Context, data_dict: DataDict) -> AuthResult:
    """The Transparency Unit (R-033)."""
    return _may(context, data_dict, "observe")


@tk.auth_sysadmins_check
def imss_observation_list(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_meeting_list`."""
    return _reads(context)


@tk.auth_sysadmins_check
def imss_request_create(context: Context, data_dict: DataDict) -> AuthResult:
    """The Transparency Unit (R-043)."""
    return _may(context, data_dict, "make_request")


@tk.auth_sysadmins_check
def imss_request_answer(context: Context, data_dict: DataDict) -> AuthResult:
    """The liaison (R-043)."""
    return _may(context, data_dict, "answer_request")


@tk.auth_sysadmins_check
def imss_request_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever reads the group."""
    return _may(context, data_dict, "read_group")


@tk.auth_sysadmins_check
def imss_request_list(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_meeting_list`."""
    return _reads(context)


@tk.auth_sysadmins_check
def imss_database_report(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever is in the group (R-034, R-035)."""
    return _may(context, data_dict, "report_database")


@tk.auth_sysadmins_check
def imss_database_forward(context: Context, data_dict: DataDict) -> AuthResult:
    """The liaison (R-034)."""
    return _may(context, data_dict, "send_to_transparency_unit")


@tk.auth_sysadmins_check
def imss_database_list(context: Context, data_dict: DataDict) -> AuthResult:
    """See :func:`imss_meeting_list`."""
    return _reads(context)


def _may(context: Context, data_dict: DataDict, act: str) -> AuthResult:
    user = model.User.get(str(context.get("user") or ""))
    coordination_id = data_dict.get("coordination_id")
    # Without the group nobody is allowed: None would ask about the whole organism.
    if user is not None and coordination_id and acting.people().may(user.id, act, coordination_id):
        return {"success": True}
    return {"success": False, "msg": acting.refusal(act)}


def _reads(context: Context) -> AuthResult:
    user = model.User.get(str(context.get("user") or ""))
    if user is not None and acting.people().places(user.id, "read_group"):
        return {"success": True}
    return {"success": False, "msg": acting.refusal("read_group")}
