"""Mails of the Procedure: queued with their cause, sent once, never lost."""

from __future__ import annotations

import datetime
import io
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from mirror.mail_server import PASSWORD, USER, MailServer

from ckanext.imssbienestar.errors import ConfigurationError
from ckanext.imssbienestar.model import Mail
from ckanext.imssbienestar.portal import mail_jobs
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.procedure import mails
from ckanext.imssbienestar.procedure.mails import Attachment, MailState

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_site")

VALUES = {
    "oficio": "IB/CTV/01/2026",
    "date": "2026-03-05",
    "unit": "Unidad de Finanzas",
    "posts": "Enlace de Transparencia\nBcc: intruso@ejemplo.mx",
    "url": "https://datos.ejemplo.mx/working-group/ctv",
}
HEAD, MAILBOX = "titular.ut@ejemplo.mx", "transparencia.opd@imssbienestar.gob.mx"


@pytest.fixture
def post_office(ckan_config: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A real mail server that the site sends by."""
    server = MailServer()
    _send_by(ckan_config, monkeypatch, server.port)
    yield server
    server.stop()


def _send_by(ckan_config: Any, monkeypatch: pytest.MonkeyPatch, port: int, **others: Any) -> None:
    settings = {"server": f"127.0.0.1:{port}", "mail_from": "datos@ejemplo.mx", **others}
    for name, value in settings.items():
        monkeypatch.setitem(ckan_config, f"smtp.{name}", value)
    # No worker of these tests takes what the queue is given.
    monkeypatch.setattr(mail_jobs, "_request_next", lambda: None)


def _attachment(content: bytes, name: str) -> Attachment:
    store = content_store()
    with store.receive(io.BytesIO(content), 1 << 24) as candidate:
        store.keep(candidate)
    return Attachment(candidate.sha256, name, "application/pdf")


def _queue(**others: Any) -> Mail:
    arguments: dict[str, Any] = {
        "kind": "designation",
        "subject_of": "designation:1",
        "recipients": [HEAD],
        "copies": [MAILBOX],
        "values": VALUES,
        "queued_by": "somebody",
        "now": datetime.datetime.now(datetime.UTC),
    }
    mail = mails.queue(model.Session, **arguments | others)
    model.Session.commit()
    return mail


def _again_in(hours: float) -> None:
    """As if so much time had passed."""
    model.Session.execute(
        sa.update(Mail).values(next_attempt=Mail.next_attempt - datetime.timedelta(hours=hours))
    )
    model.Session.commit()


@pytest.mark.req("R-026", "R-027")
def test_a_mail_arrives_with_its_copy_attachment_and_id(post_office: MailServer) -> None:
    content = bytes(range(256)) * 2000
    user = factories.User(email="enlace@ejemplo.mx")
    mail = _queue(attachments=[_attachment(content, "designación ñ.pdf")], queued_by=user["id"])
    assert mail_jobs.send_due() == mail_jobs.MailTally(sent=1)
    (received,) = post_office.received
    message = received.message
    assert received.mailboxes == [HEAD, MAILBOX]
    assert (message["To"], message["Cc"]) == (HEAD, MAILBOX)
    assert message["From"] == "datos@ejemplo.mx"
    assert message["Reply-To"] == "enlace@ejemplo.mx"
    assert message["Message-ID"] == mail.message_id
    assert message["Subject"] == "Designación por oficio IB/CTV/01/2026"
    assert "Unidad de Finanzas" in received.text()
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "designación ñ.pdf"
    assert attached.get_payload(decode=True) == content
    model.Session.refresh(mail)
    assert (mail.state, mail.reason) == (MailState.SENT.value, "")
    assert mail.sent is not None
    assert mail_jobs.send_due() == mail_jobs.MailTally()


def test_a_value_cannot_begin_another_header(post_office: MailServer) -> None:
    _queue(values={**VALUES, "oficio": "1/2026\r\nBcc: intruso@ejemplo.mx"})
    mail_jobs.send_due()
    (received,) = post_office.received
    assert received.message["Bcc"] is None
    assert received.mailboxes == [HEAD, MAILBOX]


def test_an_undone_act_sends_nothing(post_office: MailServer) -> None:
    mails.queue(
        model.Session,
        kind="designation",
        subject_of="designation:1",
        recipients=[HEAD],
        values=VALUES,
        queued_by="somebody",
        now=datetime.datetime.now(datetime.UTC),
    )
    model.Session.rollback()
    assert mail_jobs.send_due() == mail_jobs.MailTally()
    assert post_office.received == []


def test_the_values_are_those_of_the_kind() -> None:
    with pytest.raises(ConfigurationError, match="oficio"):
        _queue(values={"oficio": "1"})
    with pytest.raises(ConfigurationError, match="no such kind"):
        _queue(kind="unheard of")


def test_a_server_that_is_down_loses_nothing(
    post_office: MailServer, ckan_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    _send_by(ckan_config, monkeypatch, closed)
    mail = _queue()
    assert mail_jobs.send_due() == mail_jobs.MailTally(waiting=1)
    assert mail_jobs.send_due() == mail_jobs.MailTally()  # not due yet
    model.Session.refresh(mail)
    assert mail.state == MailState.QUEUED.value
    assert mail.reason.startswith("connection: ")
    waited = [mail.next_attempt]
    _again_in(1)
    mail_jobs.send_due()
    model.Session.refresh(mail)
    waited.append(mail.next_attempt)
    pauses = mails.mail_rules().sending.pauses_seconds
    assert list(pauses) == sorted(pauses)
    _send_by(ckan_config, monkeypatch, post_office.port)
    _again_in(1)
    assert mail_jobs.send_due() == mail_jobs.MailTally(sent=1)
    assert post_office.received[0].message["Message-ID"] == mail.message_id


def test_a_mail_is_given_up_after_all_its_tries_and_starts_anew(
    post_office: MailServer,
) -> None:
    post_office.behaviour.refuse = "451 later"
    mail = _queue()
    tries = mails.mail_rules().sending.tries
    outcomes = []
    for _each in range(tries):
        outcomes.append(mail_jobs.send_due())
        _again_in(24)
    assert outcomes == [mail_jobs.MailTally(waiting=1)] * (tries - 1) + [
        mail_jobs.MailTally(failed=1)
    ]
    model.Session.refresh(mail)
    assert (mail.state, mail.next_attempt) == (MailState.FAILED.value, None)
    assert mails.retry(model.Session, mail.id, datetime.datetime.now(datetime.UTC)) is mail
    model.Session.commit()
    assert mail_jobs.send_due() == mail_jobs.MailTally(waiting=1)  # with all its tries again
    post_office.behaviour.refuse = ""
    _again_in(1)
    assert mail_jobs.send_due() == mail_jobs.MailTally(sent=1)


@pytest.mark.parametrize(
    ("refuse", "unknown", "reason"),
    [
        ("554 no se acepta a nadie@ejemplo.mx", set(), "content: SMTP 554 no se acepta a …"),
        ("", {MAILBOX}, "recipient 2: SMTP 550 no such mailbox"),
    ],
)
def test_what_never_will_be_taken_fails_at_once(
    post_office: MailServer, refuse: str, unknown: set[str], reason: str
) -> None:
    post_office.behaviour.refuse, post_office.behaviour.unknown = refuse, unknown
    mail = _queue()
    assert mail_jobs.send_due() == mail_jobs.MailTally(failed=1)
    model.Session.refresh(mail)
    assert (mail.state, mail.reason) == (MailState.FAILED.value, reason)
    assert post_office.received == []  # nobody got it: neither did those whom it knows


def test_who_has_no_address_is_told_at_once(post_office: MailServer) -> None:
    assert _queue(recipients=[]).reason == "no_recipient"
    broken = _queue(recipients=[HEAD], copies=["", MAILBOX])
    assert (broken.state, broken.reason) == (MailState.FAILED.value, "address 2")
    assert mails.retry(model.Session, broken.id, datetime.datetime.now(datetime.UTC)) is None
    assert mail_jobs.send_due() == mail_jobs.MailTally()


def test_a_lost_answer_is_tried_again_under_the_same_id(post_office: MailServer) -> None:
    post_office.behaviour.hang_up = True
    mail = _queue()
    assert mail_jobs.send_due() == mail_jobs.MailTally(waiting=1)
    model.Session.refresh(mail)
    assert mail.reason.startswith("answer: ")
    post_office.behaviour.hang_up = False
    _again_in(1)
    assert mail_jobs.send_due() == mail_jobs.MailTally(sent=1)
    ids = {received.message["Message-ID"] for received in post_office.received}
    assert ids == {mail.message_id}


def test_a_worker_that_died_leaves_its_mail_to_the_next(post_office: MailServer) -> None:
    mail = _queue()
    taken = mails.take_due(model.Session, datetime.datetime.now(datetime.UTC))
    assert taken is not None
    model.Session.commit()
    assert mail_jobs.send_due() == mail_jobs.MailTally()  # it may be at work
    _again_in(1)
    assert mail_jobs.send_due() == mail_jobs.MailTally(sent=1)
    model.Session.refresh(mail)
    assert (mail.attempts, mail.reason) == (2, "interrupted")
    # The first comes back from the dead: what it says no longer counts.
    told = mails.was_not_sent(
        model.Session, mail.id, 1, datetime.datetime.now(datetime.UTC), reason="x", never=True
    )
    assert not told


def test_many_workers_send_each_mail_once(post_office: MailServer) -> None:
    for _each in range(20):
        _queue()
    workers = [threading.Thread(target=_work) for _each in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    ids = [received.message["Message-ID"] for received in post_office.received]
    assert len(ids) == len(set(ids)) == 20
    model.Session.rollback()
    states = set(model.Session.scalars(sa.select(Mail.state)))
    assert states == {MailState.SENT.value}


def _work() -> None:
    try:
        mail_jobs.send_due()
    finally:
        model.Session.remove()


def test_a_damaged_attachment_does_not_go_out(post_office: MailServer) -> None:
    attachment = _attachment(b"%PDF-1.7 carta", "carta.pdf")
    path = content_store().path(attachment.sha256)
    path.chmod(0o600)
    path.write_bytes(b"otra cosa")
    mail = _queue(attachments=[attachment])
    assert mail_jobs.send_due() == mail_jobs.MailTally(failed=1)
    assert mail.reason == "attachment"
    assert post_office.received == []
    assert mails.attached_files(model.Session) == {attachment.sha256}


def test_the_login_of_the_settings_is_used(
    ckan_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = MailServer(login=True)
    try:
        _send_by(ckan_config, monkeypatch, server.port, user=USER, password="otra")
        mail = _queue()
        assert mail_jobs.send_due() == mail_jobs.MailTally(waiting=1)
        model.Session.refresh(mail)
        assert mail.reason == "login: SMTP 535"  # a setting is mended, the mail is good
        _send_by(ckan_config, monkeypatch, server.port, user=USER, password=PASSWORD)
        _again_in(1)
        assert mail_jobs.send_due() == mail_jobs.MailTally(sent=1)
    finally:
        server.stop()


@pytest.mark.parametrize(
    "setting",
    [{"mail_from": ""}, {"server": ""}, {"server": "correo.ejemplo.mx:x"},
     {"server": "correo.ejemplo.mx", "user": "u", "password": "p"}],
)  # fmt: skip
def test_a_site_without_a_mail_server_keeps_its_mails(
    ckan_config: Any, monkeypatch: pytest.MonkeyPatch, setting: dict[str, str]
) -> None:
    _send_by(ckan_config, monkeypatch, 9, **setting)
    mail = _queue()
    assert mail_jobs.send_due() == mail_jobs.MailTally(waiting=1)
    model.Session.refresh(mail)
    assert (mail.state, mail.reason) == (MailState.QUEUED.value, "settings")


def test_the_command_says_what_it_did(
    post_office: MailServer, cli: Any, ckan_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # CKAN's plugin is imported only where it is loaded.
    from ckanext.imssbienestar.portal.cli import imssbienestar

    _queue()
    done = cli.invoke(imssbienestar, ["mail", "send"])
    assert (done.exit_code, "1 " in done.output) == (0, True), done.output
    post_office.behaviour.refuse = "554 no"
    _queue()
    assert cli.invoke(imssbienestar, ["mail", "send"]).exit_code == 1


def test_a_mail_in_whose_place_another_was_queued_is_not_tried_again(
    post_office: MailServer,
) -> None:
    post_office.behaviour.unknown = {HEAD}
    first = _queue()
    assert mail_jobs.send_due() == mail_jobs.MailTally(failed=1)
    other = _queue(recipients=["otra@ejemplo.mx"])  # to somebody else: it takes no place
    assert mails.retry(model.Session, first.id, datetime.datetime.now(datetime.UTC)) is first
    model.Session.rollback()
    again = _queue()
    assert mails.retry(model.Session, first.id, datetime.datetime.now(datetime.UTC)) is None
    post_office.behaviour.unknown = set()
    assert mail_jobs.send_due() == mail_jobs.MailTally(sent=2)
    ids = {received.message["Message-ID"] for received in post_office.received}
    assert ids == {other.message_id, again.message_id}


def test_one_that_cannot_be_written_keeps_no_other_from_leaving(
    post_office: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = _queue(), _queue()

    def refuse(mail: Mail, *others: Any, **more: Any) -> Any:
        if mail.id == first.id:
            raise ValueError("a header with a line break")
        return real(mail, *others, **more)

    real = mail_jobs.message_pieces
    monkeypatch.setattr(mail_jobs, "message_pieces", refuse)
    assert mail_jobs.send_due() == mail_jobs.MailTally(sent=1, waiting=1)
    assert post_office.received[0].message["Message-ID"] == second.message_id
    model.Session.refresh(first)
    assert (first.state, first.reason) == (MailState.QUEUED.value, "unexpected")


def test_the_next_try_is_asked_for_once_however_many_jobs_there_are(
    ckan_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ckan_config, "smtp.server", "127.0.0.1:9")
    monkeypatch.setitem(ckan_config, "smtp.mail_from", "datos@ejemplo.mx")
    mail = _queue()
    for _each in range(3):
        mail_jobs.send_due()
    model.Session.refresh(mail)
    assert mail.next_attempt is not None
    waiting = tk.get_job_queue().scheduled_job_registry.get_job_ids()
    moments = [job for job in waiting if job.startswith("imss-mail-")]
    assert f"imss-mail-{int(mail.next_attempt.timestamp())}" in moments
    assert len(moments) == len(set(moments))
