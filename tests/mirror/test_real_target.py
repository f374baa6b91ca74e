"""The mirror against a real CKAN, as an editor of one organization of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from mirror.catalogue import Catalogue, Tenant
from mirror.fake_source import Dataset, FakeSource, FileContent, dataset, passing_scan
from mirror.programs import Mirror

MOST_READS_WITHOUT_NEWS = 2 + 3


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def published(source: FakeSource, mirror: Mirror, unique: str) -> Dataset:
    """A dataset with two files, already mirrored."""
    one = dataset(f"gasto_{unique}", b"a,b\n1,2\n", b"c\n3\n")
    source.datasets = [one]
    assert mirror("run").code == 0
    return one


@pytest.mark.req("R-107")
def test_a_release_arrives_private_with_the_federal_fields(
    source: FakeSource, mirror: Mirror, tenant: Tenant, federal: Catalogue, unique: str
) -> None:
    source.datasets = [dataset(f"Gasto-{unique}", b"a,b\n1,2\n", b"c\n3\n")]
    done = mirror("run")
    assert done.code == 0, done.err
    found = tenant.editor.show(f"gasto_{unique}")
    assert found["private"] is True
    assert found["organization"]["name"] == tenant.organization
    assert [group["name"] for group in found["groups"]] == [tenant.group]
    assert found["license_id"] == "CC-BY-4.0"
    assert found["extras"] == []
    assert sorted(tag["name"] for tag in found["tags"]) == ["gasto", "salud"]
    assert [resource["update_frequency"] for resource in found["resources"]] == ["Trimestral"] * 2
    for resource, content in zip(found["resources"], (b"a,b\n1,2\n", b"c\n3\n"), strict=True):
        assert tenant.editor.sha256_of(resource["url"]) == sha256(content)
        assert resource["hash"] == sha256(content)
        assert federal.as_user("").status_of(resource["url"]) in (403, 404)
    line = done.of(f"Gasto-{unique}")
    assert (line["action"], line["state"], line["error"]) == ("create", "confirmed", None)
    assert done.summary["calls_write"] == 2
    assert done.summary["bytes"] == 12


def test_a_second_run_writes_nothing_and_reads_little(mirror: Mirror, published: Dataset) -> None:
    again = mirror("run")
    assert again.code == 0
    assert again.of(published.name)["action"] == "none"
    assert again.summary["calls_write"] == 0
    assert again.summary["calls_read"] <= MOST_READS_WITHOUT_NEWS


def test_a_plan_shows_each_field_and_writes_nothing(
    mirror: Mirror, published: Dataset, tenant: Tenant
) -> None:
    published.fields["title"] = "Otro título"
    planned = mirror("plan")
    line = planned.of(published.name)
    assert line["action"] == "update"
    assert line["changes"] == [
        {"field": "title", "before": f"Título de {published.name}", "after": "Otro título"}
    ]
    assert line["state"] == "planned"
    assert planned.summary["calls_write"] == 0
    assert tenant.editor.show(published.name)["title"] != "Otro título"
    assert mirror("run", "--dry-run").lines[:-1] == planned.lines[:-1]


def test_new_metadata_is_one_call_and_leaves_the_files_alone(
    mirror: Mirror, published: Dataset, tenant: Tenant
) -> None:
    before = tenant.editor.show(published.name)
    published.fields |= {"title": "Otro título", "tags": ["nuevo"], "frequency": "R/P1Y"}
    published.number += 1
    done = mirror("run")
    after = tenant.editor.show(published.name)
    assert done.summary["calls_write"] == 1
    assert done.summary["bytes"] == 0
    assert after["title"] == "Otro título"
    assert [tag["name"] for tag in after["tags"]] == ["nuevo"]
    for old, new in zip(before["resources"], after["resources"], strict=True):
        assert new["update_frequency"] == "Anual"
        kept = ("id", "url", "last_modified", "hash", "size")
        assert {key: new[key] for key in kept} == {key: old[key] for key in kept}
    assert mirror("verify").code == 0


def test_a_new_file_replaces_the_old_one_under_the_same_address(
    mirror: Mirror, published: Dataset, tenant: Tenant
) -> None:
    before = tenant.editor.show(published.name)
    published.files[1].content = b"c\n4\n"
    published.number += 1
    done = mirror("run")
    after = tenant.editor.show(published.name)
    assert done.of(published.name)["action"] == "upload"
    assert done.summary["calls_write"] == 1
    assert done.summary["bytes"] == 4
    assert [one["url"] for one in after["resources"]] == [one["url"] for one in before["resources"]]
    assert after["resources"][0]["last_modified"] == before["resources"][0]["last_modified"]
    assert tenant.editor.sha256_of(after["resources"][1]["url"]) == sha256(b"c\n4\n")


def test_files_are_added_put_in_order_and_removed(
    mirror: Mirror, published: Dataset, tenant: Tenant
) -> None:
    before = tenant.editor.show(published.name)["resources"]
    first, second = published.files
    published.files = [FileContent("nuevo.csv", b"z\n9\n", identifier="nuevo"), second, first]
    done = mirror("run")
    assert (done.summary["calls_write"], done.summary["bytes"]) == (1, 4)
    found = tenant.editor.show(published.name)["resources"]
    assert [one["id"] for one in found[1:]] == [before[1]["id"], before[0]["id"]]
    assert found[0]["name"] == "nuevo.csv"
    assert mirror("verify").summary["equal"] == 3
    published.files = [second]
    assert mirror("run").summary["calls_write"] == 1
    found = tenant.editor.show(published.name)["resources"]
    assert [one["id"] for one in found] == [before[1]["id"]]
    assert mirror("run").summary["calls_write"] == 0
    assert mirror("verify").code == 0


@pytest.mark.req("R-107")
def test_the_federal_side_makes_it_public_and_that_is_kept(
    mirror: Mirror, published: Dataset, federal: Catalogue
) -> None:
    federal.call("package_patch", id=published.name, private=False)
    assert mirror("run").summary["calls_write"] == 0
    published.fields["title"] = "Otro título"
    published.files[0].content = b"a,b\n5,6\n"
    assert mirror("run").code == 0
    found = federal.as_user("").show(published.name)
    assert found["private"] is False
    assert found["title"] == "Otro título"
    assert mirror("status").of(published.name)["private"] is False


class TestSomebodyEditedTheCopy:
    """Whatever was changed over there, one run makes it equal again."""

    def test_metadata(self, mirror: Mirror, published: Dataset, tenant: Tenant) -> None:
        tenant.editor.call("package_patch", id=published.name, title="A mano", tags=[])
        done = mirror("run")
        assert [change["field"] for change in done.of(published.name)["changes"]] == [
            "title",
            "tags",
        ]
        assert tenant.editor.show(published.name)["title"] == f"Título de {published.name}"

    def test_a_file_replaced_by_another_of_the_same_size(
        self, mirror: Mirror, published: Dataset, tenant: Tenant, tmp_path: Path
    ) -> None:
        resource = tenant.editor.show(published.name)["resources"][1]
        by_hand = tmp_path / Path(resource["url"]).name
        by_hand.write_bytes(b"c\n9\n")
        tenant.editor.upload("resource_patch", by_hand, id=resource["id"])
        # CKAN keeps the hash of the earlier file on it, so the hash tells nothing.
        assert tenant.editor.show(published.name)["resources"][1]["hash"] == resource["hash"]
        assert mirror("verify").code == 1
        done = mirror("run")
        assert done.of(published.name)["action"] == "upload"
        assert done.summary["calls_write"] == 1
        assert tenant.editor.sha256_of(resource["url"]) == sha256(b"c\n3\n")

    def test_a_file_replaced_by_a_link(
        self, mirror: Mirror, published: Dataset, tenant: Tenant
    ) -> None:
        resource = tenant.editor.show(published.name)["resources"][0]
        tenant.editor.call(
            "resource_patch", id=resource["id"], url="https://example.org/x.csv", url_type=""
        )
        assert mirror("run").code == 0
        assert mirror("verify").code == 0
        assert tenant.editor.show(published.name)["resources"][0]["id"] == resource["id"]

    def test_a_touched_file_with_the_right_bytes_is_not_sent_again(
        self, mirror: Mirror, published: Dataset, tenant: Tenant
    ) -> None:
        resource = tenant.editor.show(published.name)["resources"][0]
        tenant.editor.call("resource_patch", id=resource["id"], hash="d41d8cd98f00b204")
        done = mirror("run")
        assert done.of(published.name)["action"] == "none"
        assert done.summary["calls_write"] == 0
        assert mirror("run").summary["calls_read"] <= MOST_READS_WITHOUT_NEWS

    def test_a_deleted_resource(self, mirror: Mirror, published: Dataset, tenant: Tenant) -> None:
        gone = tenant.editor.show(published.name)["resources"][1]
        tenant.editor.call("resource_delete", id=gone["id"])
        done = mirror("run")
        assert done.of(published.name)["action"] == "upload"
        assert done.summary["calls_write"] == 1
        found = tenant.editor.show(published.name)["resources"]
        assert [one["id"] for one in found][1] == gone["id"]
        assert mirror("verify").code == 0

    def test_a_resource_nobody_signed(
        self, mirror: Mirror, published: Dataset, tenant: Tenant
    ) -> None:
        tenant.editor.call(
            "resource_create",
            package_id=tenant.editor.show(published.name)["id"],
            url="https://example.org/extra.csv",
            name="extra",
        )
        assert mirror("run").summary["calls_write"] == 1
        assert len(tenant.editor.show(published.name)["resources"]) == 2
        assert mirror("run").summary["calls_write"] == 0

    def test_a_deleted_dataset(self, mirror: Mirror, published: Dataset, tenant: Tenant) -> None:
        before = tenant.editor.show(published.name)
        tenant.editor.call("package_delete", id=before["id"])
        assert mirror("run").code == 0
        after = tenant.editor.show(published.name)
        assert (after["id"], after["state"]) == (before["id"], "active")
        assert [group["name"] for group in after["groups"]] == [tenant.group]
        assert mirror("verify").code == 0

    def test_a_purged_dataset(self, mirror: Mirror, published: Dataset, federal: Catalogue) -> None:
        federal.call("dataset_purge", id=published.name)
        assert mirror("run").of(published.name)["action"] == "create"
        assert mirror("verify").code == 0


@pytest.mark.parametrize("what", ["public", "private"])
def test_a_withdrawn_release_leaves_and_may_come_back(
    what: str, mirror: Mirror, published: Dataset, tenant: Tenant, federal: Catalogue
) -> None:
    before = tenant.editor.show(published.name)
    if what == "public":
        federal.call("package_patch", id=published.name, private=False)
    published.state = "withdrawn"
    done = mirror("run")
    assert (done.code, done.of(published.name)["action"]) == (0, "withdraw")
    assert done.summary["calls_write"] == 1
    for resource in before["resources"]:
        assert federal.as_user("").status_of(resource["url"]) in (403, 404)
    again = mirror("run")
    assert again.summary["calls_write"] == 0
    assert again.summary["calls_read"] <= MOST_READS_WITHOUT_NEWS
    assert mirror("verify").code == 0
    published.state = "published"
    assert mirror("run").code == 0
    assert tenant.editor.show(published.name)["id"] == before["id"]
    assert mirror("verify").code == 0


def test_a_withdrawn_release_still_there_is_a_difference(
    mirror: Mirror, published: Dataset
) -> None:
    published.state = "withdrawn"
    assert mirror("verify").code == 1


def test_a_lost_ledger_is_made_again_without_writing_there(
    mirror: Mirror, published: Dataset
) -> None:
    mirror.forget()
    done = mirror("run")
    assert done.code == 0
    assert done.of(published.name)["action"] == "none"
    assert done.summary["calls_write"] == 0
    assert mirror("run").summary["calls_read"] <= MOST_READS_WITHOUT_NEWS


def test_a_name_of_another_organization_fails_alone(
    mirror: Mirror, source: FakeSource, federal: Catalogue, unique: str
) -> None:
    federal.call("organization_create", name=f"otra-{unique}")
    federal.call("package_create", name=f"ocupado_{unique}", owner_org=f"otra-{unique}")
    federal.call(
        "package_create", name=f"oculto_{unique}", owner_org=f"otra-{unique}", private=True
    )
    names = [f"ocupado_{unique}", f"oculto_{unique}", f"libre_{unique}"]
    source.datasets = [dataset(name, b"a\n1\n") for name in names]
    done = mirror("run")
    assert done.code == 1
    assert [done.of(name)["state"] for name in names] == ["failed", "failed", "confirmed"]
    assert f"otra-{unique}" in done.of(names[0])["error"]
    assert done.summary["failed"] == 2
    assert federal.show(names[0])["resources"] == []


def test_a_dataset_the_source_no_longer_gives_is_reported_and_kept(
    mirror: Mirror, source: FakeSource, published: Dataset, tenant: Tenant
) -> None:
    source.datasets = []
    done = mirror("run")
    assert done.code == 1
    assert done.of(published.name)["action"] == "none"
    assert published.name in done.of(published.name)["error"]
    assert tenant.editor.show(published.name)["state"] == "active"


def test_a_plain_ckan_takes_everything_and_is_public(
    source: FakeSource,
    make_mirror: Callable[..., Mirror],
    federal: Catalogue,
    unique: str,
) -> None:
    mirror = make_mirror(profile="ckan")
    one = dataset(f"todo-{unique}", b"a\n1\n", legal_basis="Ley", theme="salud")
    one.files.append(FileContent("todo.json", b"[]", "JSON", "application/json"))
    source.datasets = [one]
    assert mirror("run").code == 0
    found = federal.as_user("").show(f"todo-{unique}")
    extras = {extra["key"]: extra["value"] for extra in found["extras"]}
    assert [resource["format"] for resource in found["resources"]] == ["CSV", "JSON"]
    assert extras["legal_basis"] == "Ley"
    assert extras["frequency"] == "R/P3M"
    assert '"fields"' in found["resources"][0]["schema"]
    assert mirror("run").summary["calls_write"] == 0
    federal.call("package_patch", id=found["id"], extras=[{"key": "ajeno", "value": "x"}])
    assert mirror("run").summary["calls_write"] == 1
    found = federal.show(f"todo-{unique}")
    assert {"ajeno", "legal_basis"} <= {extra["key"] for extra in found["extras"]}
    assert mirror("run").summary["calls_write"] == 0


def test_only_what_is_named_is_done(
    mirror: Mirror, source: FakeSource, tenant: Tenant, unique: str
) -> None:
    source.datasets = [dataset(f"uno_{unique}", b"a\n1\n"), dataset(f"dos_{unique}", b"a\n2\n")]
    done = mirror("run", "--only", f"dos_{unique}")
    assert [line["dataset"] for line in done.lines[:-1]] == [f"dos_{unique}"]
    assert (
        tenant.editor.call(
            "package_search", fq=f"organization:{tenant.organization}", include_private=True
        )["count"]
        == 1
    )
    assert mirror("run", "--only", "nada").code == 2


def test_several_workers_end_the_same(mirror: Mirror, source: FakeSource, unique: str) -> None:
    source.datasets = [dataset(f"n{index}_{unique}", b"a\n%d\n" % index) for index in range(8)]
    done = mirror("run", "--workers", "4")
    assert (done.code, done.summary["create"], done.summary["calls_write"]) == (0, 8, 16)
    assert mirror("run").summary["calls_write"] == 0
    assert mirror("verify").summary["equal"] == 8


def test_pages_are_read_to_their_end(
    make_mirror: Callable[..., Mirror], source: FakeSource, unique: str
) -> None:
    mirror = make_mirror(limits={"page_size": 3})
    source.datasets = [dataset(f"n{index}_{unique}", b"a\n%d\n" % index) for index in range(7)]
    assert mirror("run").summary["create"] == 7
    again = mirror("run")
    assert again.summary["none"] == 7
    assert (again.summary["calls_read"], again.summary["calls_write"]) == (3 + 2 * 3, 0)


@pytest.mark.req("R-182", "R-201")
def test_what_nobody_looked_at_for_personal_data_is_not_sent_and_keeps_nothing_else_back(
    source: FakeSource, mirror: Mirror, tenant: Tenant, published: Dataset, unique: str
) -> None:
    other = dataset(f"otro_{unique}", b"d\n4\n")
    source.datasets.append(other)
    published.files[0].content, published.personal_data = b"a,b\n9,9\n", None
    plan = mirror("plan").of(published.name)
    assert (plan["action"], plan["state"]) == ("none", "failed")
    run = mirror("run")
    assert run.code == 1
    assert published.files[0].name in run.of(published.name)["error"]
    assert run.of(other.name)["state"] == "confirmed"
    first = tenant.editor.show(published.name)["resources"][0]
    assert tenant.editor.sha256_of(first["url"]) == sha256(b"a,b\n1,2\n")

    published.personal_data = passing_scan()
    assert mirror("run").code == 0
    first = tenant.editor.show(published.name)["resources"][0]
    assert tenant.editor.sha256_of(first["url"]) == sha256(b"a,b\n9,9\n")

    published.personal_data, published.state = None, "withdrawn"
    assert mirror("run").of(published.name)["state"] == "confirmed"
