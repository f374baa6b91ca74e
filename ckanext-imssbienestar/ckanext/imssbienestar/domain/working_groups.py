"""Working groups: one for each *coordinación central*, who is in it and whom it does not represent.

*Grupo de trabajo* and *Grupo Multidisciplinario* are one thing (A-09). A group belongs to a
coordinación central, which belongs to a unit or directly to the Dirección General (A-10, A-15); a
liaison of the unit serves all of its groups.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ckanext.imssbienestar.domain.capabilities import CapabilityRules, is_held
from ckanext.imssbienestar.domain.designations import (
    Designation,
    DesignationRules,
    Post,
    in_force,
)
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.units import UnitPeriod, UnitTree, told


@dataclass(frozen=True)
class WorkingGroup:
    """A group, from one day to another.

    :ivar coordination_id: the *coordinación central* whose databases it identifies.
    :ivar valid_to: the last day, included; None while it lasts.
    """

    id: str
    coordination_id: str
    valid_from: datetime.date
    valid_to: datetime.date | None = None

    @property
    def last(self) -> datetime.date:
        """The last day, far in the future while the group lasts."""
        return self.valid_to or datetime.date.max

    def holds_on(self, day: datetime.date) -> bool:
        """Whether the group exists on the day."""
        return self.valid_from <= day <= self.last


@dataclass(frozen=True)
class DivisionCoverage:
    """Which member stands for which *división*, on one day (R-037, A-11).

    :ivar members: the designations of members in force.
    """

    divisions: tuple[UnitPeriod, ...]
    members: tuple[Designation, ...]

    def is_represented_by(self, division: UnitPeriod, member: Designation) -> bool:
        """One cell of the matrix."""
        return division.unit_id in member.represents

    @property
    def gaps(self) -> tuple[UnitPeriod, ...]:
        """The divisiones that nobody stands for."""
        covered = {division for member in self.members for division in member.represents}
        return tuple(division for division in self.divisions if division.unit_id not in covered)


@dataclass(frozen=True)
class CoordinationCoverage:
    """Who is in the group of one coordinación, on one day (R-019 to R-021).

    :ivar group: None when the coordinación has none.
    """

    coordination: UnitPeriod
    group: WorkingGroup | None
    liaisons: tuple[Designation, ...]
    members: tuple[Designation, ...]

    @property
    def is_covered(self) -> bool:
        """Whether it has a group with a liaison and a member."""
        return bool(self.group and self.liaisons and self.members)


def division_coverage(
    unit_id: str,
    designations: Iterable[Designation],
    tree: UnitTree,
    rules: DesignationRules,
) -> DivisionCoverage:
    """The matrix of divisiones and members, on the day of the tree.

    :param unit_id: a group's *coordinación central*, or a unit for all of its groups together.
    """
    places = {unit.unit_id for unit in tree.within(unit_id)}
    members = tuple(
        designation
        for designation in in_force(designations, tree.day)
        if designation.post is Post.MEMBER
        and designation.unit_id in places
        and is_held(designation, tree, rules)
    )
    return DivisionCoverage(tree.to_represent(unit_id), members)


def coordination_coverage(
    groups: Iterable[WorkingGroup],
    designations: Iterable[Designation],
    tree: UnitTree,
    rules: DesignationRules,
    unit_id: str | None = None,
) -> tuple[CoordinationCoverage, ...]:
    """Every coordinación central with its group, liaisons and members.

    :param unit_id: only those of one unit; of the whole organism when None.
    """
    current = {group.coordination_id: group for group in groups if group.holds_on(tree.day)}
    kept = in_force(designations, tree.day)
    return tuple(
        CoordinationCoverage(
            coordination,
            current.get(coordination.unit_id),
            holders(Post.LIAISON, coordination.unit_id, kept, tree, rules),
            holders(Post.MEMBER, coordination.unit_id, kept, tree, rules),
        )
        for coordination in tree.with_working_group(unit_id)
    )


def holders(
    post: Post,
    coordination_id: str,
    designations: Iterable[Designation],
    tree: UnitTree,
    rules: DesignationRules,
) -> tuple[Designation, ...]:
    """Who holds a post for one group, on the day of the tree: there, above it, or everywhere."""
    places = {coordination_id, *(unit.unit_id for unit in tree.ancestors(coordination_id)), None}
    return tuple(
        designation
        for designation in in_force(designations, tree.day)
        if designation.post is post
        and designation.unit_id in places
        and is_held(designation, tree, rules)
    )


def people_of(
    coordination_id: str,
    designations: Iterable[Designation],
    tree: UnitTree,
    rules: DesignationRules,
) -> frozenset[str]:
    """The users that are in a group on the day of the tree, by any letter of IV.1.A."""
    kept = in_force(designations, tree.day)
    posts = (rule.code for rule in rules.posts if rule.in_group)
    found = (holders(post, coordination_id, kept, tree, rules) for post in posts)
    return frozenset(designation.person for held in found for designation in held)


def group_problems(
    coordination_id: str,
    designations: Iterable[Designation],
    tree: UnitTree,
    rules: CapabilityRules,
) -> tuple[Problem, ...]:
    """What a group lacks on the day of the tree; a head without a representative lacks nothing."""
    kept = in_force(designations, tree.day)
    unit = tree.units.get(coordination_id)
    if unit is None:
        return (Problem("group-unit-unknown", facts={"unit": coordination_id}),)
    facts = {"unit": unit.name}

    def nobody(*posts: Post) -> bool:
        return not any(
            holders(post, coordination_id, kept, tree, rules.designations) for post in posts
        )

    found = []
    if nobody(Post.LIAISON):
        acts = told(*rules.acts_needing_liaison)
        found.append(Problem("group-without-liaison", facts={**facts, "acts": acts}))
    if nobody(Post.MEMBER):
        found.append(Problem("group-without-member", facts=facts))
    if nobody(Post.ADMINISTRATOR, Post.ADMINISTRATOR_DELEGATE):
        found.append(Problem("group-without-administrator", facts=facts))
    for division in division_coverage(coordination_id, kept, tree, rules.designations).gaps:
        found.append(
            Problem("group-division-uncovered", facts={**facts, "division": division.name})
        )
    return tuple(found)


def organism_problems(
    groups: Iterable[WorkingGroup],
    designations: Iterable[Designation],
    tree: UnitTree,
    rules: DesignationRules,
) -> tuple[Problem, ...]:
    """What the organism lacks on the day of the tree, besides what each group lacks.

    Groups (R-019), its administrator (R-013), and who represents the divisiones that hang from a
    unit and not from a coordinación (R-037).
    """
    current = [group for group in groups if group.holds_on(tree.day)]
    kept = tuple(held for held in in_force(designations, tree.day) if is_held(held, tree, rules))
    return (
        *_groups_in_place(current, tree),
        *_administrators(kept),
        *_loose_divisions(kept, tree),
    )


def new_group_problems(
    group: WorkingGroup, others: Iterable[WorkingGroup], tree: UnitTree
) -> tuple[Problem, ...]:
    """Why a group cannot be made so.

    :param others: the groups there are; the one itself is passed over.
    :param tree: of the group's first day.
    """
    unit = tree.units.get(group.coordination_id)
    facts = {"unit": unit.name if unit else group.coordination_id}
    found = []
    if unit is None:
        found.append(Problem("group-unit-unknown", facts=facts))
    elif unit not in tree.with_working_group():
        found.append(Problem("group-not-of-coordination", facts=facts))
    if group.last < group.valid_from:
        found.append(Problem("group-dates-backwards", facts=facts))
    for other in others:
        same = other.id != group.id and other.coordination_id == group.coordination_id
        if same and max(other.valid_from, group.valid_from) <= min(other.last, group.last):
            since = other.valid_from.isoformat()
            found.append(Problem("group-twice", facts={**facts, "since": since}))
    return tuple(found)


def _groups_in_place(current: Iterable[WorkingGroup], tree: UnitTree) -> Iterator[Problem]:
    counts: dict[str, int] = {}
    since: dict[str, str] = {}
    for group in current:
        counts[group.coordination_id] = counts.get(group.coordination_id, 0) + 1
        since[group.coordination_id] = group.valid_from.isoformat()
    for unit in tree.with_working_group():
        count = counts.pop(unit.unit_id, 0)
        if not count:
            yield Problem("group-missing", facts={"unit": unit.name})
        elif count > 1:
            facts = {"unit": unit.name, "since": since[unit.unit_id]}
            yield Problem("group-twice", facts=facts)
    for unit_id in counts:
        if unit_id in tree.units:
            name = tree.units[unit_id].name
            yield Problem("group-not-of-coordination", facts={"unit": name})
        else:
            yield Problem("group-unit-unknown", facts={"unit": unit_id})


def _loose_divisions(current: Iterable[Designation], tree: UnitTree) -> Iterator[Problem]:
    """The divisiones in no group that no member of their unit's groups stands for."""
    covered = {
        (division, signing.unit_id)
        for member in current
        if member.post is Post.MEMBER and (signing := tree.signing_unit(member.unit_id or ""))
        for division in member.represents
    }
    for division in tree.outside_groups():
        signing = tree.signing_unit(division.unit_id)
        if signing is None or (division.unit_id, signing.unit_id) not in covered:
            facts = {"unit": signing.name if signing else "…", "division": division.name}
            yield Problem("unit-division-uncovered", facts=facts)


def _administrators(current: Iterable[Designation]) -> Iterator[Problem]:
    people = {found.person for found in current if found.post is Post.ADMINISTRATOR}
    if not people:
        yield Problem("administrator-missing")
    elif len(people) > 1:
        yield Problem("administrator-twice", facts={"count": len(people)})
