"""CKAN's memberships follow the designations in force (see ``procedure.memberships``)."""

from __future__ import annotations

import sqlalchemy as sa
from ckan import model

from ckanext.imssbienestar.model import GrantedMembership
from ckanext.imssbienestar.portal import acting, permissions, unit_organizations
from ckanext.imssbienestar.procedure import memberships, units
from ckanext.imssbienestar.procedure.memberships import MembershipChanges, Place

_LOCK = 0x1B57_0002
"""Of the database: one process applies at a time."""


class _Day:
    """The last day on which this process made things what they are on that day."""

    applied: object = None


def apply() -> MembershipChanges:
    """Make the memberships those of today; flushes, does not commit.

    What CKAN knows of a person is changed with the person's designation, in one transaction.
    """
    model.Session.flush()
    acting.forget_people()
    model.Session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    granted = {
        Place(row.user_id, row.organization_id): row.capacity
        for row in model.Session.scalars(sa.select(GrantedMembership))
    }
    wanted = memberships.wanted(acting.people())
    found = memberships.changes(wanted, granted, _actual({*wanted, *granted}))
    for place, capacity in found.give.items():
        _give(place, capacity)
    for place in found.take:
        _members(place).update({"state": "deleted"})
    for place in {*found.take, *found.forget}:
        model.Session.query(GrantedMembership).filter_by(
            user_id=place.user_id, organization_id=place.organization_id
        ).delete()
    model.Session.flush()
    return found


def once_a_day() -> None:
    """At the first request of a day in Mexico City: what begins or ended with it takes effect.

    An expired designation gives nothing any more, a unit is called what it is called from today.
    """
    today = permissions.today()
    if today == _Day.applied:
        return
    renamed = unit_organizations.keep(units.register(model.Session), today)
    apply()
    model.Session.commit()
    unit_organizations.show_titles(renamed)
    _Day.applied = today


def _actual(places: set[Place]) -> dict[Place, str]:
    rows = model.Session.execute(
        sa.select(model.Member.table_id, model.Member.group_id, model.Member.capacity).where(
            model.Member.table_name == "user",
            model.Member.state == "active",
            model.Member.table_id.in_({place.user_id for place in places}),
        )
    )
    found = {Place(str(user), str(group)): capacity for user, group, capacity in rows}
    return {place: capacity for place, capacity in found.items() if place in places}


def _give(place: Place, capacity: str) -> None:
    if _members(place).update({"state": "active", "capacity": capacity}) == 0:
        row = {
            "table_name": "user",
            "table_id": place.user_id,
            "group_id": place.organization_id,
            "capacity": capacity,
        }
        model.Session.execute(sa.insert(model.Member), [row])
    model.Session.merge(
        GrantedMembership(
            user_id=place.user_id, organization_id=place.organization_id, capacity=capacity
        )
    )


def _members(place: Place) -> sa.orm.Query[model.Member]:
    return model.Session.query(model.Member).filter_by(
        table_name="user", table_id=place.user_id, group_id=place.organization_id
    )
