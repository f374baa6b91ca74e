"""The group that an action of Formato 1 is about, and who acts in it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context

from ckanext.imssbienestar.portal import acting, permissions
from ckanext.imssbienestar.portal.logic.coordination import coordination_id
from ckanext.imssbienestar.procedure.inventory import Coordination, Writer, coordination_of
from ckanext.imssbienestar.procedure.people import Acting


@dataclass(frozen=True)
class Desk:
    """Whoever writes in a Formato 1, in which post, and in whose."""

    coordination: Coordination
    actor: Acting
    writer: Writer


def coordination_for(context: Context, name_or_id: str, action: str) -> Coordination:
    """The group, for somebody who may call the action about it.

    :raises toolkit.NotAuthorized: the person may not, or there is no such group.
    """
    found = coordination_id(context, name_or_id, action)
    return coordination_of(acting.people().tree, found)


def desk_for(context: Context, name_or_id: str, action: str, act: str) -> Desk:
    """The group and the person who does an act in it.

    :raises toolkit.NotAuthorized: the person may not, or there is no such group.
    """
    found = coordination_id(context, name_or_id, action)
    actor = acting.require(context, act, found)
    people = acting.people()
    return Desk(
        coordination_of(people.tree, found),
        actor,
        Writer(
            actor.person,
            datetime.datetime.now(datetime.UTC),
            permissions.today(),
            reviews=people.may(actor.person, "review_as_liaison", found),
        ),
    )


def kept(desk: Desk, act: str, changes: dict[str, Any]) -> None:
    """Put what was done in the history, and commit."""
    acting.record(desk.actor, act, f"inventory:{desk.coordination.id}", changes)
    model.Session.commit()


def not_there() -> tk.ObjectNotFound:
    """What is answered about a database or version that is not in this Formato 1."""
    return tk.ObjectNotFound(tk._("There is no such database in this Formato 1."))
