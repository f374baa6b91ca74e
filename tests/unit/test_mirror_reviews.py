"""Where a release is at the federal side, and what that side takes: rules without a network."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mirror.fake_source import Dataset, FileContent, dataset

from ckanext.imssbienestar.mirror.catalogues.releases import Release, parse_release
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError, ReleaseError
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase, open_database
from ckanext.imssbienestar.mirror.ledger.entries import FileEntry, LedgerEntry, State
from ckanext.imssbienestar.mirror.ledger.proofs import Finding, Proofs, Verdict
from ckanext.imssbienestar.mirror.planning.desired import DesiredPackage
from ckanext.imssbienestar.mirror.projection import projection_for
from ckanext.imssbienestar.mirror.projection.limits import check_encoding, fits
from ckanext.imssbienestar.mirror.projection.rules import load_rules
from ckanext.imssbienestar.mirror.review.notices import NoticeDataset, NoticeFile, file_list
from ckanext.imssbienestar.mirror.review.passages import (
    Facts,
    Kind,
    Patience,
    ReviewState,
    Seen,
    Verification,
    concerns,
    state_of,
)
from ckanext.imssbienestar.mirror.review.receipts import ReceiptWish, media_type_of, record
from ckanext.imssbienestar.mirror.review.records import NoticeOutcome, NoticeRecord, ReviewRecords
from ckanext.imssbienestar.mirror.review.standings import standing_of, standings
from ckanext.imssbienestar.mirror.review_settings import NoticeSettings, check_file_host
from ckanext.imssbienestar.mirror.settings import TargetSettings

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
FILES = {"a": FileEntry("a", "remote-a", "0" * 64, 1, "")}
PATIENCE = Patience(remind_after_days=10, receipt_after_days=10)
GOOD_ENDS = (ReviewState.PUBLIC, ReviewState.EQUAL)

moments = st.integers(0, 30).map(lambda days: NOW - timedelta(days=days))
facts = st.builds(
    Facts,
    confirmed=st.none() | moments,
    withdrawn=st.booleans(),
    seen=st.none() | st.sampled_from(Seen),
    opened=st.none() | moments,
    closed_again=st.booleans(),
    notified=st.none() | moments,
    notices=st.booleans(),
    verified=st.none() | st.builds(Verification, st.booleans(), moments),
)


@given(facts)
def test_equal_is_only_what_is_public_and_was_read_right_since(found: Facts) -> None:
    state = state_of(found)
    if state is ReviewState.EQUAL:
        assert found.seen is Seen.PUBLIC
        assert found.confirmed is not None
        assert found.opened is not None
        assert found.verified is not None
        assert found.verified.equal
        assert found.verified.moment >= found.confirmed
        assert found.verified.moment >= found.opened
    if state in GOOD_ENDS:
        assert found.seen is Seen.PUBLIC
    if found.confirmed is None:
        assert state is ReviewState.SENT
    if state is ReviewState.IN_REVIEW and found.notices:
        assert found.notified is not None


def entry(**changes: Any) -> LedgerEntry:
    """A dataset that was confirmed a day ago, private over there."""
    base: dict[str, Any] = {
        "dataset_id": "id-uno",
        "dataset_name": "uno",
        "remote_name": "uno",
        "remote_id": "remote-uno",
        "release_id": "r1",
        "digest": "d",
        "action": "create",
        "state": State.CONFIRMED,
        "private": True,
        "confirmed": NOW - timedelta(days=1),
        "files": FILES,
    }
    return LedgerEntry(**(base | changes))


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    """Noon in Mexico City."""
    return Clock()


@pytest.fixture
def database(clock: Clock) -> LedgerDatabase:
    """An empty ledger."""
    return open_database("sqlite://", "target", clock)


@pytest.fixture
def records(database: LedgerDatabase) -> ReviewRecords:
    """Nothing remembered yet."""
    return ReviewRecords(database)


def test_the_memory_tells_how_each_release_came_where_it_is(
    records: ReviewRecords, database: LedgerDatabase, clock: Clock
) -> None:
    def go(one: LedgerEntry, seen: Seen | None = None) -> ReviewState:
        clock.moment += timedelta(hours=1)
        memory = records.memory()
        found = standing_of(one, memory, notices=True, seen=seen)
        records.passed([found], "review", memory)
        return found.state

    def notice(outcome: NoticeOutcome) -> None:
        records.noticed([NoticeRecord("id-uno", "r1", "load", "<m@x>", outcome, clock())])

    assert go(entry()) is ReviewState.SENT
    notice(NoticeOutcome.BEGUN)
    assert go(entry()) is ReviewState.SENT
    notice(NoticeOutcome.SENT)
    assert go(entry()) is ReviewState.IN_REVIEW

    def read(verdict: Verdict, key: str = "a") -> None:
        signed = "0" * 64
        found = signed if verdict is Verdict.EQUAL else None
        Proofs(database).record([Finding("id-uno", key, f"{key}.csv", "", signed, found, verdict)])

    # Bytes that were read before anybody could read them prove nothing of what is public.
    read(Verdict.EQUAL)
    assert go(entry(private=False)) is ReviewState.PUBLIC
    read(Verdict.DIFFERENT)
    assert go(entry(private=False)) is ReviewState.PUBLIC
    assert [one.code for one in worries(records, entry(private=False))] == ["bytes-differ"]
    # What could not be read was not read wrong; and it was not read right.
    read(Verdict.UNREADABLE)
    assert go(entry(private=False)) is ReviewState.PUBLIC
    assert worries(records, entry(private=False)) == ()
    read(Verdict.EQUAL)
    two = entry(private=False, files=FILES | {"b": replace(FILES["a"], identifier="b")})
    assert go(two) is ReviewState.PUBLIC  # only one of its files was read
    assert go(entry(private=False)) is ReviewState.EQUAL
    assert go(entry(private=True)) is ReviewState.RETURNED
    assert go(entry(private=False)) is ReviewState.EQUAL
    assert go(entry(private=False), Seen.CHANGED) is ReviewState.RETURNED
    assert go(entry(private=False)) is ReviewState.RETURNED  # until somebody looks or repairs
    repaired = entry(private=False, confirmed=clock() + timedelta(minutes=1))
    assert go(repaired) is ReviewState.PUBLIC
    assert go(repaired, Seen.GONE) is ReviewState.REJECTED
    again = entry(private=True, confirmed=clock() + timedelta(minutes=1))
    assert go(again) is ReviewState.IN_REVIEW
    # A new release of the same dataset begins its own way, as a change.
    new = entry(release_id="r2", private=False, confirmed=clock())
    assert go(new) is ReviewState.PUBLIC
    assert standing_of(new, records.memory(), notices=True).kind is Kind.CHANGE
    gone = entry(release_id="r2", withdrawn=True, confirmed=clock())
    assert go(gone) is ReviewState.WITHDRAWN
    assert standings([entry(remote_id=None)], records.memory(), notices=True) == ()


def worries(records: ReviewRecords, one: LedgerEntry, days: int = 0) -> Any:
    """What a person is told about a dataset some days from now."""
    found = standing_of(one, records.memory(), notices=False)
    return concerns(found, NOW + timedelta(days=days), PATIENCE)


def test_silence_is_told_after_the_days_of_the_rules(records: ReviewRecords) -> None:
    assert worries(records, entry(), days=8) == ()
    assert [one.code for one in worries(records, entry(), days=9)] == [
        "review-overdue",
        "receipt-overdue",
    ]
    assert [one.code for one in worries(records, entry(private=False), days=9)] == [
        "receipt-overdue"
    ]


def test_a_comprobante_bears_a_day_between_the_sending_and_today_in_mexico(
    records: ReviewRecords, clock: Clock, tmp_path: Path
) -> None:
    file = tmp_path / "página.png"
    file.write_bytes(bytes.fromhex("89504e470d0a1a0a") + b"x" + bytes.fromhex("49454e44ae426082"))
    clock.moment = datetime(2026, 11, 24, 3, tzinfo=UTC)  # still the 23rd there

    def kept(day: date) -> str:
        wish = ReceiptWish("uno", Kind.LOAD, "7", day, file, "ana")
        return record(records, {"id-uno": entry()}, wish, tmp_path / "kept").media_type

    assert kept(date(2026, 11, 23)) == kept(date(2026, 11, 22)) == "image/png"
    for day, code in ((date(2026, 11, 24), "future"), (date(2026, 11, 21), "early")):
        with pytest.raises(MirrorConfigurationError) as refused:
            kept(day)
        assert refused.value.sentence.code == f"receipt-{code}"
    assert len(records.memory().receipts["id-uno"]) == 2
    assert len(list((tmp_path / "kept").glob("*/*"))) == 1


@given(st.binary(max_size=60), st.sampled_from([b"", b"%PDF-1.7\n", b"\xff\xd8\xff"]))
@settings(max_examples=30)
def test_no_rubbish_passes_for_a_comprobante(content: bytes, head: bytes) -> None:
    found = media_type_of(head + content)
    assert found is None or (found == "image/jpeg" and content.rstrip(b"\0\r\n").endswith(b"\xd9"))


def project(one: Dataset, **target: Any) -> DesiredPackage:
    release = parse_release(one.release("https://source.example.org"))
    assert isinstance(release, Release)
    given_settings = {"url": "https://f.example.org", "organization": "imss", "group": "salud"}
    return projection_for(TargetSettings(**given_settings, **target)).project(release)


@pytest.mark.parametrize(
    ("one", "rule"),
    [
        (dataset("a" * 101, b"a\n"), "rule-dataset-name"),
        (
            Dataset("uno", [FileContent("Año 1.csv", b"a"), FileContent("ano_1.csv", b"b")]),
            "unique",
        ),
        (Dataset("uno", [FileContent("sin_extension", b"a")]), "rule-file-name"),
    ],
)
def test_what_the_federal_side_does_not_take_is_refused_with_its_rule(
    one: Dataset, rule: str
) -> None:
    with pytest.raises(ReleaseError) as refused:
        project(one)
    sentence = refused.value.sentence
    assert sentence.code == "rule-broken"
    assert rule in sentence.facts["rule"].code
    assert "2026-" in sentence.full("es")


@given(st.text(max_size=30))
@settings(max_examples=40)
def test_file_names_are_spelt_the_federal_way(text: str) -> None:
    name = project(Dataset("uno", [FileContent(f"x{text}.csv", b"a")])).resources[0].file.name
    assert fits(load_rules("pnda").limits.file_name, name)


def test_a_file_in_another_encoding_is_refused_without_quoting_it(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("año\n".encode())
    check_encoding(path, "x.csv", "utf-8")
    path.write_bytes("año\n".encode("latin-1"))
    with pytest.raises(ReleaseError) as refused:
        check_encoding(path, "x.csv", "utf-8")
    assert "año" not in str(refused.value)


def test_links_lead_to_the_file_host() -> None:
    pattern = "https://files.example.org/api_update/{organization}/{dataset}/{file}"
    found = project(dataset("Uno-Dos", b"a\n"), files="link", file_host=pattern)
    link = "https://files.example.org/api_update/imss/uno_dos/uno_dos_0.csv"
    assert found.resources[0].file.link == link
    with pytest.raises(MirrorConfigurationError, match="file_host"):
        project(dataset("uno", b"a\n"), files="link")


@pytest.mark.parametrize(
    "pattern",
    [
        "http://files.example.org/{dataset}/{file}",
        "https://files.example.org/{file}",
        "https://files.example.org/{dataset}/{file}/{password}",
        "https://{dataset}.example.org/{file}",
        "https://user:word@files.example.org/{dataset}/{file}",
        "ftp://files.example.org/{dataset}/{file}",
    ],
)
def test_a_file_host_is_an_encrypted_address_with_places(pattern: str) -> None:
    with pytest.raises(ValueError, match="address"):
        check_file_host(pattern)
    check_file_host("http://127.0.0.1:80/{dataset}/{file}")


@pytest.mark.parametrize("mailbox", ["a@b.mx\nBcc: x@y.mx", "a@b.mx, c@d.mx", "nobody", "a@b"])
def test_a_mailbox_is_one_mailbox(mailbox: str) -> None:
    with pytest.raises(ValueError, match="to"):
        NoticeSettings.model_validate({"host": "h", "from": "a@b.mx", "to": [mailbox]})


def test_the_list_of_files_holds_no_formula() -> None:
    file = NoticeFile("x.csv", "https://x/x.csv", "0" * 64, 3)
    one = NoticeDataset("i", "r", "load", "uno", "@SUM(1)\n=2", "https://x", files=(file,))
    line = file_list([one]).splitlines()[1]
    assert "'@SUM(1) =2" in line


def test_two_programs_do_not_begin_the_same_mail(records: ReviewRecords) -> None:
    before = records.memory()
    row = NoticeRecord("id-uno", "r1", "load", "<m@x>", NoticeOutcome.BEGUN, NOW)
    records.begin_notice([row], before)
    with pytest.raises(MirrorConfigurationError) as busy:
        records.begin_notice([row], before)
    assert busy.value.sentence.code == "notice-busy"
    assert len(records.memory().notices["id-uno"]) == 1
