"""The dry run of a Formato 1 against openpyxl that only reads it: the same file, a process each.

Ours reads the workbook in its bounded process, looks for formulas and merged cells, compares each
row with the stored entries and tells what would change; half of the rows are new or edited.
openpyxl reads the cells, in its read-only mode, and does nothing with them.
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

LIMIT_SECONDS = 5

OURS = """
import datetime, json, sys
from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.domain.inventory_import import Inventory, plan_import
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.formats.inventory.reading import read_inventory
with open(sys.argv[2], encoding="utf-8") as stream:
    stored = json.load(stream)
entries = tuple(InventoryEntry(one["identificador"], one) for one in stored["entries"])
inventory = Inventory(InventoryHeader(stored["header"]), entries, prefix="BENCH")
day = datetime.date(2026, 11, 23)
plan = plan_import(read_inventory(sys.argv[1]), inventory, inventory_layout(), day)
if plan.refusals:
    sys.exit(1)
print(json.dumps({kind.value: count for kind, count in plan.counts.items()}))
"""
THEIRS = """
import sys
import openpyxl
rows = 0
for row in openpyxl.load_workbook(sys.argv[1], read_only=True).worksheets[0].iter_rows(
    values_only=True
):
    rows += 1
print(rows)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 when the dry run does not find what was changed, or is too slow."""
    parser = argparse.ArgumentParser(prog="bench inventory", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument("--rows", type=int, default=5_000, help="entries of the inventory")
    options = parser.parse_args(arguments)
    results = [race(form, options.rows) for form in ("xlsx", "ods")]
    if options.json:
        print(json.dumps({"bench": "inventory", "results": results}, indent=2))
    else:
        for result in results:
            tell(result)
    return 0 if all(result["as_expected"] for result in results) else 1


def race(form: str, rows: int) -> dict[str, Any]:
    """Time both on a workbook of so many rows: half as stored, the others edited or new."""
    with tempfile.TemporaryDirectory(prefix="bench-inventory-") as name:
        folder = Path(name)
        book, stored = folder / f"formato1.{form}", folder / "stored.json"
        expected = _write(book, stored, rows)
        ours = _timed(OURS, book, stored)
        # openpyxl reads no ODS: the same cells as XLSX stand for it.
        plain = book if form == "xlsx" else folder / "same.xlsx"
        if plain != book:
            _write(plain, stored, rows)
        theirs = _timed(THEIRS, plain)
        return {
            "file": form,
            "rows": rows,
            "bytes": book.stat().st_size,
            "dry_run": ours,
            "openpyxl_reading": theirs,
            "ratio": round(theirs["seconds"] / ours["seconds"], 2),
            "limit_seconds": LIMIT_SECONDS,
            "as_expected": json.loads(ours["said"]) == expected
            and (rows > 5_000 or ours["seconds"] < LIMIT_SECONDS),
        }


def tell(result: dict[str, Any]) -> None:
    """Print the result for people."""
    print(f"{result['file']}: Formato 1 of {result['rows']} rows, {result['bytes']} bytes")
    for name in ("dry_run", "openpyxl_reading"):
        run = result[name]
        print(
            f"  {name:<18}{run['seconds']:>8.2f} s {run['processor_seconds']:>8.2f} s of processor"
            f" {run['memory_megabytes']:>6} MB"
        )
    print(f"  dry run: {result['dry_run']['said']}; asked: under {result['limit_seconds']} s")
    verdict = "as expected" if result["as_expected"] else "NOT AS EXPECTED"
    print(f"  ratio {result['ratio']}x (reading alone / our whole dry run), {verdict}")


def _write(book: Path, stored: Path, rows: int) -> dict[str, int]:
    """The workbook and what is stored; a quarter of the rows edited, a quarter new."""
    from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
    from ckanext.imssbienestar.formats.inventory.ods import dump_inventory_ods
    from ckanext.imssbienestar.formats.inventory.workbook import dump_inventory_xlsx

    header = InventoryHeader(
        {
            "unidad_administrativa": "Unidad de Planeación",
            "coordinacion_central": "Coordinación de Estadística",
            "fecha_de_elaboracion": "2026-11-02",
            "pais": "México",
        }
    )
    known = [InventoryEntry(f"BENCH-{n:05d}", _values(n)) for n in range(rows * 3 // 4)]
    documents = [entry.document() for entry in known]
    edited = rows // 4
    for document in documents[:edited]:
        document["cobertura"] = "Otra, antes de que se editara el libro"
    stored.write_text(
        json.dumps({"header": dict(header.values), "entries": documents}), encoding="utf-8"
    )
    # As exported, then edited: each row keeps the mark of what is stored.
    marks = [InventoryEntry(one["identificador"], one).mark for one in documents]
    new = [InventoryEntry("", _values(n)) for n in range(len(known), rows)]
    dump = dump_inventory_xlsx if book.suffix == ".xlsx" else dump_inventory_ods
    entries = [_exported(entry, mark) for entry, mark in zip(known, marks, strict=True)]
    book.write_bytes(dump(header, [*entries, *new]))
    return {"created": len(new), "changed": edited, "same": len(known) - edited, "refused": 0}


def _exported(entry: Any, mark: str) -> Any:
    """The entry with the mark that a workbook exported earlier has for it."""
    entry.__dict__["mark"] = mark
    return entry


def _values(number: int) -> dict[str, str]:
    """An entry as people write them, about 600 characters; no value is of anyone."""
    return {
        "nombre": f"Base de datos de consultas otorgadas número {number}",
        "descripcion": "Consultas otorgadas cada mes por unidad médica, turno y especialidad." * 5,
        "ubicacion": f"Servidor {number % 40}, carpeta compartida de la división",
        "formato": ("csv", "xlsx", "database")[number % 3],
        "acceso": ("public", "internal", "restricted")[number % 3],
        "responsable": "Jefatura de División de Estadística | Coordinación de Estadística",
        "fecha_de_creacion": f"{2000 + number % 20}",
        "fecha_de_actualizacion": f"2026-{number % 10 + 1:02d}-15",
        "tipo_de_datos": ("open", "internal")[number % 2],
        "origen_de_los_datos": "own",
        "cobertura": "Nacional, 2019 a 2026",
        "numero_de_registros": str(number * 37),
        "contiene_datos_personales": "no",
        "es_informacion_reservada": "no",
    }


def _timed(program: str, *files: Path) -> dict[str, Any]:
    """Seconds and memory of one whole process and its children, start-up included."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", program, *files], stdout=subprocess.PIPE, text=True
    )
    said = process.stdout.read().strip() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError("a benchmark process failed")
    return {
        "seconds": round(time.perf_counter() - start, 2),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "memory_megabytes": round(usage.ru_maxrss / 1024),
        "said": said,
    }


if __name__ == "__main__":
    sys.exit(main())
