"""Oficios de Validación in the database: made from closed forms, never changed (R-082, R-093).

Every function works inside the caller's transaction: it flushes and never commits.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.analysis import DocumentRefused
from ckanext.imssbienestar.domain.calendar import day_of
from ckanext.imssbienestar.domain.concentrado import Concentrado
from ckanext.imssbienestar.domain.oficio import (
    Folio,
    Oficio,
    OficioRequest,
    OficioSettings,
    Post,
    make_oficio,
    outdated_problems,
)
from ckanext.imssbienestar.domain.oficio_template import OficioTemplate
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.release import canonical
from ckanext.imssbienestar.domain.units import UnitPeriod, UnitTree
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.procedure import closed_inventories, concentrado, oficio_templates
from ckanext.imssbienestar.procedure.refusals import ActRefused

LETTER = "The Oficio de Validación"


class OficioNotFound(TerminalError):
    """There is no such letter."""

    def __init__(self) -> None:
        super().__init__("There is no such Oficio de Validación.")


@dataclass(frozen=True)
class NewOficio:
    """What is asked for when a letter is made.

    :ivar folio: as somebody typed it, with the year: ``NUMBER/YEAR``.
    :ivar coordination_ids: the groups whose newest Formato 2 it covers.
    :ivar signatory: the head of the unit on the day.
    """

    unit_id: str
    folio: str
    date: datetime.date
    coordination_ids: tuple[str, ...]
    signatory: Post
    settings: OficioSettings


@dataclass(frozen=True)
class CoverableForm:
    """The group of a unit, and the Formato 2 that a letter of today would cover.

    :ivar concentrado: None while the group has none.
    """

    coordination: UnitPeriod
    concentrado: Concentrado | None


def coordinations_of(tree: UnitTree, unit_id: str) -> tuple[UnitPeriod, ...]:
    """The groups that the head of a unit signs for (A-10, A-15)."""
    return tuple(
        coordination
        for coordination in tree.with_working_group()
        if (signing := tree.signing_unit(coordination.unit_id)) and signing.unit_id == unit_id
    )


def coverable_forms(session: Session, tree: UnitTree, unit_id: str) -> tuple[CoverableForm, ...]:
    """What a letter of the unit could cover today, group by group."""
    return tuple(
        CoverableForm(coordination, _newest(session, coordination.unit_id))
        for coordination in coordinations_of(tree, unit_id)
    )


def draft(session: Session, tree: UnitTree, new: NewOficio) -> Oficio:
    """The letter as it would be made; nothing is written.

    :param tree: of today.
    :raises DocumentRefused: with everything that is missing or does not agree.
    """
    folio = Folio.parse(new.folio)
    forms, problems = _forms(session, tree, new)
    if folio is None:
        # Said with everything else that is wrong: no folio has an empty number.
        folio = Folio("", new.date.year)
    request = OficioRequest(
        folio=folio,
        date=new.date,
        signatory=new.signatory,
        forms=forms,
        meetings=meeting_days(session, new.coordination_ids),
        issued=_issued(session, folio),
        inventories=_inventories(session, new.coordination_ids),
    )
    template = oficio_templates.template(session)
    try:
        letter = make_oficio(request, new.settings, template, today=tree.day)
    except DocumentRefused as error:
        raise DocumentRefused(LETTER, (*problems, *error.problems)) from None
    if problems:
        raise DocumentRefused(LETTER, problems)
    return letter


def create(
    session: Session, tree: UnitTree, new: NewOficio, *, person: str, now: datetime.datetime
) -> model.Oficio:
    """Make the letter and keep it as it is.

    :param person: CKAN's id of the user.
    :raises DocumentRefused: with everything that is missing or does not agree; nothing is kept.
    """
    letter = draft(session, tree, new)
    row = model.Oficio(
        unit_id=new.unit_id,
        coordination_ids=list(new.coordination_ids),
        folio=str(letter.folio),
        folio_key=letter.folio.key,
        digest=letter.digest,
        document=canonical(letter.document()).decode(),
        template=oficio_templates.written(oficio_templates.template(session)),
        made=now,
        made_by=person,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # Somebody used the number while this letter was being made.
        facts = {"folio": str(letter.folio), "year": str(letter.date.year)}
        raise DocumentRefused(LETTER, [Problem("oficio-folio-used", facts=facts)]) from None
    return row


def by_id(session: Session, oficio_id: str, *, lock: bool = False) -> model.Oficio:
    """A letter.

    :param lock: nobody else returns or sends it until the transaction ends.
    :raises OficioNotFound: there is none.
    """
    row = session.get(model.Oficio, oficio_id, with_for_update=lock or None)
    if row is None:
        raise OficioNotFound
    return row


def content(row: model.Oficio) -> Oficio:
    """What a letter says.

    :raises AlteredDocument: it is not what was made.
    """
    return Oficio.restored(json.loads(row.document), row.digest)


def template_of(row: model.Oficio) -> OficioTemplate:
    """The words that a letter was made with, whatever the template is by now."""
    return oficio_templates.parsed(row.template)


def of_unit(
    session: Session, unit_id: str, *, limit: int | None = None, offset: int = 0
) -> list[model.Oficio]:
    """The letters of a unit, the newest first."""
    query = sa.select(model.Oficio).where(model.Oficio.unit_id == unit_id)
    ordered = query.order_by(model.Oficio.made.desc(), model.Oficio.id)
    return list(session.scalars(ordered.limit(limit).offset(offset)))


def replaced_by(row: model.Oficio, letters: Sequence[model.Oficio]) -> model.Oficio | None:
    """A later letter about every group that this one is about, or None.

    Nothing waits for a letter that somebody made anew before it was sent.

    :param letters: those of the unit, the newest first.
    """
    groups = set(row.coordination_ids)
    later = (each for each in letters if each.made > row.made)
    return next((each for each in later if groups <= set(each.coordination_ids)), None)


def outdated(session: Session, tree: UnitTree, row: model.Oficio) -> tuple[Problem, ...]:
    """The forms that a letter covers and that have changed since (R-093)."""
    forms = (_newest(session, coordination) for coordination in row.coordination_ids)
    return outdated_problems(
        content(row),
        [form for form in forms if form is not None],
        _inventories(session, row.coordination_ids),
    )


def uncovered(
    session: Session, tree: UnitTree, unit_id: str, letters: Sequence[model.Oficio]
) -> tuple[CoverableForm, ...]:
    """The newest forms of a unit that none of these letters covers."""
    covered = {form.concentrado_digest for row in letters for form in content(row).forms}
    return tuple(
        found
        for found in coverable_forms(session, tree, unit_id)
        if found.concentrado is not None and found.concentrado.digest not in covered
    )


def meeting_days(session: Session, coordination_ids: Sequence[str]) -> tuple[datetime.date, ...]:
    """The days on which these groups met (R-090)."""
    held = sa.select(model.Meeting.starts_at).where(
        model.Meeting.coordination_id.in_(coordination_ids), model.Meeting.held.is_(True)
    )
    return tuple(sorted({day_of(starts_at) for starts_at in session.scalars(held)}))


def record_paper(
    session: Session,
    oficio_id: str,
    received_on: datetime.date,
    reference: str,
    *,
    person: str,
    now: datetime.datetime,
) -> model.PaperReceipt:
    """Write down that a letter arrived on paper (R-089, A-19).

    :raises OficioNotFound: there is no such letter.
    :raises ActRefused: the day is before that of the letter, or to come.
    """
    letter = content(by_id(session, oficio_id, lock=True))
    if not letter.date <= received_on <= day_of(now):
        facts = {"date": received_on.isoformat(), "earliest": letter.date.isoformat()}
        raise ActRefused(Problem("oficio-paper-date", facts=facts))
    row = model.PaperReceipt(
        oficio_id=oficio_id,
        received_on=received_on,
        reference=reference,
        recorded=now,
        recorded_by=person,
    )
    session.add(row)
    session.flush()
    return row


def paper_receipts(session: Session, oficio_id: str) -> list[model.PaperReceipt]:
    """The receipts of a letter on paper, the oldest first."""
    query = sa.select(model.PaperReceipt).where(model.PaperReceipt.oficio_id == oficio_id)
    return list(session.scalars(query.order_by(model.PaperReceipt.recorded)))


def _forms(
    session: Session, tree: UnitTree, new: NewOficio
) -> tuple[tuple[Concentrado, ...], tuple[Problem, ...]]:
    """The newest forms of the groups that were chosen, and which of them cannot be covered."""
    own = {unit.unit_id: unit.name for unit in coordinations_of(tree, new.unit_id)}
    found: list[Concentrado] = []
    problems: list[Problem] = []
    for coordination_id in dict.fromkeys(new.coordination_ids):
        form = _newest(session, coordination_id) if coordination_id in own else None
        if form is not None:
            found.append(form)
            continue
        code = "oficio-no-form-of" if coordination_id in own else "oficio-not-of-unit"
        problems.append(Problem(code, facts={"coordination": own.get(coordination_id, "…")}))
    return tuple(found), tuple(problems)


def _newest(session: Session, coordination_id: str) -> Concentrado | None:
    version = concentrado.newest(session, coordination_id)
    return concentrado.content(session, version) if version else None


def _inventories(session: Session, coordination_ids: Sequence[str]) -> Mapping[str, str]:
    """Coordinación, as its Formato 2 names it -> digest of its newest closed Formato 1."""
    return {
        form.coordination: version.digest
        for coordination_id in coordination_ids
        if (form := _newest(session, coordination_id))
        and (version := closed_inventories.newest(session, coordination_id))
    }


def _issued(session: Session, folio: Folio) -> tuple[Folio, ...]:
    taken = session.scalar(sa.select(model.Oficio.id).where(model.Oficio.folio_key == folio.key))
    return (folio,) if taken else ()
