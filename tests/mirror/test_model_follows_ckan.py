"""The model of CKAN that most fault tests use does what a real one does, call by call.

The model plays the version that the real one says it is: ``scripts/older_ckan`` brings up others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests
from mirror.catalogue import Catalogue, Tenant
from mirror.model_server import GROUP, ModelServer
from mirror.model_target import ORGANIZATION
from pydantic import SecretStr

from ckanext.imssbienestar.mirror.catalogues.tally import Counters
from ckanext.imssbienestar.mirror.catalogues.target import Target
from ckanext.imssbienestar.mirror.catalogues.transport import Transport, TransportOptions
from ckanext.imssbienestar.mirror.errors import MirrorTerminalError, MirrorTransientError
from ckanext.imssbienestar.mirror.planning.calls import Creation, Revision, Upload
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage
from ckanext.imssbienestar.mirror.settings import LimitSettings

STEPS = 25
COMPARED = ("name", "title", "notes", "state", "private")
COMPARED_OF_FILES = ("name", "description", "url_type", "hash", "size")


class Side:
    """One of the two catalogues, called in the mirror's own words."""

    def __init__(self, url: str, token: str, organization: str, group: str) -> None:
        options = TransportOptions.of(LimitSettings(attempts=1), "test")
        self.transport = Transport(url, SecretStr(token), options, Counters())
        self.target = Target(self.transport, organization)
        self.token = token
        self.organization = organization
        self.group = group
        self.seen: dict[str, RemotePackage] = {}

    def look(self, name: str) -> RemotePackage | None:
        return self.target.show(name)

    def told(self, name: str) -> dict[str, Any] | None:
        """A dataset without what must differ: ids, dates, hosts."""
        found = self.look(name)
        if found is None:
            return None
        files = []
        for resource in found.resources:
            facts = {key: resource.raw.get(key) or "" for key in COMPARED_OF_FILES}
            received = self.target.measure(found, resource)
            facts["bytes"] = received.sha256 if received else None
            facts["address"] = str(resource.raw.get("url")).rsplit("/", 1)[-1]
            files.append(facts)
        return {
            **{key: found.raw.get(key) or "" for key in COMPARED},
            "tags": sorted(tag["name"] for tag in found.raw.get("tags") or ()),
            "groups": len(found.raw.get("groups") or ()),
            "extras": {one["key"]: one["value"] for one in found.raw.get("extras") or ()},
            "files": files,
        }


@pytest.fixture
def model(federal: Catalogue) -> Iterator[Side]:
    """The model of the real one's version."""
    server = ModelServer(str(federal.call("status_show")["ckan_version"]))
    yield Side(server.url, "token", ORGANIZATION["name"], GROUP)
    server.stop()


@pytest.fixture
def real(federal: Catalogue, tenant: Tenant) -> Side:
    """The real one."""
    return Side(federal.url, tenant.token, tenant.organization, tenant.group)


def create(side: Side, name: str, title: str) -> object:
    fields = {
        "name": name,
        "title": title,
        "owner_org": side.organization,
        "private": True,
        "tags": [{"name": "salud"}],
        "groups": [{"name": side.group}],
        "extras": [{"key": "k", "value": "v"}],
    }
    return side.target.create(Creation(fields)).name


def revise(
    side: Side, name: str, update: dict[str, Any], uploads: tuple[Upload, ...] = (), *, stale: bool
) -> object:
    """As the mirror does it: with the lists dropped and given whole, on what was seen last."""
    now = side.look(name)
    seen = side.seen.get(name, now) if stale else now
    if seen is None:
        return "nothing there"
    if now is not None:
        side.seen[name] = now
    match: dict[str, Any] = {
        "id": seen.id,
        "metadata_modified": seen.raw["metadata_modified"],
    }
    if seen.resources:
        match["resources"] = [{"id": one.id} for one in seen.resources]
    drop = tuple(f"-{key}" for key in update if isinstance(update[key], list))
    side.target.revise(Revision(match, drop, update, uploads))
    return None


def send(side: Side, name: str, path: Path, files: list[tuple[str, bytes]]) -> object:
    resources, uploads = [], []
    for position, (title, content) in enumerate(files):
        file = path / f"{position}.csv"
        file.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        uploads.append(Upload(position, file, f"{title}.csv", "text/csv", sha256))
        resources.append(
            {"name": title, "url": f"{title}.csv", "url_type": "upload", "hash": sha256}
        )
    return revise(side, name, {"resources": resources}, tuple(uploads), stale=False)


