"""Designations that are never overwritten, and what they allow on a day."""

from __future__ import annotations

import datetime
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from organism import (
    CAPABILITY_RULES,
    DAY,
    DESIGNATION_RULES,
    START,
    TODAY,
    TREE,
    UNITS,
    designation,
)

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.capabilities import (
    Capability,
    Over,
    capabilities,
    may,
    workflow_roles,
)
from ckanext.imssbienestar.domain.designations import (
    Designation,
    DesignationNotChanged,
    Oficio,
    Post,
    designation_problems,
    ended,
    in_force,
    replaced,
)
from ckanext.imssbienestar.domain.workflow import (
    UNIT_ROLES,
    Role,
    SignOff,
    Standing,
    State,
    Transition,
    roles_for,
)
from ckanext.imssbienestar.domain.working_groups import group_problems

LATER = datetime.date(2026, 1, 1)
PLACES = (None, *UNITS.unit_ids)


def problems(made: Designation, *others: Designation) -> list[str]:
    found = designation_problems(made, others, UNITS, DESIGNATION_RULES, TODAY)
    for language in ("es", "en"):
        assert len(problem_findings(found, language)) == len(found)
    return [problem.code for problem in found]


@pytest.mark.req("R-025", "R-028")
def test_replacing_keeps_the_earlier_one() -> None:
    ana = designation(Post.LIAISON, "C1", valid_to=TODAY)
    eva = designation(Post.LIAISON, "C1", person="eva", valid_from=LATER)
    kept = replaced([ana], ana.id, eva)
    assert kept == (replace(ana, valid_to=LATER - DAY), eva)
    assert in_force(kept, LATER - DAY) == (kept[0],)
    assert in_force(kept, LATER) == (eva,)
    assert problems(eva, *kept) == []
    for wrong in (
        replace(eva, valid_from=START),
        replace(eva, unit_id="C2"),
        replace(eva, id=ana.id),
    ):
        with pytest.raises(DesignationNotChanged):
            replaced([ana], ana.id, wrong)
    with pytest.raises(DesignationNotChanged):
        ended(ana, TODAY)
    with pytest.raises(DesignationNotChanged):
        ended(ana, START - DAY)


WITHOUT = Oficio("", None, "aa")


@pytest.mark.req("R-013", "R-021", "R-022", "R-023", "R-025", "R-028", "R-037")
@pytest.mark.parametrize(
    ("made", "codes"),
    [
        (designation(Post.MEMBER, "C1", represents=("D1", "D2")), []),
        (designation(Post.MEMBER, "C4", level="coordinator"), []),
        (designation(Post.HEAD_REPRESENTATIVE, "U1", level="operative"), []),
        (designation(Post.MEMBER, "C4", level="subdivision_head"), ["designation-level"]),
        (designation(Post.MEMBER, "C1", level=""), ["designation-level-missing"]),
        (designation(Post.MEMBER, "U1"), ["designation-place"]),
        (designation(Post.MEMBER), ["designation-place"]),
        (designation(Post.ADMINISTRATOR, "U1"), ["designation-place"]),
        (designation(Post.MEMBER, "none"), ["designation-unit-unknown"]),
        (
            designation(Post.MEMBER, "C1", represents=("D3",)),
            ["designation-division-elsewhere"],
        ),
        (designation(Post.UNIT_HEAD, "U1"), []),
        (designation(Post.UNIT_HEAD, "C4"), []),
        (designation(Post.UNIT_HEAD, "C1"), ["designation-unit-does-not-sign"]),
        (
            designation(Post.LIAISON, "C1", oficio=WITHOUT),
            ["designation-oficio-number", "designation-oficio-file", "designation-oficio-date"],
        ),
        (
            designation(Post.LIAISON, "C1", oficio=Oficio("1", TODAY + DAY, "a" * 64)),
            ["designation-oficio-future"],
        ),
        (
            designation(Post.LIAISON, "C1", oficio=Oficio("1", TODAY, "a" * 64)),
            ["designation-before-oficio"],
        ),
        (designation(Post.LIAISON, "C1", valid_to=START - DAY), ["designation-dates-backwards"]),
        (designation(Post.LIAISON, "C1", valid_to=TODAY - DAY), ["designation-expired"]),
        (designation(Post.LIAISON, "C1", valid_from=TODAY + DAY), ["designation-future"]),
    ],
)
def test_what_a_designation_is_held_to(made: Designation, codes: list[str]) -> None:
    assert problems(made, made) == codes


