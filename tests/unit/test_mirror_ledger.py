"""The ledger: write-ahead, lease, versions; the same on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger import LEASE_SECONDS, Ledger, open_ledger
from ckanext.imssbienestar.mirror.ledger_entries import FileEntry, State

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
    ledger.fail("id-uno", "uno", "uno", "no se pudo")
    found = ledger.entries()["id-uno"]
    assert (found.state, found.error) == (State.FAILED, "no se pudo")
    assert found.files == {"r1": FILE}


def test_a_failure_of_an_unknown_dataset_is_kept_too(url: str) -> None:
    ledger = open_ledger(url, "target")
    ledger.fail("id-dos", "dos", "dos", "no se pudo")
    assert ledger.entries()["id-dos"].state is State.FAILED


def test_targets_do_not_see_each_other(url: str) -> None:
    confirm(open_ledger(url, "target"))
    assert open_ledger(url, "other").entries() == {}


def test_the_lease_of_a_live_process_is_respected(url: str) -> None:
    ledger = open_ledger(url, "target")
    ledger.start_run()
    path = url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        connection.execute("update imss_mirror_run set process = ?", [os.getppid()])
    with pytest.raises(MirrorConfigurationError) as refused:
        open_ledger(url, "target").start_run()
    assert refused.value.sentence.code == "ledger-busy"
    open_ledger(url, "other").start_run()


def test_the_lease_of_a_dead_process_is_taken_over(url: str) -> None:
    ledger = open_ledger(url, "target")
    ledger.start_run()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("update imss_mirror_run set process = ?", [gone.pid])
    open_ledger(url, "target").start_run()


def test_the_lease_of_another_machine_runs_out(url: str) -> None:
    now = [datetime(2026, 11, 23, tzinfo=UTC)]
    ledger = open_ledger(url, "target", clock=lambda: now[0])
    ledger.start_run()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("update imss_mirror_run set host = 'elsewhere'")
    now[0] += timedelta(seconds=LEASE_SECONDS - 1)
    with pytest.raises(MirrorConfigurationError):
        open_ledger(url, "target", clock=lambda: now[0]).start_run()
    ledger.beat()
    now[0] += timedelta(seconds=2)
    with pytest.raises(MirrorConfigurationError):
        open_ledger(url, "target", clock=lambda: now[0]).start_run()
    now[0] += timedelta(seconds=LEASE_SECONDS)
    open_ledger(url, "target", clock=lambda: now[0]).start_run()


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
    assert refused.value.sentence.code == "ledger-unusable"
