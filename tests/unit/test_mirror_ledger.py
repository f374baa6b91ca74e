"""The ledger: write-ahead, claims, versions; the same on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from mirror.first_ledger import FIRST_VERSION

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.claims import LEASE_SECONDS, LostClaimError
from ckanext.imssbienestar.mirror.ledger.entries import FileEntry, State
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger, open_ledger
from ckanext.imssbienestar.mirror.texts import say

WHY = say("gave-up", dataset="uno", attempts=3, cause=say("reason-equal"))
FILE = FileEntry("r1", "remote-r1", "a" * 64, 3, "uno.csv\nhoy\n3\n")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


def intend(ledger: Ledger, **changes: Any) -> None:
    values = {
        "dataset_name": "uno",
        "remote_name": "uno",
        "remote_id": None,
        "release_id": "release-1",
        "digest": "d" * 64,
        "action": "create",
    }
    ledger.intend("id-uno", **(values | changes))


def confirm(ledger: Ledger, **changes: Any) -> None:
    values = {
        "dataset_name": "uno",
        "remote_name": "uno",
        "remote_id": "remote",
        "release_id": "release-1",
        "digest": "d" * 64,
        "action": "create",
        "private": True,
        "files": [FILE],
    }
    ledger.confirm("id-uno", **(values | changes))


def test_an_intent_survives_whoever_wrote_it(url: str) -> None:
    intend(open_ledger(url, "target"))
    found = open_ledger(url, "target").entries()["id-uno"]
    assert (found.state, found.remote_id, found.files) == (State.PLANNED, None, {})


def test_the_way_of_a_dataset(url: str) -> None:
    ledger = open_ledger(url, "target")
    intend(ledger)
    ledger.sent("id-uno", "remote")
    assert ledger.entries()["id-uno"].state is State.SENT
    confirm(ledger)
    found = ledger.entries()["id-uno"]
    assert (found.state, found.remote_id, found.private) == (State.CONFIRMED, "remote", True)
    assert found.files == {"r1": FILE}
    assert found.confirmed is not None
    assert found.confirmed.tzinfo is not None


def test_a_new_intent_keeps_what_was_confirmed_of_the_files(url: str) -> None:
    ledger = open_ledger(url, "target")
    confirm(ledger)
    intend(ledger, remote_id="remote", digest="e" * 64)
    ledger.fail("id-uno", "uno", "uno", WHY)
    found = ledger.entries()["id-uno"]
    assert (found.state, found.error) == (State.FAILED, WHY)
    assert found.files == {"r1": FILE}


def test_a_failure_of_an_unknown_dataset_is_kept_too(url: str) -> None:
    ledger = open_ledger(url, "target")
    ledger.fail("id-dos", "dos", "dos", WHY)
    assert ledger.entries()["id-dos"].state is State.FAILED


def test_targets_do_not_see_each_other(url: str) -> None:
    confirm(open_ledger(url, "target"))
    assert open_ledger(url, "other").entries() == {}


class Runs:
    """Several runs over one ledger; ``elsewhere`` changes where their rows say they are."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.now = datetime(2026, 11, 23, tzinfo=UTC)

    def start(self) -> Ledger:
        ledger = open_ledger(self.url, "target", clock=lambda: self.now)
        ledger.start_run()
        return ledger

    def elsewhere(self, ledger: Ledger, **columns: Any) -> None:
        with ledger.transaction() as connection:
            for table, key in (
                (tables.run, tables.run.c.id),
                (tables.claim, tables.claim.c.run_id),
            ):
                connection.execute(sa.update(table).where(key == ledger.run_id).values(columns))


@pytest.fixture
def runs(url: str) -> Runs:
    return Runs(url)


def test_two_runs_at_once_never_have_the_same_dataset(runs: Runs) -> None:
    one, two = runs.start(), runs.start()
    claim = one.claim("id-uno")
    assert claim is not None
    assert two.claim("id-uno") is None
    assert two.claim("id-dos") is not None
    assert two.fences().held == {"id-uno"}
    assert {run.id for run in one.running()} == {one.run_id, two.run_id}
    one.release(claim)
    again = two.claim("id-uno")
    assert again is not None
    assert again.fence == claim.fence + 1
    other = open_ledger(runs.url, "other")
    other.start_run()
    assert other.claim("id-uno") is not None
    two.finish_run(0, {})
    assert one.claim("id-uno") is not None
    assert [run.id for run in two.running()] == [one.run_id]


def test_what_another_run_had_since_it_was_planned_is_planned_again(runs: Runs) -> None:
    one, two = runs.start(), runs.start()
    before = one.fences()
    claim = two.claim("id-uno", two.fences().of("id-uno"))
    assert claim is not None
    during = one.fences()
    two.release(claim)
    assert one.claim("id-uno", before.of("id-uno")) is None
    assert one.claim("id-uno", during.of("id-uno")) is None
    assert one.claim("id-uno", one.fences().of("id-uno")) is not None


def test_the_claim_of_a_process_that_is_gone_is_taken_over_at_once(runs: Runs) -> None:
    one, two = runs.start(), runs.start()
    lost = one.claim("id-uno")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    runs.elsewhere(one, process=gone.pid)
    assert two.claim("id-uno", two.fences().of("id-uno")) is not None
    assert [run.id for run in two.running()] == [two.run_id]
    assert lost is not None
    with pytest.raises(LostClaimError):
        intend(one, claim=lost)
    with pytest.raises(LostClaimError):
        confirm(one, claim=lost)
    assert two.entries() == {}
    one.release(lost)
    one.beat()
    assert one.claim("id-uno") is None


def test_the_number_of_a_dead_process_may_be_another_one_by_now(runs: Runs) -> None:
    one, two = runs.start(), runs.start()
    one.claim("id-uno")
    runs.elsewhere(one, process=1)
    assert two.claim("id-uno") is not None


def test_the_claim_of_another_machine_runs_out(runs: Runs) -> None:
    one, two = runs.start(), runs.start()
    claim = one.claim("id-uno")
    runs.elsewhere(one, machine="elsewhere", host="elsewhere")
    runs.now += timedelta(seconds=LEASE_SECONDS - 1)
    assert two.claim("id-uno") is None
    one.beat()
    runs.now += timedelta(seconds=2)
    assert two.claim("id-uno") is None
    intend(one, claim=claim)
    runs.now += timedelta(seconds=LEASE_SECONDS)
    assert two.claim("id-uno") is not None


def test_a_ledger_of_the_first_version_keeps_its_rows(url: str) -> None:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.executescript(FIRST_VERSION)
    ledger = open_ledger(url, "target")
    found = ledger.entries()["id-uno"]
    assert (found.state, found.remote_id, found.files) == (State.CONFIRMED, "remote", {"r1": FILE})
    assert found.error == say("text", text="no se pudo")
    assert found.files["r1"].proof == "bytes"
    assert ledger.running() == ()
    ledger.start_run()
    assert ledger.claim("id-uno") is not None


def test_a_ledger_of_a_newer_program_is_left_alone(url: str) -> None:
    open_ledger(url, "target")
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("insert into imss_mirror_about values (99)")
    with pytest.raises(MirrorConfigurationError) as refused:
        open_ledger(url, "target")
    assert refused.value.sentence.code == "ledger-newer"


def test_a_file_that_is_no_ledger_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"esto no es una base de datos" * 100)
    with pytest.raises(MirrorConfigurationError) as refused:
        open_ledger(f"sqlite:///{path}", "target")
    assert refused.value.sentence.code == "ledger-corrupt"
