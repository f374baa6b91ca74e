"""The history of the Procedure and its mail."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from ckanext.imssbienestar.model.base import Base, Time, new_id


class HistoryEvent(Base):
    """One event in the chain; see ``domain.history``. Append-only.

    :ivar changes: JSON as text: what is hashed must come back to the letter.
    :ivar hash: SHA-256 over the event, its number and ``previous``.
    """

    __tablename__ = "imss_history_event"

    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    act: Mapped[str] = mapped_column(sa.Text)
    subject: Mapped[str] = mapped_column(sa.Text)
    person: Mapped[str] = mapped_column(sa.Text)
    post: Mapped[str] = mapped_column(sa.Text)
    oficio: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime.datetime] = mapped_column(Time)
    changes: Mapped[str] = mapped_column(sa.Text)
    previous: Mapped[str] = mapped_column(sa.Text)
    hash: Mapped[str] = mapped_column(sa.Text)


class HistoryAnchor(Base):
    """How far the history had come when that was printed or sent somewhere; append-only.

    :ivar place: where else it can be read, such as ``oficio:ID``.
    """

    __tablename__ = "imss_history_anchor"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    count: Mapped[int] = mapped_column(sa.BigInteger)
    last_hash: Mapped[str] = mapped_column(sa.Text)
    place: Mapped[str] = mapped_column(sa.Text)
    noted: Mapped[datetime.datetime] = mapped_column(Time)


class Mail(Base):
    """A mail that must go out: written with what caused it, sent afterwards, never lost.

    :ivar kind: which mail of the Procedure's table it is; ``schemas/mails.yaml``.
    :ivar subject_of: what it is about, as kind and identifier: ``oficio:7f3c``.
    :ivar recipients: addresses of To; ``copies`` those of Cc.
    :ivar attachments: ``{"sha256", "name", "media_type"}`` of files in the content store.
    :ivar state: ``queued``, ``sending``, ``sent`` or ``failed`` (given up until somebody retries).
    :ivar message_id: the Message-ID that it has from the first attempt on (R-083).
    :ivar reason: what the server or the line said last, without addresses.
    """

    __tablename__ = "imss_mail"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(sa.Text)
    subject_of: Mapped[str] = mapped_column(sa.Text)
    coordination_id: Mapped[str] = mapped_column(sa.Text, default="")
    recipients: Mapped[list[str]] = mapped_column(postgresql.ARRAY(sa.Text))
    copies: Mapped[list[str]] = mapped_column(postgresql.ARRAY(sa.Text), default=list)
    subject: Mapped[str] = mapped_column(sa.Text)
    body: Mapped[str] = mapped_column(sa.Text)
    attachments: Mapped[list[dict[str, str]]] = mapped_column(postgresql.JSONB, default=list)
    message_id: Mapped[str] = mapped_column(sa.Text, unique=True)
    state: Mapped[str] = mapped_column(sa.Text, default="queued")
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    next_attempt: Mapped[datetime.datetime | None] = mapped_column(Time)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    queued: Mapped[datetime.datetime] = mapped_column(Time)
    queued_by: Mapped[str] = mapped_column(sa.Text)
    sent: Mapped[datetime.datetime | None] = mapped_column(Time)
