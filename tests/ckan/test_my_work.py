"""*Mi trabajo*: what waits for a person, and nothing for anybody else."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from catalogue_cast import Person, SampleMaker, Unit, make_person
from ckan.tests import factories

from ckanext.imssbienestar.portal.identification.tasks import Task, in_order

pytestmark = pytest.mark.usefixtures("with_plugins")


@pytest.fixture
def page(app: Any) -> Callable[[Person], Any]:
    """The page as a person sees it."""

    def get(person: Person) -> Any:
        headers = {"Authorization": factories.APIToken(user=person.name)["token"]}
        return app.get("/my-work", headers=headers)

    return get


class TestPage:
    """Who sees what."""

    def test_nobody_is_sent_to_the_login(self, clean_site: None, app: Any) -> None:
        answer = app.get("/my-work", follow_redirects=False)
        assert answer.status_code in {302, 403}

    def test_without_a_designation_it_says_so(
        self, unit: Unit, page: Callable[[Person], Any]
    ) -> None:
        assert "ninguna designación vigente" in page(make_person("visitante")).body

    def test_a_release_waits_for_one_after_the_other(
        self, unit: Unit, make_dataset: SampleMaker, page: Callable[[Person], Any]
    ) -> None:
        dataset = make_dataset()
        release = unit.liaison.call("imss_release_submit", id=dataset["id"])
        address = f'href="/dataset/{dataset["name"]}"'
        seen = {person.name: address in page(person).body for person in unit.people()}
        assert seen == {
            unit.liaison.name: False,
            unit.head.name: True,
            unit.transparency.name: False,
            unit.administrator.name: False,
        }
        unit.head.call("imss_release_sign", id=release["id"], oficio_number="OF/1/2026")
        unit.transparency.call("imss_release_sign", id=release["id"])
        assert address not in page(unit.head).body
        assert address in page(unit.administrator).body


def test_the_most_urgent_comes_first() -> None:
    late, soon = datetime.date(2026, 1, 1), datetime.date(2026, 12, 1)
    tasks = [Task("b", "/"), Task("a", "/", until=soon), Task("c", "/", until=late)]
    assert [task.what for task in in_order(tasks)] == ["c", "a", "b"]
    assert in_order(tasks)[0].is_late(soon)
    assert not tasks[1].is_late(soon)
