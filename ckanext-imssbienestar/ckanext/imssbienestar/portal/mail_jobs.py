"""Mails are sent by CKAN's own job queue, and by ``ckan imssbienestar mail send`` from cron.

The table of mails is the truth: losing a job loses nothing, since the next job or the command from
cron takes what is due. Any number of them work at once without sending a mail twice. What broke off
between the server's yes and our commit is sent again, with the same Message-ID.
"""

from __future__ import annotations

import datetime
import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ckan import model
from ckan.plugins import toolkit as tk
from redis.exceptions import RedisError

from ckanext.imssbienestar import config
from ckanext.imssbienestar.errors import ConfigurationError
from ckanext.imssbienestar.mail_server import MailNotTaken, MailRefused, MailUnknown, hand_over
from ckanext.imssbienestar.model import Mail
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.procedure import mails
from ckanext.imssbienestar.procedure.content_store import ContentMissing
from ckanext.imssbienestar.procedure.mail_message import message_pieces
from ckanext.imssbienestar.procedure.mails import Attachment, MailReason

log = logging.getLogger(__name__)

# A worker has other things to do as well; the rest is for the next job.
_MOST = 200
_JOB_SECONDS = 4 * 3600


@dataclass(frozen=True)
class MailTally:
    """What came of the mails that were due.

    :ivar waiting: to be tried again by itself.
    :ivar failed: given up until somebody retries.
    """

    sent: int = 0
    waiting: int = 0
    failed: int = 0


def request_sending() -> None:
    """Have what is due sent in the background; call it after the commit.

    A queue that does not answer loses nothing: the mail waits for the next job or for cron.
    """
    try:
        tk.enqueue_job(send_due, title="Mail", rq_kwargs={"timeout": _JOB_SECONDS})
    except RedisError:
        log.warning("The queue does not answer: mails wait for the next job or for cron.")


def send_due() -> MailTally:
    """Send everything that is due now, and ask for a job when the next try is.

    Commits after each mail; nothing of the session may be pending.
    """
    outcomes: Counter[str] = Counter()
    while outcomes.total() < _MOST:
        mail = mails.take_due(model.Session, _now())
        if mail is None:
            break
        model.Session.commit()
        outcomes[_send(mail)] += 1
        model.Session.commit()
    model.Session.rollback()
    _request_next()
    return MailTally(outcomes["sent"], outcomes["queued"], outcomes["failed"])


def addresses_of(user_ids: Iterable[str]) -> list[str]:
    """The addresses of these accounts; an empty one for an account without.

    A mail with an empty address is kept as failed: somebody must see that it reached nobody.
    """
    wanted = list(dict.fromkeys(user_ids))
    found = model.Session.query(model.User.id, model.User.email, model.User.state)
    known = {
        id: email or ""
        for id, email, state in found.filter(model.User.id.in_(wanted))
        if state == model.State.ACTIVE
    }
    return [known.get(user_id, "") for user_id in wanted]


def _send(mail: Mail) -> str:
    """Send a mail that is ours; the state it has afterwards."""
    attempt, never = mail.attempts, False
    try:
        server, sender = config.mail_server(), config.mail_sender()
        pieces = message_pieces(
            mail, sender, _files(mail), now=_now(), reply_to=_reply_to(mail.queued_by)
        )
        hand_over(server, sender, [*mail.recipients, *mail.copies], pieces)
    except ConfigurationError as error:
        log.error("Mail %s waits: %s", mail.id, error)  # noqa: TRY400 - a setting, not a fault
        reason = MailReason.SETTINGS.value
    except ContentMissing:
        reason, never = MailReason.ATTACHMENT.value, True
    except (MailNotTaken, MailRefused, MailUnknown) as error:
        reason, never = _reason(error), isinstance(error, MailRefused)
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError):
        # One that nobody foresaw must not keep the others from leaving.
        log.exception("Mail %s could not be written", mail.id)
        reason = MailReason.UNEXPECTED.value
    else:
        mails.was_sent(model.Session, mail.id, attempt, _now())
        return "sent"
    mails.was_not_sent(model.Session, mail.id, attempt, _now(), reason=reason, never=never)
    log.warning("Mail %s was not sent (attempt %s): %s", mail.id, attempt, reason)
    return str(mail.state)


def _files(mail: Mail) -> list[tuple[Attachment, Path]]:
    """The attachments, after reading each whole: a damaged one must not go out.

    :raises ContentMissing: one is gone or altered.
    """
    store = content_store()
    attached = [Attachment(**each) for each in mail.attachments]
    for attachment in attached:
        store.verify(attachment.sha256)
    return [(attachment, store.path(attachment.sha256)) for attachment in attached]


def _reply_to(user_id: str) -> str:
    """Where answers go: to who caused the mail, unless the site has one address for all."""
    own = config.mail_reply_to() or next(iter(addresses_of([user_id])), "")
    return own if mails.is_mailbox(own) else ""


def _reason(error: MailNotTaken | MailRefused | MailUnknown) -> str:
    place = f" {error.mailbox}" if error.mailbox else ""
    return f"{error.stage}{place}: {error.words}"


def _request_next() -> None:
    due = mails.next_due(model.Session)
    model.Session.rollback()
    if due is None:
        return
    moment = max(due, _now() + datetime.timedelta(seconds=1))
    # Of all the jobs that wait for the same moment, one is enough.
    job_id = f"imss-mail-{int(moment.timestamp())}"
    try:
        tk.get_job_queue().enqueue_at(moment, send_due, job_id=job_id, job_timeout=_JOB_SECONDS)
    except RedisError:
        log.warning("The queue does not answer: mails wait for the next job or for cron.")


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
