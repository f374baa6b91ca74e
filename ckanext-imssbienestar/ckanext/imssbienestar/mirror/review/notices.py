"""The mails to the federal side: what they say, and how surely they left.

No cell value, no person's name and no token is ever in them: the words come from the ledger, the
target's public fields and the dictionary's names and descriptions.
"""

from __future__ import annotations

import csv
import io
import os
import smtplib
import ssl
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.mirror.addresses import is_loopback
from ckanext.imssbienestar.mirror.errors import (
    MirrorConfigurationError,
    MirrorTerminalError,
    MirrorTransientError,
)
from ckanext.imssbienestar.mirror.review_settings import NoticeSettings

_TEXTS = "federal/notice.yaml"
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class NoticeRefusedError(MirrorTerminalError):
    """The mail surely did not leave."""


class NoticeUnknownError(MirrorTransientError):
    """The conversation broke off after the mail was handed over: it may have arrived."""


@dataclass(frozen=True)
class NoticeFile:
    """One file as the federal side has it."""

    name: str
    address: str
    sha256: str
    size: int


@dataclass(frozen=True)
class NoticeDataset:
    """One dataset that a mail is about.

    :ivar kind: ``load``, ``change`` or ``withdrawal``.
    :ivar number: of the release; empty when the institutional catalogue has a newer one by now.
    :ivar document: the signed document; empty in that case too.
    """

    dataset_id: str
    release_id: str
    kind: str
    name: str
    title: str
    address: str
    number: str = ""
    since: str = ""
    files: tuple[NoticeFile, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)


def compose(
    settings: NoticeSettings,
    datasets: Sequence[NoticeDataset],
    *,
    organization: str,
    host: str,
    now: datetime,
    reminder: bool = False,
) -> EmailMessage:
    """The mail about these datasets, with its attachments and an id of its own."""
    texts = read_yaml(_TEXTS)
    words = texts["reminder" if reminder else "notice"]
    entry = texts["reminded" if reminder else "dataset"]
    facts = {"organization": organization, "host": host, "count": len(datasets)}
    lines = "\n".join(entry.format(**_facts(one)).rstrip() for one in datasets)
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.to)
    if settings.cc:
        message["Cc"] = ", ".join(settings.cc)
    message["Subject"] = words["subject"].format(**facts)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=settings.sender.rpartition("@")[2])
    message.set_content(words["body"].format(**facts, datasets=lines, sender=settings.sender))
    if not reminder:
        # With its mark: a spreadsheet takes accents for something else without it.
        message.add_attachment(
            b"\xef\xbb\xbf" + file_list(datasets).encode(),
            maintype="text",
            subtype="csv",
            filename="archivos.csv",
        )
        message.add_attachment(technical_notes(datasets), filename="notas_tecnicas.txt")
    return message


def file_list(datasets: Sequence[NoticeDataset]) -> str:
    """Every file as CSV; a withdrawn dataset is a line without a file."""
    texts = read_yaml(_TEXTS)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(texts["columns"])
    for one in datasets:
        head = (texts["kinds"][one.kind], one.name, one.title, one.number, one.address)
        for file in one.files or (NoticeFile("", "", "", 0),):
            size = str(file.size) if file.name else ""
            row = (*head, file.name, file.address, file.sha256, size)
            writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def technical_notes(datasets: Sequence[NoticeDataset]) -> str:
    """What the signed releases say of themselves: facts, files and columns, never a value."""
    return "\n\n".join("\n".join(_notes(one)) for one in datasets) + "\n"


def _notes(one: NoticeDataset) -> Iterator[str]:
    words = read_yaml(_TEXTS)["notes"]
    yield words["heading"].format(**_facts(one))
    dataset = one.document.get("dataset") or {}
    for name, label in words["dataset"].items():
        value = dataset.get(name)
        if value:
            yield f"{label}: {_line(value)}"
    schemas = {
        (resource.get("file") or {}).get("sha256"): resource.get("schema") or {}
        for resource in one.document.get("resources") or ()
    }
    for file in one.files:
        yield words["resource"].format(name=file.name, bytes=file.size, sha256=file.sha256)
        yield words["file_facts"]
        fields = schemas.get(file.sha256, {})
        for column in fields.get("fields", ()) if isinstance(fields, Mapping) else ():
            # Name, type and words only: a dictionary's example would be a value of a cell.
            yield (
                words["column"]
                .format(
                    name=_line(column.get("name")),
                    type=_line(column.get("type")),
                    description=_line(column.get("description") or column.get("title")),
                )
                .rstrip(": ")
            )


