"""Jobs of the mirror on real background workers: one that is killed, and two at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from catalogue_cast import SampleMaker, Unit
from mirror.fake_source import dataset
from mirror.http_server import Reply, Request
from mirror_desk import PROFILE_SETTING, Desk, open_desk

from ckanext.imssbienestar.mirror.ledger import activities
from ckanext.imssbienestar.mirror.ledger.activities import Activities, Activity
from ckanext.imssbienestar.portal import mirror_site

pytestmark = pytest.mark.usefixtures("with_plugins")

PATIENCE = 60.0
NAMES = [f"gasto_{number}" for number in range(6)]
Worker = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def desk(
    unit: Unit, tmp_path: Path, ckan_config: Any, monkeypatch: pytest.MonkeyPatch, app: Any
) -> Iterator[Desk]:
    """The Administrator's, with six datasets to send."""
    with open_desk(unit, tmp_path, app) as made:
        monkeypatch.setitem(ckan_config, PROFILE_SETTING, str(made.profile))
        made.source.datasets = [dataset(name, f"a\n{name}\n".encode()) for name in NAMES]
        yield made


@pytest.fixture
def worker(desk: Desk, tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[Worker]:
    """Starts ``ckan jobs worker --burst`` with the profile of this test."""
    ini = tmp_path / "worker.ini"
    used = Path(str(pytestconfig.getoption("ckan_ini"))).resolve()
    ini.write_text(f"[app:main]\nuse = config:{used}\n{PROFILE_SETTING} = {desk.profile}\n")
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        program = [str(Path(sys.executable).with_name("ckan")), "-c", str(ini)]
        with (tmp_path / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [*program, "jobs", "worker", "--burst"], stdout=log, stderr=log
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            kill_with_its_job(process)


def kill_with_its_job(worker: subprocess.Popen[bytes]) -> None:
    """Both at once, as the kernel does when memory runs out: the worker cannot tell of its job."""
    os.kill(worker.pid, signal.SIGSTOP)
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    for process in (*map(int, children), worker.pid):
        os.kill(process, signal.SIGKILL)
    worker.wait()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def newest(count: int) -> tuple[Activity, ...]:
    """The activities asked for last, as the pages see them."""
    return Activities(mirror_site.database()).recent(count)


@pytest.mark.slow
def test_a_killed_worker_is_told_and_two_others_finish_its_work(
    desk: Desk, worker: Worker, make_dataset: SampleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, go_on = threading.Event(), threading.Event()
    counting = threading.Lock()
    seen: list[str] = []

    def hold_the_fourth(request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
        """The call is carried out once whoever made it is dead: its answer is lost."""
        if request.path.endswith("package_create"):
            with counting:
                seen.append(request.path)
                fourth = len(seen) == 4
            if fourth:
                held.set()
                go_on.wait(PATIENCE)
        return forward()

    desk.target.reset(hold_the_fourth)
    desk.press("/mirror", kind="run")
    first = worker()
    assert held.wait(PATIENCE)
    until(lambda: newest(1)[0].done >= 3)
    assert "En curso: " in desk.get("/mirror")
    kill_with_its_job(first)
    go_on.set()

    # Nobody says so yet; the page says for how long nothing has been heard.
    (killed,) = newest(1)
    with monkeypatch.context() as hurried:
        hurried.setattr(activities, "SILENCE", timedelta(seconds=2))
        until(lambda: not newest(1)[0].under_way)
        page = desk.get("/mirror")
    assert f"terminado a la fuerza después de {killed.done} de 6" in page
    assert "Oprima «Correr ahora»" in page
    assert "La última corrida no terminó bien" in page

    # Two jobs for two workers, who meet on one of the datasets.
    make_dataset(name=NAMES[5])
    desk.target.delay = 0.05
    desk.press("/mirror", kind="run")
    desk.press("/mirror", kind="run", dataset=NAMES[5])
    two = [worker(), worker()]
    for process in two:
        assert process.wait(PATIENCE) == 0
    ended = newest(2)
    assert [one.exit_code for one in ended] == [0, 0]
    one, other = sorted(ended, key=lambda found: found.started or found.asked)
    assert other.started is not None
    assert one.finished is not None
    assert other.started < one.finished, "the second worker took its job while the first was at it"
    stored = [found for found in desk.target.model.stored.values() if found["state"] == "active"]
    assert sorted(found["name"] for found in stored) == NAMES
    for found in stored:
        (resource,) = found["resources"]
        assert desk.target.model.bytes[resource["id"]] == f"a\n{found['name']}\n".encode()
    creations = [name for action, name in desk.target.writes if action == "package_create"]
    assert sorted(creations) == NAMES
