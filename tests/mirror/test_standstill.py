"""A run without news asks again and ends; whatever moved, the whole program decides."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mirror.fake_source import dataset
from mirror.http_server import Reply, Request
from mirror.programs import Finished
from mirror.standstill_world import Quiet, new_release, quiet_world, rows

from ckanext.imssbienestar.mirror.catalogues.tally import Tally
from ckanext.imssbienestar.mirror.command import main
from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.activities import Activities
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.ledger.standstill import GONE_BY
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem
from ckanext.imssbienestar.mirror.profile_file import SECTIONS
from ckanext.imssbienestar.mirror.running import remembering, standstill
from ckanext.imssbienestar.mirror.running.outcome import Outcome
from ckanext.imssbienestar.mirror.running.remembering import Remembering
from ckanext.imssbienestar.mirror.running.session import MirrorSession
from ckanext.imssbienestar.mirror.settings import MirrorSettings, load_settings
from ckanext.imssbienestar.mirror.texts import say

READS = 5


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Quiet]:
    """All sent and confirmed, and a whole run that found nothing to do."""
    with quiet_world(tmp_path, monkeypatch) as made:
        yield made


def told(finished: Finished) -> tuple[int, list[dict[str, Any]], str]:
    """All that a run told but its own time; datasets in any order."""
    lines = finished.lines
    lines[-1]["summary"].pop("seconds")
    ordered = sorted(lines[:-1], key=lambda line: str(line["dataset"]))
    return finished.code, [*ordered, lines[-1]], finished.err


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


def _profile(world: Quiet) -> None:
    text = world.mirror.profile.read_text()
    world.mirror.profile.write_text(text.replace("[limits]", "[limits]\nattempts = 4"))


def _row(statement: str) -> Callable[[Quiet], None]:
    return lambda world: world.change(statement)


MOVES: dict[str, Callable[[Quiet], None]] = {
    "a new release": new_release,
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


def test_settings_that_changed_while_it_ran_are_not_those_it_went_by(world: Quiet) -> None:
    def meanwhile(_request: Request, reply: Reply) -> Reply:
        _profile(world)
        world.source.spoil = None
        return reply

    world.change("DELETE FROM imss_mirror_standstill")
    world.source.spoil = meanwhile
    world.run()
    assert rows(world, tables.standstill) == []


def test_a_program_that_changed_while_it_ran_is_not_the_one_that_ran(
    world: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.change("DELETE FROM imss_mirror_standstill")
    monkeypatch.setattr(remembering.program_mark, "__wrapped__", lambda: "another")
    world.run()
    assert rows(world, tables.standstill) == []


def test_a_run_is_as_good_where_nothing_can_be_left_for_the_next(world: Quiet) -> None:
    def meanwhile(_request: Request, reply: Reply) -> Reply:
        world.mirror.profile.unlink(missing_ok=True)
        return reply

    world.change("DELETE FROM imss_mirror_standstill")
    world.source.spoil = meanwhile
    ended = world.run()
    assert (ended.code, ended.err) == (0, "")
    assert rows(world, tables.standstill) == []


def test_what_is_left_holds_no_token(world: Quiet) -> None:
    (left,) = rows(world, tables.standstill)
    for name in ("source.token", "target.token"):
        assert (world.mirror.folder / name).read_text().strip() not in str(left)


def test_what_a_killed_run_left_on_the_disk_goes_with_a_quiet_one_too(
    world: Quiet, tmp_path: Path
) -> None:
    text = world.mirror.profile.read_text()
    world.mirror.profile.write_text(text.replace("[limits]", f'[limits]\nspool = "{tmp_path}"'))
    world.run()
    left = tmp_path / f"imss-mirror-{socket.gethostname()}-{2**22 + 1}-x"
    left.mkdir()
    world.run()
    assert world.was_quiet
    assert not left.exists()


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
    new_release(world)
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


@pytest.mark.parametrize(
    "part",
    [
        {"action": Action.UPDATE},
        {"state": State.FAILED},
        {"error": say("interrupted")},
        {"tally": Tally(reads=1)},
    ],
    ids=lambda part: next(iter(part)),
)
def test_one_dataset_that_is_not_settled_is_enough(world: Quiet, part: dict[str, Any]) -> None:
    settings = load_settings(world.mirror.profile)
    for changed in (part, {}):
        world.change("DELETE FROM imss_mirror_standstill")
        memory = Remembering(world.mirror.profile, None)
        memory.before(world.database)
        item = PlanItem("id-uno", "uno", "uno", Action.NONE, say("reason-equal"))
        memory.outcome(replace(Outcome(item, Action.NONE, State.CONFIRMED), **changed))
        memory.keep(MirrorSession(settings), [], {})
        assert len(rows(world, tables.standstill)) == (not changed)


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
