"""What waits for a person in the Formato 1 of each group (R-032, R-041)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.units import UnitPeriod
from ckanext.imssbienestar.model import ClosedInventory, Inventory
from ckanext.imssbienestar.portal.identification.tasks import Task
from ckanext.imssbienestar.procedure.inventory import IN_REVIEW
from ckanext.imssbienestar.procedure.people import People


def tasks_of(people: People, person: str, today: datetime.date) -> Iterator[Task]:
    """For the liaison what was handed over; for the group what came back, or was never closed."""
    groups = {unit.unit_id: unit for unit in people.tree.with_working_group()}
    if not groups or not people.held_by(person):
        return
    mine = sa.select(Inventory).where(Inventory.coordination_id.in_(groups))
    drafts = {draft.coordination_id: draft for draft in model.Session.scalars(mine)}
    closed = set(
        model.Session.scalars(
            sa.select(ClosedInventory.coordination_id).where(
                ClosedInventory.coordination_id.in_(groups)
            )
        )
    )
    fills = people.places(person, "edit_inventory")
    reviews = people.places(person, "review_as_liaison")
    for key, unit in groups.items():
        draft = drafts.get(key)
        if draft is not None and draft.state == IN_REVIEW:
            if key in reviews:
                yield _task(unit, tk._("Review Formato 1, and close it or give it back."))
        elif key not in fills:
            continue
        elif draft is not None and draft.remarks:
            yield _task(unit, tk._("Correct Formato 1: the liaison gave it back."))
        elif key not in closed:
            yield _task(unit, tk._("Fill in Formato 1 and hand it to the liaison."))


def _task(unit: UnitPeriod, what: str) -> Task:
    organization = model.Group.get(unit.unit_id)
    name = organization.name if organization is not None else unit.unit_id
    return Task(what=what, url=tk.url_for("imss_inventory.read", name=name), place=unit.name)