def send(settings: NoticeSettings, message: EmailMessage) -> tuple[str, ...]:
    """Hand a mail over; returns the mailboxes that the server did not take.

    :raises NoticeRefusedError: when it surely did not leave.
    :raises NoticeUnknownError: when it may have.
    """
    password = _password(settings)
    with _talk(settings) as server:
        try:
            refused = _envelope(server, settings, password)
        except UnicodeError:  # its own words would quote the letter, and so the password
            raise MirrorConfigurationError("notice-password-letters") from None
        except (smtplib.SMTPException, OSError) as error:
            raise _refused(settings, error) from None
        try:
            code, answer = server.data(message.as_bytes())
        except smtplib.SMTPDataError as error:  # it did not want to hear it
            raise _refused(settings, error) from None
        except (smtplib.SMTPException, OSError) as error:
            raise NoticeUnknownError(
                "notice-unknown", host=settings.host, cause=_cause(error)
            ) from None
        if code >= 400:
            raise _refused(settings, smtplib.SMTPDataError(code, answer))
    return refused


@contextmanager
def _talk(settings: NoticeSettings) -> Iterator[smtplib.SMTP]:
    try:
        server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_seconds)
    except (smtplib.SMTPException, OSError) as error:
        raise _refused(settings, error) from None
    try:
        yield server
        # It has the mail already; how it says goodbye changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        server.close()


def _envelope(
    server: smtplib.SMTP, settings: NoticeSettings, password: str | None
) -> tuple[str, ...]:
    """All that comes before the mail itself."""
    server.ehlo_or_helo_if_needed()
    if settings.starttls:
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    if settings.user and password:
        server.login(settings.user, password)
    code, answer = server.mail(settings.sender)
    if code >= 400:
        raise smtplib.SMTPSenderRefused(code, answer, settings.sender)
    refused: dict[str, tuple[int, bytes]] = {}
    everybody = (*settings.to, *settings.cc)
    for mailbox in everybody:
        code, answer = server.rcpt(mailbox)
        if code >= 400:
            refused[mailbox] = (code, answer)
    if len(refused) == len(everybody):
        raise smtplib.SMTPRecipientsRefused(refused)
    return tuple(refused)


def _password(settings: NoticeSettings) -> str | None:
    if not settings.user:
        return None
    if not settings.starttls and not is_loopback(f"smtp://{settings.host}"):
        raise MirrorConfigurationError("notice-plain-password", host=settings.host)
    if settings.password is not None:
        return settings.password.get_secret_value().strip()
    if settings.password_file is None:
        raise MirrorConfigurationError("notice-password-missing", user=settings.user)
    path = settings.password_file
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise MirrorConfigurationError(
                "notice-password-unreadable", path=path, cause=f"{mode:04o}"
            )
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or type(error).__name__
        raise MirrorConfigurationError(
            "notice-password-unreadable", path=path, cause=cause
        ) from None


def _refused(settings: NoticeSettings, error: Exception) -> NoticeRefusedError:
    return NoticeRefusedError(
        "notice-refused", host=f"{settings.host}:{settings.port}", cause=_cause(error)
    )


def _cause(error: Exception) -> str:
    """A few words. What the server answered may be quoted; what we said to it never is."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"SMTP {error.smtp_code}, login"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return ", ".join(f"{mailbox}: {code}" for mailbox, (code, _) in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
        return f"SMTP {error.smtp_code} {_line(text)[:200]}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: {error.verify_message}"
    words = getattr(error, "strerror", None) or _line(str(error))[:200] or type(error).__name__
    return str(words).rstrip(".")


def _facts(one: NoticeDataset) -> dict[str, str]:
    texts = read_yaml(_TEXTS)
    return {
        "kind": texts["kinds"][one.kind],
        "title": _line(one.title),
        "name": one.name,
        "number": one.number or texts["unknown"],
        "address": one.address or texts["unknown"],
        "since": one.since,
    }


def _line(value: object) -> str:
    """On one line, so that a text cannot pass for another part of the mail."""
    return " ".join(str(value if value is not None else "").split())


def _cell(value: str) -> str:
    text = _line(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
