"""Why a dataset is not public on the federal catalogue, and whether what should have run did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.mirror.ledger.activities import Activity, Kind, Stage
from ckanext.imssbienestar.mirror.ledger.entries import FileEntry, LedgerEntry, State
from ckanext.imssbienestar.mirror.ledger.proofs import Finding, Proof, Verdict
from ckanext.imssbienestar.mirror.overview.timetable import Punctuality, timetable
from ckanext.imssbienestar.mirror.overview.whereabouts import (
    GROUPS,
    Facts,
    Group,
    PublicRelease,
    Scan,
    Step,
    Where,
    answer,
)
from ckanext.imssbienestar.mirror.review import passages as reviews
from ckanext.imssbienestar.mirror.review.passages import ReviewState, Standing
from ckanext.imssbienestar.mirror.running.outlook import Prospect
from ckanext.imssbienestar.mirror.texts import say

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIGNED, OTHER = "a" * 64, "b" * 64
FILE = FileEntry("uno", "remote-uno", SIGNED, 3, "mark")


def release(**changes: Any) -> PublicRelease:
    values = {
        "digest": "d" * 64,
        "published": NOW,
        "withdrawn": False,
        "scan": Scan.PASSED,
        "files": {"uno": SIGNED},
    }
    return PublicRelease(**(values | changes))


def entry(**changes: Any) -> LedgerEntry:
    values = {
        "dataset_id": "id",
        "dataset_name": "uno",
        "remote_name": "uno",
        "remote_id": "remote",
        "release_id": "release",
        "digest": "d" * 64,
        "action": "create",
        "state": State.CONFIRMED,
        "private": False,
        "confirmed": NOW,
        "files": {"uno": FILE},
    }
    return LedgerEntry(**(values | changes))


def proof(verdict: Verdict, expected: str = SIGNED) -> Proof:
    finding = Finding("id", "uno", "uno.csv", "http://x", expected, SIGNED, verdict)
    return Proof(finding, NOW, NOW)


def review(state: ReviewState) -> Standing:
    facts = reviews.Facts(NOW)
    return Standing("id", "uno", "release", reviews.Kind.LOAD, state, facts, NOW)


def prospect(error: dict[str, str] | None = None) -> Prospect:
    return Prospect("id", "update", {"es": "cambió", "en": "changed"}, (), error, NOW)


@pytest.mark.parametrize(
    ("facts", "where"),
    [
        (Facts(Step.NOBODY_SENT, None), Where.NO_RELEASE),
        (Facts(None, None), Where.NO_RELEASE),
        (Facts(Step.RETURNED, None), Where.RETURNED),
        (Facts(Step.HEAD, None), Where.WITH_HEAD),
        (Facts(Step.TRANSPARENCY, None), Where.WITH_TRANSPARENCY),
        (Facts(Step.ADMINISTRATOR, None), Where.WITH_ADMINISTRATOR),
        # An update under way hides nothing of what is public already.
        (Facts(Step.HEAD, release(), entry(private=True)), Where.FEDERAL_REVIEW),
        (Facts(None, release(scan=Scan.MISSING)), Where.NOT_SCANNED),
        (Facts(None, release(scan=Scan.UNDECIDED), entry()), Where.AWAITS_DECISION),
        (Facts(None, release()), Where.WAITS_FOR_RUN),
        (Facts(None, release(), entry(state=State.SENT)), Where.UNDER_WAY),
        (
            Facts(None, release(), entry(state=State.FAILED, error=say("reason-equal"))),
            Where.FAILED,
        ),
        (Facts(None, release(), None, prospect({"es": "no", "en": "no"})), Where.FAILED),
        (Facts(None, release(), entry(digest="e" * 64)), Where.OUTDATED),
        (Facts(None, release(), entry(private=True)), Where.FEDERAL_REVIEW),
        (Facts(None, release(), entry()), Where.UNVERIFIED),
        (Facts(None, release(), entry(), None, (proof(Verdict.EQUAL),)), Where.EQUAL),
        (Facts(None, release(), entry(), None, (proof(Verdict.UNREADABLE),)), Where.UNVERIFIED),
        (Facts(None, release(), entry(), None, (proof(Verdict.MISSING),)), Where.DIFFERS),
        (Facts(None, release(), entry(private=True), prospect()), Where.DIFFERS),
        (
            Facts(None, release(), entry(private=True), review=review(ReviewState.SENT)),
            Where.NOT_NOTIFIED,
        ),
        (
            Facts(None, release(), entry(private=True), review=review(ReviewState.RETURNED)),
            Where.FEDERAL_RETURNED,
        ),
        (
            Facts(None, release(), entry(), prospect(), review=review(ReviewState.REJECTED)),
            Where.FEDERAL_REJECTED,
        ),
        # What was read before another release was signed says nothing of this one.
        (Facts(None, release(), entry(), None, (proof(Verdict.EQUAL, OTHER),)), Where.UNVERIFIED),
        (Facts(None, release(withdrawn=True)), Where.WITHDRAWN),
        (Facts(None, release(withdrawn=True), entry()), Where.WITHDRAWAL_WAITS),
        (Facts(None, release(withdrawn=True), entry(withdrawn=True)), Where.WITHDRAWN),
    ],
)
def test_the_answer(facts: Facts, where: Where) -> None:
    assert answer(facts).where is where


def test_every_answer_is_in_a_group() -> None:
    assert set(GROUPS) == set(Where)
    assert set(GROUPS.values()) == set(Group)


@given(
    step=st.sampled_from([None, *Step]),
    public=st.sampled_from(
        [None, release(), release(scan=Scan.MISSING), release(withdrawn=True), release(files={})]
    ),
    known=st.one_of(
        st.none(),
        st.builds(
            entry,
            state=st.sampled_from(State),
            private=st.sampled_from([None, True, False]),
            withdrawn=st.booleans(),
            digest=st.sampled_from(["d" * 64, "e" * 64]),
            files=st.sampled_from([{}, {"uno": FILE}]),
        ),
    ),
    before=st.sampled_from([None, prospect(), prospect({"es": "no", "en": "no"})]),
    proofs=st.lists(st.builds(proof, st.sampled_from(Verdict), st.sampled_from([SIGNED, OTHER]))),
)
def test_equal_is_never_said_of_what_was_not_read_as_it_was_signed(
    step: Step | None,
    public: PublicRelease | None,
    known: LedgerEntry | None,
    before: Prospect | None,
    proofs: list[Proof],
) -> None:
    found = answer(Facts(step, public, known, before, tuple(proofs)))
    if found.where is Where.EQUAL:
        assert public is not None
        assert known is not None
        assert known.state is State.CONFIRMED
        assert known.private is False
        assert known.digest == public.digest
        current = [one for one in proofs if one.finding.expected_sha256 == SIGNED]
        assert {one.finding.verdict for one in current} <= {Verdict.EQUAL, Verdict.UNREADABLE}
        assert Verdict.EQUAL in {one.finding.verdict for one in current}


def run(started: datetime, stage: Stage = Stage.DONE, code: int | None = 0) -> Activity:
    ended = started if stage is Stage.DONE else None
    return Activity(
        "id", Kind.RUN, (), "", stage, started, started, started, ended, 1, 1, 0, code, {}, {}
    )


@pytest.mark.parametrize(
    ("last", "word"),
    [
        (None, Punctuality.NEVER),
        (run(NOW), Punctuality.OK),
        (run(NOW - timedelta(hours=25)), Punctuality.OK),
        (run(NOW - timedelta(hours=25, seconds=1)), Punctuality.LATE),
        (run(NOW, code=1), Punctuality.FAILED),
        (run(NOW, code=4), Punctuality.FAILED),
        (run(NOW, Stage.RUNNING, None), Punctuality.OK),
        (run(NOW, Stage.LOST, None), Punctuality.FAILED),
        (run(NOW - timedelta(days=3), code=2), Punctuality.LATE),
    ],
)
def test_what_should_have_run(last: Activity | None, word: Punctuality) -> None:
    found = timetable(last, timedelta(hours=24), timedelta(hours=1), NOW)
    assert found.punctuality is word
    assert (found.late_since is not None) == (word is Punctuality.LATE)
