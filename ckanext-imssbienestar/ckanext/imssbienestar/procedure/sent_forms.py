"""Forms that a liaison sends to the Transparency Unit, and what it observes (R-033, R-041, R-042).

What was sent is kept to the letter, as canonical JSON under its SHA-256: a draft goes on changing,
and an observation is about what was read.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.concentrado import Concentrado
from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.domain.inventory_layout import IDENTIFIER
from ckanext.imssbienestar.domain.inventory_versions import InventoryDraft, draft_problems
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.release import canonical
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.procedure import inventory, inventory_entries, units
from ckanext.imssbienestar.procedure.refusals import ActRefused, refuse_first_blocking
from ckanext.imssbienestar.procedure.rules import meeting_rules

_DRAFT = "formato-1-draft"
_DRAFT_VERSION = 1
_PROBLEMS_TOLD = 100


class FormKind(StrEnum):
    """What can be sent."""

    INVENTORY = "formato_1"
    CONCENTRADO = "formato_2"


class SentFormNotFound(TerminalError):
    """No such form was sent."""

    def __init__(self) -> None:
        super().__init__("No such form was sent.")


@dataclass(frozen=True)
class _Content:
    document: str
    sha256: str


def send(
    session: Session,
    coordination_id: str,
    kind: FormKind,
    *,
    meeting_id: str | None,
    by: str,
    now: datetime.datetime,
    zone: datetime.tzinfo,
) -> model.SentForm:
    """Keep a form of a group as it is now, sent to the Transparency Unit.

    The draft of Formato 1, or the newest Formato 2. A meeting that has begun does not stop it: the
    meeting then tells that the form is late.

    :param meeting_id: a meeting of that group, or None.
    :param zone: the zone of the calendar.
    :raises ActRefused: there is no form, it is not complete and correct (R-041), or this very
        version was sent for that meeting.
    """
    if kind is FormKind.INVENTORY:
        today = now.astimezone(zone).date()
        content = _inventory_content(session, coordination_id, today)
    else:
        content = _concentrado_content(session, coordination_id)
    before = _sent_before(session, coordination_id, kind, content.sha256, meeting_id)
    if before is not None:
        facts = {"form": name_of(kind), "sent": before.astimezone(zone).date().isoformat()}
        raise ActRefused(Problem("form-sent-already", facts=facts))
    row = model.SentForm(
        coordination_id=coordination_id,
        meeting_id=meeting_id,
        form=kind.value,
        sha256=content.sha256,
        document=content.document,
        sent=now,
        sent_by=by,
    )
    session.add(row)
    session.flush()
    return row


def observe(
    session: Session, sent_form_id: str, text: str, *, by: str, now: datetime.datetime
) -> model.Observation:
    """Say something of a form that was sent; it is kept for ever.

    :raises SentFormNotFound: no such form was sent.
    """
    found(session, sent_form_id)
    row = model.Observation(sent_form_id=sent_form_id, text=text, made=now, made_by=by)
    session.add(row)
    session.flush()
    return row


def found(session: Session, sent_form_id: str) -> model.SentForm:
    """A form that was sent, without reading what it says.

    :raises SentFormNotFound: no such form was sent.
    """
    row = session.get(model.SentForm, sent_form_id, options=[defer(model.SentForm.document)])
    if row is None:
        raise SentFormNotFound
    return row


def sent_draft(row: model.SentForm) -> InventoryDraft:
    """The draft of Formato 1 that was sent."""
    document = json.loads(row.document)
    return InventoryDraft(
        InventoryHeader(document["header"]),
        tuple(InventoryEntry(entry[IDENTIFIER], entry) for entry in document["entries"]),
        document["declared_empty"],
    )


def sent_concentrado(row: model.SentForm) -> Concentrado:
    """The Formato 2 that was sent.

    :raises AlteredDocument: it is not the one that was closed.
    """
    return Concentrado.restored(json.loads(row.document), row.sha256)


def forms_of(
    session: Session,
    coordination_ids: Collection[str] | None,
    *,
    meeting_id: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> tuple[list[tuple[model.SentForm, int]], int]:
    """A page of what some groups sent, the newest first, each with how many observations it has.

    :param coordination_ids: None for all groups.
    :returns: the page, and how many there are.
    """
    observed = (
        sa.select(sa.func.count())
        .where(model.Observation.sent_form_id == model.SentForm.id)
        .scalar_subquery()
    )
    query = sa.select(model.SentForm, observed).options(defer(model.SentForm.document))
    if coordination_ids is not None:
        query = query.where(model.SentForm.coordination_id.in_(coordination_ids))
    if meeting_id:
        query = query.where(model.SentForm.meeting_id == meeting_id)
    counted = query.with_only_columns(sa.func.count()).order_by(None)
    count = session.scalar(counted) or 0
    page = query.order_by(model.SentForm.sent.desc(), model.SentForm.id)
    rows = session.execute(page.limit(limit).offset(offset))
    return [(form, observations) for form, observations in rows], count


def observations_of(
    session: Session,
    coordination_ids: Collection[str] | None,
    *,
    sent_form_id: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> tuple[list[tuple[model.Observation, model.SentForm]], int]:
    """A page of the observations on forms of some groups, the newest first, and how many there are.

    :param coordination_ids: None for all groups.
    """
    query = (
        sa.select(model.Observation, model.SentForm)
        .join(model.SentForm, model.Observation.sent_form_id == model.SentForm.id)
        .options(defer(model.SentForm.document))
    )
    if coordination_ids is not None:
        query = query.where(model.SentForm.coordination_id.in_(coordination_ids))
    if sent_form_id:
        query = query.where(model.Observation.sent_form_id == sent_form_id)
    count = session.scalar(query.with_only_columns(sa.func.count()).order_by(None)) or 0
    page = query.order_by(model.Observation.made.desc(), model.Observation.id)
    rows = session.execute(page.limit(limit).offset(offset))
    return [(observation, form) for observation, form in rows], count


def name_of(form: str) -> str:
    """What a form is called; the official name is Spanish in both languages."""
    return meeting_rules().forms[form].es


def _inventory_content(session: Session, coordination_id: str, today: datetime.date) -> _Content:
    """:raises ActRefused: there is no draft, or it is not complete and correct."""
    # Locked: what is checked, kept and told is one state of the draft.
    row = session.get(
        model.Inventory, coordination_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        facts = {"form": name_of(FormKind.INVENTORY)}
        raise ActRefused(Problem("form-nothing-to-send", facts=facts))
    coordination = inventory.coordination_of(units.tree(session, today), coordination_id)
    draft = inventory_entries.draft_of(session, coordination)
    problems = draft_problems(draft, inventory_layout(), today)
    refuse_first_blocking((problem for _, problem in problems), _PROBLEMS_TOLD)
    document = {
        "document": _DRAFT,
        "version": _DRAFT_VERSION,
        "declared_empty": draft.declared_empty,
        "header": dict(draft.header.values),
        "entries": [entry.document() for entry in draft.entries],
    }
    content = canonical(document)
    return _Content(content.decode(), hashlib.sha256(content).hexdigest())


def _concentrado_content(session: Session, coordination_id: str) -> _Content:
    """:raises ActRefused: none was generated yet."""
    row = session.scalars(
        sa.select(model.Concentrado)
        .where(model.Concentrado.coordination_id == coordination_id)
        .order_by(model.Concentrado.number.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if row is None:
        facts = {"form": name_of(FormKind.CONCENTRADO)}
        raise ActRefused(Problem("form-nothing-to-send", "generated", facts=facts))
    return _Content(row.document, row.digest)


def _sent_before(
    session: Session, coordination_id: str, kind: FormKind, sha256: str, meeting_id: str | None
) -> datetime.datetime | None:
    """When this very version was sent for that meeting."""
    same_meeting = (
        model.SentForm.meeting_id.is_(None)
        if meeting_id is None
        else model.SentForm.meeting_id == meeting_id
    )
    return session.scalar(
        sa.select(model.SentForm.sent).where(
            model.SentForm.coordination_id == coordination_id,
            model.SentForm.form == kind.value,
            model.SentForm.sha256 == sha256,
            same_meeting,
        )
    )
