"""A run without news asks again and ends; whatever moved, the whole program decides."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from mirror.fake_source import FakeSource, dataset
from mirror.http_server import Reply, Request
from mirror.model_server import ModelServer
from mirror.programs import PROGRAM, Finished, Mirror, write_profile
from mirror.zygote import Zygote

from ckanext.imssbienestar.mirror import dispatch, program_mark
from ckanext.imssbienestar.mirror.command import main
from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.activities import Activities, Activity
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase, open_database
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.ledger.standstill import GONE_BY, QuietLedger
from ckanext.imssbienestar.mirror.profile_file import SECTIONS
from ckanext.imssbienestar.mirror.running import standstill
from ckanext.imssbienestar.mirror.settings import MirrorSettings

READS = 5


@dataclass
class Quiet:
    """Two played catalogues, their mirror, and who carried out its last run."""

    source: FakeSource
    target: ModelServer
    mirror: Mirror
    whole: list[bool]

    def run(self, *options: str) -> Finished:
        self.whole.clear()
        return self.mirror("run", *options)

    @property
    def was_quiet(self) -> bool:
        return not self.whole

    @property
    def database(self) -> LedgerDatabase:
        target = f"{self.target.url} imss-bienestar"
        return open_database(f"sqlite:///{self.mirror.ledger}", target)

    @property
    def newest(self) -> Activity:
        return Activities(self.database).recent(1)[0]

    def change(self, statement: str, *values: Any) -> None:
        connection = sqlite3.connect(self.mirror.ledger)
        with connection:
            connection.execute(statement, values)
        connection.close()

    def edit(self, **fields: Any) -> None:
        """A person over there changes the first dataset."""
        package_id = sorted(self.target.model.stored)[0]
        self.target.model.edit(package_id, **fields)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Quiet]:
    """All sent and confirmed, and a whole run that found nothing to do."""
    source, target = FakeSource(), ModelServer()
    source.datasets = [dataset(f"uno_{n}", b"a\n%d\n" % n, b"b\n2\n") for n in range(3)]
    mirror = write_profile(tmp_path, source_url=source.url, target_url=target.url)
    whole: list[bool] = []
    carry_out = dispatch.dispatch

    def watched(*arguments: Any) -> int:
        whole.append(True)
        return carry_out(*arguments)

    monkeypatch.setattr(dispatch, "dispatch", watched)
    made = Quiet(source, target, mirror, whole)
    assert made.run().summary["create"] == 3
    assert made.run().code == 0
    assert not made.was_quiet
    target.reset()
    source.calls.clear()
    yield made
    source.stop()
    target.stop()


def told(finished: Finished) -> tuple[int, list[dict[str, Any]], str]:
    """All that a run told but its own time; datasets in any order."""
    lines = finished.lines
    lines[-1]["summary"].pop("seconds")
    ordered = sorted(lines[:-1], key=lambda line: str(line["dataset"]))
    return finished.code, [*ordered, lines[-1]], finished.err


def rows(world: Quiet, table: sa.Table) -> list[dict[str, Any]]:
    with world.database.transaction() as connection:
        return [dict(row._mapping) for row in connection.execute(sa.select(table))]


# -- what it tells and keeps is what the whole program would ---------------------------------------


@pytest.mark.parametrize("options", [(), ("--lang", "en"), ("--workers", "4")])
def test_it_tells_what_the_whole_program_tells(world: Quiet, options: tuple[str, ...]) -> None:
    quiet = world.run(*options)
    assert world.was_quiet
    world.change("DELETE FROM imss_mirror_standstill")
    whole = world.run(*options)
    assert not world.was_quiet
    assert told(quiet) == told(whole)
    assert quiet.lines[0].keys() == whole.lines[0].keys()
    assert quiet.summary["calls_read"] == READS


def test_it_tells_people_the_same_too(world: Quiet, capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for _ in range(2):
        code = main(["run", "--profile", str(world.mirror.profile)])
        texts.append((code, capsys.readouterr().out.rpartition(",")[0]))
        world.change("DELETE FROM imss_mirror_standstill")
    assert texts[0] == texts[1]
    assert texts[0][1]


def test_warnings_are_told_each_time(world: Quiet) -> None:
    file = replace(world.source.datasets[0].files[0], name="x.json", format="JSON", identifier="j")
    world.source.datasets[0].files.append(file)
    world.source.datasets[0].number += 1
    world.run()
    whole, quiet = world.run(), world.run()
    assert world.was_quiet
    assert whole.err == quiet.err != ""


def test_its_records_are_those_of_the_whole_program(world: Quiet) -> None:
    world.run()
    assert world.was_quiet
    world.change("DELETE FROM imss_mirror_standstill")
    world.run()
    quiet, whole = sorted(rows(world, tables.activity), key=lambda row: str(row["asked"]))[-2:]
    for column in ("id", "asked", "started", "heartbeat", "finished"):
        assert type(quiet.pop(column)) is type(whole.pop(column))
    assert quiet["summary"].pop("seconds") >= 0
    assert whole["summary"].pop("seconds") >= 0
    assert quiet == whole
    quiet, whole = sorted(rows(world, tables.run), key=lambda row: str(row["started"]))[-2:]
    for column in ("id", "started", "heartbeat", "finished", "summary"):
        assert type(quiet.pop(column)) is type(whole.pop(column))
    assert quiet == whole
    kept = Activities(world.database).recent(2)
    assert abs(kept[0].asked - datetime.now(UTC)) < timedelta(minutes=1)
    assert kept[0].asked > kept[1].asked


def test_every_table_is_gone_by_or_written_by_such_a_run() -> None:
    """A new table belongs into ``GONE_BY`` unless a run reads nothing of it."""
    own = {"imss_mirror_run", "imss_mirror_activity", "imss_mirror_standstill", "imss_mirror_look"}
    assert {*GONE_BY, *own} == set(tables.metadata.tables)
    assert not {*GONE_BY} & own


def test_the_sections_of_a_profile_are_those_of_the_settings() -> None:
    assert set(SECTIONS) == set(MirrorSettings.model_fields)


# -- whatever moved is seen ------------------------------------------------------------------------


def _new_release(world: Quiet) -> None:
    world.source.datasets[0].fields["title"] = "Otro título"
    world.source.datasets[0].number += 1


def _profile(world: Quiet) -> None:
    text = world.mirror.profile.read_text()
    world.mirror.profile.write_text(text.replace("[limits]", "[limits]\nattempts = 4"))


def _row(statement: str) -> Callable[[Quiet], None]:
    return lambda world: world.change(statement)


MOVES: dict[str, Callable[[Quiet], None]] = {
    "a new release": _new_release,
    "a new dataset": lambda world: world.source.datasets.append(dataset("otro", b"a\n1\n")),
    "a withdrawal": lambda world: setattr(world.source.datasets[0], "state", "withdrawn"),
    "a dataset no longer given": lambda world: world.source.datasets.pop() and None,
    "a title edited there": lambda world: world.edit(title="Otra cosa"),
    "a dataset made public there": lambda world: world.edit(private=False),
    "a dataset deleted there": lambda world: world.edit(state="deleted"),
    "the profile": _profile,
    "a digest in the ledger": _row("UPDATE imss_mirror_dataset SET digest = 'x'"),
    "a state in the ledger": _row("UPDATE imss_mirror_dataset SET state = 'failed'"),
    "a file in the ledger": _row("DELETE FROM imss_mirror_file"),
    "the marks of drift": _row("DELETE FROM imss_mirror_shown"),
    "a claim": _row("UPDATE imss_mirror_claim SET fence = fence + 1"),
    "a passage": _row("DELETE FROM imss_mirror_passage"),
    "a proof": _row("DELETE FROM imss_mirror_proof"),
    "the version of the ledger": _row("INSERT INTO imss_mirror_about VALUES (0)"),
    "what stands before a dataset": _row(
        "INSERT INTO imss_mirror_outlook SELECT target, dataset_id, dataset_name, 'update', '{}',"
        " '[]', NULL, confirmed FROM imss_mirror_dataset LIMIT 1"
    ),
    "a run that was broken off": _row("UPDATE imss_mirror_run SET finished = NULL WHERE rowid = 1"),
    "what was remembered": _row("UPDATE imss_mirror_standstill SET ledger = 'x'"),
    "nothing remembered": _row("DELETE FROM imss_mirror_standstill"),
}


@pytest.mark.parametrize("what", MOVES)
def test_whatever_moved_the_whole_program_decides(world: Quiet, what: str) -> None:
    MOVES[what](world)
    world.run()
    assert not world.was_quiet


def test_another_program_decides_anew(world: Quiet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standstill, "program_mark", lambda: "another")
    world.run()
    assert not world.was_quiet


def test_a_setting_of_the_environment_decides_anew(
    world: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMSS_MIRROR_LIMITS__ATTEMPTS", "3")
    world.run()
    assert not world.was_quiet
    world.run()
    assert world.was_quiet


def test_a_token_that_others_can_read_is_refused_by_such_a_run_too(world: Quiet) -> None:
    (world.mirror.folder / "source.token").chmod(0o644)
    assert world.run().code == 2


@pytest.mark.parametrize(
    "options", [("--only", "uno_1"), ("--dry-run",), ("--log", "-")], ids=lambda one: one[0]
)
def test_only_a_run_of_everything_is_quiet(world: Quiet, options: tuple[str, ...]) -> None:
    assert world.run(*options).code == 0
    assert not world.was_quiet
    world.run()
    assert world.was_quiet


def test_what_had_work_to_do_is_not_remembered(world: Quiet) -> None:
    _new_release(world)
    assert world.run().summary["update"] == 1
    assert world.run().summary["none"] == 3
    assert not world.was_quiet
    assert world.run().summary["none"] == 3
    assert world.was_quiet


def test_what_fails_is_told_each_time(world: Quiet) -> None:
    world.source.datasets[0].personal_data = None
    for _ in range(3):
        assert world.run().code == 1
        assert not world.was_quiet


def test_what_is_held_for_a_person_is_told_each_time(world: Quiet) -> None:
    text = world.mirror.profile.read_text()
    world.mirror.profile.write_text(text.replace("[target]", '[target]\ndrift = "hold"'))
    world.edit(title="Otra cosa")
    for _ in range(3):
        assert world.run().code == 1
        assert not world.was_quiet


@pytest.mark.parametrize("content", ["", "[]", "null", "{"])
def test_a_damaged_memory_is_none(world: Quiet, content: str) -> None:
    world.change("UPDATE imss_mirror_standstill SET content = ?", content)
    assert world.run().code == 0
    assert not world.was_quiet


@pytest.mark.parametrize("seed", range(3))
def test_it_is_quiet_only_where_a_plan_is_empty(world: Quiet, seed: int) -> None:
    """Whatever happens in whatever order; a plan is made by the whole program each time."""
    dice = random.Random(seed)
    quiet = 0
    for number in range(25):
        one = dice.choice(world.source.datasets)
        step = dice.randrange(12)
        if step == 0:
            one.fields["title"], one.number = f"Título {number}", one.number + 1
        elif step == 1:
            one.files[0] = replace(one.files[0], content=b"a\n%d\n" % (100 + number))
            one.number += 1
        elif step == 2:
            world.edit(notes=f"nota {number}")
        elif step == 3:
            world.edit(private=bool(number % 2))
        ended = world.run()
        if world.was_quiet:
            quiet += 1
            planned = world.mirror("plan")
            assert planned.summary["none"] == len(world.source.datasets)
            assert (ended.code, planned.code, planned.summary["failed"]) == (0, 0, 0)
    assert quiet > 2


# -- who goes on with it has asked once ------------------------------------------------------------


def test_what_was_asked_is_not_asked_twice(world: Quiet) -> None:
    _new_release(world)
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
    _new_release(world)
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
