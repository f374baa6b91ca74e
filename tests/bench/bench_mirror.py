"""Mirrors N signed datasets of three files of 30 kB, again with nothing new, and with 5 % new.

Between two fresh real catalogues, started and stopped here. The peer copies between the same two:
``ckanapi dump datasets | ckanapi load datasets --upload-resources -p 4``. One dataset
in twenty was published, and is updated, through the portal by its people; the others are signed
copies of one of them (``publish_copies.py``); beside both, the least that a copy costs the federal
catalogue, and the least that finding nothing new costs. ``--plan``, ``--sharing`` and ``--large``
measure against played catalogues.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mirror.programs import Mirror

from bench import bench_mirror_plan, mirror_modes, signed_datasets
from bench.fresh_catalogues import (
    LONGEST,
    STATE,
    federal_side,
    fresh_catalogues,
    populate,
    token,
)
from bench.least_copy import copy_least
from ckanext.imssbienestar.mirror.planning.calls import creation
from ckanext.imssbienestar.mirror.running.orders import Orders
from ckanext.imssbienestar.mirror.running.session import MirrorSession
from ckanext.imssbienestar.mirror.settings import load_settings

_RELEASES = "imss_release_list"
_LEAST_UNCHANGED = Path(__file__).parent / "least_unchanged.py"
CKANAPI = Path(sys.executable).parent / "ckanapi"
WORKERS = "4"
UNCHANGED_RUNS = 3
COLD, UNCHANGED, CHANGED, WRITES = 0.45, 100.0, 25.0, 2

RENAMED = """
import json, sys, uuid

def other(identifier):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, identifier))

for line in sys.stdin:
    package = json.loads(line)
    resources = [
        {"id": other(one["id"]), **{key: one[key] for key in ("name", "url", "url_type", "format")}}
        for one in package["resources"]
    ]
    renamed = {
        "id": other(package["id"]),
        "name": package["name"] + "_peer",
        "title": package["title"],
        "notes": package["notes"],
        "owner_org": sys.argv[1],
        "private": True,
        "resources": resources,
    }
    print(json.dumps(renamed))
