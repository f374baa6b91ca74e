"""Workbooks through the process that reads them: the check, the guard and the canonical copy."""

from __future__ import annotations

from pathlib import Path

import pytest
from workbook_files import SHEET, make_messy_xlsx, make_ods, make_xlsx, ods_row, ods_text, rewrite

from ckanext.imssbienestar.checks import check_table, scan_personal_data
from ckanext.imssbienestar.formats import parse_dictionary
from ckanext.imssbienestar.formats.canonical.normalise import CannotNormaliseError, normalised_copy
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError
from ckanext.imssbienestar.formats.workbooks.workbook import open_workbook

DICTIONARY = (
    "campo,titulo,tipo,descripcion\nclave_entidad,Clave,texto,Clave del INEGI.\n"
    "fecha,Fecha de corte,fecha,Día del dato.\nmonto_pesos,Monto,decimal,Cantidad pagada.\n"
)


@pytest.mark.req("R-110")
def test_everything_a_csv_cannot_have_is_found(tmp_path: Path) -> None:
    with open_workbook(make_messy_xlsx(tmp_path / "m.xlsx")) as workbook:
        sheet, hidden = workbook.facts.sheets
        rows = list(workbook.rows(sheet))
        texts = list(workbook.texts())
        assert [found.name for found in workbook.filled_sheets] == ["Mi hoja", "Oculta"]
    assert (sheet.state, hidden.state) == ("visible", "hidden")
    assert (sheet.rows, sheet.columns, sheet.formulas) == (5, 6, 1)
    assert sheet.hidden_rows.first == ["5"]
    assert sheet.hidden_columns.first == ["F"]
    assert sheet.merged.first == ["B3:B4"]
    assert sheet.formulas_without_value.first == ["F3"]
    assert sheet.errors.first == ["F4"]
    assert sheet.long_numbers.first == ["D4"]
    assert sheet.percents.first == ["E3", "E4", "E5"]
    assert sheet.zero_formats == {1: {5: 3}}
    assert rows[0] == ["Donativos de 2024", "", "", "", "", ""]
    assert rows[4] == ["3", "Sur\u00a0este ", "2024-01-03", "7", "1", "14"]
    assert ("comment", "Mi hoja", "A3") in [(text.kind, text.sheet, text.cell) for text in texts]
    assert ("creator", "Alguien") in [(text.cell, text.text) for text in texts]


@pytest.mark.req("R-110")
def test_the_check_of_a_workbook_names_the_cells_of_its_sheet(tmp_path: Path) -> None:
    report = check_table(make_messy_xlsx(tmp_path / "m.xlsx"), None)
    assert {
        "workbook-file",
        "hidden-sheet",
        "hidden-rows",
        "hidden-columns",
        "merged-cells",
        "formula-without-value",
        "formula-error",
        "long-numbers",
        "percent-format",
        "workbook-comments",
        "merged-title-row",
    } <= report.counts.keys()
    title = next(found for found in report.findings if found.code == "merged-title-row")
    assert (title.row, title.message.startswith("Hoja «Mi hoja»: ")) == (1, True)
    assert (report.publishable, report.rows) == (False, 3)
    assert "BOXW" not in report.model_dump_json()


def test_every_sheet_is_looked_at_for_personal_data(tmp_path: Path) -> None:
    report = scan_personal_data(make_messy_xlsx(tmp_path / "m.xlsx"))
    assert report.blocked
    assert "Oculta!curp" in [column.column for column in report.columns]
    assert "BOXW" not in report.model_dump_json()


def test_a_workbook_that_cannot_be_read_is_one_finding(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(b"PK\x03\x04 y nada")
    assert check_table(tmp_path / "t.xlsx", None).counts.keys() == {
        "dictionary-missing",
        "workbook-damaged",
    }


def test_a_far_cell_ends_only_the_process_that_reads_it(tmp_path: Path) -> None:
    good = make_xlsx(tmp_path / "b.xlsx", [["a", "b"], [1, 2]])
    far = rewrite(
        good, tmp_path / "f.xlsx", {SHEET: lambda c: c.replace(b'r="B2"', b'r="XFD1048576"')}
    )
    with pytest.raises(WorkbookError) as caught, open_workbook(far):
        pass
    assert (caught.value.code, caught.value.facts) == ("workbook-too-large", {"variant": "memory"})


def test_a_workbook_becomes_a_table_with_the_cells_of_its_sheet_named(tmp_path: Path) -> None:
    with normalised_copy(make_messy_xlsx(tmp_path / "m.xlsx")) as copy:
        text, report = copy.path.read_text(encoding="utf-8"), copy.report
    assert text.splitlines() == [
        "clave,unidad,fecha,monto_pesos,avance,total",
        "00001,Norte,2024-01-01,5,0.25,",
        "00002,Norte,2024-01-02,12345678901234570000,0.5,",
        "00003,Sur este,2024-01-03,7,1,14",
    ]
    assert report.sheet == "Mi hoja"
    places = {(c.kind, cell.cell) for c in report.changes for cell in c.cells}
    assert {
        ("title-row", "'Mi hoja'!A1"),
        ("merged-cells", "'Mi hoja'!B4"),
        ("leading-zeros", "'Mi hoja'!A3"),
        ("odd-space", "'Mi hoja'!B5"),
    } <= places
    # What concerns the workbook only, such as its hidden sheet, is no question about the copy.
    assert {question.code for question in report.questions} == {
        "hidden-rows",
        "hidden-columns",
        "formula-without-value",
        "formula-error",
        "long-numbers",
        "percent-format",
    }


def test_the_sheet_is_the_one_that_the_dictionary_describes(tmp_path: Path) -> None:
    tables = "".join(
        f'<table:table table:name="{name}">{ods_row(*map(ods_text, row))}'
        f"{ods_row(*map(ods_text, cells))}</table:table>"
        for name, row, cells in (
            ("Leeme", ["nota"], ["hola"]),
            ("Datos", ["clave_entidad", "fecha", "monto_pesos"], ["01", "2018-12-31", "5"]),
        )
    )
    book = make_ods(tmp_path / "b.ods", tables)
    known = parse_dictionary(DICTIONARY.encode())
    with normalised_copy(book, known) as copy:
        assert copy.report.sheet == "Datos"
        assert {question.code for question in copy.report.questions} == {"several-sheets"}
    with normalised_copy(book, sheet="Datos") as copy:
        assert copy.report.questions == ()
    for sheet, code in ((None, "several-sheets"), ("Nada", "sheet-unknown")):
        with pytest.raises(CannotNormaliseError) as caught, normalised_copy(book, sheet=sheet):
            pass
        assert caught.value.findings[0].code == code
