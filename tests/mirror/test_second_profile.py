"""The profile ``ckan`` against a real CKAN: the one of the suite, or an older one.

``scripts/older_ckan`` brings up an older one; nothing here depends on the version.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from mirror.catalogue import Catalogue, Tenant
from mirror.fake_source import Dataset, FakeSource, dataset
from mirror.programs import Finished, Mirror

KEPT = ("id", "url", "last_modified", "hash", "size")


@pytest.fixture
def mirror(make_mirror: Callable[..., Mirror]) -> Mirror:
    """The mirror of the tenant with the second profile."""
    return make_mirror(profile="ckan")


@pytest.fixture
def copied(source: FakeSource, mirror: Mirror, unique: str) -> Dataset:
    """A dataset with two files, mirrored and public; its words and file names are awkward ones."""
    made = dataset(
        f"gasto-{unique}",
        b"a,b\n1,2\n",
        b"c\n3\n",
        title="  Gasto «público»\tañejo 😀 ",
        notes="Uno\r\n\r\n* dos\n\n",
        legal_basis="Ley, art. 1º",
        quality_notes=" ",
        tags=["Ñandú", "salud", "gasto", "salud"],
    )
    made.files[1].name = f"{unique}--Dos Palabras_.csv"
    source.datasets = [made]
    done = mirror("run")
    assert (done.code, done.summary["calls_write"]) == (0, 2), done.err
    return made


def settled(mirror: Mirror) -> None:
    """Nothing is left to do, and each byte there is the signed one."""
    assert mirror("verify").code == 0
    again = mirror("run")
    assert (again.code, again.summary["calls_write"]) == (0, 0)
    assert {line["action"] for line in again.lines[:-1]} == {"none"}


def mended(mirror: Mirror, writes: int = 1) -> Finished:
    """A run that did what was to do, in that many calls."""
    done = mirror("run")
    assert (done.code, done.summary["calls_write"]) == (0, writes), done.err
    settled(mirror)
    return done


def files(found: dict[str, Any], position: int) -> dict[str, Any]:
    return {key: found["resources"][position][key] for key in KEPT}


def test_a_release_and_its_changes(mirror: Mirror, copied: Dataset, federal: Catalogue) -> None:
    settled(mirror)
    visitor = federal.as_user("")
    first = visitor.show(copied.name)
    assert (first["private"], first["title"]) == (False, "Gasto «público»\tañejo 😀")

    copied.fields |= {"title": "Otro", "tags": ["gasto"], "legal_basis": "", "theme": "salud"}
    copied.number += 1
    assert mended(mirror).summary["bytes"] == 0
    second = visitor.show(copied.name)
    assert (second["id"], second["title"]) == (first["id"], "Otro")
    assert [tag["name"] for tag in second["tags"]] == ["gasto"]
    extras = {extra["key"] for extra in second["extras"]}
    assert ("theme" in extras, "legal_basis" in extras) == (True, False)
    assert [files(second, 0), files(second, 1)] == [files(first, 0), files(first, 1)]

    copied.files[1].content = b"c\n44\n"
    copied.number += 1
    assert mended(mirror).summary["bytes"] == 5
    third = visitor.show(copied.name)
    assert files(third, 0) == files(first, 0)
    moved = {key for key in KEPT if files(third, 1)[key] != files(first, 1)[key]}
    assert moved == {"last_modified", "hash", "size"}


def test_changes_by_hand_there(
    mirror: Mirror, copied: Dataset, federal: Catalogue, tenant: Tenant
) -> None:
    first = tenant.editor.show(copied.name)
    for by_hand in (
        {"private": True},
        {"groups": []},
        {"extras": []},
        {"tags": [], "notes": "A mano"},
        {"resources": first["resources"][::-1]},
        {"resources": first["resources"][:1]},
    ):
        tenant.editor.call("package_patch", id=copied.name, **by_hand)
        done = mirror("run")
        assert (done.code, done.summary["calls_write"]) == (0, 1), done.err
        assert done.of(copied.name)["drift"] is True
        found = federal.as_user("").show(copied.name)
        assert [one["id"] for one in found["resources"]] == [
            one["id"] for one in first["resources"]
        ]
        assert [one["url"] for one in found["resources"]] == [
            one["url"] for one in first["resources"]
        ]
    # An update that changes nothing moves the date before CKAN 2.12, and is none of our business.
    tenant.editor.call("package_patch", id=copied.name, title=first["title"])
    settled(mirror)


def test_away_and_back(mirror: Mirror, copied: Dataset, federal: Catalogue, tenant: Tenant) -> None:
    first = tenant.editor.show(copied.name)
    tenant.editor.call("package_delete", id=first["id"])
    mended(mirror)
    copied.state = "withdrawn"
    assert mirror("run").of(copied.name)["action"] == "withdraw"
    settled(mirror)
    assert {federal.as_user("").status_of(one["url"]) for one in first["resources"]} <= {403, 404}
    copied.state = "published"
    copied.files[0].content = b"a,b\n7,7\n"
    mended(mirror)
    found = federal.as_user("").show(copied.name)
    assert (found["id"], found["private"]) == (first["id"], False)
    assert [one["id"] for one in found["resources"]] == [one["id"] for one in first["resources"]]
    federal.call("dataset_purge", id=first["id"])
    mended(mirror, writes=2)


def test_a_name_that_somebody_hides_fails_alone(
    mirror: Mirror, source: FakeSource, copied: Dataset, federal: Catalogue, unique: str
) -> None:
    federal.call("organization_create", name=f"otra-{unique}")
    hidden = f"oculto-{unique}"
    federal.call("package_create", name=hidden, owner_org=f"otra-{unique}", private=True)
    source.datasets.append(dataset(hidden, b"a\n1\n"))
    copied.fields["title"] = "Otro"
    done = mirror("run")
    assert done.code == 1
    states = [done.of(one.name)["state"] for one in source.datasets]
    assert states == ["confirmed", "failed"]
    assert federal.show(hidden)["resources"] == []
