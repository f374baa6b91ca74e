"""What waits in the analysis of public interest and in Formato 2, for *Mi trabajo*."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.units import UnitPeriod
from ckanext.imssbienestar.portal.identification.tasks import Task
from ckanext.imssbienestar.portal.logic.coordination import ALTERED
from ckanext.imssbienestar.procedure import analysis, closed_inventories, concentrado
from ckanext.imssbienestar.procedure.concentrado import Outdated
from ckanext.imssbienestar.procedure.people import People


def tasks_of(people: People, person: str, today: datetime.date) -> Iterator[Task]:
    """Databases to decide about, and a Formato 2 to generate; the Procedure gives no last day."""
    for unit in people.tree.with_working_group():
        if people.may(person, "analyse", unit.unit_id):
            may_generate = people.may(person, "generate_concentrado", unit.unit_id)
            yield from _tasks(unit, may_generate=may_generate)


def _tasks(unit: UnitPeriod, *, may_generate: bool) -> Iterator[Task]:
    version = closed_inventories.newest(model.Session, unit.unit_id)
    if version is None:
        return
    name = model.Group.get(unit.unit_id).name
    if count := analysis.undecided_count(model.Session, version):
        said = tk.ungettext(
            "Decide about the public interest of {count} database.",
            "Decide about the public interest of {count} databases.",
            count,
        )
        address = tk.url_for("imss_analysis.read", name=name, show="undecided")
        yield Task(said.format(count=count), address, unit.name)
    elif may_generate and _is_missing(unit.unit_id):
        address = tk.url_for("imss_concentrado.read", name=name)
        yield Task(tk._("Generate Formato 2."), address, unit.name)


def _is_missing(coordination_id: str) -> bool:
    newest = concentrado.newest(model.Session, coordination_id)
    if newest is None:
        return True
    now = datetime.datetime.now(datetime.UTC)
    try:
        return concentrado.outdated(model.Session, newest, now) is not Outdated.NO
    except ALTERED:  # its own page says so
        return True
