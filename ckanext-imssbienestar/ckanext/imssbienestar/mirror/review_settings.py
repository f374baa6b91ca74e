"""The profile's sections about the federal side: mails, looks, comprobantes, where files are kept.

A section that is absent is a way that is not used; what a section leaves out comes from the rules
of the profile (``review`` in ``schemas/federal/<profile>.yaml``).
"""

from __future__ import annotations

from pathlib import Path
from string import Formatter
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from ckanext.imssbienestar.mirror.addresses import is_address, is_private_enough
from ckanext.imssbienestar.mirror.profile_file import at_home

_MAILBOX = r"^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+$"


def _mailbox(value: str) -> str:
    # One mailbox and nothing else: a line break here would be a header of its own.
    if any(not letter.isprintable() for letter in value):
        raise ValueError("a mailbox on one line")
    return value


Mailbox = Annotated[str, Field(pattern=_MAILBOX), AfterValidator(_mailbox)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NoticeSettings(_Section):
    """The mail to the federal side and the unit.

    :ivar starttls: encrypt before anything is said; without it only a loopback host gets a
        password.
    :ivar password: only from the environment (``IMSS_MIRROR_NOTICE__PASSWORD``).
    :ivar timeout_seconds: for each step of the conversation.
    """

    host: str = Field(min_length=1)
    port: int = Field(587, ge=1, le=65535)
    starttls: bool = True
    user: str | None = None
    password_file: Path | None = None
    password: SecretStr | None = None
    sender: Mailbox = Field(alias="from")
    to: tuple[Mailbox, ...] = Field(min_length=1)
    cc: tuple[Mailbox, ...] = ()
    timeout_seconds: float = Field(30.0, gt=0)

    def beside(self, folder: Path) -> NoticeSettings:
        """The same with its paths relative to a folder."""
        if self.password_file is None:
            return self
        return self.model_copy(update={"password_file": folder / at_home(self.password_file)})


class ReviewSettings(_Section):
    """Looking whether the federal side has made each dataset public.

    :ivar interval_minutes: least time between two looks.
    :ivar remind_after_days: calendar days in federal review after which a person is told.
    :ivar receipt_after_days: calendar days after the sending without a comprobante.
    """

    interval_minutes: float = Field(60.0, ge=0)
    remind_after_days: int | None = Field(None, ge=0)
    receipt_after_days: int | None = Field(None, ge=0)


class ReceiptSettings(_Section):
    """Where comprobantes are kept; beside the profile by default."""

    folder: Path | None = None

    def beside(self, folder: Path, stem: str) -> ReceiptSettings:
        """The same with its folder in another; without one, ``STEM.receipts`` in it."""
        own = Path(f"{stem}.receipts") if self.folder is None else at_home(self.folder)
        return self.model_copy(update={"folder": folder / own})


def check_file_host(value: str) -> str:
    """An address with a place for the file, encrypted unless it is this machine's."""
    names = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
    if not {"dataset", "file"} <= names <= {"organization", "dataset", "file"}:
        raise ValueError("an address with {dataset} and {file}, and {organization} if need be")
    if any(specified or conversion for _, _, specified, conversion in Formatter().parse(value)):
        raise ValueError("an address with {dataset} and {file} and nothing else in the braces")
    parts = urlsplit(value)
    if not is_address(value) or "{" in parts.netloc:
        raise ValueError("an address starting with https://")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("an address without user, ? or #")
    if not is_private_enough(value):
        raise ValueError("an address starting with https://: http:// is for this machine only")
    return value
