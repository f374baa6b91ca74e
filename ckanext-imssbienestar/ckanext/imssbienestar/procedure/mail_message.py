"""A queued mail as the bytes that a mail server is given, in pieces, read as they go."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from ckanext.imssbienestar.model import Mail
from ckanext.imssbienestar.procedure.mails import Attachment

# A multiple of 57 bytes, which are one line of base64.
_PIECE = 57 * 4096


def message_pieces(
    mail: Mail,
    sender: str,
    files: Sequence[tuple[Attachment, Path]],
    *,
    now: datetime.datetime,
    reply_to: str = "",
) -> Iterator[bytes]:
    """The mail as RFC 5322 and MIME write it, with CRLF.

    All of its bodies are base64: no line of them can begin with a full stop, be too long or have a
    letter that a server does not take.

    :param files: its attachments, each with where it is.
    """
    boundary = f"=_{mail.id}"
    yield _header(_headers(mail, sender, boundary, now, reply_to))
    yield from _text_part(mail.body, boundary)
    for attachment, path in files:
        yield from _file_part(attachment, path, boundary)
    yield f"--{boundary}--\r\n".encode()


def _headers(
    mail: Mail, sender: str, boundary: str, now: datetime.datetime, reply_to: str
) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = ", ".join(mail.recipients)
    if mail.copies:
        message["Cc"] = ", ".join(mail.copies)
    if reply_to:
        message["Reply-To"] = reply_to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = mail.message_id
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = f'multipart/mixed; boundary="{boundary}"'
    return message


def _header(message: EmailMessage) -> bytes:
    lines = (message.policy.fold_binary(name, value) for name, value in message.raw_items())
    return b"".join(lines) + b"\r\n"


def _text_part(text: str, boundary: str) -> Iterator[bytes]:
    part = EmailMessage(policy=SMTP)
    part.set_content(text, cte="base64")
    del part["MIME-Version"]
    yield f"--{boundary}\r\n".encode() + part.as_bytes()


def _file_part(attachment: Attachment, path: Path, boundary: str) -> Iterator[bytes]:
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = attachment.media_type
    part["Content-Transfer-Encoding"] = "base64"
    part.add_header("Content-Disposition", "attachment", filename=attachment.name)
    yield f"--{boundary}\r\n".encode() + _header(part)
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield base64.encodebytes(piece).replace(b"\n", b"\r\n")
