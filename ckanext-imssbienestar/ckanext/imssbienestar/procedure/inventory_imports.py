"""Importing a Formato 1 into the draft: first shown row by row, then done exactly as it was shown.

What was read of the workbook waits in a row of its own; the file is not kept. Saying yes makes the
plan again under the lock of the draft, and does nothing when it is not the one that was shown.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.inventory_import import plan_import
from ckanext.imssbienestar.domain.inventory_plan import (
    ImportOutdated,
    ImportPlan,
    Inventory,
    ReadInventory,
    RowKind,
)
from ckanext.imssbienestar.domain.inventory_values import clean_text
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.procedure import inventory, inventory_guard, inventory_identifiers
from ckanext.imssbienestar.procedure.inventory import Coordination, Writer
from ckanext.imssbienestar.procedure.inventory_entries import earlier_entries, entries_of, write
from ckanext.imssbienestar.procedure.inventory_plans import (
    KeptPlan,
    kept_plan,
    kept_reading,
    plan_digest,
    restored_reading,
)

KEPT_FOR = datetime.timedelta(days=1)
"""How long a workbook that was looked at waits for a yes."""


@dataclass(frozen=True)
class GivenWorkbook:
    """A workbook that somebody sent.

    :ivar sha256: of its bytes.
    """

    name: str
    sha256: str
    read: ReadInventory


@dataclass(frozen=True)
class Imported:
    """What an import wrote.

    :ivar sha256: of the workbook.
    :ivar marks: identifier and version mark of each entry that was written.
    """

    counts: dict[str, int]
    sha256: str
    header_changes: int
    marks: tuple[str, ...]


def look_at(
    session: Session, coordination: Coordination, given: GivenWorkbook, writer: Writer
) -> model.InventoryImport:
    """Read nothing into the draft: keep what the import would do, for its person to see.

    What the person had looked at before, and what nobody said yes to for a day, is forgotten.

    :raises GuardFailedError: a text cannot be judged.
    """
    waiting = model.InventoryImport
    session.execute(
        sa.delete(waiting).where(
            sa.or_(
                waiting.made < writer.now - KEPT_FOR,
                sa.and_(
                    waiting.user_id == writer.user_id,
                    waiting.coordination_id == coordination.id,
                ),
            )
        )
    )
    kept = kept_plan(planned(session, coordination, given.read, writer.today))
    found = waiting(
        coordination_id=coordination.id,
        user_id=writer.user_id,
        file_name=given.name,
        sha256=given.sha256,
        reading=kept_reading(given.read),
        plan=json.dumps(kept, ensure_ascii=False),
        digest=plan_digest(kept),
        made=writer.now,
    )
    session.add(found)
    session.flush()
    return found


def look_again(
    session: Session, coordination: Coordination, waiting: model.InventoryImport, writer: Writer
) -> None:
    """Make the plan of a waiting import again, on what is stored now."""
    read = restored_reading(waiting.reading)
    kept = kept_plan(planned(session, coordination, read, writer.today))
    waiting.plan, waiting.digest = json.dumps(kept, ensure_ascii=False), plan_digest(kept)
    waiting.made = writer.now
    session.flush()


def waiting_import(
    session: Session, coordination_id: str, import_id: str, user_id: str
) -> model.InventoryImport | None:
    """What a person looked at and did not say yes to yet; nobody else's."""
    waiting = session.get(model.InventoryImport, import_id)
    if waiting is None or (waiting.coordination_id, waiting.user_id) != (coordination_id, user_id):
        return None
    return waiting


def shown_plan(waiting: model.InventoryImport) -> KeptPlan:
    """The plan as it was shown."""
    plan: KeptPlan = json.loads(waiting.plan)
    return plan


def forget(session: Session, waiting: model.InventoryImport) -> None:
    """The person said no."""
    session.delete(waiting)
    session.flush()


def do(
    session: Session, coordination: Coordination, waiting: model.InventoryImport, writer: Writer
) -> Imported:
    """Write what was shown, all of it; rows that were refused are left out, as was shown too.

    :raises InventoryRefused: the liaison has the draft.
    :raises ImportOutdated: it would not do now what was shown; nothing is written.
    """
    draft = inventory.to_edit(session, coordination, writer)
    inventory_identifiers.lock(session)
    read, shown = restored_reading(waiting.reading), shown_plan(waiting)
    plan = planned(session, coordination, read, writer.today, shown=shown)
    kept = kept_plan(plan)
    if plan_digest(kept) != waiting.digest:
        raise ImportOutdated(_moved(shown, kept))
    outcomes = [outcome for outcome in plan.rows if outcome.entry is not None]
    created = [one.entry for one in outcomes if one.kind is RowKind.CREATED and one.entry]
    changed = [one.entry for one in outcomes if one.kind is RowKind.CHANGED and one.entry]
    given = [entry.identifier for entry in created]
    inventory_identifiers.register(session, given, coordination, writer)
    if not plan.refusals:
        inventory.keep_header(draft, plan.header)
    if created:
        draft.declared_empty = False
    sha256 = waiting.sha256
    forget(session, waiting)
    write(session, coordination, created, changed, writer)
    marks = tuple(f"{entry.identifier} {entry.mark}" for entry in (*created, *changed))
    return Imported(kept["counts"], sha256, len(plan.header_changes), marks)


def planned(
    session: Session,
    coordination: Coordination,
    read: ReadInventory,
    today: datetime.date,
    *,
    shown: KeptPlan | None = None,
) -> ImportPlan:
    """What importing a workbook would do now.

    :param shown: the plan of the same workbook that was shown before, whose texts are not judged
        again: what it let through it let through.
    :raises GuardFailedError: a text cannot be judged.
    """
    entries = tuple(entries_of(session, coordination.id))
    said = [row.written for row in read.rows]
    asked = {
        clean_text(written.get(name, ""))
        for written in said
        for name in (names.IDENTIFIER, names.DERIVED_FROM)
    } | {entry.derived_from for entry in entries}
    marks = {clean_text(written.get(names.MARK, "")) for written in said}
    taken = inventory_identifiers.taken(session, coordination, asked - {""})
    stored = Inventory(
        header=inventory.header_of(inventory.found(session, coordination.id), coordination),
        entries=entries,
        elsewhere=taken.elsewhere,
        retired=taken.retired,
        earlier=earlier_entries(
            session, coordination.id, marks - {entry.mark for entry in entries} - {""}
        ),
        prefix=taken.prefix,
    )
    plan = plan_import(read, stored, inventory_layout(), today)
    told_of_header = inventory_guard.header_problems(plan, read)
    if told_of_header:
        # A header belongs to the whole: nothing of such a workbook is taken.
        return replace(plan, rows=(), refusals=told_of_header, header_changes=())
    if shown is None:
        rows = inventory_guard.guarded(plan.rows, read.letters)
    else:
        told = inventory_guard.refused_rows(shown)
        rows = iter(inventory_guard.refused(one, told.get(one.row, ())) for one in plan.rows)
    return replace(plan, rows=tuple(rows))


def _moved(shown: KeptPlan, now: KeptPlan) -> list[str]:
    """The identifiers of the rows that an import would treat otherwise by now."""
    before = {row["row"]: row for row in shown["rows"]}
    return sorted(
        {row["identifier"] for row in now["rows"] if before.get(row["row"]) != row} - {""}
    )
