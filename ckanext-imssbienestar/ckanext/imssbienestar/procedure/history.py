"""The chained history in the database: one event after another, whoever writes.

Every function works inside the caller's transaction: it flushes and never commits, so an event is
kept if, and only if, what it tells of is.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar.domain import history
from ckanext.imssbienestar.domain.history import Anchor, ChainedEvent, Event
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.model import HistoryAnchor, HistoryEvent

_LOCK = 0x1B57_0001
"""Of the database: the chain has one end, so events are written one at a time."""


def record(session: Session, event: Event) -> ChainedEvent:
    """Put an event at the end of the chain; waits for others that are writing one.

    Call it last in a transaction: until that ends, nobody else can record anything.

    :raises NotSignable: a value of its changes has no canonical form.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    newest = session.scalars(
        sa.select(HistoryEvent).order_by(HistoryEvent.number.desc()).limit(1)
    ).first()
    chained = history.chained(event, chained_event(newest) if newest else None)
    content = event.content()
    session.add(
        HistoryEvent(
            number=chained.number,
            act=event.act,
            subject=event.subject,
            person=event.person,
            post=event.post,
            oficio=event.oficio,
            at=event.at,
            changes=json.dumps(content["changes"], ensure_ascii=False),
            previous=chained.previous,
            hash=chained.hash,
        )
    )
    session.flush()
    return chained


def events(session: Session) -> list[ChainedEvent]:
    """The whole history in the order of its numbers."""
    rows = session.scalars(sa.select(HistoryEvent).order_by(HistoryEvent.number))
    return [chained_event(row) for row in rows]


def events_of(session: Session, subject: str, *, limit: int | None = None) -> list[ChainedEvent]:
    """What was done to one subject, such as ``inventory:ID``, the newest first."""
    query = (
        sa.select(HistoryEvent)
        .where(HistoryEvent.subject == subject)
        .order_by(HistoryEvent.number.desc())
        .limit(limit)
    )
    return [chained_event(row) for row in session.scalars(query)]


def reached(session: Session) -> Anchor:
    """How far the history has come."""
    newest = session.execute(
        sa.select(HistoryEvent.number, HistoryEvent.hash)
        .order_by(HistoryEvent.number.desc())
        .limit(1)
    ).first()
    return Anchor(newest.number, newest.hash) if newest else Anchor(0, history.FIRST)


def note_anchor(session: Session, place: str, now: datetime.datetime) -> Anchor:
    """Note how far the history has come, to be printed or sent in ``place``, such as a letter."""
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    anchor = reached(session)
    session.add(
        HistoryAnchor(count=anchor.count, last_hash=anchor.last_hash, place=place, noted=now)
    )
    session.flush()
    return anchor


def verify(session: Session, elsewhere: Iterable[Anchor] = ()) -> tuple[Problem, ...]:
    """What was done to the history since it was written; nothing when it is as it was.

    :param elsewhere: anchors that were kept out of this database.
    """
    kept = session.scalars(sa.select(HistoryAnchor))
    anchors = [Anchor(row.count, row.last_hash) for row in kept]
    return history.verify(events(session), [*anchors, *elsewhere])


def chained_event(row: HistoryEvent) -> ChainedEvent:
    """A stored event as the domain knows it."""
    return ChainedEvent(
        number=row.number,
        event=Event(
            act=row.act,
            subject=row.subject,
            person=row.person,
            post=row.post,
            at=row.at,
            oficio=row.oficio,
            changes=_changes(row.changes),
        ),
        previous=row.previous,
        hash=row.hash,
    )


def _changes(text: str) -> dict[str, object]:
    """The changes; of a text that somebody spoiled, something that hashes to nothing known."""
    try:
        changes = json.loads(text)
    except ValueError:
        return {"spoiled": text}
    return changes if isinstance(changes, dict) else {"spoiled": text}
