"""Plans N datasets of three files against two played catalogues in another process.

No file is read: a plan is metadata. Nineteen in twenty are equal and in the ledger, one in twenty
has another title. Time and memory are those of the mirror's own process, from its start to its end.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mirror.fake_source import TOKEN, Dataset, dataset
from mirror.http_server import HttpServer, Reply, Request, json_reply
from mirror.programs import PROGRAM, Mirror, write_profile

from ckanext.imssbienestar.mirror.catalogues.releases import Release, parse_release
from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.planning.desired import DesiredPackage
from ckanext.imssbienestar.mirror.planning.plan import PlanItem, plan_package, shown_marks_of
from ckanext.imssbienestar.mirror.planning.remote import parse_package
from ckanext.imssbienestar.mirror.projection import projection_for
from ckanext.imssbienestar.mirror.running.session import ledger_database_of
from ckanext.imssbienestar.mirror.settings import TargetSettings, load_settings

SECONDS, MEGABYTES = 20.0, 300.0
FILES = 3
ONE_CHANGED_IN = 20
MOMENT = "2026-10-01T00:00:00.000000"
ORGANIZATION = {"id": "0f5b8c1e-0000-4000-8000-000000000001", "name": "imss-bienestar"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 when it took longer or more memory than was asked for."""
    parser = argparse.ArgumentParser(prog="bench mirror_plan", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument("--datasets", type=int, default=10_000, help="how many datasets")
    options = parser.parse_args(arguments)
    result = measure(options.datasets)
    print(json.dumps(result, indent=2) if options.json else told(result))
    return 0 if result["good"] else 1


def measure(count: int) -> dict[str, Any]:
    """Plan ``count`` datasets in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory(prefix="bench-mirror-plan-") as folder:
        server = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(theirs, Path(folder), count), daemon=True
        )
        server.start()
        try:
            ours.recv()
            return _plan(Mirror(Path(folder)), count)
        finally:
            server.terminate()
            server.join()


def told(result: dict[str, Any]) -> str:
    """The figures in words."""
    return (
        f"{result['datasets']} datasets, {result['datasets'] * FILES} files, one plan: "
        f"{result['seconds']} s ({SECONDS:.0f} asked), "
        f"{result['megabytes']} MB at most ({MEGABYTES:.0f} asked), "
        f"{result['reads']} reads, {result['changed']} to update"
    )


def _plan(mirror: Mirror, count: int) -> dict[str, Any]:
    started = time.monotonic()
    with (mirror.folder / "plan.jsonl").open("w+", encoding="utf-8") as out:
        command = [sys.executable, PROGRAM, "plan", "--profile", mirror.profile, "--json"]
        process = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        lines = out.read().splitlines()
    if process.returncode != 0:
        raise SystemExit(f"the mirror ended with {process.returncode}")
    summary = json.loads(lines[-1])["summary"]
    megabytes = usage.ru_maxrss / 1024
    changed = -(-count // ONE_CHANGED_IN)
    return {
        "bench": "mirror_plan",
        "datasets": count,
        "seconds": round(seconds, 2),
        "megabytes": round(megabytes, 1),
        "reads": summary["calls_read"],
        "changed": summary["update"],
        "good": seconds < SECONDS
        and megabytes < MEGABYTES
        and (summary["datasets"], summary["update"], summary["none"])
        == (count, changed, count - changed),
    }


# -- both catalogues and what was confirmed, made in a process of their own ------------------------


class _World:
    """The answers of both catalogues, ready made, and the rows of the ledger."""

    def __init__(self, count: int) -> None:
        self._source = HttpServer(self._answer_source)
        self._target = HttpServer(self._answer_target)
        self.urls = self._source.url, self._target.url
        self._projection = projection_for(
            TargetSettings(
                url=self._target.url,
                profile="pnda",
                organization=ORGANIZATION["name"],
                group="salud",
            )
        )
        self.releases: list[dict[str, Any]] = []
        self.packages: list[dict[str, Any]] = []
        self.items: list[PlanItem] = []
        for number in range(count):
            self._add(_dataset(number), changed=number % ONE_CHANGED_IN == 0)
        self.packages.sort(key=lambda package: str(package["id"]))

    def _add(self, one: Dataset, *, changed: bool) -> None:
        release = parse_release(one.release(self._source.url))
        assert isinstance(release, Release)
        desired = self._projection.project(release)
        package = _package(desired)
        self.packages.append(package)
        self.items.append(plan_package(desired, parse_package(package), None))
        if changed:
            one.fields["title"] = f"Otro título de {one.name}"
        self.releases.append(one.release(self._source.url))

    def _answer_source(self, request: Request) -> Reply:
        asked = request.json()
        if "offset" not in asked:
            return json_reply({"success": False, "error": {"__type": "Not Found Error"}}, 404)
        page = self.releases[asked["offset"] : asked["offset"] + asked["limit"]]
        return json_reply(
            {"success": True, "result": {"count": len(self.releases), "results": page}}
        )

    def _answer_target(self, request: Request) -> Reply:
        asked = request.json()
        results: dict[str, Any] = {
            "organization_list_for_user": [{**ORGANIZATION, "capacity": "editor"}],
            "group_list": ["salud"],
            "group_list_authz": [{"name": "salud"}],
            "license_list": [{"id": "CC-BY-4.0"}],
            "status_show": {"ckan_version": "2.12.0"},
        }
        action = request.path.rsplit("/", 1)[-1]
        if action == "package_search":
            page = self.packages[asked["start"] : asked["start"] + asked["rows"]]
            results[action] = {"count": len(self.packages), "results": page}
        return json_reply({"success": True, "result": results[action]})


def _serve(pipe: Connection, profile_folder: Path, count: int) -> None:
    """Make everything, say so, and answer until the process is ended."""
    world = _World(count)
    mirror = write_profile(
        profile_folder,
        source_url=world.urls[0],
        target_url=world.urls[1],
        source_token=TOKEN,
        organization=ORGANIZATION["name"],
    )
    _fill_ledger(mirror, world.items)
    pipe.send("ready")
    threading.Event().wait()


def _dataset(number: int) -> Dataset:
    contents = [b"a,b\n%d,%d\n" % (number, file) for file in range(FILES)]
    notes = f"Conjunto {number} de la medición. " + "Descripción de lo que contiene. " * 12
    return dataset(f"medicion_{number:05}", *contents, notes=notes)


def _package(desired: DesiredPackage) -> dict[str, Any]:
    """The dataset as ``package_search`` of CKAN 2.12 shows it, with all its keys."""
    package_id = str(uuid.uuid5(uuid.NAMESPACE_URL, desired.name))
    organization = {
        **ORGANIZATION,
        **dict.fromkeys(("title", "description", "image_url", "approval_status"), "IMSS-Bienestar"),
        "type": "organization",
        "created": MOMENT,
        "is_organization": True,
        "state": "active",
    }
    group = {"name": "salud", "id": ORGANIZATION["id"], "display_name": "Salud", "title": "Salud"}
    resources = [
        {
            **dict.fromkeys(("cache_last_updated", "cache_url", "mimetype_inner", "resource_type")),
            **resource.fields,
            "id": resource.chosen_id,
            "package_id": package_id,
            "created": MOMENT,
            "last_modified": MOMENT,
            "metadata_modified": MOMENT,
            "datastore_active": False,
            "hash": resource.file.sha256,
            "size": resource.file.size,
            "position": position,
            "state": "active",
            "url": f"https://model/dataset/{package_id}/resource/{resource.chosen_id}/download/"
            f"{resource.file.name}",
            "url_type": "upload",
        }
        for position, resource in enumerate(desired.resources)
    ]
    return {
        **dict.fromkeys(("author", "author_email", "version", "url")),
        **desired.fields,
        "id": package_id,
        "name": desired.name,
        "state": "active",
        "private": True,
        "type": "dataset",
        "creator_user_id": ORGANIZATION["id"],
        "isopen": True,
        "license_title": "Creative Commons Attribution 4.0",
        "license_url": "https://creativecommons.org/licenses/by/4.0/",
        "metadata_created": MOMENT,
        "metadata_modified": MOMENT,
        "num_resources": FILES,
        "num_tags": len(desired.tags or ()),
        "organization": organization,
        "owner_org": ORGANIZATION["id"],
        "extras": [],
        "groups": [group],
        "tags": [
            {"name": tag, "display_name": tag, "id": package_id, "state": "active"}
            | {"vocabulary_id": None}
            for tag in desired.tags or ()
        ],
        "relationships_as_subject": [],
        "relationships_as_object": [],
        "resources": resources,
    }


def _fill_ledger(mirror: Mirror, items: Sequence[PlanItem]) -> None:
    """All of it confirmed, in one transaction: a run would need one for each dataset."""
    database = ledger_database_of(load_settings(mirror.profile))
    with database.transaction() as connection:
        connection.execute(tables.dataset.insert(), [_row(database.target, one) for one in items])
        connection.execute(
            tables.resource.insert(),
            [row for one in items for row in _file_rows(database.target, one)],
        )
        connection.execute(
            tables.shown.insert(),
            [
                {
                    "target": database.target,
                    "dataset_id": one.dataset_id,
                    "marks": shown_marks_of(one),
                }
                for one in items
            ],
        )


def _row(target: str, item: PlanItem) -> dict[str, Any]:
    assert item.desired is not None
    assert item.remote is not None
    return {
        "target": target,
        "dataset_id": item.dataset_id,
        "dataset_name": item.dataset,
        "remote_name": item.name,
        "remote_id": item.remote.id,
        "release_id": item.desired.release_id,
        "digest": item.desired.digest,
        "action": "create",
        "state": State.CONFIRMED.value,
        "private": True,
        "withdrawn": False,
        "error": "",
        "run_id": "bench",
        "confirmed": datetime(2026, 10, 1, tzinfo=UTC),
    }


def _file_rows(target: str, item: PlanItem) -> list[dict[str, Any]]:
    return [
        {
            "target": target,
            "dataset_id": item.dataset_id,
            "identifier": step.desired.identifier,
            "remote_id": step.remote.id,
            "sha256": step.desired.file.sha256,
            "size": step.desired.file.size,
            "fingerprint": step.remote.fingerprint.as_text(),
        }
        for step in item.steps
        if step.desired is not None and step.remote is not None
    ]
