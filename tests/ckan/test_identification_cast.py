"""The organism that the tests of chapters 1 and 2 share is what it says."""

from __future__ import annotations

import pytest
from ckan import model
from identification_cast import Organism

from ckanext.imssbienestar.domain.designations import Post
from ckanext.imssbienestar.portal import acting

pytestmark = pytest.mark.usefixtures("with_plugins")


def test_everybody_holds_the_post_of_their_name(organism: Organism) -> None:
    people = acting.people()
    assert people.group("C1") == {
        person.id
        for person in (
            organism.liaison,
            organism.member,
            organism.representative,
            organism.delegate,
            organism.administrator,
        )
    }
    assert [held.person for held in people.holders(Post.LIAISON, "C3")] == [
        organism.liaison_of_transparency.id
    ]
    for name in ("stranger", "sysadmin"):
        assert not people.capabilities(organism.people()[name].id)
    assert model.Group.get(organism.coordination).id == "C1"
