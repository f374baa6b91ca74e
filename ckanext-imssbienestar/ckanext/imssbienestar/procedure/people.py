"""Who may do what on a day: the rules of ``domain.capabilities`` over the stored designations."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain import capabilities, working_groups
from ckanext.imssbienestar.domain.capabilities import Capability
from ckanext.imssbienestar.domain.designations import Designation, Oficio, Post, in_force
from ckanext.imssbienestar.domain.units import UnitTree
from ckanext.imssbienestar.procedure import units
from ckanext.imssbienestar.procedure.rules import capability_rules, designation_rules


@dataclass(frozen=True)
class Acting:
    """A person in the post by which an act is allowed; what the history keeps of it.

    :ivar person: CKAN's id of the user.
    :ivar post: None for a system administrator, who keeps units and designations without any.
    :ivar oficio: number of the letter that designated the person.
    """

    person: str
    post: Post | None
    oficio: str


@dataclass(frozen=True)
class People:
    """The designations in force on the day of a tree."""

    tree: UnitTree
    designations: tuple[Designation, ...]

    @cached_property
    def _by_person(self) -> dict[str, tuple[Designation, ...]]:
        found: dict[str, list[Designation]] = {}
        for designation in self.designations:
            found.setdefault(designation.person, []).append(designation)
        return {person: tuple(held) for person, held in found.items()}

    @cached_property
    def _by_place(self) -> dict[str | None, list[Designation]]:
        found: dict[str | None, list[Designation]] = {}
        for designation in self.designations:
            found.setdefault(designation.unit_id, []).append(designation)
        return found

    @cached_property
    def _capabilities(self) -> dict[str, frozenset[Capability]]:
        """Of each person asked about so far: pages ask about one person many times."""
        return {}

    def held_by(self, person: str) -> tuple[Designation, ...]:
        """The designations of one person, of posts that can be held there that day."""
        return tuple(
            held
            for held in self._by_person.get(person, ())
            if capabilities.is_held(held, self.tree, designation_rules())
        )

    def capabilities(self, person: str) -> frozenset[Capability]:
        """Everything the person may do that day."""
        known = self._capabilities.get(person)
        if known is None:
            known = capabilities.capabilities(self.held_by(person), self.tree, capability_rules())
            self._capabilities[person] = known
        return known

    def may(self, person: str, act: str, unit_id: str | None = None) -> bool:
        """Whether the person may do an act over a group, a unit or the organism."""
        return capabilities.may(self.capabilities(person), act, unit_id)

    def acting(self, person: str, act: str, unit_id: str | None = None) -> Acting | None:
        """The first post by which the person may do it, or None when there is none."""
        for designation in self.held_by(person):
            given = capabilities.capabilities((designation,), self.tree, capability_rules())
            if capabilities.may(given, act, unit_id):
                return Acting(person, designation.post, designation.oficio.number)
        return None

    def places(self, person: str, act: str) -> frozenset[str | None]:
        """Where the person may do an act; None among them stands for everywhere."""
        return frozenset(given.unit_id for given in self.capabilities(person) if given.act == act)

    def around(self, unit_id: str) -> tuple[Designation, ...]:
        """Those that can matter to one group or unit: held in it, above it, below it, everywhere.

        The rules of ``domain.working_groups`` come to the same with them as with all.
        """
        near = (*self.tree.ancestors(unit_id), *self.tree.descendants(unit_id))
        places = (None, unit_id, *(unit.unit_id for unit in near))
        return tuple(held for place in places for held in self._by_place.get(place, ()))

    def holders(self, post: Post, coordination_id: str) -> tuple[Designation, ...]:
        """Who holds a post for one group."""
        return working_groups.holders(
            post, coordination_id, self.around(coordination_id), self.tree, designation_rules()
        )

    def group(self, coordination_id: str) -> frozenset[str]:
        """The users that are in a group."""
        return working_groups.people_of(
            coordination_id, self.around(coordination_id), self.tree, designation_rules()
        )

    def who_may(self, act: str, unit_id: str | None = None) -> tuple[str, ...]:
        """The users who may do an act, in the order of their designations."""
        return tuple(person for person in self._by_person if self.may(person, act, unit_id))


def people_on(session: Session, day: datetime.date) -> People:
    """Everybody designated on a day, and the units of that day."""
    return People(units.tree(session, day), in_force(stored_designations(session, day=day), day))


def person_on(session: Session, person: str, day: datetime.date) -> People:
    """The same of one person alone; without units when the person is designated to nothing."""
    held = in_force(stored_designations(session, day=day, person=person), day)
    return People(units.tree(session, day) if held else units.no_units(day), held)


def stored_designations(
    session: Session, *, day: datetime.date | None = None, person: str | None = None
) -> Sequence[Designation]:
    """The designations as the domain knows them, the oldest first.

    :param day: only those in force on it.
    :param person: only those of this user.
    """
    query = (
        sa.select(model.Designation, model.DesignationOficio)
        .outerjoin(
            model.DesignationOficio, model.Designation.oficio_id == model.DesignationOficio.id
        )
        .order_by(model.Designation.valid_from, model.Designation.created)
    )
    if day is not None:
        query = query.where(
            model.Designation.valid_from <= day,
            sa.or_(model.Designation.valid_to.is_(None), model.Designation.valid_to >= day),
        )
    if person is not None:
        query = query.where(model.Designation.user_id == person)
    return [as_designation(row, oficio) for row, oficio in session.execute(query)]


def as_designation(row: model.Designation, oficio: model.DesignationOficio | None) -> Designation:
    """A stored designation as the domain knows it."""
    return Designation(
        id=row.id,
        person=row.user_id,
        post=Post(row.role),
        unit_id=row.organization_id,
        oficio=Oficio(
            row.oficio_number,
            oficio.date if oficio else None,
            oficio.sha256 if oficio else "",
        ),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        level=row.level,
        represents=tuple(row.represents),
    )