def delete(side: Side, name: str) -> object:
    found = side.look(name)
    if found is None:
        return "nothing there"
    return side.target.delete(found.id)


def delete_file(side: Side, name: str) -> object:
    """As a person there does it."""
    found = side.look(name)
    if found is None or not found.resources:
        return "nothing there"
    return side.transport.write("resource_delete", {"id": found.resources[0].id})


def outcome(call: Callable[[Side], object], side: Side) -> object:
    """What a call gave, or what kind of failure."""
    try:
        return call(side)
    except (MirrorTerminalError, MirrorTransientError) as error:
        return type(error).__name__, sorted(getattr(error, "fields", {}))


def calls(name: str, number: int, folder: Path) -> dict[str, Callable[[Side], object]]:
    """What may be done to a dataset."""
    text, content = f"Texto {number}", b"a\n%d\n" % number
    one, two = [("uno", content)], [("uno", content), ("dos", content)]
    return {
        "create": lambda side: create(side, name, text),
        "title": lambda side: revise(side, name, {"title": text}, stale=False),
        "late": lambda side: revise(side, name, {"notes": text}, stale=True),
        "tags": lambda side: revise(side, name, {"tags": [{"name": "uno"}]}, stale=False),
        "groups": lambda side: revise(side, name, {"groups": [{"name": side.group}]}, stale=False),
        "extras": lambda side: revise(side, name, {"extras": []}, stale=False),
        "one file": lambda side: send(side, name, folder, one),
        "two files": lambda side: send(side, name, folder, two),
        "file by hand": lambda side: delete_file(side, name),
        "delete": lambda side: delete(side, name),
        "revive": lambda side: revise(side, name, {"state": "active"}, stale=False),
    }


# What chance seldom puts together: each ends with a call on what was seen before the last one.
STORIES = {
    "the same words": ["create", "revive", "late"],
    "the same groups": ["create", "groups", "late"],
    "the same tags": ["create", "tags", "tags", "late", "groups", "late"],
    "the same extras": ["create", "extras", "extras", "late"],
    "a file less": ["create", "two files", "file by hand", "late", "late"],
    "away and back": ["create", "one file", "delete", "late", "revive", "late", "one file"],
}


@pytest.mark.parametrize("story", STORIES)
def test_what_seldom_meets_leaves_the_same_behind(
    story: str, model: Side, real: Side, unique: str, tmp_path: Path
) -> None:
    for number, what in enumerate(STORIES[story]):
        step = calls(unique, 0 if what == "late" else number, tmp_path)[what]
        compare(step, unique, model, real, STORIES[story][: number + 1])


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_same_calls_leave_the_same_behind(
    seed: int, model: Side, real: Side, unique: str, tmp_path: Path
) -> None:
    dice = Random(seed)
    names = [f"{unique}_{number}" for number in range(3)]
    history: list[tuple[str, str]] = []
    for number in range(STEPS):
        name = dice.choice(names)
        possible = calls(name, number, tmp_path)
        what = dice.choice(sorted(possible) if number > 2 else ["create"])
        history.append((name, what))
        compare(possible[what], name, model, real, history)
    owned = [sorted(package.name for package in side.target.packages()) for side in (model, real)]
    assert owned[0] == owned[1]


def compare(
    step: Callable[[Side], object], name: str, model: Side, real: Side, history: object
) -> None:
    ends = [outcome(step, side) for side in (model, real)]
    assert ends[0] == ends[1], f"{history} {ends}"
    looks = [side.told(name) for side in (model, real)]
    assert looks[0] == looks[1], f"{history}"


def test_a_refusal_has_the_same_shape(model: Side, real: Side, unique: str) -> None:
    bodies = []
    for side in (model, real):
        create(side, unique, "Texto")
        found = side.look(unique)
        assert found is not None
        fields = {"match": {"id": found.id, "metadata_modified": "2000"}, "update": {"title": "x"}}
        answer = requests.post(
            f"{side.transport.base_url}/api/3/action/package_revise",
            json={"filter": [], **fields},
            headers={"Authorization": side.token},
            timeout=60,
        )
        bodies.append((answer.status_code, answer.json()["error"]))
    assert bodies[0] == bodies[1]
