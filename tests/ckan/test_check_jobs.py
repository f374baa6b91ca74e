"""A large file is checked by a job on a real queue: one for each check, noticed when it dies."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from catalogue_cast import SampleMaker, Unit, file_storage, publish, sample
from ckan import model
from ckan.lib import jobs as queue
from ckan.lib.redis import connect_to_redis
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from redis.exceptions import ConnectionError as RedisConnectionError
from rq.timeouts import JobTimeoutException
from sqlalchemy.orm import Session

from ckanext.imssbienestar.checks.errors import TableEngineError
from ckanext.imssbienestar.domain.dictionary import DictionaryError
from ckanext.imssbienestar.errors import InputFileError
from ckanext.imssbienestar.model import CheckRun, StoredReport
from ckanext.imssbienestar.portal import check_runs, exports, jobs

pytestmark = pytest.mark.usefixtures("with_plugins")

GOOD = sample("donativos_otorgados.csv")
PATIENCE = 60.0
SILENCE = "ckanext.imssbienestar.check_silence_seconds"
Worker = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture(autouse=True)
def everything_is_large(ckan_config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is too large to be checked while somebody waits."""
    monkeypatch.setitem(ckan_config, "ckanext.imssbienestar.check_inline_bytes", 1)
    connect_to_redis().flushdb()  # a killed worker of an earlier test is still signed in there


@pytest.fixture
def worker(tmp_path: Path, ckan_config: Any, pytestconfig: pytest.Config) -> Iterator[Worker]:
    """Starts ``ckan jobs worker --burst`` on the files of this test, in a group of its own."""
    ini = tmp_path / "worker.ini"
    used = Path(str(pytestconfig.getoption("ckan_ini"))).resolve()
    ini.write_text(
        f"[app:main]\nuse = config:{used}\n"
        f"ckanext.imssbienestar.content_path = {tmp_path / 'files'}\n"
    )
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        program = [str(Path(sys.executable).with_name("ckan")), "-c", str(ini)]
        with (tmp_path / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [*program, "jobs", "worker", "--burst"],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _check(unit: Unit, dataset: dict[str, Any], **data: Any) -> dict[str, Any]:
    found: dict[str, Any] = unit.liaison.call(
        "imss_table_check", resource_id=dataset["resources"][0]["id"], **data
    )
    return found


def _runs() -> list[CheckRun]:
    with Session(model.meta.engine, expire_on_commit=False) as session:
        return list(session.scalars(sa.select(CheckRun).order_by(CheckRun.queued)))


def _waiting_jobs() -> list[str]:
    return [job.id for job in queue.get_queue().jobs if "check_file" in job.func_name]


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def _run_of(dataset: dict[str, Any]) -> CheckRun:
    """The run of the file and dictionary that a dataset has now."""
    return max(_runs(), key=lambda run: run.queued)


@pytest.mark.slow
def test_from_the_upload_to_the_report(
    unit: Unit, make_dataset: SampleMaker, worker: Worker, app: Any
) -> None:
    dataset = make_dataset()
    assert _check(unit, dataset)["state"] == "waiting"
    headers = {"Authorization": factories.APIToken(user=unit.liaison.name)["token"]}
    page = f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/report"
    shown = app.get(page, headers=headers).get_data(as_text=True)
    assert "ningún proceso de este sitio atiende trabajos" in shown
    assert '<progress class="imss-progress" max="100" value="0">' in shown
    assert app.get(f"{page}.json", headers=headers).json["state"] == "waiting"
    app.get(f"{page}.csv", headers=headers, status=404)

    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=dataset["id"])
    assert [f["code"] for f in refused.value.error_dict["findings"]] == ["check-under-way"]

    # The same check is asked for once, whoever asks and however often.
    for _ in range(3):
        _check(unit, dataset)
        app.get(page, headers=headers)
    ids = [run.id for run in _runs()]
    assert sorted(_waiting_jobs()) == sorted(ids)
    assert len({run.dictionary_digest for run in _runs()}) == len(ids) == 2

    assert worker().wait(PATIENCE) == 0
    report = _check(unit, dataset)
    assert (report["state"], report["publishable"]) == ("done", True)
    assert {(run.state, run.bytes_read) for run in _runs()} == {("done", len(GOOD))}
    assert "Se puede publicar" in app.get(page, headers=headers).get_data(as_text=True)
    publish(unit, dataset)

    # The same bytes and dictionary elsewhere have their report already.
    _check(unit, make_dataset(name="otros_donativos"))
    assert _waiting_jobs() == []


