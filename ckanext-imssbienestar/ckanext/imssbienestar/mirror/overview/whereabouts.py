"""Why is this dataset not public on the federal catalogue? One answer for every dataset.

A pure function of what both sides are known to say. The words are the portal's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry, State
from ckanext.imssbienestar.mirror.ledger.proofs import Proof, Verdict
from ckanext.imssbienestar.mirror.review.passages import ReviewState, Standing
from ckanext.imssbienestar.mirror.running.outlook import Prospect


class Where(StrEnum):
    """Where a dataset stands on its way to the public of the federal catalogue."""

    NO_RELEASE = "no-release"
    RETURNED = "returned"
    WITH_HEAD = "with-head"
    WITH_TRANSPARENCY = "with-transparency"
    WITH_ADMINISTRATOR = "with-administrator"
    NOT_SCANNED = "not-scanned"
    AWAITS_DECISION = "awaits-decision"
    FAILED = "failed"
    WAITS_FOR_RUN = "waits-for-run"
    UNDER_WAY = "under-way"
    OUTDATED = "outdated"
    NOT_NOTIFIED = "not-notified"
    FEDERAL_REVIEW = "federal-review"
    FEDERAL_RETURNED = "federal-returned"
    FEDERAL_REJECTED = "federal-rejected"
    DIFFERS = "differs"
    UNVERIFIED = "unverified"
    EQUAL = "equal"
    WITHDRAWAL_WAITS = "withdrawal-waits"
    WITHDRAWN = "withdrawn"


class Group(StrEnum):
    """The answers by what a person does about them."""

    HERE = "here"
    """It waits for somebody of this institution."""
    FAILED = "failed"
    WAITING = "waiting"
    """The next run does it."""
    FEDERAL = "federal"
    """It waits for the federal reviewer."""
    DIFFERS = "differs"
    PUBLIC = "public"
    GONE = "gone"


GROUPS: Mapping[Where, Group] = {
    Where.NO_RELEASE: Group.HERE,
    Where.RETURNED: Group.HERE,
    Where.WITH_HEAD: Group.HERE,
    Where.WITH_TRANSPARENCY: Group.HERE,
    Where.WITH_ADMINISTRATOR: Group.HERE,
    Where.NOT_SCANNED: Group.HERE,
    Where.AWAITS_DECISION: Group.HERE,
    Where.FAILED: Group.FAILED,
    Where.WAITS_FOR_RUN: Group.WAITING,
    Where.UNDER_WAY: Group.WAITING,
    Where.OUTDATED: Group.WAITING,
    Where.WITHDRAWAL_WAITS: Group.WAITING,
    Where.NOT_NOTIFIED: Group.HERE,
    Where.FEDERAL_REVIEW: Group.FEDERAL,
    Where.FEDERAL_RETURNED: Group.FAILED,
    Where.FEDERAL_REJECTED: Group.FAILED,
    Where.DIFFERS: Group.DIFFERS,
    Where.UNVERIFIED: Group.PUBLIC,
    Where.EQUAL: Group.PUBLIC,
    Where.WITHDRAWN: Group.GONE,
}


class Step(StrEnum):
    """Who a release that is not published waits for."""

    NOBODY_SENT = "nobody-sent"
    RETURNED = "returned"
    HEAD = "head"
    TRANSPARENCY = "transparency"
    ADMINISTRATOR = "administrator"


class Scan(StrEnum):
    """What the guard recorded of the files of the published release."""

    PASSED = "passed"
    MISSING = "missing"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class PublicRelease:
    """The newest release that is or was public here.

    :ivar files: SHA-256 by the identifier of the resource, as signed.
    """

    digest: str
    published: datetime | None
    withdrawn: bool
    scan: Scan
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """All that is known of one dataset.

    :ivar step: of the newest release while it is under way; None when that one is public.
    :ivar review: where its release is on the federal side, as far as that is known.
    """

    step: Step | None
    public: PublicRelease | None
    entry: LedgerEntry | None = None
    prospect: Prospect | None = None
    proofs: tuple[Proof, ...] = ()
    review: Standing | None = None


@dataclass(frozen=True)
class Answer:
    """Where it is, since when if that is known, and what a sentence needs besides.

    :ivar reason: by language, where a program said why.
    :ivar files: names of the files it is about.
    """

    where: Where
    since: datetime | None = None
    reason: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    @property
    def group(self) -> Group:
        """What a person does about it."""
        return GROUPS[self.where]


_STEPS = {
    Step.NOBODY_SENT: Where.NO_RELEASE,
    Step.RETURNED: Where.RETURNED,
    Step.HEAD: Where.WITH_HEAD,
    Step.TRANSPARENCY: Where.WITH_TRANSPARENCY,
    Step.ADMINISTRATOR: Where.WITH_ADMINISTRATOR,
}


def answer(facts: Facts) -> Answer:
    """Where a dataset stands."""
    if facts.public is None:
        return Answer(_STEPS[facts.step or Step.NOBODY_SENT])
    if facts.public.withdrawn:
        return _withdrawn(facts.entry, facts.prospect)
    if facts.public.scan is not Scan.PASSED:
        missing = facts.public.scan is Scan.MISSING
        return Answer(Where.NOT_SCANNED if missing else Where.AWAITS_DECISION)
    return _published(facts, facts.public)


def _withdrawn(entry: LedgerEntry | None, prospect: Prospect | None) -> Answer:
    if entry is None:
        return Answer(Where.WITHDRAWN)
    if entry.withdrawn and entry.state is State.CONFIRMED:
        return Answer(Where.WITHDRAWN, entry.confirmed)
    failure = _failure(entry, prospect)
    return Answer(Where.FAILED, reason=failure) if failure else Answer(Where.WITHDRAWAL_WAITS)


def _published(facts: Facts, public: PublicRelease) -> Answer:
    entry = facts.entry
    if failure := _failure(entry, facts.prospect):
        return Answer(Where.FAILED, reason=failure)
    if entry is None:
        return Answer(Where.WAITS_FOR_RUN, public.published)
    if entry.state is not State.CONFIRMED:
        return Answer(Where.UNDER_WAY)
    if entry.withdrawn:
        return Answer(Where.WAITS_FOR_RUN, public.published)
    if entry.digest != public.digest:
        return Answer(Where.OUTDATED, public.published)
    if facts.review is not None and facts.review.state is ReviewState.REJECTED:
        return _in_review(entry, facts.review)
    current = [proof for proof in facts.proofs if _is_current(proof, public)]
    wrong = [proof for proof in current if proof.finding.verdict in _WRONG]
    if wrong:
        names = tuple(proof.finding.file_name for proof in wrong)
        return Answer(Where.DIFFERS, min(proof.since for proof in wrong), files=names)
    if facts.prospect is not None:
        return Answer(Where.DIFFERS, facts.prospect.noted, facts.prospect.reason)
    if entry.private or (facts.review is not None and facts.review.state in _NOT_PUBLIC):
        return _in_review(entry, facts.review)
    equal = [proof for proof in current if proof.finding.verdict is Verdict.EQUAL]
    # Federal rules may leave some kinds of file out: what was sent is what the ledger holds.
    if entry.files and set(entry.files) <= {proof.finding.identifier for proof in equal}:
        return Answer(Where.EQUAL, min(proof.checked for proof in equal))
    return Answer(Where.UNVERIFIED, entry.confirmed)


_NOT_PUBLIC = {
    ReviewState.SENT: Where.NOT_NOTIFIED,
    ReviewState.RETURNED: Where.FEDERAL_RETURNED,
    ReviewState.REJECTED: Where.FEDERAL_REJECTED,
}


def _in_review(entry: LedgerEntry, review: Standing | None) -> Answer:
    if review is None or review.release_id != entry.release_id:
        return Answer(Where.FEDERAL_REVIEW, entry.confirmed)
    where = _NOT_PUBLIC.get(review.state, Where.FEDERAL_REVIEW)
    return Answer(where, review.since or entry.confirmed)


_WRONG = (Verdict.DIFFERENT, Verdict.MISSING)


def _is_current(proof: Proof, public: PublicRelease) -> bool:
    """Is it about the bytes that are signed now?"""
    finding = proof.finding
    return public.files.get(finding.identifier) == finding.expected_sha256


def _failure(entry: LedgerEntry | None, prospect: Prospect | None) -> Mapping[str, str]:
    if prospect is not None and prospect.error:
        return prospect.error
    if entry is not None and entry.error is not None and entry.state is State.FAILED:
        return {"es": entry.error.full("es"), "en": entry.error.full("en")}
    return {}