def test_levels_are_known_by_the_words_of_an_oficio() -> None:
    levels = DESIGNATION_RULES.levels
    said = ["JEFA DE DIVISIÓN", "Divisionario", "coordinador técnico", "Otra cosa"]
    assert [level and level.code for level in map(levels.read, said)] == [
        "division_head",
        "division_head",
        "technical_coordinator",
        None,
    ]
    # No two levels have a word in common.
    assert all(
        levels.read(word) is level
        for level in levels.levels
        for word in (level.code, level.es, level.en, *level.also)
    )


@pytest.mark.req("R-013", "R-028")
def test_a_place_for_one_is_not_held_by_two() -> None:
    ana = designation(Post.ADMINISTRATOR, valid_to=LATER)
    eva = designation(Post.ADMINISTRATOR, person="eva", valid_from=LATER)
    assert problems(eva, ana) == ["designation-place-taken"]
    assert problems(replace(ana, id="again"), ana) == ["designation-expired", "designation-overlap"]
    assert problems(replace(eva, valid_from=LATER + DAY), ana) == []
    member = designation(Post.MEMBER, "C1", person="eva")
    assert problems(member, designation(Post.MEMBER, "C1")) == []


HELD = (designation(Post.MEMBER, "C1"),)


def may_do(act: str, unit_id: str | None, *held: Designation) -> bool:
    return may(capabilities(held, TREE, CAPABILITY_RULES), act, unit_id)


@pytest.mark.req("R-020", "R-042")
def test_who_may_do_what() -> None:
    liaison, member = designation(Post.LIAISON, "U1"), designation(Post.MEMBER, "C1")
    for group in ("C1", "C2"):
        assert may_do("send_to_transparency_unit", group, liaison)
        assert may_do("edit_inventory", group, liaison)
    assert not may_do("send_to_transparency_unit", "C3", liaison)
    assert may_do("edit_inventory", "C1", member)
    assert not may_do("edit_inventory", "C2", member)
    for act in CAPABILITY_RULES.acts_needing_liaison:
        assert not may_do(act.code, "C1", member)
    assert not may_do("observe", "C1", liaison, member)
    operator = designation(Post.TRANSPARENCY_OPERATOR)
    assert may_do("observe", "C4", operator)
    assert not may_do("release_sign", "U1", operator)
    assert may_do("release_sign", "U1", designation(Post.TRANSPARENCY_UNIT))


@pytest.mark.req("R-082")
def test_the_oficio_is_signed_by_the_head_of_a_unit_that_signs() -> None:
    assert may_do("sign_oficio", "U1", designation(Post.UNIT_HEAD, "U1"))
    assert may_do("sign_oficio", "C4", designation(Post.UNIT_HEAD, "C4"))
    assert not may_do("sign_oficio", "C1", designation(Post.UNIT_HEAD, "C1"))
    assert not may_do("sign_oficio", "U2", designation(Post.UNIT_HEAD, "U1"))
    assert may_do("prepare_oficio", "C4", designation(Post.LIAISON, "C4"))
    assert not may_do("prepare_oficio", "C1", designation(Post.LIAISON, "C1"))
    with pytest.raises(ValueError, match="several people"):
        may_do("sign_oficio", "U1", designation(Post.UNIT_HEAD, "U1", person="eva"), *HELD)


