"""Who sees the mails of the Procedure, and has one tried again."""

from __future__ import annotations

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict

from ckanext.imssbienestar.model import Mail, Oficio
from ckanext.imssbienestar.portal import acting


@tk.auth_sysadmins_check
def imss_mail_list(context: Context, data_dict: DataDict) -> AuthResult:
    """Those of a group: who sees what the group has; all of them: the Transparency Unit."""
    group = data_dict.get("coordination_id")
    act = "look_after_mail" if group is None else "read_group"
    return _answer(acting.may(str(context.get("user") or ""), act, group), act)


@tk.auth_sysadmins_check
def imss_mail_retry(context: Context, data_dict: DataDict) -> AuthResult:
    """The Transparency Unit, who caused it, and the liaison and the head it is sent for."""
    mail = data_dict.get("mail")
    user = model.User.get(str(context.get("user") or ""))
    if user is None:
        return _answer(False, "look_after_mail")
    people = acting.people()
    may = people.may(user.id, "look_after_mail")
    if isinstance(mail, Mail):
        may = may or mail.queued_by == user.id
        if mail.coordination_id:
            may = may or people.may(user.id, "send_to_transparency_unit", mail.coordination_id)
        unit_id = _unit_of(mail)
        may = may or (bool(unit_id) and people.may(user.id, "send_oficio", unit_id))
    return _answer(may, "look_after_mail")


def _unit_of(mail: Mail) -> str:
    """The unit whose letter it carries, if it carries one."""
    kind, _, identifier = mail.subject_of.partition(":")
    row = model.Session.get(Oficio, identifier) if kind == "oficio" else None
    return row.unit_id if row else ""


def _answer(may: bool, act: str) -> AuthResult:
    return {"success": True} if may else {"success": False, "msg": acting.refusal(act)}
