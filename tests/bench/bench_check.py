"""check_table.py against frictionless: the same file, the same rules, a whole process each.

Two files of eight columns (a key, a list, a date, an integer, a decimal, a year, a boolean and a
text): a clean one, and one with 1 % of bad cells and 0.1 % of rows with a cell missing or one too
many. frictionless is called as a library, which is its fastest way, and is told the encoding, the
separator, the schema with its primary key, and to report every error, so that both do the same
work; the counts both find are compared before any time is reported. What ours does besides
(SHA-256, personal data, totals, the language of the dictionary, a report for people) is in its
time all the same.

The least is timed too, on the clean file: one pattern for a whole line, keys compared, SHA-256
taken, and nothing reported. Nothing quicker that reads every cell was found on this engine.

Ours proves the clean file clean in the pass that reads it where the survey was compiled, and asks
DuckDB where it was not; the program says nothing of which, so compare with
``IMSS_CHECK_WITHOUT_SURVEY=1``.

Each is run three times and its best time counts. Start-up is the whole process on a table without
rows. Both run once on it before anything is measured, so that both have their modules compiled, as
after an installation. ``--large`` adds ten times the rows (0.7 GB), ours alone: memory, and the
largest size temporary files had together.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.check_table_files import SCHEMA, write_table

PROGRAM = Path(__file__).parents[2] / "scripts" / "check_table.py"
COMPARED = ("type-error", "constraint-error", "missing-cell", "extra-cell", "primary-key")
# What issue 4 asks for.
ASKED = {"clean": 60, "dirty": 30, "startup_seconds": 0.6, "large_megabytes": 500}

_RUNS = 3

THEIRS = """
import collections, json, sys
import frictionless
from frictionless import Dialect, Resource, Schema
from frictionless.formats import CsvControl
with frictionless.system.use_context(trusted=True):
    report = Resource(
        path=sys.argv[1], encoding="utf-8", dialect=Dialect(controls=[CsvControl(delimiter=",")]),
        schema=Schema.from_descriptor(json.load(open(sys.argv[2]))),
    ).validate(limit_errors=10**9)
