"""The releases that wait for a person: to sign or to publish (chapter 3)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.workflow import State, Transition, available
from ckanext.imssbienestar.model import Release
from ckanext.imssbienestar.portal import permissions
from ckanext.imssbienestar.portal.identification.tasks import Task
from ckanext.imssbienestar.procedure import releases
from ckanext.imssbienestar.procedure.people import People

_WAITING = (State.IN_REVIEW.value, State.SIGNED.value)


def tasks_of(people: People, person: str, today: datetime.date) -> Iterator[Task]:
    """What the workflow lets this person sign or publish now."""
    under_way = sa.select(Release).where(Release.state.in_(_WAITING)).order_by(Release.modified)
    for release in model.Session.scalars(under_way):
        roles = permissions.roles_of(person, release.organization_id)
        if not roles:
            continue
        offered = available(releases.standing(model.Session, release), person, roles)
        sentence = _sentence(offered)
        if sentence is None:
            continue
        dataset = model.Package.get(release.working_id)
        unit = people.tree.units.get(release.organization_id)
        yield Task(
            what=sentence.format(dataset=dataset.title or dataset.name),
            url=tk.url_for("dataset.read", id=dataset.name),
            place=unit.name if unit else "",
        )


def _sentence(offered: tuple[Transition, ...]) -> str | None:
    if Transition.SIGN in offered:
        return str(tk._("Sign the release of “{dataset}”."))
    if Transition.PUBLISH in offered:
        return str(tk._("Publish “{dataset}”."))
    return None
