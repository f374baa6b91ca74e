"""One writer a dataset: what protects that, one protection at a time."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from mirror.fake_source import Dataset, dataset
from mirror.model_world import World, at

from ckanext.imssbienestar.mirror.errors import (
    RefusedError,
)
from ckanext.imssbienestar.mirror.ledger import claims, tables
from ckanext.imssbienestar.mirror.ledger.claims import LEASE_SECONDS, Fences, LostClaimError
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger, open_ledger
from ckanext.imssbienestar.mirror.processes import living_runs, whereabouts
from ckanext.imssbienestar.mirror.running import shared_work
from ckanext.imssbienestar.mirror.running.outcome import Outcome, Postponed

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def one() -> Dataset:
    """A published dataset."""
    return dataset("uno", b"a,b\n1,2\n")


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


def test_a_claim_that_was_given_back_is_no_right_any_more(url: str) -> None:
    ledger = begun(url)
    first = ledger.claim("id-uno")
    assert first is not None
    ledger.release(first)
    with pytest.raises(LostClaimError):
        ledger.sent("id-uno", "x", first)
    # Nor when the same run has taken it again since.
    second = ledger.claim("id-uno")
    assert second is not None
    with pytest.raises(LostClaimError):
        ledger.sent("id-uno", "x", first)
    ledger.sent("id-uno", "x", second)
    ledger.release(first)
    ledger.sent("id-uno", "x", second)


def test_a_run_that_works_gives_signs_of_life(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_work, "BEAT_SECONDS", 0.01)
    minutes = itertools.count()
    ledger = begun(url, clock=lambda: NOW + timedelta(minutes=next(minutes)))
    ledger.claim("id-uno")

    def beats() -> tuple[datetime, datetime]:
        with ledger.transaction() as connection:
            run, claim = sa.select(tables.run.c.heartbeat), sa.select(tables.claim.c.beat)
            return connection.execute(run).scalar_one(), connection.execute(claim).scalar_one()

    before = beats()
    with shared_work.beating(ledger):
        until = time.monotonic() + 5
        while time.monotonic() < until and not all(map(datetime.__gt__, beats(), before)):
            time.sleep(0.01)
    assert all(map(datetime.__gt__, beats(), before))


def test_a_process_of_another_machine_is_not_looked_for_on_this_one(url: str) -> None:
    """Its number is nobody's here, which says nothing of it."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    other, one = begun(url), begun(url)
    assert other.claim("id-uno") is not None
    there = {"machine": "x", "process": gone.pid}
    with one.transaction() as connection:
        connection.execute(sa.update(tables.claim).values(there))
        connection.execute(
            sa.update(tables.run).where(tables.run.c.id == other.run_id).values(there)
        )
    assert one.claim("id-uno") is None
    assert {run.id for run in one.running()} == {one.run_id, other.run_id}


def test_a_run_of_this_process_that_could_not_say_its_end_holds_nothing(url: str) -> None:
    other, one = begun(url), begun(url)
    assert other.claim("id-uno") is not None
    living_runs.discard(other.run_id)  # as before the ledger failed under it
    assert one.claim("id-uno") is not None


def test_what_is_written_under_a_claim_is_a_sign_of_life(url: str) -> None:
    now = [NOW]
    one, other = begun(url, clock=lambda: now[0]), begun(url, clock=lambda: now[0])
    claim = one.claim("id-uno")
    now[0] += timedelta(seconds=LEASE_SECONDS - 1)
    one.sent("id-uno", "x", claim)
    now[0] += timedelta(seconds=2)
    assert other.claim("id-uno") is None


def test_a_run_that_ends_leaves_nothing_behind_for_its_lease_to_run_out(url: str) -> None:
    one, other = begun(url), begun(url)
    assert other.claim("id-uno") is not None
    with one.transaction() as connection:
        connection.execute(sa.update(tables.claim).values(machine="x"))
    assert one.claim("id-uno") is None
    other.finish_run(130, {})
    assert one.claim("id-uno") is not None


