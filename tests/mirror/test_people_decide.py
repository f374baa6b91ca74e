"""What waits for a person: approved plans, changes by hand at the target, lost ledgers."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from mirror.catalogue import Catalogue, Tenant
from mirror.fake_source import Dataset, FakeSource, dataset
from mirror.fault_proxy import FaultProxy
from mirror.faults import WRITES, assert_told, called
from mirror.http_server import Reply, Request
from mirror.programs import Mirror


@pytest.fixture
def mirror(make_mirror: Callable[..., Mirror], proxy: FaultProxy) -> Mirror:
    """The mirror of the tenant, through a proxy that remembers the calls."""
    return make_mirror(target_url=proxy.url)


class TestApprovedPlan:
    """A stored plan is carried out as it is, or not at all."""

    def test_exactly_what_was_planned_is_done(
        self, source: FakeSource, mirror: Mirror, published: Dataset, tenant: Tenant, unique: str
    ) -> None:
        gone, new = dataset(f"otro_{unique}", b"x\n1\n"), dataset(f"nuevo_{unique}", b"y\n1\n")
        same = dataset(f"igual_{unique}", b"z\n1\n")
        source.datasets += [gone, same]
        assert mirror("run").code == 0
        published.fields["title"] = "Otro título"
        gone.state = "withdrawn"
        source.datasets.append(new)
        plan = mirror.approve()
        stored = {item["dataset"]: item for item in json.loads(Path(plan).read_text())["items"]}
        done = mirror("run", "--plan", plan)
        assert done.code == 0, done.err
        for name, action in {
            published.name: "update",
            gone.name: "withdraw",
            new.name: "create",
            same.name: "none",
        }.items():
            assert (stored[name]["action"], done.of(name)["action"]) == (action, action)
            assert done.of(name)["changes"] == stored[name]["changes"]
        assert done.summary["calls_write"] == 1 + 1 + 2
        again = mirror("run", "--plan", plan)
        assert (again.code, again.summary["calls_write"]) == (0, 0)

    @pytest.mark.parametrize(
        "what", ["release", "withdrawn", "new", "gone", "title", "file", "deleted"]
    )
    def test_a_world_that_moved_is_named_before_the_first_write(
        self,
        what: str,
        source: FakeSource,
        mirror: Mirror,
        published: Dataset,
        tenant: Tenant,
        proxy: FaultProxy,
        tmp_path: Path,
        unique: str,
    ) -> None:
        other = dataset(f"otro_{unique}", b"x\n1\n")
        source.datasets.append(other)
        published.fields["title"] = "Otro título"
        plan = mirror.approve()
        named = published.name
        if what == "release":
            published.fields["notes"] = "Otra descripción"
        elif what == "withdrawn":
            published.state = "withdrawn"
        elif what == "new":
            source.datasets.append(dataset(f"nuevo_{unique}", b"y\n1\n"))
            named = f"nuevo_{unique}"
        elif what == "gone":
            source.datasets.remove(other)
            named = other.name
        elif what == "title":
            tenant.editor.call("package_patch", id=published.name, notes="A mano")
        elif what == "file":
            found = tenant.editor.show(published.name)["resources"][1]
            by_hand = tmp_path / Path(found["url"]).name
            by_hand.write_bytes(b"c\n9\n")
            tenant.editor.upload("resource_patch", by_hand, id=found["id"])
        elif what == "deleted":
            tenant.editor.call("package_delete", id=published.name)
        proxy.reset()
        assert_told(mirror("run", "--plan", plan), 4, named, "plan --out")
        assert not set(proxy.calls) & set(WRITES)
        assert mirror("status").of(published.name)["state"] == "confirmed"

    def test_a_change_after_the_look_is_not_written_over(
        self, mirror: Mirror, published: Dataset, tenant: Tenant, proxy: FaultProxy
    ) -> None:
        published.fields["title"] = "Otro título"
        plan = mirror.approve()

        def edit_first(request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
            if request.path.endswith("/package_revise"):
                proxy.reset()
                tenant.editor.call("package_patch", id=published.name, notes="A mano")
            return forward()

        proxy.fault = edit_first
        done = mirror("run", "--plan", plan)
        assert done.code == 1
        assert "notes" in done.of(published.name)["error"]
        assert tenant.editor.show(published.name)["title"] == f"Título de {published.name}"

    @pytest.mark.parametrize(
        ("call", "applied"), [("package_create", True), ("package_revise", False)]
    )
    def test_a_plan_that_was_killed_is_finished(
        self,
        call: str,
        applied: bool,
        mirror: Mirror,
        published: Dataset,
        source: FakeSource,
        tenant: Tenant,
        proxy: FaultProxy,
        unique: str,
    ) -> None:
        published.fields["title"] = "Otro título"
        source.datasets.append(dataset(f"otro_{unique}", b"x\n1\n"))
        plan = mirror.approve()
        process = mirror.start("run", "--plan", plan, "--workers", "1")

        def kill(request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
            if not called(request, call):
                return forward()
            if applied:
                forward()
            process.kill()
            return Reply(drop=True)

        proxy.reset(kill)
        assert process.wait(60) == -9
        proxy.reset()
        done = mirror("run", "--plan", plan)
        assert done.code == 0, done.err
        assert mirror("verify").code == 0
        tenant.editor.call("package_patch", id=published.name, notes="A mano")
        assert_told(mirror("run", "--plan", plan), 4, published.name, "notes")


class TestDrift:
    """Somebody changed the copy by hand."""

    def test_it_is_told_apart_from_a_new_release(
        self, mirror: Mirror, published: Dataset, tenant: Tenant
    ) -> None:
        tenant.editor.call("package_patch", id=published.name, notes="A mano")
        line = mirror("plan").of(published.name)
        assert (line["action"], line["drift"]) == ("update", True)
        assert line["changes"][0]["before"] == "A mano"
        published.fields["title"] = "Otro título"
        published.number += 1
        line = mirror("plan").of(published.name)
        assert line["drift"] is True
        assert "notes" in line["reason"].split(";")[0]
        assert "title" in line["reason"].split(";")[1]
        assert mirror("run").code == 0
        assert mirror("plan").of(published.name)["drift"] is False

    def test_a_new_release_alone_is_no_drift(self, mirror: Mirror, published: Dataset) -> None:
        published.fields |= {"title": "Otro título", "tags": ["nuevo"]}
        published.files[0].content = b"a,b\n5,6\n"
        assert mirror("plan").of(published.name)["drift"] is False

    def test_held_it_waits_until_a_person_repairs(
        self,
        make_mirror: Callable[..., Mirror],
        published: Dataset,
        tenant: Tenant,
        proxy: FaultProxy,
    ) -> None:
        mirror = make_mirror(target_url=proxy.url, target={"drift": "hold"})
        tenant.editor.call("package_patch", id=published.name, title="A mano")
        done = mirror("run")
        assert (done.code, done.summary["calls_write"]) == (1, 0)
        assert f"repair {published.name}" in done.of(published.name)["error"]
        assert mirror("repair", published.name).code == 0
        assert tenant.editor.show(published.name)["title"] == f"Título de {published.name}"
        assert mirror("run").code == 0

    def test_held_a_replaced_file_and_a_deleted_dataset_wait_too(
        self,
        make_mirror: Callable[..., Mirror],
        published: Dataset,
        tenant: Tenant,
        proxy: FaultProxy,
        tmp_path: Path,
    ) -> None:
        mirror = make_mirror(target_url=proxy.url, target={"drift": "hold"})
        found = tenant.editor.show(published.name)["resources"][1]
        by_hand = tmp_path / Path(found["url"]).name
        by_hand.write_bytes(b"c\n9\n")
        tenant.editor.upload("resource_patch", by_hand, id=found["id"])
        for _ in range(2):
            done = mirror("run")
            assert (done.code, done.summary["calls_write"]) == (1, 0)
        refused = mirror("adopt", published.name, "--reason", "así lo quieren")
        assert refused.code == 1
        assert "sha256" in refused.of(published.name)["error"]
        assert refused.of(published.name)["accepted"] == []
        assert mirror("repair", published.name).code == 0
        tenant.editor.call("package_delete", id=published.name)
        assert (mirror("run").code, mirror("plan").of(published.name)["drift"]) == (1, True)
        assert mirror("repair", published.name).code == 0
        assert mirror("verify").code == 0

    def test_an_adopted_difference_stays_until_the_release_or_the_field_changes(
        self,
        make_mirror: Callable[..., Mirror],
        published: Dataset,
        tenant: Tenant,
        proxy: FaultProxy,
    ) -> None:
        mirror = make_mirror(target_url=proxy.url, target={"drift": "hold"})
        tenant.editor.call("package_patch", id=published.name, notes="A mano", title="Federal")
        done = mirror("adopt", published.name, "--reason", "lo pidió la ATDT", "--person", "Ana")
        assert (done.code, done.summary) == (0, {"accepted": 2, "refused": 0})
        again = mirror("run")
        assert (again.code, again.summary["calls_write"]) == (0, 0)
        assert "Ana" in again.of(published.name)["reason"]
        tenant.editor.call("package_patch", id=published.name, notes="Otra vez")
        assert [one["field"] for one in mirror("plan").of(published.name)["changes"]] == ["notes"]
        assert mirror("repair", published.name).code == 0
        found = tenant.editor.show(published.name)
        assert found["title"] == "Federal"
        published.files[0].content = b"a,b\n5,6\n"
        published.number += 1
        assert mirror("run").code == 0
        assert tenant.editor.show(published.name)["title"] == f"Título de {published.name}"

    def test_there_is_nothing_to_adopt_where_nobody_changed_anything(
        self, mirror: Mirror, published: Dataset
    ) -> None:
        published.fields["title"] = "Otro título"
        assert mirror("adopt", published.name, "--reason", "x").code == 1


def damage(path: Path, *, whole: bool) -> bytes:
    """Spoil a ledger: all of it, or the page that its list of datasets begins on."""
    with closing(sqlite3.connect(path)) as ledger:
        ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'imss_mirror_dataset'"
        page = ledger.execute(query).fetchone()[0]
        size = ledger.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(path.read_bytes())
    spoilt = range(len(content)) if whole else range((page - 1) * size, page * size)
    content[spoilt.start : spoilt.stop] = os.urandom(len(spoilt))
    path.write_bytes(content)
    return bytes(content)


class TestReconcile:
    """A ledger that is damaged, lost or of another target."""

    @pytest.mark.parametrize("what", ["all of it", "one page"])
    def test_a_damaged_ledger_is_kept_aside_and_made_anew(
        self,
        what: str,
        make_mirror: Callable[..., Mirror],
        published: Dataset,
        tenant: Tenant,
        proxy: FaultProxy,
        source: FakeSource,
        unique: str,
    ) -> None:
        mirror = make_mirror(target_url=proxy.url, target={"drift": "hold"})
        other = dataset(f"otro_{unique}", b"x\n1\n")
        source.datasets.append(other)
        assert mirror("run").code == 0
        tenant.editor.call("package_patch", id=other.name, notes="A mano")
        assert mirror("adopt", other.name, "--reason", "así").code == 0
        damaged = damage(mirror.ledger, whole=what == "all of it")
        for command in ("plan", "run", "status"):
            assert_told(mirror(command), 2, "reconcile", "dañada")
        proxy.reset()
        done = mirror("reconcile")
        assert not set(proxy.calls) & set(WRITES)
        assert done.code == 1
        assert done.of(published.name)["state"] == "confirmed"
        assert done.of(other.name)["state"] == "failed"
        assert (mirror.folder / "mirror.ledger.sqlite.damaged-1").read_bytes() == damaged
        again = mirror("run")
        # What a person accepted is known again if the file still told it.
        assert (again.code, again.summary["calls_write"]) == (0, what == "all of it")
        assert mirror("reconcile").code == 0
        assert mirror("verify").code == 0

    def test_a_lost_ledger_is_filled_and_says_what_differs(
        self, mirror: Mirror, published: Dataset, tenant: Tenant, proxy: FaultProxy, unique: str
    ) -> None:
        tenant.editor.call(
            "package_create", name=f"ajeno_{unique}", owner_org=tenant.organization, private=True
        )
        mirror.forget()
        done = mirror("reconcile")
        assert done.code == 0, done.err
        assert f"ajeno_{unique}" in done.err
        assert mirror("status").of(published.name)["state"] == "confirmed"
        tenant.editor.call("package_patch", id=published.name, title="A mano")
        mirror.forget()
        proxy.reset()
        done = mirror("reconcile")
        assert (done.code, done.of(published.name)["state"]) == (1, "failed")
        assert not set(proxy.calls) & set(WRITES)
        assert mirror("run").code == 0

    def test_a_ledger_of_another_target_is_named(
        self, make_mirror: Callable[..., Mirror], published: Dataset, federal: Catalogue
    ) -> None:
        mirror = make_mirror(target_url=federal.url)
        assert_told(mirror("run"), 2, "otro destino", "reconcile")
        assert mirror("reconcile").code == 0
        assert (mirror.folder / "mirror.ledger.sqlite.other-1").exists()
        assert mirror("run").summary["calls_write"] == 0


def test_all_of_it_on_a_postgresql_ledger(
    ledger_url: str,
    make_mirror: Callable[..., Mirror],
    source: FakeSource,
    proxy: FaultProxy,
    tenant: Tenant,
    unique: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IMSS_MIRROR_LEDGER__URL", ledger_url)
    mirror = make_mirror(target_url=proxy.url, target={"drift": "hold"})
    one, other = dataset(f"uno_{unique}", b"a\n1\n"), dataset(f"dos_{unique}", b"b\n1\n")
    source.datasets = [one, other]
    proxy.fault = lambda request, _n, forward: (
        Reply(403, b"<html>", {"Content-Type": "text/html"})
        if called(request, "package_revise")
        else forward()
    )
    plan = mirror.approve()
    assert mirror("run", "--plan", plan).code == 1
    proxy.reset()
    assert mirror("run", "--plan", plan).code == 0
    tenant.editor.call("package_patch", id=one.name, notes="A mano")
    assert mirror("run").code == 1
    assert_told(mirror("run", "--plan", plan), 4, one.name, "notes")
    assert mirror("adopt", one.name, "--reason", "así").summary["accepted"] == 1
    assert mirror("run").code == 0
    done = mirror("reconcile")
    assert (done.code, done.summary["calls_write"]) == (0, 0)
    assert mirror("verify").code == 0
