"""What protects the ledger and the runs that share it, one protection at a time."""

from __future__ import annotations

import itertools
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from mirror.fake_source import FakeSource, dataset
from mirror.http_server import Reply, Request
from mirror.model_server import ModelServer
from mirror.model_world import World
from mirror.programs import Mirror, write_profile

from ckanext.imssbienestar.mirror.errors import GuardError, MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.claims import Fences
from ckanext.imssbienestar.mirror.ledger.entries import FileEntry, State
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger, open_ledger
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem
from ckanext.imssbienestar.mirror.running import shared_work
from ckanext.imssbienestar.mirror.running.guards import guard_rewrites, guard_withdrawals
from ckanext.imssbienestar.mirror.running.orders import Orders
from ckanext.imssbienestar.mirror.running.outcome import Outcome, Postponed
from ckanext.imssbienestar.mirror.running.session import select
from ckanext.imssbienestar.mirror.running.workers import work
from ckanext.imssbienestar.mirror.settings import LimitSettings

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A ledger nobody has opened yet."""
    return f"sqlite:///{tmp_path / 'mirror.ledger.sqlite'}"


def begun(url: str, target: str = "target", **options: Any) -> Ledger:
    ledger = open_ledger(url, target, **options)
    ledger.start_run()
    return ledger


def age(ledger: Ledger, **columns: Any) -> None:
    """The claims of a ledger, as of another machine that gives no sign of life."""
    with ledger.transaction() as connection:
        connection.execute(sa.update(tables.claim).values(beat=LONG_AGO, machine="x", **columns))


# -- the file --------------------------------------------------------------------------------------


def test_what_is_written_is_on_the_disk_and_who_writes_is_alone(url: str, tmp_path: Path) -> None:
    ledger = begun(url)
    with ledger.transaction() as connection:
        # A power cut undoes no intent: 2 is FULL.
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        with closing(sqlite3.connect(tmp_path / "mirror.ledger.sqlite", timeout=0)) as other:
            assert other.execute("select count(*) from imss_mirror_run").fetchone() == (1,)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")


def test_the_mirrors_of_two_targets_know_nothing_of_each_other(url: str) -> None:
    one, other = begun(url, "one"), begun(url, "other")
    for ledger, identifier in ((one, "r1"), (other, "r2")):
        ledger.confirm(
            "id-uno",
            dataset_name="uno",
            remote_name="uno",
            remote_id="x",
            release_id="r",
            digest="d",
            action="create",
            private=True,
            files=[FileEntry(identifier, "y", "0" * 64, 1, "")],
        )
    assert one.claim("id-uno") is not None
    assert other.fences() == Fences({}, frozenset())
    assert set(one.entries()["id-uno"].files) == {"r1"}
    assert set(other.entries()["id-uno"].files) == {"r2"}
    assert [run.id for run in other.running()] == [other.run_id]


# -- sharing the work ------------------------------------------------------------------------------


def items(action: Action, *names: str) -> tuple[PlanItem, ...]:
    world = World()
    found = world.plan(*(dataset(name, b"1\n") for name in names))
    return tuple(replace(item, action=action) for item in found)


class Shared:
    """The work of a run, with what each round was given."""

    def __init__(self, url: str, planned_again: Sequence[PlanItem], **limits: Any) -> None:
        self.ledger = begun(url)
        self.rounds: list[list[PlanItem]] = []
        self.moments: list[float] = []
        self._limits = LimitSettings(**limits)
        self._again = tuple(planned_again)

    def __call__(self, planned: Sequence[PlanItem]) -> list[Outcome]:
        session: Any = SimpleNamespace(
            stop=threading.Event(),
            orders=Orders(),
            settings=SimpleNamespace(limits=self._limits),
            plan=lambda _entries: (self._again, None),
        )
        fences = self.ledger.fences()
        done = shared_work.shared_work(session, self.ledger, fences, planned, self._carry_out)
        return list(done)

    def _carry_out(
        self, planned: Sequence[PlanItem], _fences: Fences
    ) -> Generator[Outcome | Postponed]:
        self.rounds.append(list(planned))
        self.moments.append(time.monotonic())
        for item in planned:
            if len(self.rounds) == 1:
                yield Postponed(item)
            else:
                yield Outcome(item, item.action, State.CONFIRMED)


def test_what_another_run_has_is_planned_anew_once_it_is_free(url: str) -> None:
    stale, fresh = items(Action.CREATE, "uno"), items(Action.NONE, "uno")
    shared = Shared(url, fresh)
    other = begun(url)
    claim = other.claim("id-uno")
    assert claim is not None
    freed: list[float] = []

    def give_back() -> None:
        freed.append(time.monotonic())
        other.release(claim)

    timer = threading.Timer(0.3, give_back)
    timer.start()
    (outcome,) = shared(stale)
    timer.join()
    assert outcome.action is Action.NONE
    assert shared.rounds == [list(stale), list(fresh)]
    assert shared.moments[1] > freed[0]


def test_the_guards_stop_what_is_planned_anew_too(url: str) -> None:
    names = [f"n{n}" for n in range(4)]
    shared = Shared(url, items(Action.WITHDRAW, *names), withdraw_guard_minimum=1)
    with pytest.raises(GuardError):
        shared(items(Action.NONE, *names))
    assert len(shared.rounds) == 1


def test_what_an_earlier_run_left_unfinished_comes_first(url: str) -> None:
    world = World()
    (first,) = items(Action.NONE, "uno")
    one = dataset("dos", b"1\n")
    world.run(one)
    entry = world.ledger.entries()["id-dos"]
    (second,) = world.plan(one)
    second = replace(second, entry=replace(entry, state=State.SENT))
    shared = Shared(url, (first, second))
    shared((first, second))
    assert shared.rounds[0] == [second, first]


def test_who_leaves_early_stops_the_rest() -> None:
    stop = threading.Event()
    planned = items(Action.NONE, "uno", "dos")
    going = work(planned, lambda item: Outcome(item, item.action, State.CONFIRMED), 1, stop)
    next(going)
    going.close()
    assert stop.is_set()


def test_a_name_that_is_none_of_the_plan_s_is_named() -> None:
    planned = items(Action.NONE, "uno", "dos")
    assert select(planned, ["dos"]) == planned[1:]
    with pytest.raises(MirrorConfigurationError):
        select(planned, ["dos", "tres"])


@pytest.mark.parametrize(("share", "stops"), [(0.0, True), (0.74, True), (0.75, False)])
def test_the_guards_let_through_their_number_or_their_share(share: float, stops: bool) -> None:
    world = World()
    them = [dataset(f"n{n}", b"1\n") for n in range(4)]
    world.run(*them)
    for one in them[:3]:
        one.state = "withdrawn"
    entries = world.ledger.entries()
    limits = LimitSettings(
        withdraw_guard_minimum=2,
        withdraw_guard_share=share,
        rewrite_guard_minimum=2,
        rewrite_guard_share=share,
    )
    leaving = world.plan(*them)
    for one in them[:3]:
        one.state = "published"
        one.fields["title"] = "Otro"
    for guard, plan in ((guard_withdrawals, leaving), (guard_rewrites, world.plan(*them))):
        guard(plan[:3], entries, replace_limits(limits, 3))
        if stops:
            with pytest.raises(GuardError):
                guard(plan, entries, limits)
        else:
            guard(plan, entries, limits)


def test_what_we_began_ourselves_and_what_is_only_in_doubt_is_no_rewrite() -> None:
    """Or a first run that was killed could not be finished."""
    world, one = World(), dataset("uno", b"1\n")
    world.run(one)
    limits = LimitSettings(rewrite_guard_minimum=0, rewrite_guard_share=0.0)
    entry = world.entry
    one.fields["title"] = "Otro"
    (item,) = world.plan(one)
    guard_rewrites([replace(item, entry=replace(entry, confirmed=None))], {}, limits)
    for other in (entry, None):
        with pytest.raises(GuardError):
            guard_rewrites([replace(item, entry=other)], {}, limits)
    world.lose_ledger()
    one.fields.clear()
    (doubtful,) = world.plan(one)
    assert doubtful.doubts
    guard_rewrites([doubtful], {}, limits)


def replace_limits(limits: LimitSettings, minimum: int) -> LimitSettings:
    names = ("withdraw_guard_minimum", "rewrite_guard_minimum")
    return limits.model_copy(update=dict.fromkeys(names, minimum))


# -- whole runs ------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A catalogue."""
    one = ModelServer()
    yield one
    one.stop()


