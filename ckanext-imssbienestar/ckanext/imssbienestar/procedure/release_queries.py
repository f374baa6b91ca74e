"""Lists of releases, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar.domain.release import Document
from ckanext.imssbienestar.domain.workflow import State
from ckanext.imssbienestar.model import Release, ReleaseDocument


@dataclass(frozen=True)
class ReleaseQuery:
    """Which releases, and which page of them.

    :ivar states: only these; empty means all.
    :ivar latest: only the newest of each dataset among those states.
    :ivar always_visible: the states anybody may read.
    :ivar organizations: the units whose other releases the reader may see; None means all.
    """

    always_visible: Collection[State]
    organizations: Collection[str] | None
    states: Sequence[State] = ()
    dataset_id: str | None = None
    latest: bool = False
    limit: int = 100
    offset: int = 0


def find(session: Session, query: ReleaseQuery) -> tuple[list[tuple[Release, Document]], int]:
    """One page, ordered by dataset and number, and the count of all pages; two statements."""
    ids = _ids(query)
    count = session.scalar(sa.select(sa.func.count()).select_from(ids.subquery())) or 0
    rows = session.execute(
        sa.select(Release, ReleaseDocument.canonical)
        .join(ReleaseDocument, ReleaseDocument.digest == Release.digest)
        .where(Release.id.in_(ids))
        .order_by(Release.dataset_name, Release.number)
        .limit(query.limit)
        .offset(query.offset)
    )
    return [(release, json.loads(canonical)) for release, canonical in rows], count


def _ids(query: ReleaseQuery) -> sa.Select[tuple[str]]:
    found = sa.select(Release.id)
    if query.states:
        found = found.where(Release.state.in_([state.value for state in query.states]))
    if query.dataset_id is not None:
        found = found.where(Release.dataset_id == query.dataset_id)
    if query.organizations is not None:
        found = found.where(
            sa.or_(
                Release.state.in_([state.value for state in query.always_visible]),
                Release.organization_id.in_(list(query.organizations)),
            )
        )
    if query.latest:
        found = found.distinct(Release.dataset_id).order_by(
            Release.dataset_id, Release.number.desc()
        )
    return found
