"""The pages of the publishable copy, as its tests ask for them."""

from __future__ import annotations

import re
from typing import Any

from catalogue_cast import Person, Unit
from ckan.tests import factories


def headers_of(person: Person) -> dict[str, str]:
    """The headers that say who asks."""
    return {"Authorization": factories.APIToken(user=person.name)["token"]}


def copy_page(dataset: dict[str, Any]) -> str:
    """The address of the page of the copy of a dataset's only file."""
    return f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/copy"


def seen_copy(page: str) -> str:
    """What a page of a copy asks back, to know which copy the person saw."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def hash_now(unit: Unit, dataset: dict[str, Any]) -> str:
    """The SHA-256 of the file that a dataset has now."""
    return str(unit.liaison.call("resource_show", id=dataset["resources"][0]["id"])["hash"])
