"""The guard: recall and precision on the labelled corpus, and its speed against python-stdnum.

Precision and recall are by file. A file is found when the guard says at least what its label
says (``block`` or ``review``), and a false alarm when it says anything of a public table. Three
sets: the corpus in tests/data/personal with the samples, and the held-out cases, which are made
for the occasion. python-stdnum, the well-known library of identifiers, is asked of every cell
whether it is a CURP, an RFC or passes Luhn: what a guard without vectors would do. Each is run
three times and its best time counts.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from personal_corpus.__main__ import FOLDER, LABELS, write
from personal_corpus.people import Crowd
from stdnum.mx import curp

from ckanext.imssbienestar.checks import scan_personal_data

SAMPLES = FOLDER.parent / "samples"
RECALL_FLOOR, PRECISION_FLOOR = 0.99, 0.97
_RUNS = 3
SEVERITY = {"pass": 0, "review": 1, "block": 2}

OURS = """
import json, sys
from ckanext.imssbienestar.checks import scan_personal_data
report = scan_personal_data(sys.argv[1])
found = {column.column: column.matches for column in report.columns}
print(json.dumps({"rows": report.rows, "curps": found.get("curp", 0)}))
"""
THEIRS = """
import csv, json, sys
from stdnum import luhn
from stdnum.mx import curp, rfc
curps = cells = 0
with open(sys.argv[1], encoding="utf-8", newline="") as stream:
    rows = csv.reader(stream)
    next(rows)
    for number, row in enumerate(rows):
        if number == int(sys.argv[2]):
            break
        for cell in row:
            cells += 1
            curps += curp.is_valid(cell)
            rfc.is_valid(cell, validate_check_digits=True)
            luhn.is_valid(cell)
