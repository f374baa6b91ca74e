"""The mails of the Procedure: queued with what causes them, and what became of each.

A mail is written in the transaction of the act that causes it, so it exists if, and only if, the
act does. What sends them (``portal.mail_jobs``) takes one at a time: taking it and telling what
became of it are two short transactions, and no lock is held while a server is spoken to.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.oficio_template import fill
from ckanext.imssbienestar.domain.problems import Wording
from ckanext.imssbienestar.errors import ConfigurationError
from ckanext.imssbienestar.model import Mail, new_id

# ASCII alone: what else there is needs a server that says it takes it.
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class MailState(StrEnum):
    """Where a mail stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class MailReason(StrEnum):
    """Why a mail did not leave; besides these, a ``mail_server.Stage``."""

    ADDRESS = "address"
    NO_RECIPIENT = "no_recipient"
    ATTACHMENT = "attachment"
    SETTINGS = "settings"
    INTERRUPTED = "interrupted"
    UNEXPECTED = "unexpected"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class MailWords(_Data):
    """A mail in one language."""

    subject: str
    body: str


class MailKind(_Data):
    """One mail of the Procedure.

    :ivar values: the names of everything that is filled in.
    :ivar rows: of ``docs/requirements.csv``.
    """

    rows: tuple[str, ...]
    label: Wording
    values: tuple[str, ...]
    es: MailWords
    en: MailWords


class SendingRules(_Data):
    """How long things may take; seconds."""

    step_seconds: float
    conversation_seconds: float
    taken_again_seconds: int
    pauses_seconds: tuple[int, ...]

    @property
    def tries(self) -> int:
        """How often a mail is tried before it is given up."""
        return len(self.pauses_seconds) + 1

    def pause(self, attempts: int) -> datetime.timedelta | None:
        """How long to wait after so many failed attempts; None to give up."""
        place = (attempts - 1) % self.tries
        if place == self.tries - 1:
            return None
        return datetime.timedelta(seconds=self.pauses_seconds[place])


class MailRules(_Data):
    """The content of ``schemas/mails.yaml``."""

    message_id_domain: str
    sending: SendingRules
    kinds: Mapping[str, MailKind]


@dataclass(frozen=True)
class Attachment:
    """A file of the content store that goes with a mail."""

    sha256: str
    name: str
    media_type: str


@cache
def mail_rules() -> MailRules:
    """The rules, read once."""
    return MailRules.model_validate(read_yaml("mails.yaml"))


def queue(
    session: Session,
    *,
    kind: str,
    subject_of: str,
    recipients: Sequence[str],
    copies: Sequence[str] = (),
    values: Mapping[str, str],
    queued_by: str,
    now: datetime.datetime,
    coordination_id: str = "",
    attachments: Iterable[Attachment] = (),
    language: str = "es",
) -> Mail:
    """Write a mail in the caller's transaction; flushes, does not commit.

    Have it sent after the commit: ``portal.mail_jobs.request_sending()``. All its mailboxes get it
    or none does, so one that cannot be written to holds it back: queue one for each person where
    they should not wait for each other. A mail that has nobody to go to, or an address that is
    none, is kept as failed, for people to see.

    :param kind: one of ``kinds`` in ``schemas/mails.yaml``.
    :param subject_of: what it is about, as kind and identifier: ``oficio:7f3c``.
    :param coordination_id: the group on whose page it is shown; empty for a unit or the organism.
    :param values: exactly the kind's ``values``.
    :param queued_by: CKAN's id of the user who causes it.
    :raises ConfigurationError: there is no such kind, or the values are not the kind's.
    """
    rules = mail_rules()
    words = _words(rules, kind, values, language)
    mail_id = new_id()
    mail = Mail(
        id=mail_id,
        kind=kind,
        subject_of=subject_of,
        coordination_id=coordination_id,
        recipients=_distinct(recipients),
        copies=[mailbox for mailbox in _distinct(copies) if mailbox not in recipients],
        subject=_line(fill(words.subject, values)),
        body=fill(words.body, values),
        attachments=[
            asdict(replace(attachment, name=_line(attachment.name))) for attachment in attachments
        ],
        message_id=f"<{mail_id}@{rules.message_id_domain}>",
        state=MailState.QUEUED.value,
        next_attempt=now,
        queued=now,
        queued_by=queued_by,
    )
    if reason := _unsendable(mail):
        mail.state, mail.next_attempt, mail.reason = MailState.FAILED.value, None, reason
    session.add(mail)
    session.flush()
    return mail


