"""Handing a mail to an SMTP server: all of its mailboxes take it, or none is given it."""

from __future__ import annotations

import re
import smtplib
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address

from ckanext.imssbienestar.errors import ConfigurationError, TerminalError, TransientError

_ADDRESS = re.compile(r"\S*@\S*")
_END = b".\r\n"
_PERMANENT = 500
_LONGEST_WORDS = 200


class Stage(StrEnum):
    """How far a conversation had come when it went wrong."""

    CONNECTION = "connection"
    ENCRYPTION = "encryption"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"
    ANSWER = "answer"


# Wrong in how the server is set up or asked, not in the mail: trying again after a repair helps.
_NOT_THE_MAIL = frozenset({Stage.CONNECTION, Stage.ENCRYPTION, Stage.LOGIN, Stage.SENDER})


class _Told:
    """What went wrong, in facts.

    :ivar words: what the server answered or the line said, on one line, without addresses.
    :ivar mailbox: place of the mailbox that was not taken, from 1; 0 when it is not about one.
    """

    stage: Stage
    words: str
    mailbox: int


class MailNotTaken(_Told, TransientError):
    """The mail surely did not leave; a later try may succeed."""

    def __init__(self, stage: Stage, words: str, mailbox: int = 0) -> None:
        super().__init__(f"The mail server did not take the mail ({stage}): {words}.")
        self.stage, self.words, self.mailbox = stage, words, mailbox


class MailRefused(_Told, TerminalError):
    """The mail surely did not leave, and the server says that it never will."""

    def __init__(self, stage: Stage, words: str, mailbox: int = 0) -> None:
        super().__init__(f"The mail server refused the mail ({stage}): {words}.")
        self.stage, self.words, self.mailbox = stage, words, mailbox


class MailUnknown(_Told, TransientError):
    """The whole mail was handed over and the answer was lost: it may have arrived."""

    def __init__(self, words: str) -> None:
        super().__init__(f"The mail server did not say whether it took the mail: {words}.")
        self.stage, self.words, self.mailbox = Stage.ANSWER, words, 0


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed over.

    :ivar starttls: encrypt before anything is said; without it only this machine gets a password.
    :ivar step_seconds: longest wait for one answer.
    :ivar conversation_seconds: after so long nothing more is handed over.
    """

    host: str
    port: int = 25
    starttls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    step_seconds: float = 30.0
    conversation_seconds: float = 300.0

    def __post_init__(self) -> None:
        """:raises ConfigurationError: a password would go over the line for all to read."""
        if self.user and not self.starttls and not _is_this_machine(self.host):
            raise ConfigurationError(
                "The mail server would be sent its password unencrypted.",
                next_step="Set smtp.starttls = true.",
            )


def hand_over(
    server: MailServer, sender: str, mailboxes: Sequence[str], content: Iterable[bytes]
) -> None:
    """Hand over one mail; returning means that the server took it for every mailbox.

    :param content: the mail as RFC 5322 writes it, in pieces, with CRLF and no line that begins
        with a full stop (base64 has none).
    :raises MailRefused: it surely did not leave and never will.
    :raises MailNotTaken: it surely did not leave.
    :raises MailUnknown: it may have left.
    """
    until = time.monotonic() + server.conversation_seconds
    with _conversation(server) as talk:
        _introduce(talk, server)
        _check(talk.mail(sender), Stage.SENDER)
        for place, mailbox in enumerate(mailboxes, start=1):
            _check(talk.rcpt(mailbox), Stage.RECIPIENT, place)
        talk.putcmd("data")
        code, answer = talk.getreply()
        if code != 354:
            raise _not_taken(Stage.CONTENT, code, answer)
        for piece in content:
            if time.monotonic() > until:
                raise MailNotTaken(Stage.CONTENT, "too slow")
            talk.send(piece)
        if time.monotonic() > until:
            raise MailNotTaken(Stage.CONTENT, "too slow")
        _check(_end(talk), Stage.CONTENT)


@contextmanager
def _conversation(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A connection whose every fault before the end of the mail is told as one of ours."""
    try:
        talk = smtplib.SMTP(server.host, server.port, timeout=server.step_seconds)
    except smtplib.SMTPResponseException as error:
        raise MailNotTaken(Stage.CONNECTION, _said(error.smtp_code, error.smtp_error)) from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailNotTaken(Stage.CONNECTION, _cause(error)) from None
    try:
        yield talk
        # It has the mail already; how it says goodbye changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            talk.quit()
    except (smtplib.SMTPException, OSError) as error:
        raise MailNotTaken(Stage.CONNECTION, _cause(error)) from None
    finally:
        talk.close()


def _introduce(talk: smtplib.SMTP, server: MailServer) -> None:
    talk.ehlo_or_helo_if_needed()
    if server.starttls:
        try:
            talk.starttls(context=ssl.create_default_context())
        except (smtplib.SMTPException, ssl.SSLError) as error:
            raise MailNotTaken(Stage.ENCRYPTION, _cause(error)) from None
        talk.ehlo()
    if not server.user:
        return
    try:
        talk.login(server.user, server.password)
    except smtplib.SMTPResponseException as error:
        raise MailNotTaken(Stage.LOGIN, f"SMTP {error.smtp_code}") from None
    except (smtplib.SMTPException, UnicodeError):  # their own words would quote the password
        raise MailNotTaken(Stage.LOGIN, "no way to log in") from None


def _end(talk: smtplib.SMTP) -> tuple[int, bytes]:
    """Say that the mail is whole; from here on only the server knows whether it took it."""
    try:
        talk.send(_END)
        code, answer = talk.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise MailUnknown(_cause(error)) from None
    return code, answer


def _check(answered: tuple[int, bytes], stage: Stage, mailbox: int = 0) -> None:
    code, answer = answered
    if not 200 <= code < 300:
        raise _not_taken(stage, code, answer, mailbox)


def _not_taken(
    stage: Stage, code: int, answer: bytes, mailbox: int = 0
) -> MailNotTaken | MailRefused:
    never = code >= _PERMANENT and stage not in _NOT_THE_MAIL
    kind = MailRefused if never else MailNotTaken
    return kind(stage, _said(code, answer), mailbox)


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"SMTP {code} {_plain(text)}".strip()


def _cause(error: Exception) -> str:
    """A few words of a fault of the line."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error.smtp_code, error.smtp_error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: {_plain(error.verify_message)}"
    if isinstance(error, TimeoutError):
        return "time-out"
    return _plain(getattr(error, "strerror", None) or str(error)) or type(error).__name__


def _plain(text: str) -> str:
    words = " ".join(_ADDRESS.sub("…", text).split())
    return "".join(letter for letter in words if letter.isprintable())[:_LONGEST_WORDS].rstrip(".")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
