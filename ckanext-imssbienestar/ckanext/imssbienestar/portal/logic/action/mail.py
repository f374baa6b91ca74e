"""The mails of the Procedure: which wait, left or did not, and trying one again."""

from __future__ import annotations

import datetime
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.model import Mail
from ckanext.imssbienestar.portal import mail_jobs
from ckanext.imssbienestar.portal.logic import oficio_schema as schema
from ckanext.imssbienestar.portal.logic.coordination import coordination_id
from ckanext.imssbienestar.portal.mail_texts import mail_dicts
from ckanext.imssbienestar.procedure import mails
from ckanext.imssbienestar.procedure.mails import MailState

_STATES = {state.value for state in MailState}


@tk.side_effect_free
@tk.validate_action_data(schema.mail_list)
def imss_mail_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The mails of the Procedure, the newest first: none is lost silently.

    Those of a group for whoever sees what the group has; all of them for the Transparency Unit.

    :param coordination: id or name of the *coordinación central* (default: all mails)
    :type coordination: string
    :param state: only these: ``queued``, ``sending``, ``sent``, ``failed`` (default: all)
    :type state: list of strings
    :param limit: how many (default: 50)
    :type limit: integer
    :param offset: where to begin (default: 0)
    :type offset: integer

    :returns: ``count`` of all and ``results``: for each its ``subject``, ``recipients``,
        ``copies``, ``attachments``, ``state``, ``reason`` it did not leave at its last try,
        ``attempts``, ``next_attempt``, ``sent`` and ``message_id``
    :rtype: dictionary
    """
    group = None
    if data_dict.get("coordination"):
        group = coordination_id(context, data_dict["coordination"], "imss_mail_list")
    else:
        tk.check_access("imss_mail_list", context, {})
    states = data_dict["state"] if isinstance(data_dict["state"], list) else [data_dict["state"]]
    if not set(map(str, states)) <= _STATES:
        known = ", ".join(sorted(_STATES))
        raise tk.ValidationError({"state": [tk._("One of: {known}.").format(known=known)]})
    found, count = mails.mails(
        model.Session,
        coordination_id=group,
        states=states,
        limit=data_dict["limit"],
        offset=data_dict["offset"],
    )
    return {"count": count, "results": mail_dicts(found)}


@tk.validate_action_data(schema.mail_retry)
def imss_mail_retry(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Have a mail tried again now: one that was given up, or that waits for its next try.

    For the Transparency Unit, whoever caused the mail, and the liaison and the head that it is
    sent for. It keeps its Message-ID.

    :param id: the id of the mail
    :type id: string

    :returns: the mail as ``imss_mail_list`` gives it
    :rtype: dictionary
    """
    found = model.Session.get(Mail, data_dict["id"])
    tk.check_access("imss_mail_retry", context, {"mail": found})
    if found is None:
        raise tk.ObjectNotFound(tk._("There is no such mail."))
    mail = mails.retry(model.Session, found.id, datetime.datetime.now(datetime.UTC))
    if mail is None:
        model.Session.rollback()
        sentence = tk._(
            "This mail is being sent, was sent, has no address to go to, or another took its place."
        )
        raise tk.ValidationError({"message": [sentence]})
    model.Session.commit()
    mail_jobs.request_sending()
    return mail_dicts([mail])[0]
