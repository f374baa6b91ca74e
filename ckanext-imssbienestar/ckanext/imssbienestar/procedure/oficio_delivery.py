"""What becomes of an Oficio de Validación: signed copies that come back, and its mail (R-083)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.formats.oficio.signed import SignedCopy
from ckanext.imssbienestar.procedure import mails, oficios
from ckanext.imssbienestar.procedure.mails import Attachment, MailState
from ckanext.imssbienestar.procedure.refusals import ActRefused


class LetterState(StrEnum):
    """Where a letter stands."""

    GENERATED = "generated"
    SIGNED = "signed"
    SENDING = "sending"
    SENT = "sent"
    NOT_SENT = "not_sent"


_STATES = {
    MailState.QUEUED.value: LetterState.SENDING,
    MailState.SENDING.value: LetterState.SENDING,
    MailState.SENT.value: LetterState.SENT,
    MailState.FAILED.value: LetterState.NOT_SENT,
}


def subject_of(oficio_id: str) -> str:
    """What its mails and events are about."""
    return f"oficio:{oficio_id}"


def signed_copies(session: Session, oficio_id: str) -> list[model.SignedOficio]:
    """The copies that came back, refused ones too, the newest first."""
    query = sa.select(model.SignedOficio).where(model.SignedOficio.oficio_id == oficio_id)
    return list(session.scalars(query.order_by(model.SignedOficio.received.desc())))


def accepted_copy(copies: Iterable[model.SignedOficio]) -> model.SignedOficio | None:
    """The copy that counts: the newest that nothing stood against."""
    return next((copy for copy in copies if copy.accepted), None)


def state_of(copies: Sequence[model.SignedOficio], about: Sequence[model.Mail]) -> LetterState:
    """Where a letter stands.

    :param copies: its signed copies, the newest first.
    :param about: its mails, the newest first.
    """
    if any(mail.state == MailState.SENT.value for mail in about):
        return LetterState.SENT
    if about:
        return _STATES[about[0].state]
    return LetterState.SIGNED if accepted_copy(copies) else LetterState.GENERATED


def receive_signed(
    session: Session,
    oficio_id: str,
    copy: SignedCopy,
    file_name: str,
    *,
    person: str,
    now: datetime.datetime,
) -> model.SignedOficio:
    """Record a copy that came back, accepted or not; flushes, does not commit.

    :raises OficioNotFound: there is no such letter.
    :raises ActRefused: the letter went out already; what was sent does not change.
    """
    row = oficios.by_id(session, oficio_id, lock=True)
    _refuse_under_way(session, row)
    found = problem_findings(copy.problems)
    signed = model.SignedOficio(
        oficio_id=row.id,
        sha256=copy.sha256,
        size=copy.size,
        file_name=file_name,
        accepted=not any(finding.blocks for finding in found),
        problems=[problem.code for problem in copy.problems],
        signatures=[facts.model_dump(mode="json") for facts in copy.signatures],
        received=now,
        received_by=person,
    )
    session.add(signed)
    session.flush()
    return signed


def to_send(session: Session, oficio_id: str) -> tuple[model.Oficio, model.SignedOficio]:
    """The letter under its lock, and the signed copy to send.

    :raises OficioNotFound: there is no such letter.
    :raises ActRefused: it has not come back signed, or is on its way or there already.
    """
    row = oficios.by_id(session, oficio_id, lock=True)
    _refuse_under_way(session, row)
    copy = accepted_copy(signed_copies(session, oficio_id))
    if copy is None:
        raise ActRefused(Problem("oficio-not-signed", facts={"folio": row.folio}))
    return row, copy


def send(
    session: Session,
    row: model.Oficio,
    *,
    mailbox: str,
    administrators: Sequence[str],
    attachments: Iterable[Attachment],
    values: Mapping[str, str],
    person: str,
    now: datetime.datetime,
) -> model.Mail:
    """Queue the mail with the letter and its forms (R-083, R-089, R-091).

    :param row: as :func:`to_send` gave it, in this transaction.
    :param administrators: addresses of the Administrador de Datos Abiertos, who is given a copy.
    :raises ActRefused: nobody is designated Administrador de Datos Abiertos.
    """
    if not administrators:
        raise ActRefused(Problem("oficio-no-administrator"))
    return mails.queue(
        session,
        kind="oficio",
        subject_of=subject_of(row.id),
        recipients=[mailbox],
        copies=administrators,
        values=values,
        attachments=attachments,
        queued_by=person,
        now=now,
    )


def _refuse_under_way(session: Session, row: model.Oficio) -> None:
    """:raises ActRefused: a mail with the letter left, or will."""
    about = mails.mails_about(session, subject_of(row.id))
    if any(mail.state != MailState.FAILED.value for mail in about):
        raise ActRefused(Problem("oficio-on-its-way", facts={"folio": row.folio}))
