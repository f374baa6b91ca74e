"""The draft of a group's Formato 1: its header, whose it is, and who has it now (R-032, R-048).

Each function works inside the caller's transaction: it flushes and never commits. What changes the
draft takes the lock of its row first, so two people who write at once do so one after the other.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.inventory import MISSING, InventoryHeader, header_problems
from ckanext.imssbienestar.domain.inventory_layout import InventoryLayout
from ckanext.imssbienestar.domain.inventory_values import read_value
from ckanext.imssbienestar.domain.inventory_versions import ValueChange
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.release import canonical
from ckanext.imssbienestar.domain.units import UnitTree
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.procedure.refusals import ActRefused

DRAFT, IN_REVIEW = "draft", "in_review"
# Whose inventory it is follows from the register of units; nobody types it.
WHOSE = (names.UNIT, names.COORDINATION)


class InventoryRefused(ActRefused):
    """Rules stand against what was asked; nothing was written.

    :ivar meanwhile: what somebody else changed after the person had read it.
    :ivar current_mark: the version mark of what is stored now, when that is what stands in the way.
    """

    def __init__(
        self,
        problems: Iterable[Problem],
        *,
        meanwhile: Sequence[ValueChange] = (),
        current_mark: str = "",
    ) -> None:
        self.meanwhile = tuple(meanwhile)
        self.current_mark = current_mark
        super().__init__(*problems)


@dataclass(frozen=True)
class Coordination:
    """A *coordinación central*, as the register names it today.

    :ivar id: CKAN's of its organization.
    :ivar unit: the name of the unidad administrativa that it belongs to.
    :ivar names: what every unit of the organism is called, by its id.
    """

    id: str
    name: str
    unit: str
    names: Mapping[str, str]

    def name_of(self, coordination_id: str) -> str:
        """What another coordination is called; its id when the register has none."""
        return self.names.get(coordination_id, coordination_id)


@dataclass(frozen=True)
class Writer:
    """Who writes, and when.

    :ivar user_id: CKAN's.
    :ivar today: the day of ``now`` in Mexico City.
    :ivar reviews: may change what was handed to the liaison: it is the liaison.
    """

    user_id: str
    now: datetime.datetime
    today: datetime.date
    reviews: bool = False


def coordination_of(tree: UnitTree, coordination_id: str) -> Coordination:
    """The coordination on the day of a tree.

    :raises KeyError: it is none of the units of that day.
    """
    unit = tree.units[coordination_id]
    signing = tree.signing_unit(coordination_id) or unit
    known = {each.unit_id: each.name for each in tree.units.values()}
    return Coordination(coordination_id, unit.name, signing.name, known)


def found(session: Session, coordination_id: str) -> model.Inventory | None:
    """The draft as it is stored; None before anybody began it."""
    return session.get(model.Inventory, coordination_id, populate_existing=True)


def locked(session: Session, coordination: Coordination, writer: Writer) -> model.Inventory:
    """The draft, made when there is none, under a lock until the transaction ends."""
    session.execute(
        insert(model.Inventory)
        .values(
            coordination_id=coordination.id,
            header={},
            state=DRAFT,
            modified=writer.now,
            modified_by=writer.user_id,
        )
        .on_conflict_do_nothing()
    )
    return session.scalars(
        sa.select(model.Inventory)
        .where(model.Inventory.coordination_id == coordination.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def to_edit(session: Session, coordination: Coordination, writer: Writer) -> model.Inventory:
    """The draft under its lock, for somebody who is about to change it.

    :raises InventoryRefused: the liaison has it, and this is not the liaison (R-032).
    """
    draft = locked(session, coordination, writer)
    if draft.state == IN_REVIEW and not writer.reviews:
        raise InventoryRefused([Problem("inventory-in-review")])
    draft.modified, draft.modified_by = writer.now, writer.user_id
    return draft


def header_of(draft: model.Inventory | None, coordination: Coordination) -> InventoryHeader:
    """The header of a draft, with the names that the register gives today and its defaults."""
    values = dict(draft.header) if draft is not None else {}
    values |= {names.UNIT: coordination.unit, names.COORDINATION: coordination.name}
    return InventoryHeader(values).completed(inventory_layout())


def header_mark(draft: model.Inventory | None) -> str:
    """The version mark of what is typed in a header."""
    said = {
        "header": {} if draft is None else dict(draft.header),
        "declared_empty": draft is not None and draft.declared_empty,
    }
    return f"h-{hashlib.sha256(canonical(said)).hexdigest()[:16]}"


def count_entries(session: Session, coordination_id: str) -> int:
    """How many databases a draft has."""
    return (
        session.scalar(
            sa.select(sa.func.count()).where(
                model.InventoryEntry.coordination_id == coordination_id
            )
        )
        or 0
    )


def change_header(
    session: Session,
    coordination: Coordination,
    written: Mapping[str, str],
    writer: Writer,
    *,
    mark: str | None = None,
    declared_empty: bool | None = None,
) -> tuple[ValueChange, ...]:
    """Write fields of the header, and whether the coordination says it has no database (R-001).

    :param written: name of the field -> what the person wrote; others stay as they are.
    :param mark: :func:`header_mark` of what the person had read; None asks for no comparison.
    :param declared_empty: None leaves it as it is.
    :returns: what changed; ``declared_empty`` is told as ``yes`` and ``no``.
    :raises InventoryRefused: it was changed meanwhile, or a rule stands against it.
    """
    draft = to_edit(session, coordination, writer)
    before = header_of(draft, coordination)
    after = _header_after(before, written, inventory_layout(), writer.today)
    changes = header_changes(before, after)
    empty = draft.declared_empty if declared_empty is None else declared_empty
    if empty != draft.declared_empty:
        answers = (names.YES, names.NO) if draft.declared_empty else (names.NO, names.YES)
        changes = (*changes, ValueChange("declared_empty", *answers))
    if not changes:
        return ()
    if mark is not None and mark != header_mark(draft):
        raise InventoryRefused(
            [Problem("inventory-header-changed")],
            meanwhile=[ValueChange(c.field, c.after, c.before) for c in changes],
            current_mark=header_mark(draft),
        )
    count = count_entries(session, coordination.id)
    if empty and count:
        raise InventoryRefused([Problem("inventory-empty", "declared", facts={"count": count})])
    keep_header(draft, after)
    draft.declared_empty = empty
    session.flush()
    return changes


def keep_header(draft: model.Inventory, header: InventoryHeader) -> None:
    """Put a header in the draft, without what the register says."""
    draft.header = {name: value for name, value in header.values.items() if name not in WHOSE}


def header_changes(before: InventoryHeader, after: InventoryHeader) -> tuple[ValueChange, ...]:
    """What is not the same in two headers, in the order of the form."""
    return tuple(
        ValueChange(name, before.values.get(name, ""), after.values.get(name, ""))
        for name in inventory_layout().header_fields
        if before.values.get(name, "") != after.values.get(name, "")
    )


def hand_over(session: Session, coordination: Coordination, writer: Writer) -> None:
    """Hand the draft to the liaison, for review (R-032).

    :raises InventoryRefused: the liaison has it already, or there is nothing in it.
    """
    draft = locked(session, coordination, writer)
    if draft.state == IN_REVIEW:
        raise InventoryRefused([Problem("inventory-in-review", "handed")])
    if not draft.declared_empty and not count_entries(session, coordination.id):
        raise InventoryRefused([Problem("inventory-empty")])
    draft.state, draft.remarks = IN_REVIEW, ""
    draft.handed, draft.handed_by = writer.now, writer.user_id
    session.flush()


def give_back(
    session: Session, coordination: Coordination, writer: Writer, *, remarks: str
) -> None:
    """Give the draft back to the group, with what is to be corrected (R-041).

    :raises InventoryRefused: the group has it, or nothing is said.
    """
    draft = locked(session, coordination, writer)
    if draft.state != IN_REVIEW:
        raise InventoryRefused([Problem("inventory-not-in-review")])
    if not remarks.strip():
        raise InventoryRefused([Problem("inventory-remarks-missing")])
    draft.state, draft.remarks = DRAFT, remarks.strip()
    session.flush()


def _header_after(
    before: InventoryHeader,
    written: Mapping[str, str],
    layout: InventoryLayout,
    today: datetime.date,
) -> InventoryHeader:
    """The header with what was written; what is only missing does not stand in the way."""
    values, problems = dict(before.values), list[Problem]()
    for name, said in written.items():
        if name in WHOSE or name not in layout.header_fields:
            continue
        read = read_value(layout.header_fields[name], said, layout)
        values[name] = read.value
        if read.problem:
            problems.append(read.problem)
    after = InventoryHeader(values)
    if not problems:
        problems = [one for one in header_problems(after, layout, today) if one.code != MISSING]
    if problems:
        raise InventoryRefused(problems)
    return after
