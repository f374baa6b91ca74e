"""A mail is handed to a server whole, or told why not; what is written comes out as it went in."""

from __future__ import annotations

import datetime
import email
import email.policy
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.errors import ConfigurationError
from ckanext.imssbienestar.mail_server import (
    MailNotTaken,
    MailRefused,
    MailServer,
    Stage,
    hand_over,
)
from ckanext.imssbienestar.model import Mail
from ckanext.imssbienestar.procedure.mail_message import message_pieces
from ckanext.imssbienestar.procedure.mails import Attachment, mail_rules

NOW = datetime.datetime(2026, 11, 24, 9, 30, tzinfo=datetime.UTC)
MAIL = [b"Subject: x\r\n\r\n", b"y\r\n"]


class Keeper:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.received.append(envelope.content)
        return "250 OK"


@contextmanager
def _running(**options: Any) -> Iterator[tuple[Keeper, int]]:
    keeper = Keeper()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(keeper, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield keeper, port
    finally:
        controller.stop()


@contextmanager
def _saying(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does one thing with whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _address = listening.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this machine with its key, in one file."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def _send(port: int, **settings: Any) -> None:
    server = MailServer(**{"host": "127.0.0.1", "port": port, "step_seconds": 5.0} | settings)
    hand_over(server, "a@ejemplo.mx", ["b@ejemplo.mx"], MAIL)


def test_it_is_encrypted_with_who_it_should_be(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with _running(tls_context=context, require_starttls=True) as (keeper, port):
        with pytest.raises(MailNotTaken) as error:
            _send(port, starttls=True)
        assert error.value.stage is Stage.ENCRYPTION
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        _send(port, starttls=True)
        assert len(keeper.received) == 1


def test_a_server_that_cannot_encrypt_gets_nothing() -> None:
    with _running() as (keeper, port):
        with pytest.raises(MailNotTaken) as error:
            _send(port, starttls=True)
        assert error.value.stage is Stage.ENCRYPTION
        assert keeper.received == []


def test_a_password_is_never_sent_in_the_open() -> None:
    with pytest.raises(ConfigurationError, match="starttls"):
        MailServer(host="correo.ejemplo.mx", user="u", password="p")
    server = MailServer(host="127.0.0.1", user="u", password="secreta")
    assert "secreta" not in repr(server)


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    over = threading.Event()
    with _saying(lambda _connection: over.wait(5) and None) as port:
        with pytest.raises(MailNotTaken) as error:
            _send(port, step_seconds=0.2)
        over.set()
        assert error.value.stage is Stage.CONNECTION


@pytest.mark.parametrize("greeting", [b"554 no mail here\r\n", b"", b"\xff\xfe nothing\r\n"])
def test_a_server_that_greets_otherwise_is_told(greeting: bytes) -> None:
    with (
        _saying(lambda connection: connection.sendall(greeting)) as port,
        pytest.raises(MailNotTaken) as error,
    ):
        _send(port)
    assert error.value.stage is Stage.CONNECTION


def test_what_takes_too_long_is_not_handed_over() -> None:
    with _running() as (keeper, port):
        with pytest.raises(MailNotTaken, match="too slow"):
            _send(port, conversation_seconds=0.0)
        assert keeper.received == []


def test_a_mailbox_it_does_not_know_is_told_by_its_place() -> None:
    class Strict(Keeper):
        async def handle_RCPT(
            self, server: Any, session: Any, envelope: Any, address: str, options: Any
        ) -> str:
            if address.startswith("nadie"):
                return "550 nobody <nadie@ejemplo.mx> here"
            envelope.rcpt_tos.append(address)
            return "250 OK"

    keeper = Strict()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        server = MailServer(host="127.0.0.1", port=port)
        with pytest.raises(MailRefused) as error:
            hand_over(server, "a@ejemplo.mx", ["b@ejemplo.mx", "nadie@ejemplo.mx"], MAIL)
    finally:
        controller.stop()
    assert (error.value.stage, error.value.mailbox) == (Stage.RECIPIENT, 2)
    assert "@" not in error.value.words
    assert keeper.received == []


def test_each_kind_of_mail_says_all_of_its_values_in_both_languages() -> None:
    for code, kind in mail_rules().kinds.items():
        for words in (kind.es, kind.en):
            said = set(re.findall(r"\{(\w+)\}", words.subject + words.body))
            assert said == set(kind.values), code
            assert "\n" not in words.subject.strip()


def test_the_tries_of_a_mail_last_over_a_weekend() -> None:
    rules = mail_rules().sending
    assert list(rules.pauses_seconds) == sorted(rules.pauses_seconds)
    assert sum(rules.pauses_seconds) > 72 * 3600
    assert rules.taken_again_seconds > rules.conversation_seconds + 2 * rules.step_seconds
    assert [rules.pause(attempt) is None for attempt in (1, rules.tries, rules.tries + 1)] == [
        False,
        True,
        False,
    ]


_LINES = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200)


@given(
    subject=_LINES,
    body=st.lists(_LINES, max_size=8).map("\n".join),
    name=_LINES.filter(str.strip),
    content=st.binary(max_size=5_000),
)
def test_it_comes_out_as_it_went_in(
    tmp_path_factory: pytest.TempPathFactory, subject: str, body: str, name: str, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "attached"
    path.write_bytes(content)
    mail = Mail(
        id="7f3c0d52",
        recipients=["a@ejemplo.mx"],
        copies=["b@ejemplo.mx"],
        subject=" ".join(subject.split()),
        body=body,
        message_id="<7f3c0d52@ejemplo.mx>",
    )
    attachment = Attachment("0" * 64, " ".join(name.split()), "application/pdf")
    raw = b"".join(message_pieces(mail, "c@ejemplo.mx", [(attachment, path)], now=NOW))
    lines = raw.split(b"\r\n")
    assert all(len(line) <= 998 and not line.startswith(b".") for line in lines)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message["To"] == "a@ejemplo.mx"
    assert message["Message-ID"] == "<7f3c0d52@ejemplo.mx>"
    (attached,) = message.iter_attachments()
    assert attached.get_payload(decode=True) == content
    text = message.get_body()
    assert text is not None
    assert text.get_payload(decode=True).decode().split() == body.split()  # type: ignore[union-attr]
