"""Formato 1 as a workbook: what goes out comes in again, and what people do to it is told."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inventory_cases import (
    DUMPS,
    GOOD,
    HEADER,
    LAYOUT,
    TODAY,
    any_entries,
    any_headers,
    entries,
    entry,
    read_here,
)

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.domain.inventory_import import (
    Inventory,
    ReadInventory,
    RowKind,
    plan_import,
)
from ckanext.imssbienestar.formats.inventory.page import UnwritableInventory, inventory_page


@pytest.mark.req("R-068")
@settings(max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "60")), deadline=None)
@given(
    any_headers(), any_entries(5), st.sampled_from(["xlsx", "ods"]), st.sampled_from(["es", "en"])
)
def test_out_and_in_again_is_the_same(
    header: InventoryHeader, found: list[InventoryEntry], form: str, language: str
) -> None:
    content = DUMPS[form](header, found, language=language)
    with tempfile.TemporaryDirectory() as folder:
        read = read_here(content, Path(folder))
    assert (read.notes, read.refusals) == ((), ())
    stored = Inventory(header.completed(LAYOUT), tuple(found))
    plan = plan_import(read, stored, LAYOUT, TODAY)
    assert [row.kind for row in plan.rows] == [RowKind.SAME] * len(found)
    assert plan.header_changes == ()
    # Into an empty inventory too: nothing of it came from what was stored.
    marked = {e.identifier: e.mark for e in found}
    for row, written in zip(read.rows, found, strict=True):
        assert row.written["marca_de_version"] == marked[written.identifier]
        for name, field in LAYOUT.fields.items():
            if not field.choices and name != "marca_de_version":
                assert row.written[name] == written.value(name)


def test_the_same_inventory_gives_the_same_bytes() -> None:
    for dump in DUMPS.values():
        assert dump(HEADER, entries(2)) == dump(HEADER, entries(2))


@pytest.mark.req("R-047", "R-053")
def test_the_template_helps_whoever_fills_it_in() -> None:
    book = openpyxl.load_workbook(io.BytesIO(DUMPS["xlsx"](HEADER)))
    sheet, lists, guide = book.worksheets
    assert [sheet.cell(row, 1).value for row in (1, 2, 4)] == [
        "Identificación de bases de datos",
        "Identificación general de bases de datos",
        "Unidad administrativa",
    ]
    assert [cell.value for cell in sheet[2]][2:4] == ["FORMATO:", "Formato 1"]
    assert (sheet.freeze_panes, lists.sheet_state) == ("C10", "hidden")
    titles = [cell.value for cell in sheet[9]]
    assert titles[:17] == [column.title.es for column in LAYOUT.columns]
    assert sheet["A9"].comment.text == LAYOUT.columns[0].help.es
    assert (sheet["L8"].value, sheet["M8"].value) == (LAYOUT.groups["caracteristicas"].es, None)
    offered = {
        str(rule.sqref): [c.value for (c,) in lists[rule.formula1.split("!")[1].replace("$", "")]]
        for rule in sheet.data_validations.dataValidation
    }
    assert offered["F10:F509"] == ["Público", "Interno", "Restringido"]
    assert len(offered["B6"]) == 32
    explained = {row[0].value for row in guide.iter_rows(max_col=1)}
    assert set(titles) <= explained
    said = [c.value for row in book.worksheets for line in row.iter_rows() for c in line if c.value]
    assert not any("propuest" in str(text).lower() for text in said)


def test_an_ods_keeps_its_headings_in_view_and_its_drop_downs(tmp_path: Path) -> None:
    content = DUMPS["ods"](HEADER, entries(1))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.infolist()[0].filename == "mimetype"
        table, settings_part = (archive.read(f"{n}.xml").decode() for n in ("content", "settings"))
    assert 'config:name="VerticalSplitPosition" config:type="int">9<' in settings_part
    assert "&quot;Público&quot;;&quot;Interno&quot;" in table or '"Público";"Interno"' in table
    assert table.count('table:content-validation-name="choice') > 8
    assert "table:formula" not in table


def test_what_no_workbook_can_hold_is_not_cut_in_silence() -> None:
    for text in ("a\x00b", "x" * 40_000, "\ud800"):
        with pytest.raises(UnwritableInventory):
            inventory_page(HEADER, [InventoryEntry("CE-1", {"nombre": text})])


def edited(
    folder: Path, edit: Callable[[Any], None], found: tuple[InventoryEntry, ...] = entries(2)
) -> ReadInventory:
    book = openpyxl.load_workbook(io.BytesIO(DUMPS["xlsx"](HEADER, found)))
    edit(book)
    stream = io.BytesIO()
    book.save(stream)
    read = read_here(stream.getvalue(), folder)
    problem_findings((*read.notes, *read.refusals, *(p for r in read.rows for p in r.problems)))
    return read


def codes(read: ReadInventory) -> list[tuple[str, str | None]]:
    found = (*read.notes, *read.refusals, *(p for row in read.rows for p in row.problems))
    return [(p.code.removeprefix("inventory-"), p.cell) for p in found]


def test_of_two_sheets_the_one_that_was_filled_in_is_read(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        filled = book.worksheets[0]
        blank = book.copy_worksheet(filled)
        blank.title = "Formato en blanco"
        blank.delete_rows(10, 10)
        book.move_sheet(blank, -(len(book.worksheets) - 1))

    read = edited(tmp_path, edit)
    assert (read.sheet, len(read.rows)) == ("Formato 1", 2)
    assert ("sheet-chosen", None) in codes(read)


def test_what_people_do_to_a_workbook_is_told_with_its_cell(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        sheet = book.worksheets[0]
        sheet.move_range("B9:B11", cols=19)  # the name goes to the right of everything
        sheet["E9"] = "Formato"
        sheet["B9"] = "Notas de la oficina"
        sheet["C10"] = "=A10&E10"
        sheet["V10"] = "=1+1"  # outside of the form: nobody's business
        sheet.merge_cells("D11:D12")
        sheet["A12"] = "CE-0003"
        copy = book.copy_worksheet(sheet)
        copy.title = "Copia"

    read = edited(tmp_path, edit)
    assert codes(read) == [
        ("sheet-chosen", None),
        ("column-renamed", "E9"),
        ("column-extra", "B9"),
        ("column-moved", None),
        ("formula", "C10"),
        ("merged", "D11"),
        ("merged", "D12"),
    ]
    assert read.letters["nombre"] == "U"
    assert [row.written["nombre"] for row in read.rows][:2] == [e.name for e in entries(2)]


def test_columns_that_are_missing_or_there_twice_and_many_formulas(tmp_path: Path) -> None:
    def twice(book: Any) -> None:
        book.worksheets[0]["T9"] = "Acceso a la base de datos"

    def many(book: Any) -> None:
        for row in range(10, 35):
            book.worksheets[0][f"B{row}"] = "=1+1"

    def errors(book: Any) -> None:
        for row in range(10, 35):
            cell = book.worksheets[0][f"D{row}"]
            cell.value, cell.data_type = "#N/A", "e"

    def fewer(book: Any) -> None:
        sheet = book.worksheets[0]
        sheet.delete_cols(12, 8)
        sheet.delete_rows(1, 8)

    assert codes(edited(tmp_path, twice)) == [("column-twice", "T9")]
    assert codes(edited(tmp_path, many)) == [("formula", None)]
    assert codes(edited(tmp_path, errors)) == [("formula", None)]
    read = edited(tmp_path, fewer)
    assert codes(read) == [("column-missing", None), ("header-missing", None)]
    assert [row.row for row in read.rows] == [2, 3]


@pytest.mark.req("R-054", "R-065", "R-066", "R-067")
def test_the_annex_as_it_is_printed_is_read(tmp_path: Path) -> None:
    """Two rows of headings, the double ones merged and said once more (A-02)."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["ESTADO: Jalisco", None, "MUNICIPIO"])
    sheet.append(["UNIDADES DE LA ENTIDAD ADMINISTRATIVA:", None, "Unidad de Planeación"])
    titles: list[str | None] = [f.title.es.upper() for f in LAYOUT.columns if not f.group]
    groups = [group.es.upper() for group in LAYOUT.groups.values()]
    for group in groups:
        titles += [group, None]
    sheet.append(titles)
    sheet.append([None] * 11 + [group for group in groups for _ in range(2)])
    values = entry(cobertura="Nacional", medidas_de_seguridad="Cifrado")
    sheet.append([None, *(values.value(f.name) for f in LAYOUT.columns[1:])])
    for letters in ("L3:M3", "N3:O3", "P3:Q3"):
        sheet.merge_cells(letters)
    stream = io.BytesIO()
    book.save(stream)
    read = read_here(stream.getvalue(), tmp_path)
    assert [row.row for row in read.rows] == [5]
    assert read.header == {
        "estado": "Jalisco",
        "unidad_administrativa": "Unidad de Planeación",
    }
    plan = plan_import(read, Inventory(HEADER, prefix="CE"), LAYOUT, TODAY)
    assert plan.rows[0].entry == values
    assert GOOD.items() <= plan.rows[0].entry.values.items()
