"""The chain of signatures: nobody can carry a database from a desk to the public alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.domain.workflow import (
    SIGNING_ORDER,
    Act,
    Outcome,
    Reason,
    Role,
    SignOff,
    Standing,
    State,
    Transition,
    TransitionRefused,
    available,
    decide,
    next_roles,
    roles_for,
)

DIGEST = "0" * 64
EVERY_ROLE = frozenset(Role)
PEOPLE = ("ana", "beto", "carla", "david", "elena")
FORWARD = (Transition.SUBMIT, Transition.SIGN, Transition.SIGN, Transition.PUBLISH)


@dataclass(frozen=True)
class Step:
    """One accepted act, as the history keeps it."""

    transition: Transition
    user_id: str
    role: Role
    oficio_number: str


def after(standing: Standing, act: Act, outcome: Outcome) -> Standing:
    """The standing that the history gives after an accepted act, signatures since the last send."""
    if act.transition is Transition.SUBMIT:
        return Standing(outcome.state, act.user_id)
    if act.transition is Transition.SIGN:
        signed = SignOff(outcome.role, act.user_id, DIGEST)
        return replace(standing, state=outcome.state, sign_offs=(*standing.sign_offs, signed))
    return replace(standing, state=outcome.state)


def walk(acts: list[Act]) -> tuple[Standing, list[Step]]:
    """Try every act in order; the refused ones change nothing."""
    standing, steps = Standing(State.DRAFT), []
    for act in acts:
        try:
            outcome = decide(standing, act)
        except TransitionRefused:
            continue
        standing = after(standing, act, outcome)
        steps.append(Step(act.transition, act.user_id, outcome.role, act.oficio_number))
    return standing, steps


def standings() -> Iterator[Standing]:
    """Every standing there can be, people apart."""
    heads = SignOff(Role.UNIT_HEAD, "beto", DIGEST)
    unit = SignOff(Role.TRANSPARENCY_UNIT, "carla", DIGEST)
    yield Standing(State.DRAFT)
    yield Standing(State.IN_REVIEW, "ana")
    yield Standing(State.IN_REVIEW, "ana", (heads,))
    for state in (State.SIGNED, State.PUBLISHED, State.WITHDRAWN, State.DRAFT):
        yield Standing(state, "ana", (heads, unit))


def willing(transition: Transition, user_id: str, roles: frozenset[Role] = EVERY_ROLE) -> Act:
    """An act with all its papers."""
    return Act(transition, user_id, roles, oficio_number="OFICIO/12/2026", reason="motivo")


GOOD = [
    willing(Transition.SUBMIT, "ana", frozenset({Role.LIAISON})),
    willing(Transition.SIGN, "beto", frozenset({Role.UNIT_HEAD})),
    willing(Transition.SIGN, "carla", frozenset({Role.TRANSPARENCY_UNIT})),
    willing(Transition.PUBLISH, "david", frozenset({Role.ADMINISTRATOR})),
]


# Half of the attempts are the chain's own steps, so that many histories get far.
ACTS = st.lists(
    st.one_of(
        st.sampled_from(GOOD),
        st.builds(
            Act,
            transition=st.sampled_from(Transition),
            user_id=st.sampled_from(PEOPLE),
            roles=st.frozensets(st.sampled_from(Role)),
            oficio_number=st.sampled_from(["", "  ", "OFICIO/12/2026"]),
            reason=st.sampled_from(["", " ", "Falta una columna"]),
        ),
    ),
    max_size=25,
)


@pytest.mark.req("R-042", "R-082", "R-104", "R-111")
def test_the_procedures_chain_publishes() -> None:
    standing, steps = walk(GOOD)
    assert standing.state is State.PUBLISHED
    assert [step.role for step in steps] == [
        Role.LIAISON,
        Role.UNIT_HEAD,
        Role.TRANSPARENCY_UNIT,
        Role.ADMINISTRATOR,
    ]


@pytest.mark.req("R-042", "R-082", "R-104", "R-111")
@given(ACTS)
def test_nothing_is_published_without_the_whole_chain(acts: list[Act]) -> None:
    """Whatever people try, what is published was sent, signed twice in order and published."""
    steps = walk(acts)[1]
    for position, step in enumerate(steps):
        if step.transition is not Transition.PUBLISH:
            continue
        chain = steps[position - 3 : position + 1]
        assert [each.transition for each in chain] == list(FORWARD)
        assert [each.role for each in chain] == [Role.LIAISON, *SIGNING_ORDER, Role.ADMINISTRATOR]
        assert len({each.user_id for each in chain}) == 4
        assert chain[1].oficio_number.strip()


@pytest.mark.req("R-111")
def test_four_steps_take_four_people() -> None:
    """Even people who hold every role; fewer than four never get to the public."""
    for people in product(range(4), repeat=4):
        acts = [willing(move, PEOPLE[who]) for move, who in zip(FORWARD, people, strict=True)]
        published = walk(acts)[0].state is State.PUBLISHED
        assert published == (len(set(people)) == 4), people


@pytest.mark.req("R-042", "R-082", "R-104", "R-111")
def test_every_reachable_standing_keeps_the_order() -> None:
    """All histories there are, with people who hold every role: no standing is out of order."""
    reached, waiting = set(), [Standing(State.DRAFT)]
    while waiting:
        standing = waiting.pop()
        if standing in reached:
            continue
        reached.add(standing)
        for transition, user_id in product(Transition, PEOPLE):
            act = willing(transition, user_id)
            try:
                outcome = decide(standing, act)
            except TransitionRefused:
                continue
            if transition is Transition.PUBLISH:
                people = {standing.submitted_by, *(s.user_id for s in standing.sign_offs), user_id}
                assert len(people) == 4
            waiting.append(after(standing, act, outcome))
    assert {standing.state for standing in reached} == set(State)
    for standing in reached:
        signed = standing.signed_roles
        assert signed == SIGNING_ORDER[: len(signed)]
        if standing.state in {State.SIGNED, State.PUBLISHED, State.WITHDRAWN}:
            assert signed == SIGNING_ORDER
        if standing.state is State.IN_REVIEW:
            assert len(signed) < len(SIGNING_ORDER)


@given(ACTS)
def test_after_a_return_earlier_signatures_do_not_count(acts: list[Act]) -> None:
    standing, steps = walk(acts)
    if not any(step.transition is Transition.RETURN for step in steps):
        return
    last_return = max(n for n, step in enumerate(steps) if step.transition is Transition.RETURN)
    since = [s.role for s in steps[last_return:] if s.transition is Transition.SIGN]
    if standing.state is State.IN_REVIEW:
        assert list(standing.signed_roles) == since
    if standing.state is State.SIGNED:
        assert since == list(SIGNING_ORDER)


@pytest.mark.parametrize("signatures", [1, 2])
def test_a_returned_release_is_signed_again_from_the_start(signatures: int) -> None:
    back = willing(Transition.RETURN, "carla", frozenset({Role.TRANSPARENCY_UNIT}))
    standing, _steps = walk([*GOOD[: 1 + signatures], back])
    assert standing.state is State.DRAFT
    again = after(standing, GOOD[0], decide(standing, GOOD[0]))
    assert again.sign_offs == ()
    assert again.next_signer is Role.UNIT_HEAD
    assert walk([*GOOD[: 1 + signatures], back, *GOOD])[0].state is State.PUBLISHED


@pytest.mark.req("R-082", "R-084")
@pytest.mark.parametrize("number", ["", " ", "\t\n"])
def test_the_head_signs_only_with_an_oficio(number: str) -> None:
    standing = walk(GOOD[:1])[0]
    with pytest.raises(TransitionRefused) as refused:
        decide(standing, replace(GOOD[1], oficio_number=number))
    assert refused.value.reason is Reason.OFICIO_MISSING


def test_the_transparency_unit_needs_no_oficio() -> None:
    standing = walk(GOOD[:2])[0]
    assert decide(standing, replace(GOOD[2], oficio_number="")).state is State.SIGNED


@pytest.mark.parametrize(
    ("transition", "steps"), [(Transition.RETURN, 2), (Transition.WITHDRAW, 4)]
)
@pytest.mark.parametrize("reason", ["", "  "])
def test_going_back_needs_a_reason(transition: Transition, steps: int, reason: str) -> None:
    standing = walk(GOOD[:steps])[0]
    with pytest.raises(TransitionRefused) as refused:
        decide(standing, replace(willing(transition, "elena"), reason=reason))
    assert refused.value.reason is Reason.REASON_MISSING


@pytest.mark.req("R-042", "R-104")
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.LIAISON])
def test_only_the_liaison_sends(role: Role) -> None:
    act = willing(Transition.SUBMIT, "ana", frozenset({role}))
    with pytest.raises(TransitionRefused) as refused:
        decide(Standing(State.DRAFT), act)
    assert refused.value.reason is Reason.NOT_DESIGNATED
    assert refused.value.roles == (Role.LIAISON,)


@pytest.mark.parametrize("standing", list(standings()))
@pytest.mark.parametrize("transition", Transition)
def test_a_transition_is_for_its_states_and_roles_only(
    standing: Standing, transition: Transition
) -> None:
    allowed = roles_for(transition, standing)
    for role in Role:
        act = willing(transition, "elena", frozenset({role}))
        if role in allowed:
            assert decide(standing, act).role is role
            continue
        with pytest.raises(TransitionRefused) as refused:
            decide(standing, act)
        assert refused.value.reason is (Reason.NOT_DESIGNATED if allowed else Reason.WRONG_STATE)
        assert refused.value.state is standing.state
        assert refused.value.transition is transition


@pytest.mark.parametrize("standing", list(standings()))
def test_who_acts_next_can_act(standing: Standing) -> None:
    for role in next_roles(standing):
        offered = available(standing, "elena", frozenset({role}))
        assert set(offered) & {Transition.SUBMIT, Transition.SIGN, Transition.PUBLISH}
    waits = standing.state in {State.DRAFT, State.IN_REVIEW, State.SIGNED}
    assert bool(next_roles(standing)) == waits


@given(ACTS, st.sampled_from(PEOPLE), st.frozensets(st.sampled_from(Role)))
def test_what_is_offered_is_what_is_accepted(
    acts: list[Act], user_id: str, roles: frozenset[Role]
) -> None:
    standing = walk(acts)[0]
    accepted = []
    for transition in Transition:
        try:
            decide(standing, willing(transition, user_id, roles))
        except TransitionRefused:
            continue
        accepted.append(transition)
    assert list(available(standing, user_id, roles)) == accepted


@given(ACTS)
def test_nobody_without_a_role_does_anything(acts: list[Act]) -> None:
    assert walk([replace(act, roles=frozenset()) for act in acts])[1] == []


@given(ACTS)
def test_a_withdrawn_release_stays_withdrawn(acts: list[Act]) -> None:
    standing = Standing(State.WITHDRAWN, "ana")
    for act in acts:
        with pytest.raises(TransitionRefused):
            decide(standing, act)