counts = collections.Counter(error.type for error in report.tasks[0].errors)
print(json.dumps({"counts": counts}))
"""

# The least a program on this engine can do and still know that the clean file is clean: hold every
# line against one pattern that says all of its cells' rules at once, compare the keys, and take the
# SHA-256 meanwhile. It reads no dictionary, finds no row, looks for no personal data, says nothing,
# and could not say what is wrong with any other file.
LEAST = """
import hashlib, json, os, sys, threading
digest = hashlib.sha256()
def read():
    with open(sys.argv[1], "rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
thread = threading.Thread(target=read)
thread.start()
import duckdb
states = "(?:0[1-9]|[12][0-9]|3[0-2])"
day = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
numbers = "(?:[0-9]+)?,(?:[0-9]+(?:[.][0-9]+)?)?,(?:[0-9]{4})?,(?:true|false)?"
row = "[0-9]{8}," + states + "," + day + "," + numbers + ",[^,]{0,200}"
engine = duckdb.connect()
engine.execute("SET enable_progress_bar = false")
good, keys = engine.execute(
    f"SELECT count(*), count(DISTINCT left(line, 8)) FROM read_csv('{sys.argv[1]}', "
    f"auto_detect=false, header=true, delim=E'\\x01', quote='', escape='', "
    f"columns={{'line': 'VARCHAR'}}) WHERE regexp_full_match(line, '{row}')"
).fetchall()[0]
thread.join()
print(json.dumps({"counts": {}, "good": good, "keys": keys}), flush=True)
os._exit(0)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 when the two do not find the same."""
    parser = argparse.ArgumentParser(prog="bench check", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of each file")
    parser.add_argument("--large", action="store_true", help="also ten times the rows, ours alone")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-check-") as folder:
        result = _run(Path(folder), options.rows, large=options.large)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        _tell(result)
    return 0 if all(race["same_counts"] for race in result["races"]) else 1


def _run(folder: Path, rows: int, *, large: bool) -> dict[str, Any]:
    schema = folder / "schema.json"
    schema.write_text(json.dumps(SCHEMA), encoding="utf-8")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    result: dict[str, Any] = {"bench": "check", "rows": rows, "asked": ASKED}
    result["startup_seconds"] = _startup(folder, schema)
    result["races"] = [_race(folder, schema, rows, dirty=dirty) for dirty in (False, True)]
    if large:
        result["large"] = _large(folder, schema, 10 * rows)
    return result


def _startup(folder: Path, schema: Path) -> float:
    """The whole process on a table without rows: the best of five, after one of each."""
    table = folder / "vacia.csv"
    write_table(table, 0, dirty=False)
    _timed(_theirs(table, schema))
    _timed(_ours(table, schema))
    return float(min(_timed(_ours(table, schema))["seconds"] for _ in range(5)))


def _race(folder: Path, schema: Path, rows: int, *, dirty: bool) -> dict[str, Any]:
    table = folder / "tabla.csv"
    write_table(table, rows, dirty=dirty)
    ours, theirs = (
        _quickest(command) for command in (_ours(table, schema), _theirs(table, schema))
    )
    found = [{code: run["counts"].get(code, 0) for code in COMPARED} for run in (ours, theirs)]
    race = {
        "file": "dirty" if dirty else "clean",
        "bytes": table.stat().st_size,
        "check_table": ours | {"rows_per_second": round(rows / ours["seconds"])},
        "frictionless": theirs | {"rows_per_second": round(rows / theirs["seconds"])},
        "ratio": round(theirs["seconds"] / ours["seconds"], 1),
        "same_counts": found[0] == found[1],
    }
    if not dirty:
        least = _quickest([sys.executable, "-c", LEAST, str(table)])
        race |= {"least": least, "least_ratio": round(theirs["seconds"] / least["seconds"], 1)}
    return race


def _large(folder: Path, schema: Path, rows: int) -> dict[str, Any]:
    table, scratch = folder / "tabla.csv", folder / "scratch"
    write_table(table, rows, dirty=True)
    scratch.mkdir()
    with _LargestSize(scratch) as temporary:
        run = _timed(_ours(table, schema), {"TMPDIR": str(scratch)})
    return run | {
        "rows": rows,
        "bytes": table.stat().st_size,
        "rows_per_second": round(rows / run["seconds"]),
        "temporary_bytes": temporary.largest,
    }


def _ours(table: Path, schema: Path) -> list[str]:
    return [sys.executable, str(PROGRAM), str(table), "--dictionary", str(schema), "--json"]


def _theirs(table: Path, schema: Path) -> list[str]:
    return [sys.executable, "-c", THEIRS, str(table), str(schema)]


def _quickest(command: Sequence[str]) -> dict[str, Any]:
    """The run that the rest of the machine disturbed least."""
    return min((_timed(command) for _ in range(_RUNS)), key=lambda run: float(run["seconds"]))


def _timed(command: Sequence[str], more: dict[str, str] | None = None) -> dict[str, Any]:
    """Seconds, memory and counts of one whole process, start-up included."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | (more or {})
    )
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise RuntimeError("a benchmark process failed")
    return {
        "seconds": round(seconds, 3),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 3),
        "memory_megabytes": round(usage.ru_maxrss / 1024),
        "counts": json.loads(output)["counts"],
    }


class _LargestSize:
    """How large the files of a folder ever were together, looked at while something else runs."""

    def __init__(self, folder: Path) -> None:
        self.largest = 0
        self._folder = folder
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _LargestSize:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            total = 0
            for place, _, names in os.walk(self._folder):
                for name in names:
                    try:
                        # Of a link, its own size and not that of the file checked.
                        total += os.lstat(Path(place) / name).st_size
                    except FileNotFoundError:
                        continue
            self.largest = max(self.largest, total)


def _tell(result: dict[str, Any]) -> None:
    asked = result["asked"]
    print(f"start-up: {result['startup_seconds']:.2f} s (asked: {asked['startup_seconds']})")
    for race in result["races"]:
        print(f"{race['file']}: {result['rows']} rows, {race['bytes']} bytes")
        for name in ("check_table", "frictionless"):
            run = race[name]
            print(
                f"  {name:<14}{run['seconds']:>8.2f} s {run['rows_per_second']:>10} rows/s"
                f" {run['memory_megabytes']:>6} MB"
            )
        same = "same counts" if race["same_counts"] else "COUNTS DIFFER"
        if least := race.get("least"):
            print(
                f"  {'the least':<14}{least['seconds']:>8.2f} s: one pattern a line, keys and "
                f"SHA-256, no report; that would be {race['least_ratio']}x"
            )
        print(f"  ratio {race['ratio']}x (asked: {asked[race['file']]}), {same}")
    if large := result.get("large"):
        print(
            f"large: {large['rows']} rows, {large['bytes']} bytes: {large['seconds']:.1f} s,"
            f" {large['memory_megabytes']} MB (asked: {asked['large_megabytes']}), temporary"
            f" files {large['temporary_bytes']} bytes (asked: no more than the input)"
        )


if __name__ == "__main__":
    sys.exit(main())