@pytest.mark.slow
def test_a_killed_worker_is_noticed_and_the_check_runs_again(
    unit: Unit,
    make_dataset: SampleMaker,
    worker: Worker,
    ckan_config: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    header, row, *_ = GOOD.decode().splitlines()
    large = "\n".join([header, *[row] * 300_000]).encode()
    dataset = make_dataset(content=large, dictionary="")
    process = worker()
    _until(lambda: _run_of(dataset).state == "running")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert _run_of(dataset).state == "running", "the check was too quick to be killed"
    assert _check(unit, dataset)["state"] == "running"

    monkeypatch.setitem(ckan_config, SILENCE, 0)
    lost = _check(unit, dataset)
    assert (lost["state"], lost["reason"]) == ("failed", "lost")
    assert "Check again" in lost["fix"]
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=dataset["id"])
    assert "check-failed" in [f["code"] for f in refused.value.error_dict["findings"]]
    assert _check(unit, dataset)["state"] == "failed", "it is not tried again by itself"

    monkeypatch.setitem(ckan_config, SILENCE, 30)
    assert _check(unit, dataset, again=True)["state"] == "waiting"
    assert _run_of(dataset).attempt == 2
    assert worker().wait(PATIENCE) == 0
    assert _check(unit, dataset)["state"] == "done"


