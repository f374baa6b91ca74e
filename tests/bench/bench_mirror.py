"""Sends N datasets of three files to a real CKAN, then again with nothing changed.

The peer is ``ckanapi load datasets --upload-resources`` with the same files, the usual way to copy
datasets between catalogues. The target is the federal catalogue of a running demonstration
(``--state-dir``); what the benchmark makes there it purges.
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

from mirror.catalogue import Catalogue
from mirror.fake_source import TOKEN, FakeSource, dataset
from mirror.programs import Mirror, write_profile

from bench import bench_mirror_plan
from ckanext.imssbienestar.mirror.settings import load_settings

CKANAPI = Path(sys.executable).parent / "ckanapi"
FILES = 3
LONGEST = 1800


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 when a run did not do its work or called more than was promised."""
    parser = argparse.ArgumentParser(prog="bench mirror", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument("--datasets", type=int, default=50, help="how many datasets")
    parser.add_argument("--state-dir", type=Path, default=Path(".demo"), help="a running demo")
    parser.add_argument(
        "--plan", type=int, metavar="N", help="only plan N datasets: time and memory of one plan"
    )
    options = parser.parse_args(arguments)
    if options.plan:
        json_too = ["--json"] if options.json else []
        return bench_mirror_plan.main(["--datasets", str(options.plan), *json_too])
    profile = options.state_dir / "mirror.toml"
    if not profile.exists():
        print(f"There is no {profile}: start scripts/demo first.", file=sys.stderr)
        return 2
    settings = load_settings(profile)
    token = (options.state_dir / "federal.token").read_text(encoding="utf-8").strip()
    federal = Catalogue(str(settings.target.url).rstrip("/"), token)
    with tempfile.TemporaryDirectory(prefix="bench-mirror-") as folder:
        result = _race(Path(folder), federal, options.datasets)
    print(json.dumps(result, indent=2) if options.json else _told(result))
    return 0 if result["good"] else 1


def _race(folder: Path, federal: Catalogue, count: int) -> dict[str, Any]:
    mark = uuid.uuid4().hex[:8]
    organizations = [f"bench-{mark}-{side}" for side in ("ours", "theirs")]
    for organization in organizations:
        federal.call("organization_create", name=organization)
    federal.call("group_create", name=f"bench-{mark}")
    source = FakeSource()
    try:
        source.datasets = [
            dataset(f"b_{mark}_{n}", *[b"a,b\n%d,%d\n" % (n, f) * 200 for f in range(FILES)])
            for n in range(count)
        ]
        ours = _ours(folder, federal, source, organizations[0], f"bench-{mark}")
        theirs = _theirs(folder, federal, source, organizations[1])
    finally:
        source.stop()
        _purge(federal, organizations, f"bench-{mark}")
    promised = 2 * -(-count // 1000) + 3
    again = ours["again"]
    return {
        "bench": "mirror",
        "datasets": count,
        "files": count * FILES,
        "ours": ours,
        "ckanapi": theirs,
        "ratio_first": round(theirs["first"] / ours["first"]["seconds"], 1),
        "ratio_again": round(theirs["again"] / again["seconds"], 1),
        "reads_promised": promised,
        "good": again["writes"] == 0
        and again["reads"] <= promised
        and ours["first"]["writes"] == 2 * count,
    }


def _ours(
    folder: Path, federal: Catalogue, source: FakeSource, organization: str, group: str
) -> dict[str, Any]:
    write_profile(
        folder,
        source_url=source.url,
        target_url=federal.url,
        source_token=TOKEN,
        target_token=federal.token,
        organization=organization,
        group=group,
    )
    mirror = Mirror(folder)
    runs = {}
    for name in ("first", "again"):
        # A process of its own, as an operator starts it: its start is part of the time.
        started = time.monotonic()
        process = mirror.start("run", "--json")
        out, err = process.communicate(timeout=LONGEST)
        seconds = time.monotonic() - started
        if process.returncode != 0:
            raise SystemExit(f"the mirror ended with {process.returncode}: {err}")
        summary = json.loads(out.splitlines()[-1])["summary"]
        runs[name] = {
            "seconds": round(seconds, 2),
            "reads": summary["calls_read"],
            "writes": summary["calls_write"],
        }
    return runs


def _theirs(
    folder: Path, federal: Catalogue, source: FakeSource, organization: str
) -> dict[str, float]:
    lines = folder / "datasets.jsonl"
    with lines.open("w", encoding="utf-8") as output:
        for one in source.datasets:
            release = one.release(source.url)
            resources = [
                {
                    "id": str(uuid.uuid4()),
                    "name": file["name"],
                    "url": file["url"],
                    "url_type": "upload",
                    "format": "CSV",
                }
                for file in release["files"]
            ]
            package = {
                "name": f"{one.name}_peer",
                "title": one.name,
                "owner_org": organization,
                "private": True,
                "resources": resources,
            }
            output.write(json.dumps(package) + "\n")
    return {name: _load(federal, lines) for name in ("first", "again")}


def _load(federal: Catalogue, lines: Path) -> float:
    # ckanapi takes its token only as an argument; this one belongs to a catalogue on loopback.
    command = [CKANAPI, "load", "datasets", "-I", lines, "--upload-resources", "-q"]
    command += ["-r", federal.url, "-a", federal.token]
    started = time.monotonic()
    # Its workers start "ckanapi" again by name.
    path = {"PATH": f"{CKANAPI.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LONGEST, env={**os.environ, **path}
    )
    if done.returncode != 0:
        raise SystemExit(f"ckanapi ended with {done.returncode}: {done.stderr[-500:]}")
    return round(time.monotonic() - started, 2)


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
    ours, theirs = result["ours"], result["ckanapi"]
    first, again = ours["first"], ours["again"]
    return (
        f"{result['datasets']} datasets, {result['files']} files, whole processes\n"
        f"first run: ours {first['seconds']} s ({first['writes']} writes), "
        f"ckanapi {theirs['first']} s: {result['ratio_first']}x\n"
        f"nothing changed: ours {again['seconds']} s ({again['reads']} reads, "
        f"{result['reads_promised']} promised, {again['writes']} writes), "
        f"ckanapi {theirs['again']} s: {result['ratio_again']}x"
    )
