"""Files nothing refers to are found, shown first, and deleted only when told."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest
from catalogue_cast import SampleMaker, Unit, file_storage, publish
from ckan import model

from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.procedure import content_sweep
from ckanext.imssbienestar.procedure.content_sweep import SweepReport, sweep

pytestmark = pytest.mark.usefixtures("with_plugins")

TOMORROW = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=2)


def _sweep(*, delete: bool, now: datetime.datetime = TOMORROW) -> SweepReport:
    day = datetime.timedelta(days=1)
    return sweep(model.Session, content_store(), older_than=day, now=now, delete=delete)


def test_only_replaced_drafts_and_cut_uploads_go(
    unit: Unit, make_dataset: SampleMaker, tmp_path: Path
) -> None:
    signed = make_dataset()
    publish(unit, signed)
    draft = make_dataset(name="otro", content=b"a\n1\n", dictionary="")
    new = file_storage("nuevo.csv", b"a\n2\n")
    unit.liaison.call("resource_patch", id=draft["resources"][0]["id"], upload=new)
    unfinished = tmp_path / "files" / "incoming" / "cut-short"  # of an earlier version
    unfinished.parent.mkdir()
    unfinished.write_bytes(b"123")
    before = {path for path in (tmp_path / "files").rglob("*") if path.is_file()}

    young = _sweep(delete=True, now=datetime.datetime.now(datetime.UTC))
    assert young == SweepReport(0, 0)
    assert _sweep(delete=False) == SweepReport(2, 7)
    assert {path for path in (tmp_path / "files").rglob("*") if path.is_file()} == before

    assert _sweep(delete=True) == SweepReport(2, 7)
    assert _sweep(delete=True) == SweepReport(0, 0)
    assert not unfinished.exists()
    for dataset in (signed, draft):
        sha256 = unit.liaison.call("package_show", id=dataset["id"])["resources"][0]["hash"]
        content_store().verify(sha256)


def test_a_file_uploaded_again_during_the_sweep_stays(
    unit: Unit, make_dataset: SampleMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = content_store()
    with store.receive(file_storage("a.csv", b"a\n1\n").stream, 1000) as candidate:
        store.keep(candidate)
    path = store.path(candidate.sha256)
    os.utime(path, (0, 0))
    nothing = content_sweep.referred_files

    def uploaded_meanwhile(session: object) -> set[str]:
        with store.receive(file_storage("a.csv", b"a\n1\n").stream, 1000) as again:
            store.keep(again)
        return nothing(model.Session)

    monkeypatch.setattr(content_sweep, "referred_files", uploaded_meanwhile)
    now = datetime.datetime.now(datetime.UTC)
    assert _sweep(delete=True, now=now) == SweepReport(0, 0)
    store.verify(candidate.sha256)
