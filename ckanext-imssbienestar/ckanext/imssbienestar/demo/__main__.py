"""``python -m ckanext.imssbienestar.demo --state-dir .demo``: the whole way, on real tables."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.demo import federal, refusals
from ckanext.imssbienestar.demo.cast import CredentialFile, ensure_people, ensure_units
from ckanext.imssbienestar.demo.client import Client
from ckanext.imssbienestar.demo.identification import identify, members
from ckanext.imssbienestar.demo.journey import Cast, take
from ckanext.imssbienestar.demo.mirroring import mirror
from ckanext.imssbienestar.demo.summary import Row, addresses, table
from ckanext.imssbienestar.demo.tables import loaded_rows
from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.mirror.settings import load_settings

# The worker has loaded every table long before, unless it has only just been started.
_WORKER_SECONDS = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration; 0 when every published sample is equal on both catalogues."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--state-dir", type=Path, default=Path(".demo"))
    parser.add_argument("--samples", type=Path, default=Path("tests/data/samples"))
    options = parser.parse_args(arguments)
    try:
        return _run(options.state_dir, options.samples)
    except ImssError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _run(state: Path, samples: Path) -> int:
    script = read_yaml("demo.yaml")
    profile = state / "mirror.toml"
    settings = load_settings(profile)
    started = time.monotonic()
    admin = Client(str(settings.source.url), _token(state / "institutional.token"))
    reviewer = Client(str(settings.target.url), _token(state / "federal.token"))

    _say("Units, people and their designations on the institutional catalogue")
    ensure_units(admin, script["units"])
    credentials = CredentialFile(state / "people.json")
    cast = Cast(ensure_people(admin, script["people"], credentials), script["people"])
    chapters = read_yaml("demo_identification.yaml")
    _say("Chapters 1 and 2: groups, Formato 1, analysis, Formato 2, Oficio de Validación")
    for line in identify(admin, cast, credentials, samples, chapters, script["datasets"]):
        _say(line)
    rows = _publish_all(cast, samples, script["datasets"])

    for entry in script["refusals"]:
        for line in refusals.show(cast, samples, entry):
            _say(line)

    _say("Mirror to the federal catalogue (datasets arrive private)")
    federal.prepare(reviewer, script["federal"]["organization"])
    sent = mirror("run", profile).summary
    _say(f"  {sent['calls_write']} write calls, {sent['calls_read']} read calls")
    names = [row.name for row in rows]
    organization = script["federal"]["organization"]["name"]
    for name in federal.review(reviewer, organization, names):
        _say(f"  The federal reviewer, not we, makes public: {name}")

    _say("Verify: download every federal copy and compare it with what was signed")
    equal = _equality(mirror("verify", profile).items)
    searchable = loaded_rows(admin, names, patience=_WORKER_SECONDS)
    for line in table(rows, equal, searchable):
        _say(line)
    for line in addresses(
        admin.url, reviewer.url, credentials, [*script["people"], *members(chapters)]
    ):
        _say(line)
    _say(f"Done in {time.monotonic() - started:.0f} s")
    return 0 if all(equal.get(row.name) for row in rows) else 1


def _publish_all(cast: Cast, samples: Path, entries: Sequence[Mapping[str, Any]]) -> list[Row]:
    rows = []
    for number, entry in enumerate(entries, start=1):
        release, acted = take(cast, samples, entry)
        rows.append(Row(entry["name"], release, samples))
        what = "described, checked, signed and published" if acted else "already published"
        _say(f"[{number}/{len(entries)}] {entry['name']}: {what}")
    return rows


def _equality(items: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
    """For each dataset, whether every one of its files is equal."""
    equal: dict[str, bool] = {}
    for item in items:
        equal[item["dataset"]] = equal.get(item["dataset"], True) and bool(item["equal"])
    return equal


def _token(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
