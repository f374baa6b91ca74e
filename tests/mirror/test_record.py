"""What is kept of each use of the program: that it ran, what it found, what stands before each."""

from __future__ import annotations

import json
from pathlib import Path

from mirror.catalogue import Tenant
from mirror.fake_source import Dataset
from mirror.programs import Mirror

from ckanext.imssbienestar.mirror.ledger.activities import Activities, Kind, Stage
from ckanext.imssbienestar.mirror.ledger.proofs import Verdict
from ckanext.imssbienestar.mirror.overview.health import records_of
from ckanext.imssbienestar.mirror.running.session import ledger_database_of
from ckanext.imssbienestar.mirror.settings import load_settings


def test_a_day_of_a_mirror(mirror: Mirror, one: Dataset, tenant: Tenant, tmp_path: Path) -> None:
    settings = load_settings(mirror.profile)
    assert mirror("health").code == 1
    assert 'imss_mirror_status{status="never"} 1.0' in mirror("metrics").out

    assert mirror("plan").code == 0
    (prospect,) = records_of(settings).prospects.values()
    assert prospect.action == "create"
    assert ("title", "") in {(change["field"], change["before"]) for change in prospect.changes}

    log = tmp_path / "calls.log"
    assert mirror("run", "--log", str(log)).code == 0
    records = records_of(settings)
    assert records.prospects == {}
    (proofs,) = records.proofs.values()
    assert {proof.finding.verdict for proof in proofs} == {Verdict.EQUAL}
    assert len(proofs) == 2
    found = json.loads(mirror("health").out)
    assert (found["status"], found["failures"], found["drift"]) == ("ok", 0, 0)
    assert found["datasets"]["in-review"] == 1

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["action"] for line in lines} >= {"package_create", "package_revise"}
    assert {line["run"] for line in lines} == {records.last.id if records.last else ""}
    revise = next(line for line in lines if line["action"] == "package_revise")
    assert (revise["dataset"], revise["bytes"], revise["status"]) == (one.name, 12, 200)
    assert tenant.token not in log.read_text()

    # Somebody replaces a file by hand over there.
    other = tmp_path / "otra.csv"
    other.write_bytes(b"otra cosa\n")
    resource = tenant.editor.show(one.name)["resources"][0]["id"]
    tenant.editor.upload("resource_patch", other, id=resource)
    assert mirror("verify").code == 1
    assert json.loads(mirror("health").out)["drift"] == 1
    assert mirror("status").of(one.name)["verified_equal"] is False
    newest = Activities(ledger_database_of(settings)).recent(1)[0]
    assert (newest.kind, newest.stage, newest.exit_code) == (Kind.VERIFY, Stage.DONE, 1)
    assert (newest.done, newest.total, newest.failed) == (2, 2, 1)
    # What a run reads back counts as much as a verification.
    assert mirror("run").code == 0
    assert mirror("status").of(one.name)["verified_equal"] is True
    assert json.loads(mirror("health").out)["drift"] == 0
