"""What the catalogues cost when nothing changed, and what the plugin adds to a plain CKAN.

Two parts, both on real services. The demonstration in ``--state-dir`` again, while it is up: time
and calls, and whether anything moved on the federal side. Then two fresh catalogues with more
datasets than one page of the API holds: the mirror with nothing to do, against a loop of
``package_show`` over both with ckanapi; and ``package_show`` itself, against a plain CKAN.

The sample tables go the whole way through the portal; the other datasets are copies of one of them,
signed by the workflow's own rules but written straight to the database, which the result tells.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from mirror.catalogue import Catalogue
from mirror.programs import PROJECT, Mirror

from bench.fresh_catalogues import (
    LONGEST,
    STATE,
    copy_published,
    fresh_catalogues,
    populate,
    run_program,
    token,
)
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.demo.journey import take
from ckanext.imssbienestar.mirror.settings import load_settings

DEMO = PROJECT / "scripts" / "demo"
SAMPLES = PROJECT / "tests" / "data" / "samples"
COPIED = "variacion_del_gasto_programable"
PAGE = 1000
AGAIN_PROMISED = 60.0
SHOWN = 200

THEIRS = """
import json, sys
from pathlib import Path
import requests
from ckanapi import RemoteCKAN

def read(url, token_file, query):
    with RemoteCKAN(url, Path(token_file).read_text().strip(), session=requests.Session()) as ckan:
        names, calls = [], 0
        while calls == 0 or len(names) < page["count"]:
            page = ckan.action.package_search(
                fq=query, include_private=True, rows=1000, start=len(names), sort="id asc"
            )
            names += [package["name"] for package in page["results"]]
            calls += 1
        return {name: ckan.action.package_show(id=name) for name in names}, calls + len(names)

def told(package):
    return package["title"], package["notes"], [res["name"] for res in package["resources"]]

