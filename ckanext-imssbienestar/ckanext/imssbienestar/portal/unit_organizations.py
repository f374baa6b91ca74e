"""The units as CKAN's organizations: id = who the unit is, title = what it is called today.

The name, which is in every address, is made once and stays when the unit is renamed or moved
(R-176). The hierarchy is kept as CKAN keeps one: rows of its own member table with the capacity
``parent``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import sqlalchemy as sa
from ckan import model
from ckan.lib import search
from ckan.lib.munge import munge_title_to_name

from ckanext.imssbienestar.domain.units import UnitPeriod, UnitRegister

_PARENT = "parent"
_LONGEST_NAME = 100


def keep(register: UnitRegister, day: datetime.date) -> list[str]:
    """Make the organizations of all units what they are on a day; does not commit.

    A unit that no longer exists keeps its organization, its datasets and their addresses.

    :returns: the organizations whose title changed, for :func:`show_titles`.
    """
    units = {unit_id: _standing(register, unit_id, day) for unit_id in register.unit_ids}
    organizations = {
        organization.id: organization
        for organization in model.Session.scalars(
            sa.select(model.Group).where(model.Group.id.in_(units))
        )
    }
    names = _Names()
    renamed = []
    for unit_id, unit in units.items():
        organization = organizations.get(unit_id)
        if organization is None:
            model.Session.add(_organization(unit, names.free(unit.name)))
        elif organization.title != unit.name:
            organization.title = unit.name
            renamed.append(unit_id)
    model.Session.flush()
    _hang({unit_id: unit.parent_id for unit_id, unit in units.items()})
    model.Session.flush()
    return renamed


def show_titles(organization_ids: Iterable[str]) -> None:
    """Put new titles in the search results of these organizations' datasets; after the commit."""
    wanted = list(organization_ids)
    if not wanted:
        return
    datasets = sa.select(model.Package.id).where(
        model.Package.owner_org.in_(wanted), model.Package.state == "active"
    )
    found = list(model.Session.scalars(datasets))
    if found:
        search.rebuild(package_ids=found)


def ids_by_name(names: Iterable[str]) -> dict[str, str]:
    """Name -> id of the organizations that there are of these names."""
    query = sa.select(model.Group.name, model.Group.id).where(
        model.Group.name.in_(list(names)), model.Group.is_organization.is_(True)
    )
    return {row.name: row.id for row in model.Session.execute(query)}


def names_by_id(unit_ids: Iterable[str]) -> dict[str, str]:
    """Id -> name of the organizations of units, as addresses have it."""
    query = sa.select(model.Group.name, model.Group.id).where(model.Group.id.in_(list(unit_ids)))
    return {row.id: row.name for row in model.Session.execute(query)}


def _standing(register: UnitRegister, unit_id: str, day: datetime.date) -> UnitPeriod:
    """What a unit is on a day; before its first, what it will be; after its last, what it was."""
    found = register.at(unit_id, day)
    history = register.history(unit_id)
    past = [period for period in history if period.valid_from <= day]
    return found or (past[-1] if past else history[0])


def _organization(unit: UnitPeriod, name: str) -> model.Group:
    organization = model.Group(name=name, title=unit.name, type="organization")
    organization.id = unit.unit_id
    organization.is_organization = True
    return organization


def _hang(parents: dict[str, str | None]) -> None:
    """Write who hangs from whom, and undo what was otherwise."""
    rows = model.Session.scalars(
        sa.select(model.Member).where(
            model.Member.table_name == "group",
            model.Member.capacity == _PARENT,
            model.Member.group_id.in_(parents),
        )
    )
    hung: set[str] = set()
    for row in rows:
        right = parents[row.group_id or ""] == row.table_id and row.group_id not in hung
        row.state = "active" if right else "deleted"
        if right:
            hung.add(str(row.group_id))
    new = [
        {"group_id": unit_id, "table_id": parent_id, "table_name": "group", "capacity": _PARENT}
        for unit_id, parent_id in parents.items()
        if parent_id is not None and unit_id not in hung
    ]
    if new:
        model.Session.execute(sa.insert(model.Member), new)


class _Names:
    """Names of organizations that are still free; none is an id, which addresses take too."""

    def __init__(self) -> None:
        taken = model.Session.execute(sa.select(model.Group.name, model.Group.id))
        self._taken = {text for row in taken for text in row}

    def free(self, title: str) -> str:
        """A name made of a title, with a number where that is taken."""
        plain = munge_title_to_name(title)
        number, name = 1, plain
        while name in self._taken or len(name) < 2:
            number += 1
            ending = f"-{number}"
            name = (plain[: _LONGEST_NAME - len(ending)] or "unidad") + ending
        self._taken.add(name)
        return name
