"""A table of units in a workbook: read in a process of its own, with the sheet's own cells."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pytest
from organism import UNITS
from workbook_files import make_ods, make_xlsx, ods_row, ods_text

from ckanext.imssbienestar.formats.units.importing import plan_units
from ckanext.imssbienestar.formats.units.table import UnitsFileError, read_unit_rows

HEADER = ["clave", "nombre", "tipo", "clave_de_la_unidad_superior", "vigente_desde"]


@pytest.mark.req("R-011")
def test_dates_of_a_workbook_are_dates_and_cells_are_its_own(tmp_path: Path) -> None:
    rows = [
        ["Estructura orgánica"],
        [],
        HEADER,
        ["D9", "División Nueva", "División", "C4", datetime.date(2025, 1, 1)],
        ["D8", "División Perdida", "División", "none", datetime.date(2025, 1, 1)],
    ]
    found = plan_units(read_unit_rows(make_xlsx(tmp_path / "u.xlsx", rows)), UNITS)
    assert [change.outcome for change in found.changes] == ["created", "refused"]
    assert found.changes[1].problems[0].cell == "D5"


def test_cells_that_cannot_be_read_are_not_taken_for_empty(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "u.xlsx", [HEADER, ["D9", "División", "División", "C4", "x"]])
    book = openpyxl.load_workbook(path)
    book.active["D2"] = "=A2"
    book.active.merge_cells("A2:A3")
    book.active["A4"] = 7
    book.active["A4"].number_format = "00000"
    book.save(path)
    with pytest.raises(UnitsFileError) as refused:
        read_unit_rows(path)
    assert refused.value.problem.facts["cells"] == "D2, A2:A3, A"


def test_of_two_tables_none_is_taken_in_silence(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "u.xlsx", [HEADER])
    book = openpyxl.load_workbook(path)
    book.create_sheet("Notas").append(["nada"])
    other = book.create_sheet("Otra")
    other.append(HEADER)
    book.save(path)
    with pytest.raises(UnitsFileError) as refused:
        read_unit_rows(path)
    assert refused.value.problem.facts["sheets"] == "Datos, Otra"
    other.sheet_state = "hidden"
    book.save(path)
    assert read_unit_rows(path) == ()


def test_an_ods_is_read_as_well(tmp_path: Path) -> None:
    header = ods_row(*map(ods_text, HEADER))
    row = ods_row(*map(ods_text, ["D9", "División Nueva", "División", "C4", "2025-01-01"]))
    table = f'<table:table table:name="Unidades">{header}{row}</table:table>'
    rows = read_unit_rows(make_ods(tmp_path / "u.ods", table))
    assert [change.outcome for change in plan_units(rows, UNITS).changes] == ["created"]
