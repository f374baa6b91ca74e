"""The ledger in PostgreSQL, as inside CKAN: the same code, the same ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from mirror.catalogue import Tenant
from mirror.fake_source import FakeSource, dataset
from mirror.fault_proxy import FaultProxy
from mirror.http_server import Reply
from mirror.programs import Mirror

from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.ledger.ledger import open_ledger


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
