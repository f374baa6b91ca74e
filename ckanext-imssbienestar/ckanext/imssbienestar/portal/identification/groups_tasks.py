"""What groups wait for: to be made, to be completed, a designation that ends soon."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.designations import Designation
from ckanext.imssbienestar.domain.working_groups import organism_problems
from ckanext.imssbienestar.portal import groups, people_names, texts
from ckanext.imssbienestar.portal.identification.tasks import Task
from ckanext.imssbienestar.procedure import groups as stored
from ckanext.imssbienestar.procedure.people import People
from ckanext.imssbienestar.procedure.rules import designation_rules

_SOON = datetime.timedelta(days=30)
"""Our own notice, not a term of the Procedure: a designation that ends leaves somebody to name."""


def tasks_of(people: People, person: str, today: datetime.date) -> Iterator[Task]:
    """For who keeps the groups, what they lack; for everybody, the own designations that end."""
    if people.may(person, "keep_groups"):
        yield from _of_keeper(people, person)
        yield from _ending(people, people.designations, today)
    else:
        yield from _ending(people, people.held_by(person), today)


def _of_keeper(people: People, person: str) -> Iterator[Task]:
    lines = groups.listed(person)
    without = sum(1 for line in lines if line["group"] is None)
    lacking = sum(1 for line in lines if line["group"] is not None and not line["complete"])
    url = tk.url_for("imss_group.index")
    if without:
        text = tk.ungettext(
            "Make the working group of {count} coordination.",
            "Make the working group of {count} coordinations.",
            without,
        )
        yield Task(text.format(count=without), url)
    if lacking:
        text = tk.ungettext(
            "Complete {count} working group.", "Complete {count} working groups.", lacking
        )
        yield Task(text.format(count=lacking), url)
    problems = organism_problems(
        stored.groups(model.Session), people.designations, people.tree, designation_rules()
    )
    if any(problem.code.startswith("administrator-") for problem in problems):
        yield Task(tk._("See that there is one Open Data Administrator, and one only."), url)


def _ending(people: People, held: tuple[Designation, ...], today: datetime.date) -> Iterator[Task]:
    ending = [each for each in held if each.valid_to and each.valid_to <= today + _SOON]
    users = people_names.names_of(each.person for each in ending)
    for each in ending:
        post = designation_rules().post(each.post).label(texts.language())
        text = tk._("The designation of {person} as {post} ends: see who follows.")
        unit = people.tree.units.get(each.unit_id or "")
        yield Task(
            text.format(person=users[each.person], post=post),
            tk.url_for("imss_group.index"),
            place=unit.name if unit else "",
            until=each.valid_to,
        )