def take_due(session: Session, now: datetime.datetime) -> Mail | None:
    """The next mail to send, now this caller's; None when there is none.

    Commit before it is sent. One whose sender fell silent is due again after its time.
    """
    due = sa.and_(
        Mail.state.in_([MailState.QUEUED.value, MailState.SENDING.value]), Mail.next_attempt <= now
    )
    mail = session.scalars(
        sa.select(Mail)
        .where(due)
        .order_by(Mail.next_attempt, Mail.queued)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if mail is None:
        return None
    rules = mail_rules().sending
    if mail.state == MailState.SENDING.value:
        mail.reason = MailReason.INTERRUPTED.value
    mail.state = MailState.SENDING.value
    mail.attempts += 1
    mail.next_attempt = now + datetime.timedelta(seconds=rules.taken_again_seconds)
    session.flush()
    return mail


def was_sent(session: Session, mail_id: str, attempt: int, now: datetime.datetime) -> bool:
    """Write down that the server took a mail; False when another attempt took its place.

    :param attempt: ``attempts`` of the mail as :func:`take_due` gave it.
    """
    mail = _taken(session, mail_id, attempt, even_if_over=True)
    if mail is None:
        return False
    mail.state, mail.sent, mail.next_attempt = MailState.SENT.value, now, None
    session.flush()
    return True


def was_not_sent(
    session: Session,
    mail_id: str,
    attempt: int,
    now: datetime.datetime,
    *,
    reason: str,
    never: bool,
) -> bool:
    """Write down why a mail did not leave; False when another attempt took its place.

    :param never: trying again is of no use: it is given up until somebody retries.
    """
    mail = _taken(session, mail_id, attempt)
    if mail is None:
        return False
    pause = None if never else mail_rules().sending.pause(mail.attempts)
    mail.reason = reason
    mail.state = (MailState.FAILED if pause is None else MailState.QUEUED).value
    mail.next_attempt = None if pause is None else now + pause
    session.flush()
    return True


def retry(session: Session, mail_id: str, now: datetime.datetime) -> Mail | None:
    """Make a mail that was given up, or that waits for its next try, due now; None for another.

    Not one in whose place another was queued: it would arrive twice. It keeps its Message-ID, so
    that who gets it twice can tell.
    """
    mail = session.get(Mail, mail_id, with_for_update=True)
    if mail is None or mail.state not in {MailState.FAILED.value, MailState.QUEUED.value}:
        return None
    if _unsendable(mail) or _sent_anew(session, mail):
        return None
    tries = mail_rules().sending.tries
    mail.attempts = -(-mail.attempts // tries) * tries  # with all its tries again
    mail.state, mail.next_attempt = MailState.QUEUED.value, now
    session.flush()
    return mail


def next_due(session: Session) -> datetime.datetime | None:
    """When the next waiting mail is to be tried."""
    return session.scalar(
        sa.select(sa.func.min(Mail.next_attempt)).where(
            Mail.state.in_([MailState.QUEUED.value, MailState.SENDING.value])
        )
    )


def mails_about(session: Session, subject_of: str) -> list[Mail]:
    """The mails about one thing, the newest first."""
    query = sa.select(Mail).where(Mail.subject_of == subject_of)
    return list(session.scalars(query.order_by(Mail.queued.desc(), Mail.id)))


def mails(
    session: Session,
    *,
    coordination_id: str | None = None,
    states: Sequence[str] = (),
    limit: int,
    offset: int = 0,
) -> tuple[list[Mail], int]:
    """A page of mails, the newest first, and how many there are.

    :param coordination_id: only those of this group.
    """
    query = sa.select(Mail)
    if coordination_id is not None:
        query = query.where(Mail.coordination_id == coordination_id)
    if states:
        query = query.where(Mail.state.in_(states))
    count = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    page = query.order_by(Mail.queued.desc(), Mail.id).limit(limit).offset(offset)
    return list(session.scalars(page)), count


def attached_files(session: Session) -> set[str]:
    """The hashes of all files that a mail carries, sent ones too: they prove what was sent."""
    each = sa.func.jsonb_array_elements(Mail.attachments).table_valued("value").lateral()
    query = sa.select(each.c.value.op("->>")("sha256")).select_from(Mail).join(each, sa.true())
    return set(session.scalars(query))


def is_mailbox(text: str) -> bool:
    """Whether a mail can be addressed to it."""
    return _MAILBOX.fullmatch(text) is not None


def _words(rules: MailRules, kind: str, values: Mapping[str, str], language: str) -> MailWords:
    found = rules.kinds.get(kind)
    if found is None or set(values) != set(found.values):
        asked = ", ".join(found.values) if found else "none: there is no such kind"
        raise ConfigurationError(f"A mail of the kind {kind} needs these values: {asked}.")
    return found.en if language == "en" else found.es


def _unsendable(mail: Mail) -> str:
    """Why nobody could send it as it is addressed; empty when somebody can."""
    if not mail.recipients:
        return MailReason.NO_RECIPIENT.value
    for place, mailbox in enumerate((*mail.recipients, *mail.copies), start=1):
        if not is_mailbox(mailbox):
            return f"{MailReason.ADDRESS.value} {place}"
    return ""


def _sent_anew(session: Session, mail: Mail) -> bool:
    """Whether a later mail says the same to the same people."""
    later = sa.select(Mail.id).where(
        Mail.kind == mail.kind,
        Mail.subject_of == mail.subject_of,
        Mail.recipients == mail.recipients,
        Mail.queued > mail.queued,
    )
    return session.scalars(later.limit(1)).first() is not None


def _taken(
    session: Session, mail_id: str, attempt: int, *, even_if_over: bool = False
) -> Mail | None:
    mail = session.get(Mail, mail_id, with_for_update=True, populate_existing=True)
    if mail is None or mail.state == MailState.SENT.value:
        return None
    # What the server took is sent, whoever tries it again meanwhile.
    mine = mail.state == MailState.SENDING.value and mail.attempts == attempt
    return mail if mine or even_if_over else None


def _distinct(mailboxes: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(mailbox.strip() for mailbox in mailboxes))


def _line(text: str) -> str:
    """On one line: a line break in a subject would begin another header."""
    return " ".join(text.split())
