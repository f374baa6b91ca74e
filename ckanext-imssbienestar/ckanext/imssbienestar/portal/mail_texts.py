"""Where a mail stands, in words."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.mail_server import Stage
from ckanext.imssbienestar.model import Mail
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.portal.people_names import names_of
from ckanext.imssbienestar.procedure.mails import MailReason, MailState, mail_rules


def mail_dicts(found: list[Mail]) -> list[dict[str, Any]]:
    """Mails as the API answers them."""
    names = names_of(mail.queued_by for mail in found)
    return [mail_dict(mail, names[mail.queued_by]) for mail in found]


def mail_dict(mail: Mail, queued_by: str) -> dict[str, Any]:
    """A mail as the API answers it.

    :param queued_by: name of who caused it.
    """
    return {
        "id": mail.id,
        "kind": mail.kind,
        "kind_label": mail_rules().kinds[mail.kind].label.label(texts.language()),
        "subject_of": mail.subject_of,
        "coordination_id": mail.coordination_id,
        "subject": mail.subject,
        "recipients": list(mail.recipients),
        "copies": list(mail.copies),
        "attachments": [
            {"name": each["name"], "sha256": each["sha256"]} for each in mail.attachments
        ],
        "message_id": mail.message_id,
        "state": mail.state,
        "state_label": state_label(mail),
        "reason": reason_sentence(mail),
        "attempts": mail.attempts,
        "queued": mail.queued.isoformat(),
        "queued_by": queued_by,
        "next_attempt": mail.next_attempt.isoformat() if mail.next_attempt else None,
        "sent": mail.sent.isoformat() if mail.sent else None,
    }


def state_label(mail: Mail) -> str:
    """Where it stands, in a few words."""
    return {
        MailState.QUEUED: tk._("waits to be sent again")
        if mail.attempts
        else tk._("waits to be sent"),
        MailState.SENDING: tk._("is being sent"),
        MailState.SENT: tk._("sent"),
        MailState.FAILED: tk._("not sent: somebody must retry"),
    }[MailState(mail.state)]


def reason_sentence(mail: Mail) -> str:
    """Why it did not leave at the last try, and what to do; empty when nothing is known."""
    if not mail.reason:
        return ""
    head, _, words = mail.reason.partition(": ")
    code, _, place = head.partition(" ")
    told = _sentences().get(code, head)
    sentence = told.format(mailbox=_mailbox(mail, place))
    return f"{sentence} ({words})" if words else sentence


def _sentences() -> dict[str, str]:
    return {
        MailReason.ADDRESS: tk._("An account has no address that can be written to: {mailbox}."),
        MailReason.NO_RECIPIENT: tk._("There is nobody to send it to."),
        MailReason.ATTACHMENT: tk._("An attached file is missing or was altered."),
        MailReason.SETTINGS: tk._(
            "The mail server is not set up on this site: tell the system administrator."
        ),
        MailReason.UNEXPECTED: tk._(
            "The mail could not be written: tell the system administrator."
        ),
        MailReason.INTERRUPTED: tk._(
            "A try was cut off; it may have arrived twice, with the same Message-ID."
        ),
        Stage.CONNECTION: tk._("The mail server could not be reached, or hung up."),
        Stage.ENCRYPTION: tk._("The mail server could not be spoken to encrypted."),
        Stage.LOGIN: tk._("The mail server did not take the site's name and password."),
        Stage.SENDER: tk._("The mail server did not take the site's address."),
        Stage.RECIPIENT: tk._("The mail server did not take the mailbox {mailbox}."),
        Stage.CONTENT: tk._("The mail server did not take the mail."),
        Stage.ANSWER: tk._(
            "The mail server's answer was lost: it may have arrived, and comes again with the "
            "same Message-ID."
        ),
    }


def _mailbox(mail: Mail, place: str) -> str:
    mailboxes = [*mail.recipients, *mail.copies]
    if not place.isdecimal() or not 0 < int(place) <= len(mailboxes):
        return "…"
    return mailboxes[int(place) - 1] or "…"
