"""What is told of a working group, to those who may read it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.imssbienestar.domain.designations import Designation as Held
from ckanext.imssbienestar.domain.designations import PostRule
from ckanext.imssbienestar.domain.units import UnitPeriod
from ckanext.imssbienestar.domain.working_groups import (
    CoordinationCoverage,
    WorkingGroup,
    coordination_coverage,
    division_coverage,
    group_problems,
    organism_problems,
)
from ckanext.imssbienestar.model import Designation, DesignationOficio
from ckanext.imssbienestar.portal import (
    acting,
    designated,
    people_names,
    permissions,
    problems,
    unit_organizations,
)
from ckanext.imssbienestar.procedure import groups
from ckanext.imssbienestar.procedure.people import People
from ckanext.imssbienestar.procedure.rules import capability_rules, designation_rules


def shown(coordination_id: str) -> dict[str, Any]:
    """A group as the API answers it; it asks for no permission."""
    people = acting.people()
    unit = people.tree.units[coordination_id]
    rules = designation_rules()
    group = groups.group_of(model.Session, coordination_id, people.tree.day)
    near = people.around(coordination_id)
    coverage = division_coverage(coordination_id, near, people.tree, rules)
    in_force = {
        letter: [held for rule in posts for held in people.holders(rule.code, coordination_id)]
        for letter, posts in letters(people, coordination_id).items()
    }
    rows = _rows(held.id for each in in_force.values() for held in each)
    lacks = group_problems(coordination_id, near, people.tree, capability_rules())
    return {
        "coordination": _unit(unit),
        "group": _group(group),
        "people": {
            letter: [rows[held.id] for held in each if held.id in rows]
            for letter, each in in_force.items()
        },
        "coverage": {
            "divisions": [_division(division) for division in coverage.divisions],
            "members": [
                {"id": member.id, "represents": list(member.represents)}
                for member in coverage.members
            ],
            "gaps": [_division(division) for division in coverage.gaps],
        },
        "earlier": _earlier(people, coordination_id),
        "findings": problems.told(lacks),
    }


def letters(people: People, coordination_id: str) -> dict[str, list[PostRule]]:
    """The letters of IV.1.A by which somebody is in this group, and the posts of each."""
    # A coordination whose own head signs is one that hangs from the Dirección General.
    alone = people.tree.signs(coordination_id)
    found: dict[str, list[PostRule]] = {}
    for rule in designation_rules().posts:
        if letter := rule.letter(alone=alone):
            found.setdefault(letter, []).append(rule)
    return dict(sorted(found.items()))


def listed(user_id: str, unit_id: str | None = None) -> list[dict[str, Any]]:
    """The coordinations whose group a person reads, one line each."""
    people = acting.people()
    made = {group.coordination_id: group for group in _on(people.tree.day)}
    own = [
        coverage
        for unit in people.tree.with_working_group(unit_id)
        if people.may(user_id, "read_group", unit.unit_id)
        for coverage in coordination_coverage(
            [made[unit.unit_id]] if unit.unit_id in made else [],
            people.around(unit.unit_id),
            people.tree,
            designation_rules(),
            unit.unit_id,
        )
    ]
    names = unit_organizations.names_by_id(each.coordination.unit_id for each in own)
    users = people_names.names_of(
        held.person for each in own for held in (*each.liaisons, *each.members)
    )
    return [_line(each, people, names, users) for each in own]


def organism_findings(people: People) -> list[dict[str, Any]]:
    """What the organism lacks besides what each group lacks, as findings."""
    found = organism_problems(
        groups.groups(model.Session), people.designations, people.tree, designation_rules()
    )
    return problems.told(found)


def _line(
    coverage: CoordinationCoverage, people: People, names: dict[str, str], users: dict[str, str]
) -> dict[str, Any]:
    unit = coverage.coordination
    near = people.around(unit.unit_id)
    gaps = division_coverage(unit.unit_id, near, people.tree, designation_rules()).gaps
    lacks = group_problems(unit.unit_id, near, people.tree, capability_rules())
    signing = people.tree.signing_unit(unit.unit_id)
    return {
        "coordination_id": unit.unit_id,
        "coordination": names.get(unit.unit_id),
        "title": unit.name,
        "unit_id": signing.unit_id if signing else None,
        "unit_title": signing.name if signing else None,
        "group": _group(coverage.group),
        "liaisons": _told(coverage.liaisons, users),
        "members": _told(coverage.members, users),
        "gaps": [_division(division) for division in gaps],
        "findings": problems.told(lacks),
        "complete": coverage.group is not None and not lacks,
    }


def _earlier(people: People, coordination_id: str) -> list[dict[str, Any]]:
    """The designations that served the group and have ended, the last to end first."""
    above = [unit.unit_id for unit in people.tree.ancestors(coordination_id)]
    posts = [rule.code.value for rule in designation_rules().posts if rule.in_group]
    query = (
        sa.select(Designation, DesignationOficio)
        .outerjoin(DesignationOficio, Designation.oficio_id == DesignationOficio.id)
        .where(
            Designation.role.in_(posts),
            Designation.valid_to < permissions.today(),
            sa.or_(
                Designation.organization_id.is_(None),
                Designation.organization_id.in_([coordination_id, *above]),
            ),
        )
        .order_by(Designation.valid_to.desc(), Designation.created.desc())
    )
    return designated.shown_all((row, letter) for row, letter in model.Session.execute(query))


def _rows(designation_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    query = (
        sa.select(Designation, DesignationOficio)
        .outerjoin(DesignationOficio, Designation.oficio_id == DesignationOficio.id)
        .where(Designation.id.in_(list(designation_ids)))
    )
    rows = [(row, letter) for row, letter in model.Session.execute(query)]
    return {each["id"]: each for each in designated.shown_all(rows)}


def _on(day: datetime.date) -> list[WorkingGroup]:
    """The groups that there are on a day."""
    return [group for group in groups.groups(model.Session) if group.holds_on(day)]


def _told(held: Iterable[Held], users: dict[str, str]) -> list[dict[str, str]]:
    return [{"user_id": each.person, "title": users.get(each.person, "")} for each in held]


def _group(group: WorkingGroup | None) -> dict[str, str | None] | None:
    if group is None:
        return None
    return {"valid_from": _day(group.valid_from), "valid_to": _day(group.valid_to)}


def _unit(unit: UnitPeriod) -> dict[str, Any]:
    names = unit_organizations.names_by_id([unit.unit_id])
    return {"id": unit.unit_id, "name": names.get(unit.unit_id), "title": unit.name}


def _division(unit: UnitPeriod) -> dict[str, str]:
    return {"id": unit.unit_id, "title": unit.name}


def _day(value: datetime.date | None) -> str | None:
    return value.isoformat() if value else None
