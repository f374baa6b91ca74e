"""What the check says of rows and cells: where, how many, how to mend them; never whose."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_cases import HEADER, Check, places

from ckanext.imssbienestar.checks import check_table
from ckanext.imssbienestar.checks.layout import cell_reference
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError

# --- rows and cells ------------------------------------------------------------------------------


def test_title_rows_are_named_and_the_header_is_found_below(check: Check) -> None:
    report = check("Informe trimestral,,\n,,\n" + HEADER + "A,2024-01-01,x\n")
    assert places(report) == [
        ("merged-title-row", 1, None),
        ("merged-title-row", 2, None),
        ("type-error", 4, "C4"),
    ]


def test_a_total_row_is_one_finding_and_not_many(check: Check) -> None:
    report = check(HEADER + "A,2024-01-01,1\n,Subtotal anual,x\nTotal,,x\n")
    assert places(report) == [("total-row", 3, "B3"), ("total-row", 4, "A4")]


@pytest.mark.parametrize("text", ["Total de consultas", "Totonicapán", "Sumario", "Totalidad"])
def test_words_that_only_begin_like_a_total(check: Check, text: str) -> None:
    assert check(HEADER + f"{text},2024-01-01,1\n").publishable


def test_a_total_the_dictionary_allows_is_a_datum(check: Check) -> None:
    dictionary = (
        "campo,descripcion,valores_permitidos\n"
        "sexo,Sexo de las personas contadas.,Mujeres|Hombres|Total\n"
    )
    assert check("sexo\nMujeres\nTotal\n", dictionary).publishable


def test_rows_are_counted_as_a_spreadsheet_shows_them(check: Check) -> None:
    report = check(HEADER + '"A\nB",2024-01-01,1\n\nC,2024-01-01,x\nD\nE,2024-01-01,1,,\n')
    assert places(report) == [
        ("blank-row", 3, None),
        ("type-error", 4, "C4"),
        ("constraint-error", 5, "B5"),
        ("missing-cell", 5, "B5"),
        ("missing-cell", 5, "C5"),
        ("extra-cell", 6, "D6"),
        ("extra-cell", 6, "E6"),
    ]


def test_a_row_with_many_cells_too_many(check: Check) -> None:
    report = check(HEADER + "A,2024-01-01,1\n" + "B,2024-01-01,2" + ",x" * 40 + "\n", limit=5)
    assert report.counts == {"extra-cell": 40}
    assert places(report) == [("extra-cell", 3, f"{letter}3") for letter in "DEFGH"]


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ('"19,900,000"', "millares"),
        ("$5", "signo"),
        ('"12,5"', "punto decimal"),
        ("12.5", "enteros"),
        ("N/D", "vacía"),
        ("-", "vacía"),
    ],
)
def test_a_wrong_number_says_how_to_mend_it(check: Check, cell: str, hint: str) -> None:
    report = check(HEADER + f"A,2024-01-01,{cell}\n")
    assert report.counts == {"type-error": 1}
    assert hint in report.findings[0].fix


def test_a_wrong_date_says_how_to_mend_it(check: Check) -> None:
    found = check(HEADER + "A,31/12/2018,1\n").findings[0]
    assert "31/12/2018" in found.message
    assert "2018-12-31" in found.fix


CONSTRAINTS = (
    "campo,tipo,descripcion,obligatorio,valores_permitidos,unico,minimo,maximo,longitud_minima,"
    "longitud_maxima,patron\n"
    "clave,texto,Clave que identifica la fila.,sí,,sí,,,2,4,[A-Z0-9]+\n"
    "sexo,texto,Sexo de las personas contadas.,,Mujer|Hombre,,,,,,\n"
    "casos,entero,Número de casos del mes.,,,,0,99,,,\n"
)


@pytest.mark.parametrize(
    ("row", "code", "cell", "said"),
    [
        (",Mujer,1", "constraint-error", "A2", "obligatoria"),
        ("A,Mujer,1", "constraint-error", "A2", "al menos 2"),
        ("ABCDE,Mujer,1", "constraint-error", "A2", "a lo más 4"),
        ("ab,Mujer,1", "constraint-error", "A2", "[A-Z0-9]+"),
        ("AB,mujer,1", "constraint-error", "B2", "Mujer, Hombre"),
        ("AB,Mujer,-1", "constraint-error", "C2", "mínimo es 0"),
        ("AB,Mujer,100", "constraint-error", "C2", "máximo es 99"),
        ("AB,Mujer,99999999999999999999999999999999999999999", "constraint-error", "C2", "99"),
        ("AB,Mujer,1\nAB,Mujer,2", "unique-error", "A3", "fila 2"),
    ],
)
def test_constraints(check: Check, row: str, code: str, cell: str, said: str) -> None:
    report = check(f"clave,sexo,casos\n{row}\n", CONSTRAINTS)
    assert [(found.code, found.cell) for found in report.findings] == [(code, cell)]
    assert said in report.findings[0].message


def test_primary_key_of_two_columns(check: Check) -> None:
    dictionary = (
        "campo,tipo,descripcion,llave_primaria\n"
        "entidad,texto,Clave de la entidad federativa.,sí\n"
        "anio,año,Año al que corresponde.,sí\n"
        "valor,entero,Valor del indicador.,\n"
    )
    report = check("entidad,anio,valor\n01,2020,1\n01,2021,1\n01,2020,5\n,,7\n", dictionary)
    assert places(report) == [("primary-key", 4, None), ("primary-key", 5, None)]
    assert "entidad, anio" in report.findings[0].message
    assert "no tiene identificador" in report.findings[1].message


def test_a_pattern_without_linear_time_is_refused(check: Check) -> None:
    dictionary = "campo,descripcion,patron\na,Lo que sea que contenga.,(a)\\1\n"
    with pytest.raises(DictionaryError) as caught:
        check("a\nx\n", dictionary)
    assert caught.value.problems[0].code == "dictionary-pattern"


def test_missing_values_other_than_empty(check: Check, tmp_path: Path) -> None:
    schema = {
        "fields": [{"name": "casos", "type": "integer", "description": "Número de casos del mes."}],
        "missingValues": ["ND"],
    }
    path = tmp_path / "n.csv"
    path.write_text('casos\n1\n""\n', encoding="utf-8")
    report = check_table(path, DataDictionary.from_table_schema(schema))
    assert report.counts == {"type-error": 1}
    path.write_text("casos\n1\nND\n2\n", encoding="utf-8")
    report = check_table(path, DataDictionary.from_table_schema(schema))
    assert report.counts == {"blank-row": 1}


# --- counts and limits ---------------------------------------------------------------------------


def test_counts_are_exact_beyond_the_limit_and_every_kind_is_shown(check: Check) -> None:
    rows = "".join(f"A{number},2024-01-01,x\n" for number in range(5000)) + "B,ayer,1\n"
    rows += ",2024-01-01,1\n,2024-01-02,1\n,2024-01-03,1\n" + "\n" * 2
    report = check(HEADER + rows, limit=10)
    assert report.counts == {"type-error": 5001, "constraint-error": 3, "blank-row": 2}
    assert (report.total, report.shown, len(report.findings)) == (5006, 10, 10)
    assert {found.code for found in report.findings} == set(report.counts)
    assert ("type-error", 5002, "B5002") in places(report)
    assert [found.row for found in report.findings] == sorted(
        found.row or 0 for found in report.findings
    )


def test_limit_zero_only_counts(check: Check) -> None:
    report = check(HEADER + "A,2024-01-01,x\n", limit=0)
    assert (report.findings, report.counts, report.publishable) == ((), {"type-error": 1}, False)


def test_cell_references() -> None:
    assert [cell_reference(3, n) for n in (1, 26, 27, 702, 703)] == [
        "A3",
        "Z3",
        "AA3",
        "ZZ3",
        "AAA3",
    ]


# --- personal data -------------------------------------------------------------------------------


@pytest.mark.req("R-185", "R-201", "R-202")
@pytest.mark.parametrize("label", ["dato", "curp"])
def test_values_of_personal_columns_are_never_shown(check: Check, label: str) -> None:
    curp = "BOXW310820HNERXN09"
    dictionary = (
        "campo,tipo,descripcion,unico,longitud_maxima\n"
        f"{label},texto,Un dato cualquiera de la fila.,sí,5\n"
    )
    report = check(f"{label}\n{curp}\n{curp}\n", dictionary)
    assert report.counts["personal-data"] == 1
    assert report.counts["unique-error"] == 1
    assert not report.publishable
    assert curp not in report.model_dump_json()


def test_a_file_whose_first_row_is_data_does_not_leak_it_as_a_name(check: Check) -> None:
    curp = "BOXW310820HNERXN09"
    report = check(f"{curp},2024-01-01,1\n{curp},2024-01-01,2\n")
    assert report.counts["personal-data"] == 1
    assert curp not in report.model_dump_json()
