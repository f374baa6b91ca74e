"""Who may move a release from which state to which: a pure function and its tables.

The chain is the Procedure's: the *Enlace de Transparencia* sends (R-042, R-104), the head of the
unit signs with an *oficio* (R-082), the *Unidad de Transparencia* agrees and the *Administrador de
Datos Abiertos* publishes (R-111). Nobody acts twice on one release, so that no single person can
carry a database from a desk to the public.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ckanext.imssbienestar.errors import TerminalError


class State(StrEnum):
    """Where a release stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    SIGNED = "signed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Role(StrEnum):
    """The Procedure's parties that act on a release."""

    LIAISON = "liaison"
    """*Enlace de Transparencia* of one unit."""
    UNIT_HEAD = "unit_head"
    """*Persona titular de la Unidad Administrativa*."""
    TRANSPARENCY_UNIT = "transparency_unit"
    """*Unidad de Transparencia*, of the whole organism."""
    ADMINISTRATOR = "administrator"
    """*Administrador de Datos Abiertos*, of the whole organism."""


class Transition(StrEnum):
    """What a person can do to a release."""

    SUBMIT = "submit"
    SIGN = "sign"
    PUBLISH = "publish"
    RETURN = "return"
    WITHDRAW = "withdraw"


UNIT_ROLES = frozenset({Role.LIAISON, Role.UNIT_HEAD})
"""Roles held in one organization; the others hold in the whole catalogue."""

SIGNING_ORDER: tuple[Role, ...] = (Role.UNIT_HEAD, Role.TRANSPARENCY_UNIT)
"""A release in review is signed by each of these, in this order."""

ROLES_WITH_OFICIO = frozenset({Role.UNIT_HEAD})
"""Roles whose signature stands on an *oficio* with a number (R-082, R-084)."""


class Reason(StrEnum):
    """Why a transition is refused; the portal holds the sentence for each."""

    WRONG_STATE = "wrong-state"
    NOT_DESIGNATED = "not-designated"
    ALREADY_ACTED = "already-acted"
    OFICIO_MISSING = "oficio-missing"
    REASON_MISSING = "reason-missing"


class TransitionRefused(TerminalError):
    """The transition may not happen.

    :param reason: which rule says no.
    :param state: the state the release is in.
    :param roles: the roles that could act instead.
    """

    def __init__(
        self, reason: Reason, *, transition: Transition, state: State, roles: Iterable[Role] = ()
    ) -> None:
        self.reason = reason
        self.transition = transition
        self.state = state
        self.roles = tuple(roles)
        super().__init__(f"{transition} refused in state {state}: {reason}")


@dataclass(frozen=True)
class SignOff:
    """One approval of one digest, as it stands in the history."""

    role: Role
    user_id: str
    digest: str


@dataclass(frozen=True)
class Standing:
    """What the rules need to know of a release.

    :ivar submitted_by: who sent the digest that is now in review, if any.
    :ivar sign_offs: the approvals of the present digest only; earlier ones bind nothing.
    """

    state: State
    submitted_by: str | None = None
    sign_offs: Sequence[SignOff] = ()

    @property
    def signed_roles(self) -> tuple[Role, ...]:
        """The roles that have approved the present digest."""
        return tuple(sign_off.role for sign_off in self.sign_offs)

    @property
    def next_signer(self) -> Role | None:
        """The role whose signature is awaited, or None when all have signed."""
        signed = set(self.signed_roles)
        return next((role for role in SIGNING_ORDER if role not in signed), None)


@dataclass(frozen=True)
class Act:
    """What a person asks for.

    :ivar roles: the roles this person holds for the release's organization, today.
    """

    transition: Transition
    user_id: str
    roles: frozenset[Role]
    oficio_number: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """An accepted transition: the new state and the role in which the person acted."""

    state: State
    role: Role


_RETURNERS = (Role.LIAISON, Role.UNIT_HEAD, Role.TRANSPARENCY_UNIT, Role.ADMINISTRATOR)

_FROM: dict[Transition, frozenset[State]] = {
    Transition.SUBMIT: frozenset({State.DRAFT}),
    Transition.SIGN: frozenset({State.IN_REVIEW}),
    Transition.PUBLISH: frozenset({State.SIGNED}),
    Transition.RETURN: frozenset({State.IN_REVIEW, State.SIGNED}),
    Transition.WITHDRAW: frozenset({State.PUBLISHED}),
}


def roles_for(transition: Transition, standing: Standing) -> tuple[Role, ...]:
    """The roles that may make the transition from this standing; empty when nobody may."""
    if standing.state not in _FROM[transition]:
        return ()
    match transition:
        case Transition.SUBMIT:
            return (Role.LIAISON,)
        case Transition.SIGN:
            return (standing.next_signer,) if standing.next_signer else ()
        case Transition.PUBLISH:
            return (Role.ADMINISTRATOR,)
        case Transition.RETURN:
            return _RETURNERS
        case Transition.WITHDRAW:
            return (Role.TRANSPARENCY_UNIT,)


def next_roles(standing: Standing) -> tuple[Role, ...]:
    """Who acts next to move the release forward (a return is not forward)."""
    for transition in (Transition.SUBMIT, Transition.SIGN, Transition.PUBLISH):
        if roles := roles_for(transition, standing):
            return roles
    return ()


def decide(standing: Standing, act: Act) -> Outcome:
    """The outcome of an act, or a refusal.

    :raises TransitionRefused: with the rule that says no.
    """

    def refuse(reason: Reason, roles: Iterable[Role] = ()) -> TransitionRefused:
        return TransitionRefused(
            reason, transition=act.transition, state=standing.state, roles=roles
        )

    allowed = roles_for(act.transition, standing)
    if not allowed:
        raise refuse(Reason.WRONG_STATE)
    role = next((role for role in allowed if role in act.roles), None)
    if role is None:
        raise refuse(Reason.NOT_DESIGNATED, allowed)
    if act.transition in {Transition.SIGN, Transition.PUBLISH} and act.user_id in _actors(standing):
        raise refuse(Reason.ALREADY_ACTED, allowed)
    if (
        act.transition is Transition.SIGN
        and role in ROLES_WITH_OFICIO
        and not act.oficio_number.strip()
    ):
        raise refuse(Reason.OFICIO_MISSING, allowed)
    if act.transition in {Transition.RETURN, Transition.WITHDRAW} and not act.reason.strip():
        raise refuse(Reason.REASON_MISSING, allowed)
    return Outcome(_target(standing, act.transition, role), role)


def available(standing: Standing, user_id: str, roles: frozenset[Role]) -> tuple[Transition, ...]:
    """The transitions this person may make now, in the order a page should offer them."""
    found = []
    for transition in Transition:
        act = Act(transition, user_id, roles, oficio_number="-", reason="-")
        try:
            decide(standing, act)
        except TransitionRefused:
            continue
        found.append(transition)
    return tuple(found)


def _actors(standing: Standing) -> set[str]:
    people = {sign_off.user_id for sign_off in standing.sign_offs}
    if standing.submitted_by:
        people.add(standing.submitted_by)
    return people


def _target(standing: Standing, transition: Transition, role: Role) -> State:
    match transition:
        case Transition.SUBMIT:
            return State.IN_REVIEW
        case Transition.SIGN:
            remaining = set(SIGNING_ORDER) - {*standing.signed_roles, role}
            return State.IN_REVIEW if remaining else State.SIGNED
        case Transition.PUBLISH:
            return State.PUBLISHED
        case Transition.RETURN:
            return State.DRAFT
        case Transition.WITHDRAW:
            return State.WITHDRAWN