@pytest.fixture
def mirror(server: ModelServer, source: FakeSource, tmp_path: Path) -> Mirror:
    """The mirror to it, of eight datasets."""
    source.datasets = [dataset(f"n{n}", b"a\n%d\n" % n) for n in range(8)]
    limits = {"attempts": 1, "circuit_failures": 3, "spool": str(tmp_path)}
    return write_profile(tmp_path, source_url=source.url, target_url=server.url, limits=limits)


Fault = Callable[[Request, int, Callable[[], Reply]], Reply]


@pytest.mark.parametrize(("every", "code", "lines"), [(1, 4, 3), (2, 1, 8)])
def test_so_many_failures_in_a_row_stop_a_run(
    every: int, code: int, lines: int, mirror: Mirror, server: ModelServer
) -> None:
    made = itertools.count(1)

    def busy(request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
        if request.path.endswith("/package_create") and next(made) % every == 0:
            return Reply(503)
        return forward()

    server.reset(busy)
    done = mirror("run", "--workers", "1")
    outcomes = [line for line in done.lines if "dataset" in line]
    assert (done.code, len(outcomes)) == (code, lines)
    with closing(sqlite3.connect(mirror.ledger)) as ledger:
        kept = ledger.execute("select exit_code from imss_mirror_run").fetchall()
    assert kept == [(code,)]


def test_the_guards_stop_a_run_before_its_first_call_that_writes(
    mirror: Mirror, server: ModelServer, source: FakeSource
) -> None:
    assert mirror("run").code == 0
    for one in source.datasets[:6]:
        one.state = "withdrawn"
    source.datasets[6].fields["title"] = "Otro"
    server.reset()
    assert (mirror("run").code, server.writes) == (4, [])


def test_what_another_run_had_while_this_one_planned_is_planned_again(
    mirror: Mirror, server: ModelServer, url: str
) -> None:
    def meanwhile(request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
        if request.path.endswith("/package_search") and server.calls.count("package_search") == 1:
            other = begun(url, f"{server.url} imss-bienestar")
            claim = other.claim("id-n3")
            assert claim is not None
            other.release(claim)
            other.finish_run(0, {})
        return forward()

    mirror("status")
    server.reset(meanwhile)
    searches = mirror("run").code, server.calls.count("package_search")
    assert searches == (0, 4)  # ours and the names, twice


def test_a_run_removes_what_a_killed_one_left_on_the_disk(mirror: Mirror, tmp_path: Path) -> None:
    leave = "import os; from pathlib import Path\n"
    leave += "from ckanext.imssbienestar.mirror.catalogues.spool import spool_folder\n"
    leave += f"with spool_folder(Path({str(tmp_path)!r})) as folder: os._exit(0)"
    subprocess.run([sys.executable, "-c", leave], env=dict(os.environ), check=True)
    before = set(tmp_path.glob("imss-mirror-*"))
    assert len(before) == 1
    assert mirror("run").code == 0
    assert set(tmp_path.glob("imss-mirror-*")) == set()