def test_a_run_of_another_machine_goes_on_while_it_gives_signs(url: str) -> None:
    now = [NOW]
    one, other = begun(url, clock=lambda: now[0]), begun(url, clock=lambda: now[0])
    with one.transaction() as connection:
        connection.execute(sa.update(tables.run).values(machine="x"))
    now[0] += timedelta(seconds=LEASE_SECONDS - 1)
    one.beat()
    now[0] += timedelta(seconds=2)
    assert [run.id for run in other.running()] == [one.run_id]


@pytest.fixture
def two(ledger_url: str) -> tuple[Ledger, Ledger]:
    """Two runs over PostgreSQL, where transactions are under way at the same time."""
    return begun(ledger_url), begun(ledger_url)


def test_of_two_that_take_over_at_the_same_moment_one_has_it(
    two: tuple[Ledger, Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = two
    lost = begun(str(one._database.engine.url.render_as_string(hide_password=False)))
    assert lost.claim("id-uno") is not None
    age(lost)
    real, taken = claims.alive, []

    def meanwhile(row: Any, now: datetime) -> bool:
        if not taken:
            taken.append(None)
            taken.append(other.claim("id-uno"))
        return real(row, now)

    monkeypatch.setattr(claims, "alive", meanwhile)
    assert one.claim("id-uno") is None
    assert taken[1] is not None


def test_of_two_that_take_it_first_at_the_same_moment_one_has_it(
    two: tuple[Ledger, Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = two
    real, taken = whereabouts, []

    def meanwhile() -> dict[str, Any]:
        if not taken:
            taken.append(None)
            taken.append(other.claim("id-uno"))
        return real()

    monkeypatch.setattr(claims, "whereabouts", meanwhile)
    assert one.claim("id-uno") is None
    assert taken[1] is not None


@pytest.fixture
def shared(tmp_path: Path) -> tuple[World, Ledger]:
    """A world whose ledger another run, on another machine, has too."""
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    ours, theirs = open_ledger(url, "model"), open_ledger(url, "model")
    ours.start_run()
    theirs.start_run()
    return World(ledger=ours), theirs


def take_over(thief: Ledger) -> None:
    """As after five minutes without a sign of life."""
    with thief.transaction() as connection:
        connection.execute(sa.update(tables.claim).values(beat=datetime(2000, 1, 1, tzinfo=UTC)))
    assert thief.claim("id-uno") is not None


@pytest.mark.parametrize(
    ("call", "moment", "left"),
    [
        ("fetch", "", State.CONFIRMED),  # before the intent
        ("package_revise", "after", State.PLANNED),  # before the answer is recorded
        ("measure", "", State.SENT),  # before the confirmation
        ("measure", "fail", State.SENT),  # before the failure is recorded
    ],
)
def test_who_lost_the_claim_writes_nothing_more_in_the_ledger(
    call: str, moment: str, left: State, shared: tuple[World, Ledger], one: Dataset
) -> None:
    world, thief = shared
    world.run(one)
    one.files[0].content = b"a,b\n3,4\n"
    one.number += 1

    def stolen_at(name: str) -> Callable[..., Any]:
        method = getattr(world if name == "fetch" else world.target, name)

        def wrapped(*arguments: Any) -> Any:
            take_over(thief)
            if moment == "fail":
                raise RefusedError("refused", host="model", call="x", cause="403")
            return method(*arguments)

        return wrapped

    if call == "package_revise":
        world.target.fault = at(call, moment, lambda: take_over(thief))
    else:
        owner: Any = world if call == "fetch" else world.target
        setattr(owner, call, stolen_at(call))
    (result,) = world.work(one)
    assert isinstance(result, Postponed)
    assert world.entry.state is left
    if call == "fetch":
        assert world.target.writes == ["package_create", "package_revise"]
        assert world.entry.shown


def test_what_another_run_had_since_the_plan_is_not_carried_out(
    shared: tuple[World, Ledger], one: Dataset
) -> None:
    world, other = shared
    fences = world.ledger.fences()
    claim = other.claim("id-uno")
    assert claim is not None
    assert isinstance(world.work(one)[0], Postponed)  # at it now
    other.release(claim)
    assert isinstance(world.work(one, fences=fences)[0], Postponed)  # was at it since
    assert world.target.writes == []
    fresh: Fences = world.ledger.fences()
    assert isinstance(world.work(one, fences=fresh)[0], Outcome)
    # And the claim is given back at the end.
    assert other.claim("id-uno") is not None
