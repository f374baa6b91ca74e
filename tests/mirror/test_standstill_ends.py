"""Who goes on with a run that only asked again; failures, kills, and what it loads."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mirror.http_server import Reply, Request
from mirror.programs import PROGRAM
from mirror.standstill_world import Quiet, new_release, quiet_world, rows
from mirror.zygote import Zygote

from ckanext.imssbienestar.mirror import program_mark
from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.ledger.standstill import QuietLedger
from ckanext.imssbienestar.mirror.running import standstill

READS = 5


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Quiet]:
    """All sent and confirmed, and a whole run that found nothing to do."""
    with quiet_world(tmp_path, monkeypatch) as made:
        yield made


# -- who goes on with it has asked once ------------------------------------------------------------


def test_what_was_asked_is_not_asked_twice(world: Quiet) -> None:
    new_release(world)
    done = world.run()
    assert (done.code, done.summary["update"]) == (0, 1)
    assert world.source.calls.count("/api/3/action/imss_release_list") == 1
    assert world.target.calls.count("package_search") == 1
    # One use of the program, one run: both are over.
    assert len(rows(world, tables.activity)) == len(rows(world, tables.run)) == 3
    assert all(row["finished"] for row in rows(world, tables.run))
    assert (world.newest.exit_code, world.newest.done) == (0, 3)


def test_answers_serve_only_while_the_ledger_is_what_it_was(
    world: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run that worked meanwhile may have changed what was read before its claim was."""
    new_release(world)
    fences = Ledger.fences

    def moved(self: Ledger) -> Any:
        world.change("UPDATE imss_mirror_claim SET fence = fence + 1")
        return fences(self)

    monkeypatch.setattr(Ledger, "fences", moved)
    assert world.run().summary["update"] == 1
    assert world.source.calls.count("/api/3/action/imss_release_list") == 2
    assert world.target.calls.count("package_search") == 2


def test_a_failure_is_told_as_the_whole_program_tells_it(world: Quiet) -> None:
    world.source.spoil = lambda _request, _reply: Reply(503, b"")
    quiet = world.run()
    assert quiet.code == 2
    attempts = len(world.source.calls)
    assert (world.newest.exit_code, world.newest.message["es"]) == (2, quiet.err.strip())
    world.change("DELETE FROM imss_mirror_standstill")
    world.source.calls.clear()
    whole = world.run()
    assert (whole.code, whole.err, len(world.source.calls)) == (2, quiet.err, attempts)


def test_a_firewall_page_is_no_answer(world: Quiet) -> None:
    page = Reply(200, b"<html>no</html>", {"Content-Type": "text/html"})
    world.target.fault = lambda _request, _number, _forward: page
    assert world.run().code == 2
    assert not world.was_quiet


def test_the_same_bytes_with_another_status_are_no_answer(world: Quiet) -> None:
    def refused(_request: Request, reply: Reply) -> Reply:
        return replace(reply, status=403)

    world.source.spoil = refused
    assert world.run().code != 0
    assert not world.was_quiet


def test_a_slow_answer_is_waited_for_by_the_whole_program(
    world: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standstill, "_LONGEST_WAIT", 0.0)
    done = world.run()
    assert not world.was_quiet
    assert (done.code, done.summary["none"], done.summary["calls_read"]) == (0, 3, READS)


def test_a_ledger_without_room_is_told(world: Quiet, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(QuietLedger, "finish", full)
    done = world.run()
    assert (done.code, world.was_quiet) == (2, True)
    assert "database or disk is full" in done.err
    monkeypatch.undo()
    assert world.mirror("run").code == 0


def test_an_output_without_room_is_told(world: Quiet) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, PROGRAM, "run", "--profile", world.mirror.profile, "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert (world.newest.exit_code, world.newest.message["es"]) == (2, done.stderr.strip())


def test_told_to_stop_it_says_so(world: Quiet) -> None:
    asked = threading.Event()

    def slow(_request: Request, reply: Reply) -> Reply:
        asked.set()
        time.sleep(1)
        return reply

    world.source.spoil = slow
    process = world.mirror.start("run", "--json")
    assert asked.wait(10)
    process.terminate()
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err.count("\n") == 1
    assert world.newest.exit_code == 130
    assert all(row["finished"] for row in rows(world, tables.run))


# -- killed, and beside others ---------------------------------------------------------------------


def test_killed_anywhere_the_next_run_is_as_good(world: Quiet, tmp_path: Path) -> None:
    zygote = Zygote(tmp_path / "runs")
    arguments = ("run", "--profile", str(world.mirror.profile), "--json")
    try:
        for step in range(1, 50):
            ended = zygote(*arguments, kill_at=step)
            after = zygote(*arguments)
            assert after.code == 0, after.out
            assert json.loads(after.out.splitlines()[-1])["summary"]["none"] == 3
            if not ended.killed:
                break
            zygote(*arguments)  # whole, as what was broken off is looked at; then quiet again
        assert step > 4 + 2 * READS - 1
    finally:
        zygote.stop()
    assert world.target.writes == []
    assert all(row["finished"] for row in rows(world, tables.run))


def test_such_a_run_loads_neither_sqlalchemy_nor_pydantic(world: Quiet) -> None:
    told = subprocess.run(
        [sys.executable, "-X", "importtime", PROGRAM, "run", "--profile", world.mirror.profile],
        capture_output=True,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if "IMSS" not in name},
    )
    loaded = {line.rpartition("|")[2].strip() for line in told.stderr.splitlines()}
    assert "requests" in loaded
    assert not {"sqlalchemy", "pydantic"} & loaded


_WHAT_WAS_LOADED = """
import json, sys
from ckanext.imssbienestar import datafiles
from ckanext.imssbienestar.mirror.command import main
data, read = [], datafiles._read
datafiles._read = lambda name: data.append(name) or read(name)
main(["run", "--profile", sys.argv[1]])
modules = [(name, getattr(one, "__file__", None)) for name, one in sys.modules.items()]
ours = [file for name, file in modules if name.startswith("ckanext.imssbienestar") and file]
print(json.dumps([ours, data]))
"""


def test_the_mark_of_the_program_is_of_all_that_a_run_loads(world: Quiet) -> None:
    world.change("DELETE FROM imss_mirror_standstill")
    told = subprocess.run(
        [sys.executable, "-c", _WHAT_WAS_LOADED, world.mirror.profile],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    modules, data = json.loads(told.splitlines()[-1])
    known = {str(path) for path in program_mark.program_files()}
    assert {name for name in modules if "/schemas/" not in name} <= known
    assert data
    assert all(any(path.endswith(f"/{name}") for path in known) for name in data)
