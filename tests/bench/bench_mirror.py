"""Sends N datasets of three files to a real CKAN, again with nothing new, and with 5 % new.

The peer is ``ckanapi dump datasets | ckanapi load datasets --upload-resources -p 4``, the usual way
to copy datasets between catalogues: from the same played source, which gives each side its own API,
to the same federal catalogue of a running demonstration (``--state-dir``). What the benchmark makes
there it purges. ``--sharing`` and ``--large`` measure against a played catalogue and need none.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mirror.catalogue import Catalogue
from mirror.fake_source import TOKEN, Dataset, FakeSource, dataset
from mirror.http_server import Reply, Request, json_reply
from mirror.programs import Mirror, write_profile

from bench import bench_mirror_plan, mirror_modes
from ckanext.imssbienestar.mirror.settings import load_settings

CKANAPI = Path(sys.executable).parent / "ckanapi"
FILES = 3
FILE_BYTES = 30_000
LONGEST = 1800
WORKERS = "4"
COLD, UNCHANGED, CHANGED, WRITES = 0.45, 100.0, 25.0, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 when a run did not do its work or a figure is not what was asked."""
    options = _parser().parse_args(arguments)
    if options.plan:
        result, told = bench_mirror_plan.measure(options.plan), bench_mirror_plan.told
    elif options.sharing:
        result, told = mirror_modes.sharing(), mirror_modes.told_sharing
    elif options.large:
        result, told = mirror_modes.large(), mirror_modes.told_large
    else:
        federal = _federal(options.state_dir)
        if federal is None:
            return 2
        with tempfile.TemporaryDirectory(prefix="bench-mirror-") as folder:
            result, told = _race(Path(folder), federal, options.datasets), _told
    print(json.dumps(result, indent=2) if options.json else told(result))
    return 0 if result["good"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench mirror", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument("--datasets", type=int, default=200, help="how many datasets")
    parser.add_argument("--state-dir", type=Path, default=Path(".demo"), help="a running demo")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--plan", type=int, metavar="N", help="a plan of N datasets instead")
    modes.add_argument("--sharing", action="store_true", help="two processes against one instead")
    modes.add_argument("--large", action="store_true", help="a file of a gigabyte instead")
    return parser


def _federal(state_dir: Path) -> Catalogue | None:
    profile = state_dir / "mirror.toml"
    if not profile.exists():
        print(f"There is no {profile}: start scripts/demo first.", file=sys.stderr)
        return None
    settings = load_settings(profile)
    token = (state_dir / "federal.token").read_text(encoding="utf-8").strip()
    return Catalogue(str(settings.target.url).rstrip("/"), token)


class Source(FakeSource):
    """The played source, which also answers ``package_show`` with the datasets of the peer."""

    def __init__(self, organization: str) -> None:
        super().__init__()
        self._organization = organization
        self._ids: dict[str, str] = {}

    def _plain(self, request: Request, path: str) -> Reply:
        if path.endswith("/package_show"):
            one = self.find(request.json()["id"].removesuffix("_peer"))
            return json_reply({"success": True, "result": self._package(one)})
        return super()._plain(request, urlsplit(path).path)

    def _package(self, one: Dataset) -> dict[str, Any]:
        files = one.release(self.url)["files"]
        resources = [
            {
                "id": self._id(file["url"]),
                "name": file["name"],
                "url": file["url"],
                "url_type": "upload",
                "format": "CSV",
            }
            for file in files
        ]
        return {
            "id": self._id(one.name),
            "name": f"{one.name}_peer",
            "title": str(one.fields.get("title") or one.name),
            "owner_org": self._organization,
            "private": True,
            "resources": resources,
        }

    def _id(self, name: str) -> str:
        return self._ids.setdefault(name, str(uuid.uuid4()))


def _race(folder: Path, federal: Catalogue, count: int) -> dict[str, Any]:
    mark = uuid.uuid4().hex[:8]
    organizations = [f"bench-{mark}-{side}" for side in ("ours", "theirs")]
    for organization in organizations:
        federal.call("organization_create", name=organization)
    federal.call("group_create", name=f"bench-{mark}")
    source = Source(organizations[1])
    try:
        source.datasets = [
            dataset(f"b_{mark}_{n}", *[_content(n, f) for f in range(FILES)]) for n in range(count)
        ]
        mirror = _profile(folder, federal, source, organizations[0], f"bench-{mark}")
        ours = {name: _run(mirror) for name in ("cold", "unchanged")}
        theirs = {"cold": _copy(federal, source), "unchanged": _copy(federal, source)}
        changed = _change(source)
        ours["changed"] = _run(mirror)
        theirs["changed"] = _copy(federal, source)
    finally:
        source.stop()
        _purge(federal, organizations, f"bench-{mark}")
    return _judged(count, changed, ours, theirs)


def _content(number: int, version: int) -> bytes:
    row = b"%06d,%06d,valor\n" % (number, version)
    return (b"a,b,c\n" + row * (FILE_BYTES // len(row)))[:FILE_BYTES]


def _change(source: FakeSource) -> int:
    """Half of the changed 5 % get a new title, half a new file."""
    changed = source.datasets[:: len(source.datasets) // max(1, len(source.datasets) // 20)]
    for number, one in enumerate(changed):
        one.number += 1
        if number % 2:
            one.fields["title"] = f"Otro título {number}"
        else:
            one.files[0].content = _content(number, 999_999)
    return len(changed)


def _judged(
    count: int, changed: int, ours: dict[str, dict[str, Any]], theirs: dict[str, float]
) -> dict[str, Any]:
    measured = {
        "cold_share": round(ours["cold"]["seconds"] / theirs["cold"], 2),
        "unchanged_times": round(theirs["unchanged"] / ours["unchanged"]["seconds"], 1),
        "changed_times": round(theirs["changed"] / ours["changed"]["seconds"], 1),
        "writes_a_changed_dataset": round(ours["changed"]["writes"] / changed, 2),
        "unchanged_reads": ours["unchanged"]["reads"],
    }
    return {
        "bench": "mirror",
        "datasets": count,
        "files": count * FILES,
        "changed": changed,
        "ours": ours,
        "ckanapi": theirs,
        "measured": measured,
        "good": measured["cold_share"] <= COLD
        and measured["unchanged_times"] >= UNCHANGED
        and measured["changed_times"] >= CHANGED
        and measured["writes_a_changed_dataset"] <= WRITES
        and ours["cold"]["writes"] == 2 * count
        and ours["unchanged"]["writes"] == 0,
    }


def _profile(
    folder: Path, federal: Catalogue, source: FakeSource, organization: str, group: str
) -> Mirror:
    return write_profile(
        folder,
        source_url=source.url,
        target_url=federal.url,
        source_token=TOKEN,
        target_token=federal.token,
        organization=organization,
        group=group,
    )


def _run(mirror: Mirror) -> dict[str, Any]:
    """A process of its own, as an operator starts it: its start is part of the time."""
    started = time.monotonic()
    process = mirror.start("run", "--json", "--workers", WORKERS)
    out, err = process.communicate(timeout=LONGEST)
    seconds = time.monotonic() - started
    if process.returncode != 0:
        raise SystemExit(f"the mirror ended with {process.returncode}: {err}")
    summary = json.loads(out.splitlines()[-1])["summary"]
    return {
        "seconds": round(seconds, 2),
        "reads": summary["calls_read"],
        "writes": summary["calls_write"],
        "bytes": summary["bytes"],
        "bytes_read_back": summary["bytes_read_back"],
    }


def _copy(federal: Catalogue, source: FakeSource) -> float:
    # ckanapi takes its token only as an argument; this one belongs to a catalogue on loopback.
    names = [f"{one.name}_peer" for one in source.datasets]
    dump = [CKANAPI, "dump", "datasets", *names, "-q", "-r", source.url]
    load = [CKANAPI, "load", "datasets", "--upload-resources", "-p", WORKERS, "-q"]
    load += ["-r", federal.url, "-a", federal.token]
    # Its workers start "ckanapi" again by name.
    environment = {**os.environ, "PATH": f"{CKANAPI.parent}:{os.environ['PATH']}"}
    started = time.monotonic()
    with subprocess.Popen(dump, stdout=subprocess.PIPE, env=environment) as dumping:
        done = subprocess.run(
            load,
            stdin=dumping.stdout,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            env=environment,
        )
    seconds = time.monotonic() - started
    if done.returncode != 0 or dumping.returncode != 0:
        raise SystemExit(f"ckanapi ended with {done.returncode}: {done.stderr[-500:]}")
    return round(seconds, 2)


def _purge(federal: Catalogue, organizations: Sequence[str], group: str) -> None:
    for organization in organizations:
        found = federal.call(
            "package_search", fq=f"organization:{organization}", include_private=True, rows=1000
        )
        for package in found["results"]:
            federal.call("dataset_purge", id=package["id"])
        federal.call("organization_purge", id=organization)
    federal.call("group_purge", id=group)


def _told(result: dict[str, Any]) -> str:
    ours, theirs, measured = result["ours"], result["ckanapi"], result["measured"]

    def line(name: str, ratio: str) -> str:
        run = ours[name]
        return (
            f"{name}: ours {run['seconds']} s ({run['writes']} writes, {run['reads']} reads, "
            f"{run['bytes_read_back']} bytes read back), ckanapi {theirs[name]} s: {ratio}"
        )

    return "\n".join(
        (
            f"{result['datasets']} datasets, {result['files']} files, whole processes",
            line("cold", f"{measured['cold_share']} of its time (asked: at most {COLD})"),
            line("unchanged", f"{measured['unchanged_times']}x (asked: {UNCHANGED}x)"),
            line("changed", f"{measured['changed_times']}x (asked: {CHANGED}x)"),
            f"{measured['writes_a_changed_dataset']} writes a changed dataset "
            f"(asked: at most {WRITES})",
        )
    )


if __name__ == "__main__":
    sys.exit(main())
