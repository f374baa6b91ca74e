"""The history of one group: everything that was done to what is its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.history import ChainedEvent
from ckanext.imssbienestar.domain.units import UnitTree
from ckanext.imssbienestar.procedure.history import chained_event

# What is one for each group has the group's own identifier.
_OF_THE_GROUP = ("group", "inventory", "analysis", "concentrado")


@dataclass(frozen=True)
class HistoryPage:
    """Some events, the newest first, of all there are.

    :ivar count: of all pages.
    """

    events: tuple[ChainedEvent, ...]
    count: int


def events_of_group(
    session: Session, coordination_id: str, tree: UnitTree, *, limit: int, offset: int
) -> HistoryPage:
    """What was done to a group, its people, forms, meetings and requests.

    :param tree: of the day on which it is asked: designations count where they were made, in the
        coordination or above it.
    """
    found = model.HistoryEvent.subject.in_(_subjects(coordination_id, tree))
    count = session.scalar(sa.select(sa.func.count()).select_from(model.HistoryEvent).where(found))
    rows = session.scalars(
        sa.select(model.HistoryEvent)
        .where(found)
        .order_by(model.HistoryEvent.number.desc())
        .limit(limit)
        .offset(offset)
    )
    return HistoryPage(tuple(chained_event(row) for row in rows), count or 0)


def _subjects(coordination_id: str, tree: UnitTree) -> sa.Select[tuple[str]]:
    """The subjects as ``kind:identifier``, as one query."""
    places = [coordination_id, *(unit.unit_id for unit in tree.ancestors(coordination_id))]
    own = sa.select(
        sa.func.unnest(
            sa.literal([f"{kind}:{coordination_id}" for kind in _OF_THE_GROUP], sa.ARRAY(sa.Text))
        )
    )
    parts: list[sa.Select[tuple[str]]] = [
        own,
        _named("designation", model.Designation.id).where(
            model.Designation.organization_id.in_(places)
        ),
        # Not those of the unit about other groups only: they are nobody's business here.
        _named("oficio", model.Oficio.id).where(
            sa.literal(coordination_id) == sa.any_(model.Oficio.coordination_ids)
        ),
        *_in_group(coordination_id),
    ]
    return sa.select(sa.union_all(*parts).subquery().c[0])


def _in_group(coordination_id: str) -> Iterable[sa.Select[tuple[str]]]:
    for kind, table in (
        ("meeting", model.Meeting),
        ("sent_form", model.SentForm),
        ("request", model.Request),
        ("reported_database", model.ReportedDatabase),
    ):
        yield _named(kind, table.id).where(table.coordination_id == coordination_id)
    yield (
        _named("agreement", model.Agreement.id)
        .join(model.Meeting, model.Agreement.meeting_id == model.Meeting.id)
        .where(model.Meeting.coordination_id == coordination_id)
    )
    yield (
        _named("observation", model.Observation.id)
        .join(model.SentForm, model.Observation.sent_form_id == model.SentForm.id)
        .where(model.SentForm.coordination_id == coordination_id)
    )


def _named(kind: str, column: object) -> sa.Select[tuple[str]]:
    return sa.select(sa.literal(f"{kind}:") + column)
