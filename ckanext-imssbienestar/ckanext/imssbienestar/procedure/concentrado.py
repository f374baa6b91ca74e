"""Formato 2 in the database: generated, never typed; superseded, never changed (R-069, R-093)."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.analysis import DocumentRefused
from ckanext.imssbienestar.domain.calendar import day_of
from ckanext.imssbienestar.domain.concentrado import (
    FORM,
    Concentrado,
    ConcentradoHeader,
    generate_concentrado,
)
from ckanext.imssbienestar.domain.kept_documents import AlteredDocument
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.release import canonical
from ckanext.imssbienestar.procedure import analysis, closed_inventories
from ckanext.imssbienestar.procedure.remembered import Remembered
from ckanext.imssbienestar.procedure.rules import analysis_rules

_TABLE = model.Concentrado
_READ: Remembered[Concentrado] = Remembered(20_000, lambda form: len(form.rows))
_COMPARED: Remembered[Outdated] = Remembered(10_000, lambda _answer: 0)


class Outdated(StrEnum):
    """Why a Formato 2 is no longer what its group has decided."""

    NO = ""
    SUPERSEDED = "superseded"
    INVENTORY = "inventory"
    DECISIONS = "decisions"


@dataclass(frozen=True)
class ConcentradoVersion:
    """A closed Formato 2, without what it says.

    :ivar number: its version: 1, or one more than the one that it supersedes.
    :ivar inventory_digest: of the Formato 1 that it was made from.
    :ivar closed_by: CKAN's id of the user.
    """

    digest: str
    coordination_id: str
    number: int
    inventory_digest: str
    closed: datetime.datetime
    closed_by: str


def newest(session: Session, coordination_id: str) -> ConcentradoVersion | None:
    """The Formato 2 of a group that counts, or None while there is none."""
    query = _versions(coordination_id).order_by(_TABLE.number.desc()).limit(1)
    return _one(session, query)


def by_number(session: Session, coordination_id: str, number: int) -> ConcentradoVersion | None:
    """One version of a group's Formato 2, or None."""
    return _one(session, _versions(coordination_id).where(_TABLE.number == number))


def versions(
    session: Session, coordination_id: str, *, limit: int | None = None, offset: int = 0
) -> list[ConcentradoVersion]:
    """The versions of a group's Formato 2, the newest first."""
    query = _versions(coordination_id).order_by(_TABLE.number.desc())
    rows = session.execute(query.limit(limit).offset(offset))
    return [ConcentradoVersion(*row) for row in rows]


def version_count(session: Session, coordination_id: str) -> int:
    """How many versions there are."""
    query = sa.select(sa.func.count()).where(_TABLE.coordination_id == coordination_id)
    return session.scalars(query.select_from(_TABLE)).one()


def content(session: Session, version: ConcentradoVersion) -> Concentrado:
    """What a version says.

    :raises AlteredDocument: it is not what was closed.
    """

    def read() -> Concentrado:
        query = sa.select(_TABLE.document).where(_TABLE.digest == version.digest)
        try:
            document = json.loads(session.scalars(query).one())
        except ValueError as error:
            raise AlteredDocument(FORM) from error
        return Concentrado.restored(document, version.digest)

    return _READ.get(version.digest, read)


def outdated(session: Session, version: ConcentradoVersion, now: datetime.datetime) -> Outdated:
    """Whether, and why, a group should generate another one.

    The decisions of today are compared, and not when they were taken: one that only confirms
    what the form says makes no other form.
    """
    last = newest(session, version.coordination_id)
    if last is None or last.number != version.number:
        return Outdated.SUPERSEDED
    inventory = closed_inventories.newest(session, version.coordination_id)
    if inventory is None or inventory.digest != version.inventory_digest:
        return Outdated.INVENTORY
    # Decisions are only added, so the newest of them stands for all.
    table = model.AnalysisDecision
    last_decision = session.scalar(
        sa.select(sa.func.max(table.id)).where(table.inventory_digest == inventory.digest)
    )
    key = f"{version.digest}:{last_decision}"
    return _COMPARED.get(key, lambda: _compared(session, version, now))


def _compared(session: Session, version: ConcentradoVersion, now: datetime.datetime) -> Outdated:
    kept = content(session, version)
    header = kept.header
    try:
        present = draft(session, version.coordination_id, header.attributions, header.organism, now)
    except DocumentRefused:
        return Outdated.DECISIONS
    return Outdated.NO if _says_the_same(kept, present) else Outdated.DECISIONS


def draft(
    session: Session,
    coordination_id: str,
    attributions: Sequence[str],
    organism: str,
    now: datetime.datetime,
    *,
    lock: bool = False,
) -> Concentrado:
    """What the next version would say.

    :param attributions: articles or powers of the unit (R-074).
    :param organism: name of the institution above the form (R-071).
    :param lock: nobody else decides or generates until the transaction ends.
    :raises DocumentRefused: the analysis or the header is not complete.
    """
    found = analysis.analysis(session, coordination_id, lock=lock)
    if found is None:
        raise DocumentRefused("Formato 2", [Problem("analysis-before-close")])
    last = newest(session, coordination_id)
    header = ConcentradoHeader(
        organism=organism,
        made_on=day_of(now),
        attributions=tuple(attributions),
        version=last.number + 1 if last else 1,
    )
    return generate_concentrado(
        found.inventory, found.decisions, header, analysis_rules(), today=day_of(now)
    )


def generate(
    session: Session,
    coordination_id: str,
    attributions: Sequence[str],
    *,
    organism: str,
    person: str,
    now: datetime.datetime,
) -> ConcentradoVersion:
    """Close the next version; flushes, does not commit.

    :param person: CKAN's id of the user.
    :raises DocumentRefused: see :func:`draft`; also when it would say what the newest one says.
    """
    form = draft(session, coordination_id, attributions, organism, now, lock=True)
    last = newest(session, coordination_id)
    if last is not None and _says_the_same(content(session, last), form):
        problem = Problem("concentrado-nothing-changed", facts={"version": last.number})
        raise DocumentRefused("Formato 2", [problem])
    version = ConcentradoVersion(
        digest=form.digest,
        coordination_id=coordination_id,
        number=form.header.version,
        inventory_digest=form.inventory_digest,
        closed=now,
        closed_by=person,
    )
    document = canonical(form.document()).decode()
    session.add(_TABLE(**vars(version), document=document))
    session.flush()
    return version


def _says_the_same(before: Concentrado, after: Concentrado) -> bool:
    """Whether two versions differ in their number and day alone."""
    header = replace(after.header, version=before.header.version, made_on=before.header.made_on)
    return replace(after, header=header) == before


def _versions(
    coordination_id: str,
) -> sa.Select[tuple[str, str, int, str, datetime.datetime, str]]:
    return sa.select(
        _TABLE.digest,
        _TABLE.coordination_id,
        _TABLE.number,
        _TABLE.inventory_digest,
        _TABLE.closed,
        _TABLE.closed_by,
    ).where(_TABLE.coordination_id == coordination_id)


def _one(
    session: Session, query: sa.Select[tuple[str, str, int, str, datetime.datetime, str]]
) -> ConcentradoVersion | None:
    row = session.execute(query).first()
    return ConcentradoVersion(*row) if row else None
