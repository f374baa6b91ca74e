"""check_table against frictionless: the same file, the same rules, a whole process each.

Two files: a clean one, and one with 1 % of bad cells and 0.1 % of rows with a cell missing.
frictionless is told the encoding, the separator, the schema and to report every error, so that
both do the same work; the counts they find are compared before any time is reported.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SCHEMA: dict[str, Any] = {
    "fields": [
        {
            "name": "clave",
            "type": "string",
            "constraints": {"required": True, "pattern": "[0-9]{8}"},
        },
        {
            "name": "entidad",
            "type": "string",
            "constraints": {"required": True, "enum": [f"{n:02d}" for n in range(1, 33)]},
        },
        {"name": "fecha", "type": "date", "constraints": {"required": True}},
        {"name": "consultas", "type": "integer", "constraints": {"minimum": 0}},
        {"name": "gasto_pesos", "type": "number", "constraints": {"minimum": 0}},
        {"name": "anio", "type": "year"},
        {"name": "activo", "type": "boolean"},
        {"name": "nota", "type": "string", "constraints": {"maxLength": 200}},
    ]
}
COMPARED = ("type-error", "constraint-error", "missing-cell")

OURS = """
import json, sys
from ckanext.imssbienestar.checks import check_table
from ckanext.imssbienestar.formats import load_dictionary
report = check_table(sys.argv[1], load_dictionary(sys.argv[2]))
print(json.dumps(report.counts))
"""
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
print(json.dumps(collections.Counter(error.type for error in report.tasks[0].errors)))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 when the two do not find the same."""
    parser = argparse.ArgumentParser(prog="bench check", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument("--rows", type=int, default=300_000, help="rows of each file")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-check-") as folder:
        results = [_race(Path(folder), options.rows, dirty=dirty) for dirty in (False, True)]
    if options.json:
        print(json.dumps({"bench": "check", "results": results}, indent=2))
    else:
        _tell(results)
    return 0 if all(result["same_counts"] for result in results) else 1


def _race(folder: Path, rows: int, *, dirty: bool) -> dict[str, Any]:
    table, schema = folder / "tabla.csv", folder / "schema.json"
    _write_table(table, rows, dirty=dirty)
    schema.write_text(json.dumps(SCHEMA), encoding="utf-8")
    ours, theirs = (_timed(program, table, schema) for program in (OURS, THEIRS))
    found = [{code: run["counts"].get(code, 0) for code in COMPARED} for run in (ours, theirs)]
    return {
        "file": "dirty" if dirty else "clean",
        "rows": rows,
        "bytes": table.stat().st_size,
        "check_table": ours | {"rows_per_second": round(rows / ours["seconds"])},
        "frictionless": theirs | {"rows_per_second": round(rows / theirs["seconds"])},
        "ratio": round(theirs["seconds"] / ours["seconds"], 1),
        "same_counts": found[0] == found[1],
    }


def _timed(program: str, table: Path, schema: Path) -> dict[str, Any]:
    """Seconds, memory and counts of one whole process, start-up included."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", program, table, schema], stdout=subprocess.PIPE, text=True
    )
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise RuntimeError("a benchmark process failed")
    return {
        "seconds": round(seconds, 2),
        "memory_megabytes": round(usage.ru_maxrss / 1024),
        "counts": json.loads(output),
    }


def _write_table(path: Path, rows: int, *, dirty: bool) -> None:
    """The same table every time; no value is of anyone."""
    chance = random.Random(20261123)  # noqa: S311 - reproducible, not secret
    names = [field["name"] for field in SCHEMA["fields"]]
    bad = {2: "31/12/2018", 3: "doce", 4: '"1,234.50"', 1: "99"}
    with path.open("w", encoding="utf-8", newline="") as target:
        target.write(",".join(names) + "\n")
        for number in range(rows):
            row = [
                f"{number:08d}",
                f"{chance.randint(1, 32):02d}",
                f"2024-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}",
                str(chance.randint(0, 99_999)),
                f"{chance.randint(0, 9_999_999) / 100}",
                "2024",
                "true",
                f"texto corto número {number % 1000}",
            ]
            if dirty and chance.random() < 0.08:  # one cell in eight: 1 % of the cells
                place = chance.choice(list(bad))
                row[place] = bad[place]
            if dirty and chance.random() < 0.001:
                row.pop()
            target.write(",".join(row) + "\n")


def _tell(results: Sequence[dict[str, Any]]) -> None:
    for result in results:
        print(f"{result['file']}: {result['rows']} rows, {result['bytes']} bytes")
        for name in ("check_table", "frictionless"):
            run = result[name]
            print(
                f"  {name:<14}{run['seconds']:>8.2f} s {run['rows_per_second']:>10} rows/s"
                f" {run['memory_megabytes']:>6} MB"
            )
        same = "same counts" if result["same_counts"] else "COUNTS DIFFER"
        print(f"  ratio {result['ratio']}x, {same}")


if __name__ == "__main__":
    sys.exit(main())
