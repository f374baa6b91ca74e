"""The ledger in PostgreSQL, as inside CKAN: the same code, the same ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mirror.catalogue import Tenant
from mirror.fake_source import FakeSource, dataset
from mirror.fault_proxy import FaultProxy
from mirror.http_server import Reply
from mirror.programs import Mirror

from ckanext.imssbienestar.mirror.ledger.database import open_database
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.ledger.ledger import open_ledger
from ckanext.imssbienestar.mirror.ledger.proofs import Finding, Proofs, Verdict


def test_a_run_and_a_verification_at_once_leave_one_finding_for_each_file(ledger_url: str) -> None:
    open_database(ledger_url, "target")
    start = threading.Barrier(4)

    def look(verdict: Verdict) -> None:
        proofs = Proofs(open_database(ledger_url, "target"))
        for number in range(10):
            start.wait()
            proofs.record([Finding("one", f"r{number}", "a.csv", "/", "a" * 64, None, verdict)])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(look, [Verdict.EQUAL, Verdict.DIFFERENT, *[Verdict.MISSING] * 2]))
    found = Proofs(open_database(ledger_url, "target")).of("one")
    assert len(found) == 10


def test_a_broken_run_is_finished_from_postgresql(
    ledger_url: str,
    make_mirror: Callable[..., Mirror],
    source: FakeSource,
    proxy: FaultProxy,
    tenant: Tenant,
    unique: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IMSS_MIRROR_LEDGER__URL", ledger_url)
    mirror = make_mirror(target_url=proxy.url)
    source.datasets = [dataset(f"n{index}_{unique}", b"a\n%d\n" % index) for index in range(4)]
    proxy.fault = lambda request, _n, forward: (
        Reply(403, b"<html>", {"Content-Type": "text/html"})
        if request.path.endswith("package_revise")
        else forward()
    )
    assert mirror("run", "--workers", "4").code == 1
    target = f"{proxy.url} {tenant.organization}"
    entries = open_ledger(ledger_url, target).entries()
    assert {entry.state for entry in entries.values()} == {State.FAILED}
    proxy.reset()
    done = mirror("run", "--workers", "4")
    assert (done.code, done.summary["calls_write"]) == (0, 4)
    assert mirror("run").summary["calls_write"] == 0
    assert mirror("verify").code == 0
    assert mirror("status").summary["confirmed"] == 4
    assert not Path(mirror.ledger).exists()
