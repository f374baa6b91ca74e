"""Several runs over one ledger at once: they share the work and no dataset is written twice."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from mirror.fake_source import FakeSource, dataset
from mirror.first_ledger import FIRST_VERSION
from mirror.http_server import Reply, Request
from mirror.model_server import ModelServer
from mirror.programs import write_profile
from mirror.zygote import Ended, Zygote

from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.claims import Claim
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.ledger.ledger import open_ledger

DATASETS = 24
RUNS = 3


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A catalogue far enough away for two runs to meet."""
    one = ModelServer()
    one.delay = 0.01
    yield one
    one.stop()


@pytest.fixture
def zygote(tmp_path: Path) -> Iterator[Zygote]:
    """Where the runs are born."""
    one = Zygote(tmp_path / "runs")
    yield one
    one.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a ledger nobody has opened yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mirror.ledger.sqlite'}"
    return str(request.getfixturevalue("ledger_url"))


def lines(ended: Ended) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.out.splitlines()]


def test_runs_at_once_share_the_work_and_write_nothing_twice(
    url: str, server: ModelServer, zygote: Zygote, source: FakeSource, tmp_path: Path
) -> None:
    write_profile(tmp_path, source_url=source.url, target_url=server.url)
    source.datasets = [dataset(f"n{number}", b"a\n%d\n" % number) for number in range(DATASETS)]
    arguments = ("run", "--profile", str(tmp_path / "mirror.toml"), "--json")
    here = {"IMSS_MIRROR_LEDGER__URL": url}
    started = [zygote.start(*arguments, environment=here) for _ in range(RUNS)]
    ends = [zygote.wait(one) for one in started]
    assert [end.code for end in ends] == [0] * RUNS, ends
    # The ledger was new to all of them: they made its tables one after the other.
    written = Counter(server.writes)
    assert set(written.values()) == {1}, written
    assert len(written) == 2 * DATASETS
    shares = [lines(end)[-1]["summary"] for end in ends]
    assert sum(share["create"] for share in shares) == DATASETS
    assert all(share["datasets"] == DATASETS and share["create"] for share in shares), shares
    ledger = open_ledger(url, f"{server.url} imss-bienestar")
    assert {entry.state for entry in ledger.entries().values()} == {State.CONFIRMED}
    assert ledger.running() == ()


def test_a_killed_run_leaves_its_datasets_to_the_other_at_once(
    url: str, server: ModelServer, zygote: Zygote, source: FakeSource, tmp_path: Path
) -> None:
    write_profile(tmp_path, source_url=source.url, target_url=server.url)
    source.datasets = [dataset(f"n{number}", b"a\n%d\n" % number) for number in range(6)]
    arguments = ("run", "--profile", str(tmp_path / "mirror.toml"), "--json")
    here = {"IMSS_MIRROR_LEDGER__URL": url}
    server.fault = lambda request, _number, forward: (
        time.sleep(0.2) or forward() if "revise" in request.path else forward()
    )
    dying = zygote.start(*arguments, environment=here, kill_at=60)
    other = zygote.start(*arguments, environment=here)
    started = time.monotonic()
    assert zygote.wait(dying).killed
    assert zygote.wait(other).code == 0
    assert time.monotonic() - started < 30
    names = [str(one["name"]) for one in server.model.stored.values()]
    assert sorted(names) == sorted(one.name for one in source.datasets)
    assert max(Counter(name for call, name in server.writes if "create" in call).values()) == 1


def test_a_first_ledger_in_postgresql_is_brought_up_to_date_by_several_at_once(
    ledger_url: str,
) -> None:
    engine = sa.create_engine(ledger_url)
    with engine.begin() as connection:
        connection.execute(sa.text(FIRST_VERSION))
    engine.dispose()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _n: open_ledger(ledger_url, "target").entries(), range(4)))
    assert {entries["id-uno"].state for entries in found} == {State.CONFIRMED}
    assert {file.sha256 for file in found[0]["id-uno"].files.values()} == {"a" * 64}


def test_a_run_that_lost_its_claim_in_the_middle_confirms_nothing_of_it(
    server: ModelServer, zygote: Zygote, source: FakeSource, tmp_path: Path
) -> None:
    write_profile(tmp_path, source_url=source.url, target_url=server.url)
    source.datasets = [dataset("uno", b"a\n1\n")]
    key = f"{server.url} imss-bienestar"
    thief = open_ledger(f"sqlite:///{tmp_path / 'mirror.ledger.sqlite'}", key)
    stolen: list[Claim | None] = []
    states: list[State] = []

    def steal() -> None:
        """As after five minutes without a sign of life, from another machine."""
        thief.start_run()
        with thief.transaction() as connection:
            connection.execute(
                sa.update(tables.claim).values(beat=datetime(2000, 1, 1, tzinfo=UTC))
            )
        stolen.append(thief.claim("id-uno"))
        time.sleep(1.0)
        states.extend(entry.state for entry in thief.entries().values())
        thief.finish_run(0, {})

    def fault(request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
        if request.path.endswith("/package_revise") and not stolen:
            threading.Thread(target=steal).start()
            while not stolen:
                time.sleep(0.01)
        return forward()

    server.fault = fault
    ended = zygote("run", "--profile", str(tmp_path / "mirror.toml"), "--json")
    assert ended.code == 0, ended
    assert stolen[0] is not None
    # The call that had left arrived; its answer was not recorded, let alone confirmed.
    assert states == [State.PLANNED]
    assert [entry.state for entry in thief.entries().values()] == [State.CONFIRMED]
    assert Counter(server.writes)[("package_revise", "uno")] == 1
