"""Formato 1 on one real CKAN: the dry run of thousands of rows, and how long each page takes.

A fresh catalogue, a working group, a workbook. The dry run is the action itself over HTTP: reading
the workbook in its bounded process, comparing each row with what is stored, looking for personal
data in what is new, and keeping what would be done. Then the pages of a group with as many
databases, the first time and at most of five times more. There is no peer: the limits are asked.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import requests

from bench.bench_inventory import _values as values_of
from bench.fresh_catalogues import STATE, fresh_catalogues, institutional
from ckanext.imssbienestar.demo.cast import CredentialFile, ensure_people
from ckanext.imssbienestar.demo.client import Client
from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.formats.inventory.ods import dump_inventory_ods
from ckanext.imssbienestar.formats.inventory.workbook import dump_inventory_xlsx

DRY_RUN_SECONDS, PAGE_SECONDS = 5.0, 1.0
TIMES = 5
UNIT = {"name": "ua-medida", "title": "Unidad de Medición"}
GROUP = "coordinacion-medida"
TITLE = "Coordinación de Medición"
UNITS = f"""clave,nombre,tipo,clave_de_la_unidad_superior,vigente_desde
{UNIT["name"]},{UNIT["title"]},Unidad Administrativa,,2026-01-01
{GROUP},{TITLE},Coordinación central,{UNIT["name"]},2026-01-01
"""
PEOPLE: list[dict[str, Any]] = [
    {"name": "enlace-medida", "fullname": "Enlace", "role": "liaison", "unit": UNIT["name"]},
    {
        "name": "integrante-medida",
        "fullname": "Integrante",
        "role": "member",
        "unit": GROUP,
        "level": "Divisionario",
    },
    {"name": "transparencia-medida", "fullname": "Transparencia", "role": "transparency_unit"},
]
PAGES = {
    "my work": "/my-work",
    "list": "/working-group/{group}/inventory",
    "list, last page": "/working-group/{group}/inventory?page={last}",
    "what is missing": "/working-group/{group}/inventory?missing=any",
    "search": "/working-group/{group}/inventory?q=consultas+m%C3%A9dica+turno",
    "one database": "/working-group/{group}/inventory/entry/CM-0001",
    "import, shown": "/working-group/{group}/inventory/import/{shown}",
    "import, changed rows": "/working-group/{group}/inventory/import/{shown}?kind=changed&page=9",
    "version": "/working-group/{group}/inventory/version/2",
    "version, differences": "/working-group/{group}/inventory/version/2?show=differences",
    "analysis": "/working-group/{group}/analysis",
    "analysis, last page": "/working-group/{group}/analysis?page={last}",
    "analysis, decisions to repeat": "/working-group/{group}/analysis/repeat",
    "formato 2": "/working-group/{group}/formato-2",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 when the dry run or a page takes longer than is asked."""
    parser = argparse.ArgumentParser(prog="bench identification", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument("--rows", type=int, default=5_000, help="databases of the group")
    options = parser.parse_args(arguments)
    with fresh_catalogues():
        result = measured(options.rows)
    print(json.dumps(result, indent=2) if options.json else _told(result))
    return 0 if result["as_asked"] else 1


def measured(rows: int) -> dict[str, Any]:
    """Every figure, on the catalogue that is up."""
    people = _people()
    member, liaison = people["integrante-medida"], people["enlace-medida"]
    steps = dict[str, float]()
    with tempfile.TemporaryDirectory(prefix="bench-identification-") as name:
        book, again = Path(name) / "formato-1.xlsx", Path(name) / "formato-1.ods"
        header = InventoryHeader(
            {
                "unidad_administrativa": UNIT["title"],
                "coordinacion_central": TITLE,
                "fecha_de_elaboracion": "2026-11-02",
            }
        )
        new = [InventoryEntry("", values_of(number)) for number in range(rows)]
        book.write_bytes(dump_inventory_xlsx(header, new))
        shown = _timed(steps, "dry run, all new (XLSX)", lambda: _look(member, book))
        _check(shown, created=rows)
        _timed(steps, "import of all", lambda: _confirm(member, shown))
        _timed(steps, "closing", lambda: _close(member, liaison))
        # Before the next version: so the analysis has earlier decisions and Formato 2 all rows.
        _timed(steps, "deciding about all", lambda: _decide(member))
        _timed(steps, "generating Formato 2", lambda: _generate(liaison))
        entries = _edited(member, rows)
        for path, dump in ((again, dump_inventory_ods), (book, dump_inventory_xlsx)):
            path.write_bytes(dump(header, entries))
            form = path.suffix[1:].upper()
            looked = _timed(
                steps, f"dry run, half changed ({form})", lambda path=path: _look(member, path)
            )
            _check(looked, changed=rows // 2, same=rows - rows // 2)
    _timed(steps, "import of half", lambda: _confirm(member, looked))
    _close(member, liaison)
    with tempfile.TemporaryDirectory(prefix="bench-identification-") as name:
        book = Path(name) / "formato-1.ods"
        book.write_bytes(dump_inventory_ods(header, _edited(member, rows)))
        waiting = _look(member, book)["id"]
    pages = _pages(member, rows, waiting)
    slowest = max(max(page["first"], page["slowest"]) for page in pages.values())
    dry_run = max(seconds for step, seconds in steps.items() if step.startswith("dry run"))
    return {
        "bench": "identification",
        "rows": rows,
        "steps": steps,
        "pages": pages,
        "dry_run_asked": DRY_RUN_SECONDS,
        "page_asked": PAGE_SECONDS,
        "as_asked": dry_run < DRY_RUN_SECONDS and slowest < PAGE_SECONDS,
    }


def _people() -> dict[str, Client]:
    """A unit, a coordination with its group, and people."""
    admin = institutional()
    for unit in (UNIT, {"name": GROUP, "title": TITLE}):
        admin.write("organization_create", **unit)
    admin.write("imss_unit_import", content=UNITS, confirm=True)
    people = ensure_people(admin, PEOPLE, CredentialFile(STATE / "people.json"))
    people["transparencia-medida"].write("imss_group_create", coordination=GROUP)
    return people


def _look(member: Client, book: Path) -> dict[str, Any]:
    shown: dict[str, Any] = member.upload("imss_inventory_import", {"coordination": GROUP}, book)
    return shown


def _confirm(member: Client, shown: dict[str, Any]) -> None:
    member.write("imss_inventory_import", coordination=GROUP, id=shown["id"], confirm=True)


def _close(member: Client, liaison: Client) -> None:
    member.write("imss_inventory_hand_over", coordination=GROUP)
    liaison.write("imss_inventory_close", coordination=GROUP)


def _decide(member: Client) -> None:
    while True:
        asked = {"coordination": GROUP, "show": "undecided", "limit": 1000}
        found = member.read("imss_analysis_show", **asked)
        if not found["results"]:
            return
        member.write(
            "imss_analysis_decide",
            coordination=GROUP,
            inventory=found["version"]["digest"],
            decisions=[{"entry": one["identifier"]} for one in found["results"]],
        )


def _generate(liaison: Client) -> None:
    attributions = ["Estatuto Orgánico, artículo 40"]
    liaison.write("imss_concentrado_generate", coordination=GROUP, attributions=attributions)


def _edited(member: Client, rows: int) -> list[InventoryEntry]:
    """What is stored, as exported, with half of it edited since."""
    entries = list[InventoryEntry]()
    while len(entries) < rows:
        page = member.read(
            "imss_inventory_show", coordination=GROUP, limit=1000, offset=len(entries)
        )
        for one in page["results"]:
            change = {"cobertura": f"Editada {one['mark']}"} if len(entries) % 2 == 0 else {}
            entry = InventoryEntry(one["identifier"], one["values"] | change)
            # A workbook carries the mark of what was exported, not of what was edited.
            entry.__dict__["mark"] = one["mark"]
            entries.append(entry)
    return entries


def _pages(member: Client, rows: int, waiting: str) -> dict[str, dict[str, float]]:
    """Seconds of each page: the first time, and the median and slowest of the next."""
    found = {}
    with requests.Session() as session:
        session.headers["Authorization"] = _token("integrante-medida")
        for title, path in PAGES.items():
            address = member.url + path.format(group=GROUP, shown=waiting, last=-(-rows // 50))
            taken = []
            for _ in range(TIMES + 1):
                start = time.perf_counter()
                answer = session.get(address, timeout=60)
                taken.append(time.perf_counter() - start)
                if answer.status_code != requests.codes.ok:
                    raise SystemExit(f"{address} answered {answer.status_code}")
            later = sorted(taken[1:])
            found[title] = {
                "first": round(taken[0], 3),
                "median": round(later[len(later) // 2], 3),
                "slowest": round(later[-1], 3),
            }
    return found


def _token(name: str) -> str:
    known = CredentialFile(STATE / "people.json").get(name)
    if known is None:
        raise SystemExit(f"There is no token of {name}.")
    return known.token


def _timed(steps: dict[str, float], name: str, call: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    found = call()
    steps[name] = round(time.perf_counter() - start, 2)
    return found


def _check(shown: dict[str, Any], **expected: int) -> None:
    counts = {kind: count for kind, count in shown["counts"].items() if count}
    if counts != {kind: count for kind, count in expected.items() if count}:
        raise SystemExit(f"The dry run told {counts}, expected {expected}.")


def _told(result: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [f"Formato 1 of {result['rows']} databases on a real CKAN"]
    lines += [f"  {step:<32}{seconds:>8.2f} s" for step, seconds in result["steps"].items()]
    lines.append(f"  {'page':<32}{'first':>8}{'median':>9}{'slowest':>9}")
    for title, page in result["pages"].items():
        lines.append(
            f"  {title:<32}{page['first']:>8.3f}{page['median']:>9.3f}{page['slowest']:>9.3f}"
        )
    asked = f"asked: dry run under {DRY_RUN_SECONDS:.0f} s, pages under {PAGE_SECONDS:.0f} s"
    return "\n".join([*lines, f"  {asked}: {'as asked' if result['as_asked'] else 'NOT AS ASKED'}"])


if __name__ == "__main__":
    sys.exit(main())
