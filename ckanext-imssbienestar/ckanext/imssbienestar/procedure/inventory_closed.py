"""The closed versions of a Formato 1: closing, reading them back, what differs (R-068)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.inventory_versions import (
    ClosedInventory,
    EntryDifference,
    close_inventory,
    version_differences,
)
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.release import canonical
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.procedure import inventory, inventory_identifiers
from ckanext.imssbienestar.procedure.closed_inventories import (
    InventoryVersion,
    by_number,
    content,
    earlier,
    newest,
)
from ckanext.imssbienestar.procedure.inventory import Coordination, InventoryRefused, Writer
from ckanext.imssbienestar.procedure.inventory_entries import draft_of


def close(
    session: Session, coordination: Coordination, writer: Writer, language: str
) -> ClosedInventory:
    """Close the draft as the next version; a new draft begins with what it says.

    :param language: of the findings of a refusal.
    :raises InventoryRefused: nobody handed it to the liaison, or nothing changed since the last.
    :raises GateError: rules stand against it; its findings say which.
    :raises AlteredInventory: the version before it is not what was closed.
    """
    row = inventory.locked(session, coordination, writer)
    if row.state != inventory.IN_REVIEW:
        raise InventoryRefused([Problem("inventory-not-in-review")])
    draft = draft_of(session, coordination)
    last = newest(session, coordination.id)
    previous = content(session, last) if last else None
    if previous is not None and previous.next_draft() == draft:
        facts = {"number": previous.number}
        raise InventoryRefused([Problem("inventory-unchanged", facts=facts)])
    originals = {entry.derived_from for entry in draft.entries} - {""}
    taken = inventory_identifiers.taken(session, coordination, originals)
    closed = close_inventory(
        draft,
        inventory_layout(),
        closed_on=writer.today,
        findings_of=lambda problems: problem_findings(problems, language),
        previous=previous,
        elsewhere=taken.elsewhere,
    )
    session.add(
        model.ClosedInventory(
            digest=closed.digest,
            coordination_id=coordination.id,
            number=closed.number,
            document=canonical(closed.document()).decode(),
            closed=writer.now,
            closed_by=writer.user_id,
        )
    )
    row.state, row.remarks, row.handed, row.handed_by = inventory.DRAFT, "", None, ""
    row.modified, row.modified_by = writer.now, writer.user_id
    session.flush()
    return closed


def versions(session: Session, coordination_id: str) -> list[InventoryVersion]:
    """The closed versions of a coordination, the newest first; not what they say."""
    last = newest(session, coordination_id)
    return [last, *earlier(session, last)] if last else []


def differences(session: Session, version: InventoryVersion) -> tuple[EntryDifference, ...]:
    """What became of each entry since the version before; all were added in the first.

    :raises AlteredInventory: one of the two is not what was closed.
    """
    before = by_number(session, version.coordination_id, version.number - 1)
    entries = content(session, before).entries if before else ()
    return version_differences(entries, content(session, version).entries, inventory_layout())
