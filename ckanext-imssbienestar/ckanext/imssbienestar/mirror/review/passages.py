"""Where each release is on its way to the public at the target: pure, from facts to a state.

The way is that of article 39 of the Lineamientos en materia de Datos Abiertos (DOF 11/09/2025): the
institution uploads as private and notifies, the federal side makes public.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ckanext.imssbienestar.mirror.days import day_of
from ckanext.imssbienestar.mirror.texts import Sentence, say


class ReviewState(StrEnum):
    """How far a release got.

    ``sent``: it was sent, and what is there was not confirmed yet or its notice did not leave.
    ``in-review``: confirmed and notified; the federal side has to make it public. ``public``: it
    did. ``equal``: public, and the last reading of its bytes found the signed ones. ``withdrawn``:
    taken away by us. ``returned``: the federal side changed it or closed it again. ``rejected``:
    the federal side deleted it.
    """

    SENT = "sent"
    IN_REVIEW = "in-review"
    PUBLIC = "public"
    EQUAL = "equal"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"
    REJECTED = "rejected"


class Seen(StrEnum):
    """What a look at the target found of a dataset."""

    PRIVATE = "private"
    PUBLIC = "public"
    CHANGED = "changed"
    GONE = "gone"


class Kind(StrEnum):
    """What happened to a dataset, as a comprobante and a notice call it (articles 21 and 39)."""

    LOAD = "load"
    CHANGE = "change"
    WITHDRAWAL = "withdrawal"


@dataclass(frozen=True)
class Verification:
    """A reading of all bytes of a release at the target."""

    equal: bool
    moment: datetime


@dataclass(frozen=True)
class Facts:
    """What is known of a release.

    :ivar confirmed: when it was last read back as it should be; None while it is not.
    :ivar withdrawn: whether that means gone.
    :ivar seen: the newest knowledge of what is at the target.
    :ivar opened: when it was first seen public.
    :ivar closed_again: whether it was seen private after having been seen public.
    :ivar notified: when its notice left.
    :ivar notices: whether notices are sent at all.
    :ivar verified: the last reading of its bytes.
    """

    confirmed: datetime | None
    withdrawn: bool = False
    seen: Seen | None = None
    opened: datetime | None = None
    closed_again: bool = False
    notified: datetime | None = None
    notices: bool = False
    verified: Verification | None = None


def state_of(facts: Facts) -> ReviewState:
    """The state that the facts amount to.

    A doubt never counts as good: unconfirmed is at most ``sent``, unread bytes at most ``public``.
    """
    if facts.confirmed is None:
        return ReviewState.SENT
    if facts.withdrawn:
        return ReviewState.WITHDRAWN
    if facts.seen is Seen.GONE:
        return ReviewState.REJECTED
    if facts.seen is Seen.CHANGED or facts.closed_again:
        return ReviewState.RETURNED
    if facts.seen is Seen.PUBLIC:
        return ReviewState.EQUAL if proven(facts) else ReviewState.PUBLIC
    if facts.notices and facts.notified is None:
        return ReviewState.SENT
    return ReviewState.IN_REVIEW


def proven(facts: Facts) -> bool:
    """Whether its bytes were read, and found right, since it was confirmed and became public."""
    if facts.verified is None or not facts.verified.equal:
        return False
    if facts.confirmed is None or facts.opened is None:
        return False
    return facts.verified.moment >= max(facts.confirmed, facts.opened)


def since_of(state: ReviewState, facts: Facts) -> datetime | None:
    """When a state began, as far as the facts tell; None where only the look itself does."""
    if state is ReviewState.IN_REVIEW:
        return max(filter(None, (facts.confirmed, facts.notified)), default=None)
    if state in (ReviewState.SENT, ReviewState.WITHDRAWN):
        return facts.confirmed
    if state is ReviewState.PUBLIC:
        return facts.opened
    if state is ReviewState.EQUAL and facts.verified is not None:
        return facts.verified.moment
    return None


@dataclass(frozen=True)
class Standing:
    """A release with its state and what a person should know about it.

    :ivar since: when the state began.
    :ivar receipt: number of the newest comprobante of this release and kind.
    :ivar reminded: when the last reminder left.
    """

    dataset_id: str
    dataset: str
    release_id: str
    kind: Kind
    state: ReviewState
    facts: Facts
    since: datetime | None = None
    receipt: str | None = None
    reminded: datetime | None = None


@dataclass(frozen=True)
class Patience:
    """Calendar days after which a silence is told."""

    remind_after_days: int
    receipt_after_days: int


def review_overdue(standing: Standing, now: datetime, patience: Patience) -> bool:
    """Whether the federal side has had it longer than is usual."""
    if standing.state is not ReviewState.IN_REVIEW or standing.since is None:
        return False
    return now - standing.since >= timedelta(days=patience.remind_after_days)


def reminder_due(standing: Standing, now: datetime, patience: Patience) -> bool:
    """Whether the last reminder is as long ago as the first one was to wait."""
    if standing.reminded is None:
        return True
    return now - standing.reminded >= timedelta(days=max(1, patience.remind_after_days))


def receipt_overdue(standing: Standing, now: datetime, patience: Patience) -> bool:
    """Whether a comprobante should have come by now (article 21)."""
    confirmed = standing.facts.confirmed
    if standing.receipt is not None or confirmed is None:
        return False
    return now - confirmed >= timedelta(days=patience.receipt_after_days)


def concerns(standing: Standing, now: datetime, patience: Patience) -> tuple[Sentence, ...]:
    """What a person has to look at, in sentences; nothing when all goes its way."""
    found: list[Sentence] = []
    facts = {"dataset": standing.dataset}
    since = day_of(standing.since).isoformat() if standing.since else "?"
    if standing.state is ReviewState.REJECTED:
        found.append(say("was-rejected", **facts))
    elif standing.state is ReviewState.RETURNED:
        code = "was-closed" if standing.facts.seen is not Seen.CHANGED else "was-changed"
        found.append(say(code, **facts))
    elif standing.state is ReviewState.PUBLIC and _read_bad(standing.facts):
        found.append(say("bytes-differ", **facts))
    elif review_overdue(standing, now, patience):
        days = (now - standing.since).days if standing.since else 0
        found.append(say("review-overdue", **facts, since=since, days=days))
    if receipt_overdue(standing, now, patience) and standing.state is not ReviewState.REJECTED:
        confirmed = standing.facts.confirmed
        days = (now - confirmed).days if confirmed else 0
        kind = say(f"kind-{standing.kind}")
        found.append(say("receipt-overdue", **facts, kind=kind, days=days))
    return tuple(found)


def _read_bad(facts: Facts) -> bool:
    return facts.verified is not None and not facts.verified.equal
