"""Workbooks of Formato 1 as files: read in a bounded process, and refused in a sentence."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from pathlib import Path

import openpyxl
import pytest
from inventory_cases import DUMPS, HEADER, LAYOUT, TODAY, entries

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.inventory_import import Inventory, RowKind, plan_import
from ckanext.imssbienestar.errors import InputFileError
from ckanext.imssbienestar.formats.inventory.reading import read_inventory


def processor_seconds() -> float:
    """Of this process and those that it waited for: others on the machine do not count."""
    return sum(os.times()[:4])


def refused(path: Path) -> list[str]:
    read = read_inventory(path)
    assert read.rows == ()
    for language in ("es", "en"):
        assert all(f.message and f.fix for f in problem_findings(read.refusals, language))
    plan = plan_import(read, Inventory(HEADER), LAYOUT, TODAY)
    assert plan.refusals == read.refusals
    return [problem.code for problem in read.refusals]


@pytest.mark.req("R-068")
@pytest.mark.parametrize("form", ["xlsx", "ods"])
@pytest.mark.parametrize("count", [0, 1, 5000])
def test_any_number_of_rows_out_and_in(tmp_path: Path, form: str, count: int) -> None:
    path = tmp_path / f"formato1.{form}"
    found = entries(count)
    path.write_bytes(DUMPS[form](HEADER, found))
    started = processor_seconds()
    plan = plan_import(read_inventory(path), Inventory(HEADER, found), LAYOUT, TODAY)
    assert processor_seconds() - started < 5
    assert (plan.refusals, plan.notes, plan.header_changes, plan.absent) == ((), (), (), ())
    assert plan.counts == dict.fromkeys(RowKind, 0) | {RowKind.SAME: count}


def test_fifty_thousand_rows_are_refused_quickly(tmp_path: Path) -> None:
    path = tmp_path / "datos.ods"
    with zipfile.ZipFile(io.BytesIO(DUMPS["ods"](HEADER, entries(1)))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    table = parts["content.xml"]
    at = table.rindex(b"<table:table-row>", 0, table.index(b"CE-0001"))
    end = table.index(b"</table:table-row>", at) + len(b"</table:table-row>")
    parts["content.xml"] = table[:end] + table[at:end] * 49_999 + table[end:]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    started = processor_seconds()
    assert refused(path) == ["inventory-too-many-rows"]
    assert processor_seconds() - started < 15


def test_files_that_are_no_form_are_refused_in_a_sentence(tmp_path: Path) -> None:
    files = {
        "vacio.xlsx": (b"", "empty-file"),
        "tabla.xlsx": (b"nombre,formato\na,b\n", "inventory-not-workbook"),
        "roto.xlsx": (DUMPS["xlsx"](HEADER)[:2000], "workbook-damaged"),
    }
    for name, (content, code) in files.items():
        (tmp_path / name).write_bytes(content)
        assert refused(tmp_path / name) == [code], name
    other = openpyxl.Workbook()
    other.active.append(["nombre", "fecha"])
    other.save(tmp_path / "otro.xlsx")
    assert refused(tmp_path / "otro.xlsx") == ["inventory-no-table"]
    with pytest.raises(InputFileError):
        read_inventory(tmp_path / "no-existe.xlsx")


def test_what_is_made_to_harm_is_refused(tmp_path: Path) -> None:
    good = tmp_path / "bueno.ods"
    good.write_bytes(DUMPS["ods"](HEADER, entries(1)))
    with zipfile.ZipFile(good) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}

    def written(name: str, **changed: bytes) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            for part, content in parts.items():
                target.writestr(part, changed.get(part.partition(".")[0], content))
        return path

    entity = b'<!DOCTYPE a [<!ENTITY b "c">]>'
    head, body = parts["content.xml"].split(b"\n", 1)
    assert refused(written("entidades.ods", content=head + entity + body)) == ["workbook-unsafe"]
    bomb = parts["content.xml"].replace(b"<text:p>", b"<text:p>" + b" " * 60_000_000, 1)
    assert refused(written("bomba.ods", content=bomb)) == ["workbook-unsafe"]
    long = parts["content.xml"].replace(b"<text:p>CE-0001", b"<text:p>" + b"x" * 200_000, 1)
    for others in (131_072, 10_000_000):
        limit = csv.field_size_limit(others)  # what somebody else in this process may have set
        try:
            assert refused(written("larga.ods", content=long)) == ["inventory-text-too-long"]
        finally:
            csv.field_size_limit(limit)
    # Rows that repeat to the end of the sheet: nothing is in them.
    filling = b'<table:table-row table:number-rows-repeated="1048000"><table:table-cell/>'
    end = parts["content.xml"].replace(
        b"</table:table>", filling + b"</table:table-row></table:table>", 1
    )
    assert len(read_inventory(written("hasta-el-final.ods", content=end)).rows) == 1
