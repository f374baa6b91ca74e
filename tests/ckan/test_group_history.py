"""The history of a group: who reads it, what it tells, and that every act has words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from catalogue_cast import Person
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from identification_cast import Organism

import ckanext.imssbienestar.portal
from ckanext.imssbienestar.portal.identification.history_views import acts

pytestmark = pytest.mark.usefixtures("with_plugins")


def _page(app: Any, person: Person, name: str, **options: Any) -> Any:
    headers = {"Authorization": factories.APIToken(user=person.name)["token"]}
    return app.get(f"/working-group/{name}/history", headers=headers, **options)


@pytest.mark.req("R-028")
def test_it_tells_who_designated_whom_and_by_which_letter(organism: Organism) -> None:
    found = organism.member.call("imss_history_list", coordination=organism.coordination)
    assert found["count"] == len(found["results"])
    acted = {event["act"] for event in found["results"]}
    assert "designation.recorded" in acted
    numbers = [event["number"] for event in found["results"]]
    assert numbers == sorted(numbers, reverse=True)


@pytest.mark.req("R-057")
class TestWhoReads:
    """The group, its liaison, the head of the unit and the Transparency Unit."""

    def test_those_of_the_group(self, organism: Organism, app: Any) -> None:
        for person in (organism.liaison, organism.member, organism.head, organism.transparency):
            answer = _page(app, person, organism.coordination)
            assert "Registró una designación" in answer.body, person

    @pytest.mark.parametrize("name", ["stranger", "sysadmin", "other_liaison", "other_head"])
    def test_nobody_else(self, organism: Organism, app: Any, name: str) -> None:
        person = organism.people()[name]
        assert _page(app, person, organism.coordination).status_code == 404
        with pytest.raises(tk.NotAuthorized):
            person.call("imss_history_list", coordination=organism.coordination)

    def test_another_group_is_not_told_of_this_one(self, organism: Organism) -> None:
        own = organism.other_head.call(
            "imss_history_list", coordination=organism.other_coordination
        )
        theirs = organism.member.call("imss_history_list", coordination=organism.coordination)
        of_own = {event["subject"] for event in own["results"]}
        of_theirs = {event["subject"] for event in theirs["results"]}
        assert of_own
        assert of_own.isdisjoint(of_theirs)


def test_every_act_that_is_recorded_has_words() -> None:
    recorded = set()
    for path in Path(ckanext.imssbienestar.portal.__path__[0]).rglob("*.py"):
        recorded |= set(re.findall(r'record\(\s*[^,()]+,\s*"([a-z_.]+)"', path.read_text("utf-8")))
    assert recorded
    assert recorded - acts().keys() == set()
