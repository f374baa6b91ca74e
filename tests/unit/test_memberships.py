"""Memberships that designations give: those given by hand are never touched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from organism import TREE, designation

from ckanext.imssbienestar.domain.designations import Post
from ckanext.imssbienestar.procedure.memberships import Place, changes, wanted
from ckanext.imssbienestar.procedure.people import People

PLACES = st.builds(Place, st.sampled_from("ab"), st.sampled_from("xyz"))
CAPACITIES = st.sampled_from(["member", "editor", "admin"])
MEMBERSHIPS = st.dictionaries(PLACES, CAPACITIES)


@given(wants=MEMBERSHIPS, granted=MEMBERSHIPS, actual=MEMBERSHIPS)
def test_only_what_was_given_is_changed_and_once(
    wants: dict[Place, str], granted: dict[Place, str], actual: dict[Place, str]
) -> None:
    found = changes(wants, granted, actual)
    after = {place: role for place, role in actual.items() if place not in found.take}
    after.update(found.give)
    for place, role in actual.items():
        if granted.get(place) != role:  # somebody's own
            assert after[place] == role
    for place in wants:
        assert place in after
    for place in after.keys() - wants.keys():
        assert actual[place] != granted.get(place)
    kept = {
        place: role
        for place, role in granted.items()
        if place not in found.take and place not in found.forget
    } | dict(found.give)
    again = changes(wants, kept, after)
    assert (again.give, again.take, again.forget) == ({}, {}, frozenset())


def test_the_greater_of_two_posts_counts_and_the_organism_gives_none() -> None:
    people = People(
        TREE,
        (
            designation(Post.HEAD_REPRESENTATIVE, "U1"),
            designation(Post.LIAISON, "U1"),
            designation(Post.MEMBER, "C3"),
            designation(Post.MEMBER, "U2"),  # not a place where the post is held
            designation(Post.ADMINISTRATOR, person="eva"),
        ),
    )
    assert wanted(people) == {Place("ana", "U1"): "editor", Place("ana", "C3"): "member"}
