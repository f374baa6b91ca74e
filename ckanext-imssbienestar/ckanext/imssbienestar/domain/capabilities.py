"""What a person may do on a day, from the designations in force: the one place that says so.

Pages, API, search and commands ask here; the table is ``schemas/capabilities.yaml``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from ckanext.imssbienestar.domain.designations import (
    Designation,
    DesignationRules,
    Post,
    in_force,
)
from ckanext.imssbienestar.domain.units import UnitTree
from ckanext.imssbienestar.domain.vocabulary import Term
from ckanext.imssbienestar.domain.workflow import Role

_ROLES = frozenset(role.value for role in Role)


class Over(StrEnum):
    """What an act is done to."""

    GROUP = "group"
    UNIT = "unit"
    ORGANISM = "organism"


class Act(Term):
    """Something that only some posts may do.

    :ivar signing: only over a unit whose head signs Oficios de Validación.
    :ivar rows: the rows of ``docs/requirements.csv`` that say so.
    """

    over: Over
    signing: bool = False
    rows: tuple[str, ...]
    posts: tuple[Post, ...]


class Capability(NamedTuple):
    """One act over one group, by its *coordinación central*, or over one unit.

    :ivar unit_id: None for every one of them.
    """

    act: str
    unit_id: str | None


class CapabilityRules(BaseModel):
    """Who may do what."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    acts: tuple[Act, ...]
    designations: DesignationRules

    def act(self, code: str) -> Act:
        """The rule of an act.

        :raises KeyError: there is no such act.
        """
        for act in self.acts:
            if act.code == code:
                return act
        raise KeyError(code)

    def acts_of(self, post: Post) -> tuple[Act, ...]:
        """What a post may do."""
        return tuple(act for act in self.acts if post in act.posts)

    @property
    def acts_needing_liaison(self) -> tuple[Act, ...]:
        """What nobody can do in a group that has no liaison (R-020)."""
        return tuple(
            act for act in self.acts if act.over is Over.GROUP and act.posts == (Post.LIAISON,)
        )


def parse_capability_rules(
    capabilities: Mapping[str, Any], designations: DesignationRules
) -> CapabilityRules:
    """The rules from the content of ``schemas/capabilities.yaml``."""
    return CapabilityRules(acts=capabilities["acts"], designations=designations)


def capabilities(
    designations: Iterable[Designation], tree: UnitTree, rules: CapabilityRules
) -> frozenset[Capability]:
    """Everything that one person may do on the day of the tree.

    :param designations: that person's; the ones not in force on the day give nothing, and neither
        does one held where its post cannot be held that day.
    :raises ValueError: they are of several people.
    """
    return frozenset(
        capability
        for designation in _in_force_of_one(designations, tree)
        for capability in _given(designation, tree, rules)
    )


def may(held: Collection[Capability], act: str, unit_id: str | None = None) -> bool:
    """Whether the capabilities allow an act over this group or unit.

    :param unit_id: the group's *coordinación central*, the unit, or None for the organism.
    """
    return Capability(act, unit_id) in held or Capability(act, None) in held


def workflow_roles(
    designations: Iterable[Designation], tree: UnitTree, unit_id: str, rules: DesignationRules
) -> frozenset[Role]:
    """The roles one person has in the workflow of a unit's releases, on the day of the tree.

    :raises ValueError: the designations are of several people.
    """
    return frozenset(
        Role(designation.post.value)
        for designation in _in_force_of_one(designations, tree)
        if designation.post.value in _ROLES
        and is_held(designation, tree, rules)
        and designation.unit_id in (None, unit_id)
    )


def _in_force_of_one(
    designations: Iterable[Designation], tree: UnitTree
) -> tuple[Designation, ...]:
    """Those in force, after making sure that nobody gets what another was given."""
    held = tuple(designations)
    if len({designation.person for designation in held}) > 1:
        raise ValueError("The capabilities of several people were asked for as one's.")
    return in_force(held, tree.day)


def _given(
    designation: Designation, tree: UnitTree, rules: CapabilityRules
) -> Iterator[Capability]:
    if not is_held(designation, tree, rules.designations):
        return
    place = designation.unit_id
    for act in rules.acts_of(designation.post):
        if place is None:
            yield Capability(act.code, None)
        elif act.over is Over.UNIT:
            if not act.signing or tree.signs(place):
                yield Capability(act.code, place)
        elif act.over is Over.GROUP:
            for coordination in tree.with_working_group(place):
                yield Capability(act.code, coordination.unit_id)


def is_held(designation: Designation, tree: UnitTree, rules: DesignationRules) -> bool:
    """Whether its place is one where its post is held, on the day of the tree."""
    rule = rules.post(designation.post)
    if designation.unit_id is None or not rule.held_in:
        return designation.unit_id is None and not rule.held_in
    unit = tree.units.get(designation.unit_id)
    if unit is None or unit.kind not in rule.held_in:
        return False
    return not rule.signs or tree.signs(unit.unit_id)