@st.composite
def held(draw: st.DrawFn) -> Designation:
    since = TODAY + DAY * draw(st.integers(-2, 2))
    return designation(
        draw(st.sampled_from(Post)),
        draw(st.sampled_from(PLACES)),
        valid_from=since,
        valid_to=draw(st.sampled_from([None, since, since + DAY, since - DAY])),
    )


@pytest.mark.req("R-025", "R-028")
@given(st.lists(held(), max_size=4))
def test_nobody_can_do_anything_without_a_designation_in_force(mine: list[Designation]) -> None:
    given_today = capabilities(mine, TREE, CAPABILITY_RULES)
    force = in_force(mine, TODAY)
    places = {
        one.unit_id: {unit.unit_id for unit in TREE.within(one.unit_id or "")} for one in mine
    }
    for act, unit_id in given_today:
        rule = CAPABILITY_RULES.act(act)
        assert any(
            one.post in rule.posts
            and (one.unit_id == unit_id or (one.unit_id and unit_id in places[one.unit_id]))
            for one in force
        )
        assert rule.over is not Over.ORGANISM or unit_id is None
    # What a group is told to lack is what nobody in it may do.
    lacks = {problem.code for problem in group_problems("C1", mine, TREE, CAPABILITY_RULES)}
    assert ("group-without-liaison" in lacks) != may(given_today, "close_inventory", "C1")
    # Each designation adds what it gives alone, and nothing once it has ended.
    alone = [capabilities([one], TREE, CAPABILITY_RULES) for one in mine]
    assert given_today == frozenset().union(*alone)
    for one in force:
        past = replace(one, valid_to=TODAY)
        assert capabilities([past], TREE, CAPABILITY_RULES) == capabilities(
            [one], TREE, CAPABILITY_RULES
        )
        assert not capabilities([past], UNITS.on(TODAY + DAY), CAPABILITY_RULES)


def test_a_unit_that_is_moved_takes_its_group_to_another_liaison() -> None:
    liaison = designation(Post.LIAISON, "U1")
    moved = UNITS.with_period(replace(UNITS.history("C2")[0], parent_id="U2", valid_from=LATER))
    before = capabilities([liaison], moved.on(LATER - DAY), CAPABILITY_RULES)
    after = capabilities([liaison], moved.on(LATER), CAPABILITY_RULES)
    assert may(before, "close_inventory", "C2")
    assert not may(after, "close_inventory", "C2")
    assert may(after, "close_inventory", "C1")


def test_the_table_agrees_with_the_workflow_of_releases() -> None:
    signed = SignOff(Role.UNIT_HEAD, "x", "d")
    standings = [Standing(state, sign_offs=s) for state, s in product(State, ([], [signed]))]
    for transition in Transition:
        roles = {role for standing in standings for role in roles_for(transition, standing)}
        act = CAPABILITY_RULES.act(f"release_{transition}")
        assert {post.value for post in act.posts} == {role.value for role in roles}
    for role in Role:
        assert bool(DESIGNATION_RULES.post(Post(role.value)).held_in) == (role in UNIT_ROLES)
        place = "U1" if role in UNIT_ROLES else None
        mine = [designation(Post(role.value), place)]
        assert workflow_roles(mine, TREE, "U1", DESIGNATION_RULES) == {role}
        assert workflow_roles(mine, TREE, "U2", DESIGNATION_RULES) == (
            frozenset() if place else {role}
        )


def test_the_table_names_rows_and_posts_that_exist() -> None:
    codes = [act.code for act in CAPABILITY_RULES.acts]
    assert len(set(codes)) == len(codes)
    assert all(act.posts and act.rows for act in CAPABILITY_RULES.acts)
    assert all(CAPABILITY_RULES.acts_of(post) for post in Post)
    assert Capability("observe", None) in capabilities(
        [designation(Post.TRANSPARENCY_UNIT)], TREE, CAPABILITY_RULES
    )
