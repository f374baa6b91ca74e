"""Which membership in CKAN a designation gives, and what becomes of those given before.

Memberships that somebody gave by hand are nobody's business here: only those in
``imss_granted_membership`` are ever changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ckanext.imssbienestar.procedure.people import People
from ckanext.imssbienestar.procedure.rules import designation_rules

_RANK = {"member": 1, "editor": 2}


class Place(NamedTuple):
    """A person in an organization."""

    user_id: str
    organization_id: str


@dataclass(frozen=True)
class MembershipChanges:
    """What to do so that CKAN's memberships are those of the designations in force.

    :ivar give: those to write, new or anew, with their capacity.
    :ivar take: those to take back, with the capacity that was given.
    :ivar forget: those whose record goes and which are left alone: somebody changed them by hand.
    """

    give: Mapping[Place, str]
    take: Mapping[Place, str]
    forget: frozenset[Place]


def wanted(people: People) -> dict[Place, str]:
    """The memberships that the designations of a day give; the greater of two in one place."""
    found: dict[Place, str] = {}
    for person in {designation.person for designation in people.designations}:
        for held in people.held_by(person):
            capacity = designation_rules().post(held.post).membership
            if not capacity or held.unit_id is None:
                continue
            place = Place(person, held.unit_id)
            found[place] = max(found.get(place, capacity), capacity, key=_RANK.__getitem__)
    return found


def changes(
    wanted: Mapping[Place, str], granted: Mapping[Place, str], actual: Mapping[Place, str]
) -> MembershipChanges:
    """What differs.

    :param granted: what was given by designations before.
    :param actual: the memberships there are, whoever gave them.
    """
    give, take, forget = {}, {}, set()
    for place, capacity in wanted.items():
        ours = granted.get(place)
        there = actual.get(place)
        if there is not None and there != ours:
            # Somebody gave it, or changed what we gave: it is theirs from now on.
            if ours is not None:
                forget.add(place)
        elif there != capacity or ours != capacity:
            give[place] = capacity
    for place, capacity in granted.items():
        if place not in wanted:
            if actual.get(place) == capacity:
                take[place] = capacity
            else:
                forget.add(place)
    return MembershipChanges(give, take, frozenset(forget))