source, calls = read(sys.argv[1], sys.argv[2], "private:false")
target, more = read(sys.argv[3], sys.argv[4], f"organization:{sys.argv[5]}")
same = sum(name in target and told(target[name]) == told(one) for name, one in source.items())
print(json.dumps({"reads": calls + more, "equal": same}))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 when something changed, or called or took more than was promised."""
    parser = argparse.ArgumentParser(prog="bench portal", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument(
        "--datasets", type=int, default=PAGE + 1, help="how many datasets in the fresh catalogues"
    )
    parser.add_argument("--state-dir", type=Path, default=Path(".demo"), help="a demo")
    options = parser.parse_args(arguments)
    state = options.state_dir.resolve()
    if not (state / "mirror.toml").exists():
        print(
            f"There is no demo in {options.state_dir}: start scripts/demo first.", file=sys.stderr
        )
        return 2
    with _demo_up(state):
        demo = _demo_again(state)
    with fresh_catalogues():
        many = _many(options.datasets)
    result = {
        "bench": "portal",
        "demo": demo,
        "many": many,
        "good": demo["good"] and many["good"],
    }
    print(json.dumps(result, indent=2) if options.json else _told(result))
    return 0 if result["good"] else 1


# -- the demonstration, again -------------------------------------------------------------------


@contextmanager
def _demo_up(state: Path) -> Iterator[None]:
    """Up while we measure; left as it was found."""
    command = [str(DEMO), "--state-dir", str(state)]
    was_up = (
        subprocess.run([*command, "--status"], capture_output=True, check=False).returncode == 0
    )
    try:
        if not was_up:
            run_program(command)
        yield
    finally:
        if not was_up:
            run_program([*command, "--stop"])


def _demo_again(state: Path) -> dict[str, Any]:
    reviewer = Catalogue(_target_url(state), _token(state / "federal.token"))
    before = _stamps(reviewer)
    started = time.monotonic()
    told = run_program([str(DEMO), "--state-dir", str(state)])
    seconds = round(time.monotonic() - started, 2)
    counted = re.search(r"(\d+) write calls, (\d+) read calls", told)
    if counted is None:
        raise SystemExit("scripts/demo does not tell its calls")
    after = _stamps(reviewer)
    writes, reads = int(counted[1]), int(counted[2])
    changed = sum(before.get(name) != after.get(name) for name in before | after)
    promised = _promised(len(after))
    return {
        "datasets": len(after),
        "seconds": seconds,
        "seconds_promised": AGAIN_PROMISED,
        "reads": reads,
        "reads_promised": promised,
        "writes": writes,
        "changed_on_the_federal_side": changed,
        "good": seconds <= AGAIN_PROMISED and reads <= promised and writes == changed == 0,
    }


def _stamps(catalogue: Catalogue) -> dict[str, list[str]]:
    """When each dataset and each of its files changed last, as the catalogue itself says."""
    found = catalogue.call("package_search", include_private=True, rows=PAGE)
    return {
        package["name"]: [
            package["metadata_modified"],
            *(str(resource["last_modified"]) for resource in package["resources"]),
        ]
        for package in found["results"]
    }


# -- many datasets ------------------------------------------------------------------------------


def _many(count: int) -> dict[str, Any]:
    published = _publish(count)
    mirror = Mirror(STATE)
    first, plan, again = (_mirrored(mirror, name) for name in ("run", "plan", "run"))
    theirs = _loop()
    promised = _promised(count)
    return {
        "datasets": count,
        "published": published,
        "first": first,
        "plan": plan,
        "again": again,
        "reads_promised": promised,
        "ckanapi": theirs,
        "ratio_again": round(theirs["seconds"] / again["seconds"], 1),
        "package_show": _package_show(),
        "good": first["writes"] == 2 * count
        and all(run["datasets"] == count for run in (first, plan, again))
        and all(run["writes"] == 0 and run["reads"] <= promised for run in (plan, again))
        and theirs["equal"] == count,
    }


def _publish(count: int) -> dict[str, Any]:
    cast = populate()
    # The one that is copied comes first, so that a small count has it.
    datasets = read_yaml("demo.yaml")["datasets"]
    entries = sorted(datasets, key=lambda entry: entry["name"] != COPIED)[:count]
    started = time.monotonic()
    for entry in entries:
        take(cast, SAMPLES, entry)
    through_portal = time.monotonic() - started
    started = time.monotonic()
    copy_published(COPIED, count - len(entries))
    return {
        "through_the_portal": len(entries),
        "seconds_each_through_the_portal": round(through_portal / len(entries), 2),
        "copied_in_the_database": count - len(entries),
        "seconds_copying": round(time.monotonic() - started, 2),
    }


def _mirrored(mirror: Mirror, command: str) -> dict[str, Any]:
    # A process of its own, as an operator starts it: its start is part of the time.
    started = time.monotonic()
    process = mirror.start(command, "--json")
    out, err = process.communicate(timeout=LONGEST)
    seconds = time.monotonic() - started
    if process.returncode != 0:
        raise SystemExit(f"the mirror ended with {process.returncode}: {err}")
    summary = json.loads(out.splitlines()[-1])["summary"]
    return {
        "seconds": round(seconds, 2),
        "datasets": summary["datasets"],
        "reads": summary["calls_read"],
        "writes": summary["calls_write"],
    }


def _loop() -> dict[str, Any]:
    settings = load_settings(STATE / "mirror.toml")
    started = time.monotonic()
    out = run_program(
        [
            *(sys.executable, "-c", THEIRS),
            *(str(settings.source.url), str(STATE / "institutional.token")),
            *(str(settings.target.url), str(STATE / "federal.token")),
            settings.target.organization,
        ]
    )
    return {"seconds": round(time.monotonic() - started, 2), **json.loads(out)}


def _package_show() -> dict[str, Any]:
    """The same datasets on both, as an administrator; in turn, so that both meet the same load."""
    settings = load_settings(STATE / "mirror.toml")
    ours = Catalogue(str(settings.source.url).rstrip("/"), token("institutional"))
    plain = Catalogue(str(settings.target.url).rstrip("/"), token("federal"))
    found = plain.call("package_search", include_private=True, rows=SHOWN)
    taken: dict[str, list[float]] = {ours.url: [], plain.url: []}
    with requests.Session() as session:
        for package in found["results"]:
            for catalogue in (ours, plain):
                taken[catalogue.url].append(_seconds_of_show(session, catalogue, package["name"]))
    medians = {url: statistics.median(seconds) * 1000 for url, seconds in taken.items()}
    return {
        "calls": len(found["results"]),
        "milliseconds": round(medians[ours.url], 1),
        "milliseconds_without_the_plugin": round(medians[plain.url], 1),
        "ratio": round(medians[plain.url] / medians[ours.url], 2),
    }


def _seconds_of_show(session: requests.Session, catalogue: Catalogue, name: str) -> float:
    started = time.perf_counter()
    answer = session.get(
        f"{catalogue.url}/api/3/action/package_show",
        params={"id": name},
        headers={"Authorization": catalogue.token},
        timeout=60,
    )
    answer.raise_for_status()
    return time.perf_counter() - started


# -- what both parts use ------------------------------------------------------------------------


def _promised(datasets: int) -> int:
    return 2 * -(-datasets // PAGE) + 3


def _target_url(state: Path) -> str:
    return str(load_settings(state / "mirror.toml").target.url).rstrip("/")


def _token(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


def _told(result: dict[str, Any]) -> str:
    demo, many = result["demo"], result["many"]
    made, show, theirs = many["published"], many["package_show"], many["ckanapi"]
    lines = [
        f"demo again, {demo['datasets']} datasets: {demo['seconds']} s "
        f"({demo['seconds_promised']:.0f} promised), {_calls(demo, demo['reads_promised'])}; "
        f"{demo['changed_on_the_federal_side']} datasets changed on the federal side",
        f"{many['datasets']} datasets: {made['through_the_portal']} through the portal, "
        f"{made['seconds_each_through_the_portal']} s each; {made['copied_in_the_database']} "
        f"signed copies straight to the database in {made['seconds_copying']} s",
        f"first run: {many['first']['seconds']} s, {_calls(many['first'])}",
        f"nothing changed, plan: {many['plan']['seconds']} s, "
        f"{_calls(many['plan'], many['reads_promised'])}",
        f"nothing changed, run: {many['again']['seconds']} s, "
        f"{_calls(many['again'], many['reads_promised'])}; a loop of package_show with ckanapi "
        f"{theirs['seconds']} s, {theirs['reads']} reads: {many['ratio_again']}x",
        f"package_show, median of {show['calls']}: {show['milliseconds']} ms, without the plugin "
        f"{show['milliseconds_without_the_plugin']} ms: {show['ratio']}x",
        "as promised" if result["good"] else "NOT AS PROMISED",
    ]
    return "\n".join(lines)


def _calls(run: dict[str, Any], promised: int | None = None) -> str:
    most = f" ({promised} promised)" if promised else ""
    return f"{run['reads']} reads{most}, {run['writes']} writes"
