"""A real SMTP server on a free port, which keeps what it is given and can be told to misbehave."""

from __future__ import annotations

import email
import email.policy
import socket
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "unidad", "palabra de prueba"


@dataclass
class Received:
    """One mail as it came in."""

    sender: str
    mailboxes: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        found = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def text(self, name: str = "") -> str:
        """The words of the mail, or of an attachment by its name."""
        for part in self.message.walk():
            if not part.is_multipart() and (part.get_filename() or "") == name:
                payload = part.get_payload(decode=True)
                assert isinstance(payload, bytes)
                return payload.decode("utf-8-sig")
        raise AssertionError(f"no {name or 'words'} in the mail")


@dataclass
class Behaviour:
    """How the server answers from now on.

    :ivar refuse: answer to the mail itself, such as ``554 no``.
    :ivar unknown: mailboxes it does not take.
    :ivar hang_up: close the connection instead of answering once it has the mail.
    """

    refuse: str = ""
    unknown: set[str] = field(default_factory=set)
    hang_up: bool = False


class MailServer:
    """Runs until :meth:`stop`.

    :param port: a free one when none is given.
    """

    def __init__(self, *, login: bool = False, port: int = 0) -> None:
        self.received: list[Received] = []
        self.behaviour = Behaviour()
        options: dict[str, Any] = {}
        if login:
            options = {
                "auth_required": True,
                "auth_require_tls": False,
                "authenticator": self._check,
            }
        with socket.create_server(("127.0.0.1", port)) as free:
            self.port = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.behaviour.unknown:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.behaviour.refuse:
            return self.behaviour.refuse
        assert isinstance(envelope.content, bytes)
        self.received.append(
            Received(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content)
        )
        if self.behaviour.hang_up:
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"

    def _check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        good = (given.login.decode(), given.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=good, handled=False)
