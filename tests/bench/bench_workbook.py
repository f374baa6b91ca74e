"""A workbook's sheet as canonical CSV against openpyxl reading it: the same file, a process each.

openpyxl reads in its read-only mode and writes nothing; ours reads, looks at what the sheet
hides, and writes the CSV. Then the two are compared, cell by cell.
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
from datetime import date, timedelta
from pathlib import Path
from typing import Any

OURS = """
import shutil, sys
from ckanext.imssbienestar.formats.workbooks.workbook import open_workbook
with open_workbook(sys.argv[1]) as workbook:
    shutil.move(workbook.sheet_file(workbook.filled_sheets[0]), sys.argv[2])
"""
COPY = """
import sys
from ckanext.imssbienestar.formats.canonical.normalise import normalised_copy
with normalised_copy(sys.argv[1]) as copy:
    copy.save(sys.argv[2], overwrite=True)
"""
THEIRS = """
import sys
import openpyxl
for row in openpyxl.load_workbook(sys.argv[1], read_only=True).worksheets[0].iter_rows(
    values_only=True
):
    pass
"""
# Of each cell a sum that does not depend on the order, so that nothing large is kept.
COMPARED = """
import csv, datetime, decimal, sys
import openpyxl
def text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, float):
        return format(decimal.Decimal(repr(value)), "f")
    return str(value)
sheet = openpyxl.load_workbook(sys.argv[1], read_only=True).worksheets[0]
with open(sys.argv[2], encoding="utf-8", newline="") as stream:
    for ours, theirs in zip(csv.reader(stream), sheet.iter_rows(values_only=True), strict=True):
        if ours != [text(value) for value in theirs]:
            sys.exit(1)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 when the two do not read the same."""
    parser = argparse.ArgumentParser(prog="bench workbook", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the sheet")
    options = parser.parse_args(arguments)
    result = race(options.rows)
    if options.json:
        print(json.dumps({"bench": "workbook", "results": [result]}, indent=2))
    else:
        tell(result)
    return 0 if result["same_cells"] else 1


def race(rows: int = 200_000) -> dict[str, Any]:
    """Time both on a workbook of ten columns, and compare what they read."""
    with tempfile.TemporaryDirectory(prefix="bench-workbook-") as name:
        folder = Path(name)
        book, table, copy = folder / "libro.xlsx", folder / "tabla.csv", folder / "copia.csv"
        _write_workbook(book, rows)
        ours = _timed(OURS, book, table)
        whole = _timed(COPY, book, copy)
        theirs = _timed(THEIRS, book)
        compared = subprocess.run([sys.executable, "-c", COMPARED, book, table], check=False)
        return {
            "file": "workbook",
            "rows": rows,
            "columns": 10,
            "bytes": book.stat().st_size,
            "workbook_to_csv": ours,
            "normalised_copy": whole,
            "openpyxl": theirs,
            "ratio": round(theirs["seconds"] / ours["seconds"], 1),
            # On a busy machine the one that tells: both use one processor most of the time.
            "ratio_processor": round(theirs["processor_seconds"] / ours["processor_seconds"], 1),
            "ratio_normalised": round(theirs["seconds"] / whole["seconds"], 1),
            "same_cells": compared.returncode == 0,
        }


def tell(result: dict[str, Any]) -> None:
    """Print the result for people."""
    print(f"{result['file']}: {result['rows']} rows x {result['columns']}, {result['bytes']} bytes")
    for name in ("workbook_to_csv", "normalised_copy", "openpyxl"):
        run = result[name]
        print(
            f"  {name:<16}{run['seconds']:>8.2f} s {run['processor_seconds']:>8.2f} s of processor"
            f" {run['memory_megabytes']:>6} MB"
        )
    same = "same cells" if result["same_cells"] else "CELLS DIFFER"
    print(f"  ratio {result['ratio']}x, of processor time {result['ratio_processor']}x, {same}")
    print(f"  with the whole normalised copy {result['ratio_normalised']}x")


def _timed(program: str, *files: Path) -> dict[str, Any]:
    """Seconds and memory of one whole process and its children, start-up included."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", program, *files])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError("a benchmark process failed")
    return {
        "seconds": round(time.perf_counter() - start, 2),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "memory_megabytes": round(usage.ru_maxrss / 1024),
    }


def _write_workbook(path: Path, rows: int) -> None:
    """The same workbook every time, as spreadsheets write it; no value is of anyone."""
    import openpyxl

    chance = random.Random(20261123)
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Datos")
    sheet.append(
        [
            "clave",
            "entidad",
            "fecha",
            "consultas",
            "gasto_pesos",
            "anio",
            "activo",
            "nota",
            "tasa",
            "orden",
        ]
    )
    first = date(2024, 1, 1)
    for number in range(rows):
        sheet.append(
            [
                f"{number:08d}",
                f"{chance.randint(1, 32):02d}",
                first + timedelta(days=number % 365),
                chance.randint(0, 99_999),
                chance.randint(0, 9_999_999) / 100,
                2024,
                True,
                f"texto corto número {number % 1000}",
                round(chance.random(), 6),
                number,
            ]
        )
    workbook.save(path)


if __name__ == "__main__":
    sys.exit(main())