def test_a_queue_that_lost_its_jobs_is_noticed(
    unit: Unit, make_dataset: SampleMaker, ckan_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset()
    assert _check(unit, dataset)["state"] == "waiting"
    connect_to_redis().flushdb()  # as a Redis that keeps nothing on disk and starts anew
    assert _check(unit, dataset)["state"] == "waiting", "it may be on its way into the queue"
    monkeypatch.setitem(ckan_config, SILENCE, 0)
    assert _check(unit, dataset)["reason"] == "lost"
    assert _check(unit, dataset, again=True)["state"] == "waiting"
    assert len(_waiting_jobs()) == 1


def test_a_long_queue_is_not_taken_for_a_dead_one(
    unit: Unit, make_dataset: SampleMaker, ckan_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset()
    monkeypatch.setitem(ckan_config, SILENCE, 0)
    assert _check(unit, dataset)["state"] == "waiting"


def test_a_queue_that_does_not_answer_loses_no_upload(
    unit: Unit, make_dataset: SampleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_answer(*_arguments: Any, **_named: Any) -> None:
        raise RedisConnectionError("refused")

    with monkeypatch.context() as down:
        down.setattr(jobs.tk, "enqueue_job", no_answer)
        dataset = make_dataset()
        answer = _check(unit, dataset)
    assert (answer["state"], answer["reason"]) == ("failed", "queue")
    assert "does not answer" in answer["message"]
    assert _check(unit, dataset, again=True)["state"] == "waiting"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (TableEngineError("no memory"), "no-room"),
        (InputFileError("gone", path="x"), "no-file"),
        (DictionaryError([]), "dictionary"),
        (JobTimeoutException("too long"), "too-long"),
    ],
    ids=["engine", "file", "dictionary", "time"],
)
def test_why_a_check_stopped_is_told(
    unit: Unit,
    make_dataset: SampleMaker,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    reason: str,
) -> None:
    dataset = make_dataset()

    def stop(*_arguments: Any, **_named: Any) -> None:
        raise fault

    monkeypatch.setattr(jobs, "check_table", stop)
    jobs.check_file(_run_of(dataset).id)
    answer = _check(unit, dataset)
    assert (answer["state"], answer["reason"]) == ("failed", reason)
    assert answer["message"]
    assert answer["fix"]


def test_a_fault_of_the_program_is_told_and_logged(
    unit: Unit, make_dataset: SampleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset()

    def fault(*_arguments: Any, **_named: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(jobs, "check_table", fault)
    with pytest.raises(ZeroDivisionError):  # for the log of the worker
        jobs.check_file(_run_of(dataset).id)
    assert _check(unit, dataset)["reason"] == "unexpected"


def test_the_progress_is_told_while_the_check_works(
    unit: Unit, make_dataset: SampleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset()
    run, seen = _run_of(dataset), []
    real = jobs.check_table

    def slow(*arguments: Any, **named: Any) -> Any:
        named["advance"](run.size // 2)
        _until(lambda: _run_of(dataset).bytes_read > 0)
        seen.append(_check(unit, dataset))
        return real(*arguments, **{**named, "advance": None})

    monkeypatch.setattr(jobs, "_BEAT", 0.02)
    monkeypatch.setattr(jobs, "check_table", slow)
    jobs.check_file(run.id)
    assert (seen[0]["state"], 45 <= seen[0]["percent"] <= 50) == ("running", True)
    assert "%" in seen[0]["message"]
    assert _check(unit, dataset)["state"] == "done"


def test_a_worker_that_comes_back_from_the_dead_changes_nothing(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    dead = _run_of(dataset)
    assert check_runs.start(dead.id) is not None
    check_runs.fail(dead.id, check_runs.Reason.LOST)
    _check(unit, dataset, again=True)
    fresh = _run_of(dataset)
    assert fresh.id != dead.id
    check_runs.beat(dead.id, 5)
    check_runs.fail(dead.id, check_runs.Reason.UNEXPECTED)
    jobs.check_file(dead.id)
    assert (_run_of(dataset).state, _run_of(dataset).bytes_read) == ("waiting", 0)
    jobs.check_file(fresh.id)
    jobs.check_file(fresh.id)  # delivered twice
    assert _check(unit, dataset)["state"] == "done"


def test_a_report_that_is_gone_is_made_again(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset()
    for run in _runs():
        jobs.check_file(run.id)
    assert _check(unit, dataset)["state"] == "done"
    model.Session.execute(sa.delete(StoredReport))
    model.Session.commit()
    assert _check(unit, dataset)["state"] == "waiting"
    jobs.check_file(_run_of(dataset).id)
    assert _check(unit, dataset)["state"] == "done"


def test_another_file_is_another_check(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset()
    for run in _runs():
        jobs.check_file(run.id)
    unit.liaison.call(
        "resource_patch",
        id=dataset["resources"][0]["id"],
        upload=file_storage("otro.csv", GOOD + b"\n"),
    )
    assert _check(unit, dataset)["state"] == "waiting"
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=dataset["id"])
    assert "check-under-way" in [f["code"] for f in refused.value.error_dict["findings"]]


def test_every_finding_in_a_file_that_a_job_makes(
    unit: Unit, make_dataset: SampleMaker, app: Any, ckan_config: Any, monkeypatch: Any
) -> None:
    monkeypatch.setitem(ckan_config, "ckanext.imssbienestar.check_inline_bytes", 10**9)
    monkeypatch.setitem(ckan_config, "ckanext.imssbienestar.findings_kept", 10)
    header, row, *_ = GOOD.decode().splitlines()
    dataset = make_dataset(content="\n".join([header, *["x" + row[1:]] * 700]).encode())
    report = _check(unit, dataset)
    assert (report["shown"], report["total"] >= 700) == (10, True)
    headers = {"Authorization": factories.APIToken(user=unit.liaison.name)["token"]}
    page = f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/report"

    def shown() -> str:
        return str(app.get(page, headers=headers).get_data(as_text=True))

    assert "Preparar un archivo con" in shown()
    app.get(f"{page}-all.csv", headers=headers, status=404)
    app.post(f"{page}-all", status=404)
    for _ in range(2):
        app.post(f"{page}-all", headers=headers, follow_redirects=False, status=302)
    assert app.get(f"{page}-all.json", headers=headers).json["state"] == "waiting"
    assert "<progress" in shown()
    (run,) = _runs()
    assert _waiting_jobs() == [run.id]
    jobs.check_file(run.id)
    answer = app.get(f"{page}-all.csv", headers=headers)
    assert len(list(csv.reader(io.StringIO(answer.get_data(as_text=True))))) == report["total"] + 1
    assert "hallazgos en CSV" in shown()
    # The sweep takes it away one day; it is offered again.
    for file in exports.path_of(check_runs.key_of(run)).parent.iterdir():
        file.unlink()
    assert "Preparar un archivo con" in shown()
    app.get(f"{page}-all.csv", headers=headers, status=404)
    assert _check(unit, dataset) == report
