"""The databases of a draft of Formato 1: reading, writing one or thousands, and their history.

Writes are a few statements whatever the number of entries, and each leaves a version behind.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.inventory import InventoryEntry
from ckanext.imssbienestar.domain.inventory_gaps import gaps_of
from ckanext.imssbienestar.domain.inventory_import import plan_edit
from ckanext.imssbienestar.domain.inventory_plan import Inventory, RowKind, RowOutcome
from ckanext.imssbienestar.domain.inventory_values import clean_text
from ckanext.imssbienestar.domain.inventory_versions import (
    InventoryDraft,
    ValueChange,
    entry_changes,
)
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.procedure import inventory, inventory_guard, inventory_identifiers
from ckanext.imssbienestar.procedure.inventory import Coordination, InventoryRefused, Writer


@dataclass(frozen=True)
class EntryEvent:
    """What became of an entry at one moment.

    :ivar person: CKAN's id of the user.
    :ivar removed: it was taken out of the draft.
    :ivar changes: against what it was before; all of its values at first.
    """

    at: datetime.datetime
    person: str
    mark: str
    removed: bool
    changes: tuple[ValueChange, ...]


def entries_of(
    session: Session, coordination_id: str, identifiers: Collection[str] | None = None
) -> list[InventoryEntry]:
    """The entries of a draft in their order.

    :param identifiers: only those with one of these, without regard to capitals.
    """
    row = model.InventoryEntry
    query = (
        sa.select(row.identifier, row.values)
        .where(row.coordination_id == coordination_id)
        .order_by(row.position)
    )
    if identifiers is not None:
        keys = [identifier.upper() for identifier in identifiers]
        query = query.where(sa.func.upper(row.identifier) == sa.any_(sa.literal(keys, _TEXTS)))
    return [InventoryEntry(*found) for found in session.execute(query)]


def entry_of(session: Session, coordination_id: str, identifier: str) -> InventoryEntry | None:
    """One entry of a draft, by its identifier."""
    return next(iter(entries_of(session, coordination_id, [identifier])), None)


def draft_of(session: Session, coordination: Coordination) -> InventoryDraft:
    """The whole draft, as the rules and the forms take it."""
    stored = inventory.found(session, coordination.id)
    return InventoryDraft(
        inventory.header_of(stored, coordination),
        tuple(entries_of(session, coordination.id)),
        declared_empty=stored is not None and stored.declared_empty,
    )


def save_entry(
    session: Session,
    coordination: Coordination,
    written: Mapping[str, str],
    writer: Writer,
    *,
    creates: bool,
) -> RowOutcome:
    """Write one entry as a person filled it in.

    :param written: name of the column -> what was written, with the mark the form was opened with.
        A column that is not there stays as it is.
    :param creates: it is a new one: without an identifier, or with one that nobody has.
    :returns: what was done; of the kind ``same`` when there was nothing to write, such as for the
        form of a new entry that is sent twice.
    :raises InventoryRefused: a rule stands against it, or somebody else changed it meanwhile.
    """
    draft = inventory.to_edit(session, coordination, writer)
    if creates:
        inventory_identifiers.lock(session)
        draft.declared_empty = False
    outcome = _planned(session, coordination, written, writer)
    other = RowKind.CHANGED if creates else RowKind.CREATED
    if outcome.kind is other:
        # A new one under the identifier of another, or a change of one that is not there.
        code = "inventory-identifier-repeated" if creates else "inventory-entry-gone"
        facts = {"identifier": outcome.identifier}
        title = inventory_layout().fields[names.IDENTIFIER].title
        raise InventoryRefused([Problem(code, column=title, facts=facts)])
    (outcome,) = inventory_guard.guarded([outcome])
    if outcome.kind is RowKind.REFUSED:
        now = entry_of(session, coordination.id, outcome.identifier)
        raise InventoryRefused(
            (replace(reason, row=None) for reason in outcome.reasons),
            meanwhile=outcome.meanwhile,
            current_mark=now.mark if now else "",
        )
    if outcome.entry and outcome.kind is RowKind.CREATED:
        inventory_identifiers.register(session, [outcome.identifier], coordination, writer)
        write(session, coordination, [outcome.entry], [], writer)
    elif outcome.entry and outcome.kind is RowKind.CHANGED:
        write(session, coordination, [], [outcome.entry], writer)
    return outcome


def remove_entry(
    session: Session, coordination: Coordination, identifier: str, writer: Writer, *, mark: str
) -> InventoryEntry:
    """Take an entry out of the draft; its identifier is not given again (R-054).

    :param mark: of what the person had read.
    :raises InventoryRefused: it is not there, or somebody else changed it meanwhile.
    """
    inventory.to_edit(session, coordination, writer)
    entry = entry_of(session, coordination.id, identifier)
    facts = {"identifier": identifier}
    if entry is None:
        raise InventoryRefused([Problem("inventory-entry-gone", facts=facts)])
    if mark != entry.mark:
        earlier = earlier_entries(session, coordination.id, [mark]).get(mark)
        raise InventoryRefused(
            [Problem("inventory-changed-meanwhile", facts=facts)],
            meanwhile=entry_changes(earlier, entry, inventory_layout()) if earlier else (),
            current_mark=entry.mark,
        )
    session.execute(
        sa.delete(model.InventoryEntry).where(model.InventoryEntry.identifier == entry.identifier)
    )
    session.add(
        model.InventoryEntryVersion(
            identifier=entry.identifier,
            coordination_id=coordination.id,
            mark="",
            values=None,
            made=writer.now,
            made_by=writer.user_id,
        )
    )
    session.flush()
    return entry


def write(
    session: Session,
    coordination: Coordination,
    created: Sequence[InventoryEntry],
    changed: Sequence[InventoryEntry],
    writer: Writer,
) -> None:
    """Write entries that the rules have passed, in as many statements for one as for thousands."""
    for entries, put in ((created, _insert), (changed, _update)):
        if entries:
            rows = [_row(entry, at, writer.today) for at, entry in enumerate(entries, start=1)]
            given = _given_rows(rows)
            put(session, given, coordination.id, writer)
            _keep_versions(session, given, coordination.id, writer)
    session.flush()
    session.expire_all()


def look_again(session: Session, today: datetime.date) -> int:
    """Work out anew what is missing in every entry of every draft, by the present rules.

    What is kept with an entry is by the rules of the day it was saved; the form may have changed.

    :param today: the day in Mexico City.
    :returns: of how many entries something else is missing now.
    """
    row, changed = model.InventoryEntry, list[dict[str, object]]()
    kept = session.execute(sa.select(row.identifier, row.values, row.name_key, row.gaps))
    for identifier, values, name_key, gaps in kept:
        found = _row(InventoryEntry(identifier, values), 0, today)
        if (found["name_key"], found["gaps"]) != (name_key, gaps):
            changed.append(found)
    if changed:
        given = _given_rows(changed).c
        session.execute(
            sa.update(_ENTRIES)
            .where(_ENTRIES.c.identifier == given.identifier)
            .values(name_key=given.name_key, gaps=given.gaps)
        )
        session.flush()
        session.expire_all()
    return len(changed)


def history_of(session: Session, coordination_id: str, identifier: str) -> list[EntryEvent]:
    """What became of an entry, the newest first."""
    version, layout = model.InventoryEntryVersion, inventory_layout()
    rows = session.scalars(
        sa.select(version)
        .where(version.coordination_id == coordination_id, version.identifier == identifier)
        .order_by(version.id)
    )
    events, before = list[EntryEvent](), InventoryEntry(identifier)
    for row in rows:
        after = InventoryEntry(identifier, row.values or {})
        changes = entry_changes(before, after, layout) if row.values is not None else ()
        events.append(EntryEvent(row.made, row.made_by, row.mark, row.values is None, changes))
        before = after
    return events[::-1]


def earlier_entries(
    session: Session, coordination_id: str, marks: Collection[str]
) -> dict[str, InventoryEntry]:
    """Version mark -> the entry as it was, for as many as there are."""
    version = model.InventoryEntryVersion
    rows = session.execute(
        sa.select(version.mark, version.identifier, version.values).where(
            version.coordination_id == coordination_id,
            version.mark == sa.any_(sa.literal(list(marks), _TEXTS)),
        )
    )
    return {mark: InventoryEntry(identifier, values or {}) for mark, identifier, values in rows}


def _planned(
    session: Session, coordination: Coordination, written: Mapping[str, str], writer: Writer
) -> RowOutcome:
    """What saving it would do, asking the database for what concerns this entry alone."""
    identifier = clean_text(written.get(names.IDENTIFIER, ""))
    original = clean_text(written.get(names.DERIVED_FROM, ""))
    mark = clean_text(written.get(names.MARK, ""))
    asked = [one for one in (identifier, original) if one]
    taken = inventory_identifiers.taken(session, coordination, asked)
    asked.append(taken.last)
    near = {entry.identifier: entry for entry in entries_of(session, coordination.id, asked)}
    same_name = sa.select(model.InventoryEntry.identifier, model.InventoryEntry.values).where(
        model.InventoryEntry.coordination_id == coordination.id,
        model.InventoryEntry.name_key == plain_words(written.get(names.NAME, "")),
    )
    near |= {
        found: InventoryEntry(found, values)
        for found, values in session.execute(same_name.limit(_TWINS))
        if found not in near
    }
    stored = Inventory(
        header=inventory.header_of(None, coordination),
        entries=tuple(near.values()),
        elsewhere=taken.elsewhere,
        retired=taken.retired,
        earlier=earlier_entries(session, coordination.id, [mark] if mark else []),
        prefix=taken.prefix,
    )
    return plan_edit(written, stored, inventory_layout(), writer.today)


def _row(entry: InventoryEntry, number: int, today: datetime.date) -> dict[str, object]:
    return {
        "identifier": entry.identifier,
        "number": number,
        "entry_values": dict(entry.values),
        "mark": entry.mark,
        "name_key": plain_words(entry.name),
        "gaps": [gap.key for gap in gaps_of(entry, inventory_layout(), today)],
    }


# Of the databases of one name, those that a form sent twice is compared with.
_TWINS = 20
_TEXTS = postgresql.ARRAY(sa.Text)
_ENTRIES = model.Base.metadata.tables[model.InventoryEntry.__tablename__]
_VERSIONS = model.Base.metadata.tables[model.InventoryEntryVersion.__tablename__]
_ROW_TYPES = (
    sa.column("identifier", sa.Text),
    sa.column("number", sa.Integer),
    sa.column("entry_values", postgresql.JSONB),
    sa.column("mark", sa.Text),
    sa.column("name_key", sa.Text),
    sa.column("gaps", _TEXTS),
)


def _given_rows(rows: list[dict[str, object]]) -> sa.TableValuedAlias:
    """Rows as a table of the statement that writes them."""
    given = sa.func.jsonb_to_recordset(sa.cast(rows, postgresql.JSONB))
    return given.table_valued(*_ROW_TYPES).render_derived(name="given", with_types=True)


def _insert(session: Session, given: sa.TableValuedAlias, coordination: str, by: Writer) -> None:
    table, row = _ENTRIES, given.c
    last = sa.select(sa.func.coalesce(sa.func.max(table.c.position), 0)).where(
        table.c.coordination_id == coordination
    )
    values = {
        "identifier": row.identifier,
        "coordination_id": sa.literal(coordination),
        "position": row.number + last.scalar_subquery(),
        "entry_values": row.entry_values,
        "mark": row.mark,
        "name_key": row.name_key,
        "gaps": row.gaps,
        "modified": sa.literal(by.now),
        "modified_by": sa.literal(by.user_id),
    }
    session.execute(sa.insert(table).from_select(list(values), sa.select(*values.values())))


def _update(session: Session, given: sa.TableValuedAlias, coordination: str, by: Writer) -> None:
    table, row = _ENTRIES, given.c
    session.execute(
        sa.update(table)
        .where(table.c.identifier == row.identifier, table.c.coordination_id == coordination)
        .values(
            entry_values=row.entry_values,
            mark=row.mark,
            name_key=row.name_key,
            gaps=row.gaps,
            modified=by.now,
            modified_by=by.user_id,
        )
    )


def _keep_versions(
    session: Session, given: sa.TableValuedAlias, coordination: str, by: Writer
) -> None:
    row = given.c
    values = {
        "identifier": row.identifier,
        "coordination_id": sa.literal(coordination),
        "mark": row.mark,
        "entry_values": row.entry_values,
        "made": sa.literal(by.now),
        "made_by": sa.literal(by.user_id),
    }
    chosen = sa.select(*values.values()).order_by(row.number)
    session.execute(sa.insert(_VERSIONS).from_select(list(values), chosen))
