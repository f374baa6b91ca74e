"""Faults while the mirror writes: nothing is done twice, nothing is left half done."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from mirror.catalogue import Tenant
from mirror.fake_source import Dataset, FakeSource, dataset
from mirror.fault_proxy import FaultProxy
from mirror.faults import (
    HTML,
    WRITES,
    Forward,
    applied_then,
    assert_ends_well,
    assert_told,
    called,
    once,
)
from mirror.http_server import Reply, Request
from mirror.programs import Mirror

Running = subprocess.Popen[str]


@pytest.fixture
def mirror(make_mirror: Callable[..., Mirror], proxy: FaultProxy) -> Mirror:
    """The mirror of the tenant, through the proxy."""
    return make_mirror(target_url=proxy.url)


BROKEN_ANSWERS = {
    "reset": Reply(drop=True),
    "gateway time-out": Reply(504, b"<html>504</html>", {"Content-Type": "text/html"}),
    "cut short": Reply(200, b'{"success": tr', {"Content-Type": "application/json"}, cut_after=5),
}


@pytest.mark.parametrize("answer", BROKEN_ANSWERS)
@pytest.mark.parametrize("call", ["package_create", "package_revise"])
def test_a_write_that_was_applied_but_not_answered_is_not_repeated(
    call: str, answer: str, mirror: Mirror, proxy: FaultProxy, one: Dataset, tenant: Tenant
) -> None:
    proxy.fault = once(call, applied_then(BROKEN_ANSWERS[answer]))
    done = mirror("run")
    assert done.code == 0, done.lines
    assert [name for name in proxy.calls if name in WRITES] == ["package_create", "package_revise"]
    assert_ends_well(mirror, proxy, one, tenant)


def test_a_withdrawal_that_was_applied_but_not_answered_is_not_repeated(
    mirror: Mirror, proxy: FaultProxy, one: Dataset
) -> None:
    mirror("run")
    one.state = "withdrawn"
    proxy.reset(once("package_delete", applied_then(Reply(drop=True))))
    assert mirror("run").code == 0
    assert proxy.calls.count("package_delete") == 1
    assert mirror("verify").code == 0


@pytest.mark.parametrize("call", ["package_create", "package_revise"])
def test_a_write_that_was_not_applied_is_sent_again(
    call: str, mirror: Mirror, proxy: FaultProxy, one: Dataset, tenant: Tenant
) -> None:
    proxy.fault = once(call, lambda _forward: Reply(drop=True))
    assert mirror("run").code == 0
    assert proxy.calls.count(call) == 2
    assert_ends_well(mirror, proxy, one, tenant)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("call", ["package_search", "package_create", "package_revise"])
def test_a_request_to_wait_is_honoured(
    call: str, status: int, mirror: Mirror, proxy: FaultProxy, one: Dataset, tenant: Tenant
) -> None:
    busy = Reply(status, b"espere", {"Retry-After": "1", "Content-Type": "text/plain"})
    proxy.fault = once(call, lambda _forward: busy)
    started = time.monotonic()
    assert mirror("run").code == 0
    assert time.monotonic() - started >= 1
    assert_ends_well(mirror, proxy, one, tenant)


def test_an_edit_between_our_look_and_our_call_is_seen(
    mirror: Mirror, proxy: FaultProxy, one: Dataset, tenant: Tenant
) -> None:
    mirror("run")
    one.fields["notes"] = "Otra descripción"

    def edit_first(forward: Forward) -> Reply:
        tenant.editor.call("package_patch", id=one.name, title="Mientras tanto")
        return forward()

    proxy.reset(once("package_revise", edit_first))
    assert mirror("run").code == 0
    assert proxy.calls.count("package_revise") == 2
    assert_ends_well(mirror, proxy, one, tenant)
    assert tenant.editor.show(one.name)["title"] == f"Título de {one.name}"


def test_a_firewall_that_refuses_writes_is_named(
    mirror: Mirror, proxy: FaultProxy, one: Dataset
) -> None:
    page = Reply(403, HTML.body, HTML.headers)
    proxy.fault = lambda request, _n, forward: (
        page if called(request, "package_create") else forward()
    )
    done = mirror("run")
    assert done.code == 1
    assert "cortafuegos" in done.of(one.name)["error"]


def test_the_circuit_opens_and_a_later_run_goes_on(
    mirror: Mirror, source: FakeSource, proxy: FaultProxy, unique: str
) -> None:
    source.datasets = [dataset(f"n{index}_{unique}", b"a\n1\n") for index in range(12)]
    proxy.fault = lambda request, _n, forward: (
        Reply(503, b"") if called(request, "package_create") else forward()
    )
    done = mirror("run", "--workers", "1")
    assert_told(done, 4, "Vuelva a correr")
    assert (len(done.lines), done.summary["failed"]) == (6, 5)
    proxy.reset()
    done = mirror("run")
    assert (done.code, done.summary["create"]) == (0, 12)


def test_too_many_withdrawals_stop_everything(
    mirror: Mirror, source: FakeSource, proxy: FaultProxy, unique: str
) -> None:
    source.datasets = [dataset(f"n{index}_{unique}", b"a\n1\n") for index in range(7)]
    mirror("run")
    for one in source.datasets[:6]:
        one.state = "withdrawn"
    source.datasets[6].fields["title"] = "Otro"
    proxy.reset()
    assert_told(mirror("run"), 4, "6", "--only")
    assert not set(proxy.calls) & set(WRITES)
    names = [one.name for one in source.datasets[:3]]
    assert mirror("run", "--only", *names).summary["withdraw"] == 3


def kill_at(
    process: list[Running], number: int, moment: str
) -> Callable[[Request, int, Forward], Reply]:
    """Kill the client at its n-th call, before the call has effect or before its answer."""

    def fault(_request: Request, count: int, forward: Forward) -> Reply:
        if count != number:
            return forward()
        reply = forward() if moment == "after" else Reply(drop=True)
        process[0].kill()
        process[0].wait()
        return reply

    return fault


@pytest.mark.slow
@pytest.mark.parametrize("story", ["create", "upload", "withdraw"])
def test_kill_at_every_call_and_one_more_run_end_the_same(
    story: str, mirror: Mirror, proxy: FaultProxy, one: Dataset, tenant: Tenant
) -> None:
    prepare_story(story, mirror, proxy, one, 0)
    mirror("run", "--workers", "1")
    calls = list(proxy.calls)
    assert set(calls) & set(WRITES)
    identifier = tenant.editor.show(one.name)["id"]
    for number, call in enumerate(calls, start=1):
        # A read that was killed on its way and one killed on its way back leave the same behind.
        for moment in ("before", "after") if call in WRITES else ("after",):
            prepare_story(story, mirror, proxy, one, number)
            process: list[Running] = []
            proxy.fault = kill_at(process, number, moment)
            process.append(mirror.start("run", "--json", "--workers", "1"))
            process[0].communicate(timeout=60)
            assert process[0].returncode == -signal.SIGKILL
            proxy.reset()
            done = mirror("run")
            assert done.code == 0, (number, moment, done.lines, done.err)
            # Always the same dataset: what was deleted is revived, what was made is not made twice.
            assert tenant.editor.show(one.name)["id"] == identifier
    assert mirror("verify").code == 0
    if story != "withdraw":
        assert_ends_well(mirror, proxy, one, tenant)


def prepare_story(story: str, mirror: Mirror, proxy: FaultProxy, one: Dataset, number: int) -> None:
    """Bring both sides to where the story begins."""
    proxy.reset()
    if story == "create":
        # A dataset nobody has seen yet: the earlier one is withdrawn under its old name.
        one.state = "withdrawn"
        mirror("run")
        one.state = "published"
        if number % 2:
            mirror.forget()
    elif story == "upload":
        one.files[0].content = b"a,b\n%d,0\n" % number
        one.files[1].content = b"c\n0\n"
        one.fields["title"] = f"Antes {number}"
        mirror("run")
        one.files[0].content = b"a,b\n%d,1\n" % number
        one.fields["title"] = f"Después {number}"
    else:
        one.state = "published"
        mirror("run")
        one.state = "withdrawn"
    proxy.reset()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interruption_saves_the_state_and_leaves_no_file(
    name: str,
    make_mirror: Callable[..., Mirror],
    proxy: FaultProxy,
    one: Dataset,
    tenant: Tenant,
    tmp_path: Path,
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    mirror = make_mirror(target_url=proxy.url, limits={"spool": "spool"})
    running: list[Running] = []

    def interrupt(request: Request, _number: int, forward: Forward) -> Reply:
        if called(request, "package_revise"):
            running[0].send_signal(getattr(signal, name))
            time.sleep(0.5)
        return forward()

    proxy.fault = interrupt
    running.append(mirror.start("run"))
    _, err = running[0].communicate(timeout=60)
    assert running[0].returncode == 130
    assert "Interrumpido" in err
    assert "Traceback" not in err
    assert list(spool.iterdir()) == []
    proxy.reset()
    assert mirror("run").code == 0
    assert_ends_well(mirror, proxy, one, tenant)


def test_a_second_run_waits_for_the_dataset_of_the_first_and_finds_it_equal(
    mirror: Mirror, proxy: FaultProxy, one: Dataset, tenant: Tenant
) -> None:
    running: list[Running] = []

    def start_another(forward: Forward) -> Reply:
        running.append(mirror.start("run", "--json"))
        time.sleep(2)  # time enough to plan what the first is at
        return forward()

    proxy.fault = once("package_revise", start_another)
    running.append(mirror.start("run", "--json"))
    ends = [running[0].communicate(timeout=60)]
    ends.append(running[1].communicate(timeout=60))
    assert [process.returncode for process in running] == [0, 0]
    lines = [json.loads(out.splitlines()[0]) for out, _err in ends]
    assert [line["action"] for line in lines] == ["create", "none"]
    assert [name for name in proxy.calls if name in WRITES] == ["package_create", "package_revise"]
    assert_ends_well(mirror, proxy, one, tenant)


def test_the_ledger_keeps_the_runs(mirror: Mirror, one: Dataset) -> None:
    mirror("run")
    with sqlite3.connect(mirror.ledger) as connection:
        rows = connection.execute("select exit_code, finished from imss_mirror_run").fetchall()
    assert [(code, bool(finished)) for code, finished in rows] == [(0, True)]