print(json.dumps({"cells": cells, "curps": curps}))
"""


@dataclass
class Score:
    """What the guard said of a set of labelled files."""

    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found.total() / max(1, self.found.total() + self.missed.total())

    @property
    def precision(self) -> float:
        return self.found.total() / max(1, self.found.total() + self.alarms.total())

    @property
    def holds(self) -> bool:
        return self.recall >= RECALL_FLOOR and self.precision >= PRECISION_FLOOR

    def add(self, path: Path, label: str, kind: str) -> None:
        """Scan one file and compare."""
        report = scan_personal_data(path)
        said = max((SEVERITY[column.decision] for column in report.columns), default=0)
        if label == "pass":
            tally = self.alarms if said else self.passed
        else:
            tally = self.found if said >= SEVERITY[label] else self.missed
        tally[kind] += 1
        if tally in (self.alarms, self.missed) and tally[kind]:
            self.wrong.append(f"{path.name}: {label} expected, {list(SEVERITY)[said]} said")

    def as_json(self) -> dict[str, Any]:
        kinds = sorted({*self.found, *self.missed, *self.alarms, *self.passed})
        return {
            "files": sum(t.total() for t in (self.found, self.missed, self.alarms, self.passed)),
            "recall": round(self.recall, 4),
            "precision": round(self.precision, 4),
            "holds": self.holds,
            "wrong": self.wrong,
            "kinds": {
                kind: {
                    "found": self.found[kind],
                    "missed": self.missed[kind],
                    "false_alarms": self.alarms[kind],
                    "passed": self.passed[kind],
                }
                for kind in kinds
            },
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 below a floor, or when the two find different CURPs."""
    parser = argparse.ArgumentParser(prog="bench personal", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument("--rows", type=int, default=2_000_000, help="rows of the table for speed")
    parser.add_argument("--fast", action="store_true", help="every fourth file, no speed")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-personal-") as name:
        folder = Path(name)
        write(folder / "held-out", held_out=True)
        scores = {
            "corpus": score([*labelled(FOLDER), *labelled_samples()], 4 if options.fast else 1),
            "held-out": score([*labelled(folder / "held-out")], 4 if options.fast else 1),
        }
        speed = None if options.fast else race(folder, options.rows)
    result = {
        "bench": "personal",
        "floors": {"recall": RECALL_FLOOR, "precision": PRECISION_FLOOR},
        "sets": {name: found.as_json() for name, found in scores.items()},
        "speed": speed,
    }
    if options.json:
        print(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        _tell(scores, speed)
    same = speed is None or speed["same_curps"]
    return 0 if same and all(found.holds for found in scores.values()) else 1


def labelled(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """The files of a folder with their labels and kinds."""
    with (folder / LABELS).open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            yield folder / row["file"], row["label"], row["kind"]


def labelled_samples() -> Iterator[tuple[Path, str, str]]:
    """The real tables, all public but the header of the padrón."""
    for path in sorted(SAMPLES.glob("*.csv")):
        padron = path.name == "padron_de_personas_beneficiarias.header_only.csv"
        yield path, *(("block", "curp") if padron else ("pass", "sample"))


def score(files: Sequence[tuple[Path, str, str]], step: int = 1) -> Score:
    """Judge every file, or one in so many."""
    result = Score()
    for path, label, kind in files[::step]:
        result.add(path, label, kind)
    return result


def race(folder: Path, rows: int) -> dict[str, Any]:
    """The guard and the loop on the same table, a whole process each."""
    table = folder / "table.csv"
    columns = write_table(table, rows)
    ours = _quickest(OURS, table)
    asked = min(rows, 20_000)
    head = folder / "head.csv"
    with table.open("rb") as source:
        head.write_bytes(b"".join(source.readline() for _ in range(asked + 1)))
    theirs, same = _quickest(THEIRS, table, asked), _timed(OURS, head)
    our_speed = rows * columns / ours["seconds"]
    their_speed = theirs["cells"] / theirs["seconds"]
    return {
        "rows": rows,
        "columns": columns,
        "bytes": table.stat().st_size,
        "guard": ours | {"cells_per_second": round(our_speed)},
        "stdnum": theirs | {"cells_per_second": round(their_speed)},
        "ratio": round(our_speed / their_speed, 1),
        "same_curps": same["curps"] == theirs["curps"],
    }


def _quickest(program: str, *arguments: object) -> dict[str, Any]:
    """The run that the rest of the machine disturbed least."""
    return min((_timed(program, *arguments) for _ in range(_RUNS)), key=lambda run: run["seconds"])


def _timed(program: str, *arguments: object) -> dict[str, Any]:
    """Seconds, memory and result of one whole process, start-up included."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise RuntimeError("a benchmark process failed")
    found: dict[str, Any] = json.loads(output)
    return {
        "seconds": round(seconds, 2),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "memory_megabytes": round(usage.ru_maxrss / 1024),
    } | found


def write_table(path: Path, rows: int) -> int:
    """A table of many kinds of column, some of them personal; returns its columns."""
    chance = random.Random(20261123)
    # python-stdnum refuses CURPs whose initials are a rude word; RENAPO changes those initials.
    people = [p for p in Crowd(20261123).people(2000) if curp.is_valid(p.curp)]
    header = ("folio", "clues", "unidad", "curp", "nombre", "fecha", "municipio", "monto")
    header += ("clave", "observaciones")
    towns = ("Toluca", "Lerma", "Metepec", "Benito Juárez", "Tehuacán", "Apizaco")
    with path.open("w", encoding="utf-8", newline="") as target:
        target.write(",".join(header) + "\n")
        for number in range(rows):
            person = chance.choice(people)
            target.write(
                f"{number},MCIMB{chance.randint(0, 999):06d},"
                f"Hospital General de Zona {chance.randint(1, 300)},"
                f"{person.curp if chance.random() < 0.2 else ''},{person.full},"
                f"{chance.randint(2010, 2026)}-0{chance.randint(1, 9)}-{chance.randint(10, 28)},"
                f"{chance.choice(towns)},{chance.randint(0, 10**9) / 100},"
                f"{chance.randint(10**10, 10**11 - 1)},"
                f"Se atiende en el turno {chance.randint(1, 3)} sin novedad {number % 5000}\n"
            )
    return len(header)


def _tell(scores: dict[str, Score], speed: dict[str, Any] | None) -> None:
    for name, found in scores.items():
        facts = found.as_json()
        print(
            f"{name}: {facts['files']} files, recall {found.recall:.4f}, "
            f"precision {found.precision:.4f} ({'holds' if found.holds else 'BELOW THE FLOOR'})"
        )
        for kind, numbers in facts["kinds"].items():
            shown = ", ".join(f"{numbers[key]} {key}" for key in numbers if numbers[key])
            print(f"  {kind:<20}{shown.replace('_', ' ')}")
        for line in found.wrong:
            print(f"  ! {line}")
    if speed is not None:
        print(f"speed: {speed['rows']} rows, {speed['columns']} columns, {speed['bytes']} bytes")
        for name in ("guard", "stdnum"):
            run = speed[name]
            print(
                f"  {name:<10}{run['seconds']:>8.2f} s ({run['processor_seconds']} of processor)"
                f" {run['cells_per_second']:>10} cells/s {run['memory_megabytes']:>6} MB"
            )
        print(f"  ratio {speed['ratio']}x, {'same' if speed['same_curps'] else 'OTHER'} CURPs")


if __name__ == "__main__":
    sys.exit(main())
