"""The list of a draft's databases, page by page, and what is missing in it, counted.

What is missing in an entry by itself is kept with it; what follows from other entries is asked of
the database set-wise. So a page of thousands of entries looks at none of them again.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session, aliased

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.inventory import InventoryEntry, derived_in_circles
from ckanext.imssbienestar.domain.inventory_gaps import (
    DERIVED_IN_CIRCLE,
    DERIVED_UNKNOWN,
    NAME_REPEATED,
    Gap,
    gap_of_key,
)
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout

ANY_GAP = "any"
_TEXTS = postgresql.ARRAY(sa.Text)
_Entry = model.InventoryEntry


@dataclass(frozen=True)
class ListedEntry:
    """An entry of a page, with what is missing in it."""

    entry: InventoryEntry
    gaps: tuple[Gap, ...]
    mark: str
    modified: datetime.datetime
    modified_by: str


@dataclass(frozen=True)
class GapCount:
    """In how many entries something is missing."""

    gap: Gap
    count: int


@dataclass(frozen=True)
class Gaps:
    """What is missing in a draft.

    :ivar entries: how many databases there are.
    :ivar incomplete: in how many of them something is missing that stands in the way of closing.
    :ivar counts: what, the most frequent first.
    :ivar repeated: identifiers of those whose name another one has.
    :ivar underived: identifiers of those that derive from a database that nobody knows.
    :ivar circles: identifiers of those that derive from themselves by way of others.
    """

    entries: int
    incomplete: int
    counts: tuple[GapCount, ...]
    repeated: frozenset[str]
    underived: frozenset[str]
    circles: frozenset[str]

    @property
    def unfounded(self) -> frozenset[str]:
        """Identifiers of those whose original stands in the way of closing."""
        return self.underived | self.circles


@dataclass(frozen=True)
class EntryPage:
    """A page of the list; ``count`` is of all that were asked for."""

    count: int
    entries: tuple[ListedEntry, ...]


def gaps(session: Session, coordination_id: str) -> Gaps:
    """What is missing in a draft."""
    mine = _Entry.coordination_id == coordination_id
    repeated = frozenset(session.scalars(_repeated(coordination_id)))
    underived = frozenset(session.scalars(_underived(coordination_id)))
    circles = _circles(session, coordination_id) - underived
    unnested = sa.select(sa.func.unnest(_Entry.gaps).label("key")).where(mine).subquery()
    own = session.execute(
        sa.select(unnested.c.key, sa.func.count())
        .group_by(unnested.c.key)
        .order_by(sa.func.count().desc(), unnested.c.key)
    )
    counts = [
        GapCount(gap, count)
        for key, count in own
        if (gap := gap_of_key(key, inventory_layout())) is not None
    ]
    near = (
        (DERIVED_UNKNOWN, underived),
        (DERIVED_IN_CIRCLE, circles),
        (NAME_REPEATED, repeated),
    )
    for gap, found in near:
        if found:
            counts.append(GapCount(gap, len(found)))
    entries, incomplete = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count().filter(
                sa.or_(sa.func.cardinality(_Entry.gaps) > 0, _among(underived | circles))
            ),
        ).where(mine)
    ).one()
    return Gaps(entries, incomplete, tuple(counts), repeated, underived, circles)


def page(
    session: Session,
    coordination_id: str,
    known: Gaps,
    *,
    words: str = "",
    gap: str = "",
    limit: int = 50,
    offset: int = 0,
) -> EntryPage:
    """A page of a draft's entries in their order.

    :param known: what :func:`gaps` gave for it.
    :param words: what to look for in identifier, name and description; all of the words.
    :param gap: key of a gap, or :data:`ANY_GAP`: only those in which it is missing.
    """
    query = sa.select(_Entry).where(_Entry.coordination_id == coordination_id)
    described = sa.func.translate(
        sa.func.lower(_Entry.values[names.DESCRIPTION].astext), "áéíóúüñ", "aeiouun"
    )
    for word in plain_words(words).split():
        query = query.where(
            sa.or_(
                _Entry.name_key.contains(word, autoescape=True),
                sa.func.lower(_Entry.identifier).contains(word, autoescape=True),
                described.contains(word, autoescape=True),
            )
        )
    if words.strip() and not plain_words(words).strip():
        query = query.where(sa.false())
    if gap:
        query = query.where(_lacks(gap, known))
    count = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(query.order_by(_Entry.position).limit(limit).offset(offset))
    return EntryPage(count, tuple(_listed(row, known) for row in rows))


def listed_entry(session: Session, coordination_id: str, identifier: str) -> ListedEntry | None:
    """One entry with what is missing in it, what follows from others too."""
    row = session.scalars(
        sa.select(_Entry).where(
            _Entry.coordination_id == coordination_id,
            sa.func.upper(_Entry.identifier) == identifier.upper(),
        )
    ).first()
    if row is None:
        return None
    one = _Entry.identifier == row.identifier
    near = Gaps(
        entries=1,
        incomplete=0,
        counts=(),
        repeated=frozenset(session.scalars(_repeated(coordination_id).where(one))),
        underived=frozenset(session.scalars(_underived(coordination_id).where(one))),
        circles=_circles(session, coordination_id),
    )
    return _listed(row, near)


def derived_from(session: Session, coordination_id: str, identifier: str) -> list[InventoryEntry]:
    """The entries that say they are safe derivatives of this one (A-06)."""
    rows = session.execute(
        sa.select(_Entry.identifier, _Entry.values)
        .where(
            _Entry.coordination_id == coordination_id,
            sa.func.upper(_Entry.values[names.DERIVED_FROM].astext) == identifier.upper(),
        )
        .order_by(_Entry.position)
    )
    return [InventoryEntry(*row) for row in rows]


def _listed(row: model.InventoryEntry, known: Gaps) -> ListedEntry:
    found = [gap for key in row.gaps if (gap := gap_of_key(key, inventory_layout()))]
    if row.identifier in known.underived:
        found.append(DERIVED_UNKNOWN)
    elif row.identifier in known.circles:
        found.append(DERIVED_IN_CIRCLE)
    if row.identifier in known.repeated:
        found.append(NAME_REPEATED)
    return ListedEntry(
        entry=InventoryEntry(row.identifier, row.values),
        gaps=tuple(found),
        mark=row.mark,
        modified=row.modified,
        modified_by=row.modified_by,
    )


def _lacks(gap: str, known: Gaps) -> sa.ColumnElement[bool]:
    if gap == NAME_REPEATED.key:
        return _among(known.repeated)
    if gap == DERIVED_UNKNOWN.key:
        return _among(known.underived)
    if gap == DERIVED_IN_CIRCLE.key:
        return _among(known.circles)
    if gap == ANY_GAP:
        return sa.or_(
            sa.func.cardinality(_Entry.gaps) > 0, _among(known.unfounded | known.repeated)
        )
    return _Entry.gaps.contains([gap])


def _among(identifiers: Collection[str]) -> sa.ColumnElement[bool]:
    return _Entry.identifier == sa.any_(sa.literal(sorted(identifiers), _TEXTS))


def _repeated(coordination_id: str) -> sa.Select[tuple[str]]:
    """The identifiers of those whose name another one of the draft has."""
    other = aliased(_Entry)
    twice = (
        sa.select(other.name_key)
        .where(other.coordination_id == coordination_id, other.name_key != "")
        .group_by(other.name_key)
        .having(sa.func.count() > 1)
    )
    return sa.select(_Entry.identifier).where(
        _Entry.coordination_id == coordination_id, _Entry.name_key.in_(twice)
    )


def _circles(session: Session, coordination_id: str) -> frozenset[str]:
    """The identifiers of those that derive from themselves by way of others."""
    derived = session.execute(
        sa.select(_Entry.identifier, _Entry.values[names.DERIVED_FROM].astext).where(
            _Entry.coordination_id == coordination_id, _Entry.values.has_key(names.DERIVED_FROM)
        )
    ).all()
    found = derived_in_circles(
        InventoryEntry(identifier, {names.DERIVED_FROM: original})
        for identifier, original in derived
    )
    return frozenset(one for one, _ in derived if one.upper() in found)


def _underived(coordination_id: str) -> sa.Select[tuple[str]]:
    """The identifiers of those that derive from themselves, or from what is in no inventory."""
    registry, original = model.DatabaseIdentifier, aliased(_Entry)
    said = sa.func.upper(_Entry.values[names.DERIVED_FROM].astext)
    there = (
        sa.select(sa.literal(1))
        .select_from(registry)
        .join(original, original.identifier == registry.identifier)
        .where(registry.key == said)
    )
    return sa.select(_Entry.identifier).where(
        _Entry.coordination_id == coordination_id,
        _Entry.values.has_key(names.DERIVED_FROM),
        sa.or_(said == sa.func.upper(_Entry.identifier), ~there.exists()),
    )
