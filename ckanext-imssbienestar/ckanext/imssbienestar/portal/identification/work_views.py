"""*Mi trabajo*: what waits for a person today and until when, whatever group or unit it is in."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable

from ckan.plugins import toolkit as tk
from flask import Blueprint

from ckanext.imssbienestar.portal import acting, permissions, texts
from ckanext.imssbienestar.portal.identification import (
    analysis_tasks,
    groups_tasks,
    inventory_tasks,
    meetings_tasks,
    oficio_tasks,
    release_tasks,
)
from ckanext.imssbienestar.portal.identification.pages import demand_account
from ckanext.imssbienestar.portal.identification.tasks import Task, in_order
from ckanext.imssbienestar.procedure.people import People
from ckanext.imssbienestar.procedure.rules import designation_rules

imss_work = Blueprint("imss_work", __name__)

Provider = Callable[[People, str, datetime.date], Iterable[Task]]

# Each subject tells what waits for a person in it.
PROVIDERS: tuple[Provider, ...] = (
    release_tasks.tasks_of,
    groups_tasks.tasks_of,
    analysis_tasks.tasks_of,
    meetings_tasks.tasks_of,
    oficio_tasks.tasks_of,
    inventory_tasks.tasks_of,
)


@imss_work.get("/my-work")
def index() -> str:
    """What waits for whoever asks, the most urgent first, and the posts that it comes from."""
    demand_account()
    today = permissions.today()
    people = acting.people()
    person = tk.current_user.id
    return tk.render(
        "imssbienestar/identification/work.html",
        {
            "today": today,
            "tasks": gathered(people, person, today),
            "posts": _posts(people, person),
            "keeps_units": people.may(person, "keep_units"),
        },
    )


def gathered(people: People, person: str, today: datetime.date) -> list[Task]:
    """What waits for a person, of every subject."""
    return in_order([task for provider in PROVIDERS for task in provider(people, person, today)])


def _posts(people: People, person: str) -> list[dict[str, object]]:
    """The designations of a person in force today, as the page tells them."""
    language = texts.language()
    found: list[dict[str, object]] = []
    for held in people.held_by(person):
        unit = people.tree.units.get(held.unit_id or "")
        found.append(
            {
                "post": designation_rules().post(held.post).label(language),
                "place": unit.name if unit else "",
                "oficio": held.oficio.number,
                "until": held.valid_to,
            }
        )
    return found