"""


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
        result, told = _race(options.datasets), _told
    print(json.dumps(result, indent=2) if options.json else told(result))
    return 0 if result["good"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench mirror", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument("--datasets", type=int, default=200, help="how many datasets")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--plan", type=int, metavar="N", help="a plan of N datasets instead")
    modes.add_argument("--sharing", action="store_true", help="two processes against one instead")
    modes.add_argument("--large", action="store_true", help="a file of a gigabyte instead")
    return parser


def _race(count: int) -> dict[str, Any]:
    through_the_portal = max(2, count // 20)
    with fresh_catalogues():
        cast = populate()
        changing = signed_datasets.publish(cast, count, through_the_portal)
        mirror, peer = Mirror(STATE), Peer()
        # Whoever comes first pays for what services do the first time: none of those measured.
        _least("bench-first", count // 4)
        ours, theirs = {"cold": _run(mirror)}, {"cold": peer.copy(count)}
        unchanged = [_run(mirror) for _ in range(UNCHANGED_RUNS)]
        ours["unchanged"], ours["unchanged_first"] = _median(unchanged), unchanged[0]
        least_unchanged = _least_unchanged()
        theirs["unchanged"] = peer.copy(count)
        signed_datasets.update(cast, changing)
        ours["changed"], theirs["changed"] = _run(mirror), peer.copy(count)
        least = _least("bench-least", count)
    return _judged(count, len(changing), ours, theirs, (least, least_unchanged))


def _least(organization: str, count: int) -> float:
    settings = load_settings(STATE / "mirror.toml")
    items, _ = MirrorSession(settings, Orders(read_only=True)).plan({})
    desired = next(item.desired for item in items if item.desired)
    content = b"".join(signed_datasets.lines(0))
    fields = dict(creation(desired).fields)
    return copy_least(str(settings.target.url), organization, fields, content, count, int(WORKERS))


def _least_unchanged() -> float:
    settings = load_settings(STATE / "mirror.toml")
    listed = {"state": ["published", "withdrawn"], "latest": True, "limit": 1000, "offset": 0}
    found = {
        "fq": f'organization:"{settings.target.organization}"',
        "include_private": True,
        "rows": 1000,
        "start": 0,
        "sort": "id asc",
    }
    asked = {
        "sides": ["source", "target"],
        "source": [_place(settings.source.url), token("institutional"), _RELEASES, listed],
        "target": [_place(settings.target.url), token("federal"), "package_search", found],
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:  # its owner alone reads it
        json.dump(asked, file)
        file.flush()
        seconds = []
        for expected in (1, *[0] * UNCHANGED_RUNS):
            started = time.monotonic()
            command: list[str | Path] = [sys.executable, "-S", _LEAST_UNCHANGED, file.name]
            code = subprocess.run(command, timeout=LONGEST, check=False).returncode
            seconds.append(time.monotonic() - started)
            if code != expected:
                raise SystemExit("the catalogues did not answer twice alike")
    return round(sorted(seconds[1:])[UNCHANGED_RUNS // 2], 2)


def _place(url: str) -> str:
    return urlsplit(url).netloc


def _median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return sorted(runs, key=lambda run: float(run["seconds"]))[len(runs) // 2]


def _judged(
    count: int,
    changed: int,
    ours: dict[str, dict[str, Any]],
    theirs: dict[str, float],
    least: tuple[float, float],
) -> dict[str, Any]:
    cold, unchanged = least
    first = ours["unchanged_first"]["seconds"]
    measured = {
        "cold_share": round(ours["cold"]["seconds"] / theirs["cold"], 2),
        "least_share": round(cold / theirs["cold"], 2),
        "unchanged_times": round(theirs["unchanged"] / ours["unchanged"]["seconds"], 1),
        "unchanged_first_times": round(theirs["unchanged"] / first, 1),
        "least_unchanged_times": round(theirs["unchanged"] / unchanged, 1),
        "changed_times": round(theirs["changed"] / ours["changed"]["seconds"], 1),
        "writes_a_changed_dataset": round(ours["changed"]["writes"] / changed, 2),
        "unchanged_reads": ours["unchanged"]["reads"],
    }
    return {
        "bench": "mirror",
        "datasets": count,
        "files": count * signed_datasets.FILES,
        "changed": changed,
        "ours": ours,
        "ckanapi": theirs,
        "least": cold,
        "least_unchanged": unchanged,
        "measured": measured,
        "good": measured["cold_share"] <= COLD
        and measured["unchanged_times"] >= UNCHANGED
        and measured["changed_times"] >= CHANGED
        and measured["writes_a_changed_dataset"] <= WRITES
        and ours["cold"]["writes"] == 2 * count
        and ours["unchanged"]["writes"] == 0,
    }


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


class Peer:
    """ckanapi, which copies what is published to an organization of its own on the federal side.

    Between its two halves every dataset gets another name and that organization, since ours are on
    the same catalogue, and fields that a plain CKAN has.
    """

    def __init__(self) -> None:
        settings = load_settings(STATE / "mirror.toml")
        self._source, self._target = str(settings.source.url), str(settings.target.url)
        self._organization = federal_side().write("organization_create", name="bench-peer")["id"]

    def copy(self, count: int) -> float:
        """Seconds for all of them, once; afterwards they must be there."""
        # ckanapi takes its token only as an argument; this one belongs to a catalogue on loopback.
        dump = [CKANAPI, "dump", "datasets", "--all", "-q", "-r", self._source]
        rename = [sys.executable, "-S", "-c", RENAMED, self._organization]
        load = [CKANAPI, "load", "datasets", "--upload-resources", "-p", WORKERS, "-q"]
        load += ["-r", self._target, "-a", token("federal")]
        started = time.monotonic()
        _pipe(dump, rename, load)
        seconds = time.monotonic() - started
        self._must_have(count)
        return round(seconds, 2)

    def _must_have(self, count: int) -> None:
        query = {"fq": "organization:bench-peer", "include_private": True, "rows": 1000}
        found = federal_side().read("package_search", **query)["results"]
        whole = [one for one in found if len(one["resources"]) == signed_datasets.FILES]
        if len(whole) != count:
            raise SystemExit(f"ckanapi copied {len(whole)} of {count} datasets")


def _pipe(*commands: Sequence[str | Path]) -> None:
    # The workers of ckanapi start "ckanapi" again by name.
    environment = {**os.environ, "PATH": f"{CKANAPI.parent}:{os.environ['PATH']}"}
    running: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryFile() as told:
        for number, command in enumerate(commands, 1):
            out = subprocess.PIPE if number < len(commands) else told
            before = running[-1].stdout if running else None
            process = subprocess.Popen(
                command, stdin=before, stdout=out, stderr=told, env=environment
            )
            if before is not None:
                before.close()
            running.append(process)
        codes = [process.wait(LONGEST) for process in running]
        if any(codes):
            told.seek(0)
            raise SystemExit(f"ckanapi ended with {codes}: {told.read()[-500:]!r}")


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
            f"the least that two writes and three downloads a dataset cost there: "
            f"{result['least']} s, {measured['least_share']} of its time",
            line("unchanged", f"{measured['unchanged_times']}x (asked: {UNCHANGED}x)"),
            f"  of {UNCHANGED_RUNS} the first, which decides anew: "
            f"{ours['unchanged_first']['seconds']} s, {measured['unchanged_first_times']}x; the "
            f"least, both lists asked for and compared: {result['least_unchanged']} s, "
            f"{measured['least_unchanged_times']}x",
            line("changed", f"{measured['changed_times']}x (asked: {CHANGED}x)"),
            f"{measured['writes_a_changed_dataset']} writes a changed dataset "
            f"(asked: at most {WRITES})",
        )
    )


if __name__ == "__main__":
    sys.exit(main())
