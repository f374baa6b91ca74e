"""The rules that look at more than one cell: catalogues, repeated rows, gaps, kinds, lists."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckanext.imssbienestar.checks import check_table, column_values
from ckanext.imssbienestar.checks.catalogues import catalogue_names, find_catalogue
from ckanext.imssbienestar.checks.space_rules import SPACES
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.domain.findings import CheckReport

Check = Callable[..., CheckReport]
TEXT = "Lo que dice la fuente de cada unidad."


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Checks a text against a Table Schema; fields are text and described unless they say more."""

    def run(content: str, schema: dict[str, Any] | None = None, **options: Any) -> CheckReport:
        path = tmp_path / "tabla.csv"
        path.write_text(content, encoding="utf-8")
        known = None if schema is None else DataDictionary.from_table_schema(schema)
        return check_table(path, known, **options)

    return run


def fields(*names: str, **more: Any) -> dict[str, Any]:
    described = [{"name": name, "type": "string", "description": TEXT} for name in names]
    return {"fields": described} | more


def key(names: str | list[str], resource: str, columns: str | list[str]) -> dict[str, Any]:
    reference = {"resource": resource, "fields": columns}
    return {"foreignKeys": [{"fields": names, "reference": reference}]}


def places(report: CheckReport) -> list[tuple[str, int | None, str | None]]:
    return [(found.code, found.row, found.cell) for found in report.findings]


# --- catalogues ----------------------------------------------------------------------------------


def test_the_catalogues_of_inegi() -> None:
    assert catalogue_names() == ("entidades", "municipios")
    states, towns = find_catalogue("entidades"), find_catalogue("municipios")
    assert states
    assert towns
    assert [code for (code,) in states.values(["cve_ent"])] == [f"{n:02d}" for n in range(1, 33)]
    joined = towns.values(["cvegeo"])
    assert len(joined) == len(towns.rows) == 2478
    assert all(len(code) == 5 and code.isdigit() for (code,) in joined)
    assert {pair[0] for pair in towns.values(["cve_ent", "cve_mun"])} == {
        code for (code,) in states.values(["cve_ent"])
    }
    assert all(row["nom_mun"] == row["nom_mun"].strip() != "" for row in towns.rows)


def test_a_key_of_one_column(check: Check) -> None:
    rows = "01001,a\n01999,b\n1001,c\n,d\n30039,e\n"
    schema = fields("cvegeo", "nombre_de_la_unidad", **key("cvegeo", "municipios", "cvegeo"))
    report = check("cvegeo,nombre_de_la_unidad\n" + rows, schema)
    assert places(report) == [("foreign-key", 3, "A3"), ("foreign-key", 4, "A4")]
    assert not report.publishable
    assert "«01999»" in report.findings[0].message
    assert "municipios" in report.findings[0].message


def test_a_key_of_two_columns_is_one_combination(check: Check) -> None:
    rows = "01,001\n02,011\n01,\n,\n,001\n32,058\n"
    names = ["cve_ent", "cve_mun"]
    schema = fields(*names, "nota", **key(names, "municipios", names))
    lines = rows.replace("\n", ",texto\n")
    report = check("cve_ent,cve_mun,nota\n" + lines, schema)
    assert places(report) == [(("foreign-key"), row, f"A{row}") for row in (3, 4, 6)]
    assert "«02», «011»" in report.findings[0].message
    assert report.findings[0].column == "cve_ent, cve_mun"


def test_a_key_to_names_and_a_key_to_the_table_itself(check: Check) -> None:
    schema = fields("clave_unidad", "clave_superior", "entidad_sede")
    schema |= {
        "foreignKeys": [
            {"fields": "clave_superior", "reference": {"resource": "", "fields": "clave_unidad"}},
            {
                "fields": ["entidad_sede"],
                "reference": {"resource": "entidades", "fields": ["nom_ent"]},
            },
        ]
    }
    rows = "a1,,Sonora\nb2,a1,Ciudad de México\nc3,z9,Distrito Federal\n"
    report = check("clave_unidad,clave_superior,entidad_sede\n" + rows, schema)
    assert places(report) == [("foreign-key", 4, "B4"), ("foreign-key", 4, "C4")]


def test_blank_and_total_rows_have_no_key(check: Check) -> None:
    schema = fields("cve_ent", "nota", **key("cve_ent", "entidades", "cve_ent"))
    report = check("cve_ent,nota\n01,a\n,\nTotal,\n99,b\n", schema)
    assert report.counts == {"blank-row": 1, "total-row": 1, "foreign-key": 1}


def test_counts_of_keys_are_exact_beyond_the_limit(check: Check) -> None:
    schema = fields("cve_ent", "nota", **key("cve_ent", "entidades", "cve_ent"))
    rows = "".join(f"{number % 50:02d},fila {number}\n" for number in range(5000))
    report = check("cve_ent,nota\n" + rows, schema, limit=3)
    assert report.counts == {"foreign-key": 5000 - 32 * 100}
    assert [(group.code, group.column) for group in report.groups] == [("foreign-key", "cve_ent")]
    assert places(report) == [("foreign-key", row, f"A{row}") for row in (2, 35, 36)]


@pytest.mark.parametrize(
    ("foreign", "code"),
    [
        (key("cve_ent", "estados", "cve_ent"), "dictionary-unknown-catalogue"),
        (key("cve_ent", "entidades", "clave"), "dictionary-unknown-catalogue-column"),
        (key("cve_ent", "entidades", ["cve_ent", "nom_ent"]), "dictionary-foreign-key-size"),
        (key("otra", "entidades", "cve_ent"), "dictionary-foreign-key-field"),
        (key("cve_ent", "", "otra"), "dictionary-foreign-key-field"),
        (key("anio", "entidades", "cve_ent"), "dictionary-foreign-key-type"),
        ({"foreignKeys": ["cve_ent"]}, "dictionary-bad-property"),
        ({"foreignKeys": [{"fields": []}]}, "dictionary-bad-property"),
    ],
)
def test_a_key_that_nobody_can_check_is_refused(
    check: Check, foreign: dict[str, Any], code: str
) -> None:
    schema = fields("cve_ent", "anio") | foreign
    schema["fields"][1]["type"] = "integer"
    with pytest.raises(DictionaryError) as refused:
        check("cve_ent,anio\n01,2020\n", schema)
    assert code in {problem.code for problem in refused.value.problems}


@pytest.mark.req("R-201")
def test_a_key_with_personal_data_is_not_shown(check: Check) -> None:
    curp = "BOXW310820HNERXN09"
    report = check(f"dato\n{curp}\n", fields("dato", **key("dato", "entidades", "cve_ent")))
    assert report.counts["foreign-key"] == 1
    assert curp not in report.model_dump_json()


# --- rows ----------------------------------------------------------------------------------------


def test_repeated_rows_name_the_first_one(check: Check) -> None:
    rows = "a1,x\nb2,y\na1,x\n,\nTotal,\na1,x\na1,y\nTotal,\n"
    report = check("clave_unidad,nota\n" + rows, fields("clave_unidad", "nota"))
    assert [place for place in places(report) if place[0] == "duplicate-row"] == [
        ("duplicate-row", 4, None),
        ("duplicate-row", 7, None),
    ]
    assert all("fila 2" in f.message for f in report.findings if f.code == "duplicate-row")


def test_a_column_that_counts_proves_rows_different_until_it_stops_counting(check: Check) -> None:
    counted = [f"{number},x\n" for number in range(1, 5001)]
    schema = fields("folio_interno", "nota")
    assert check("folio_interno,nota\n" + "".join(counted), schema).counts == {}
    counted[4000] = counted[17]
    report = check("folio_interno,nota\n" + "".join(counted), schema)
    assert places(report) == [("duplicate-row", 4002, None)]


@settings(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from("ab1"), st.sampled_from(["x", "y", ""])), max_size=12))
def test_repeated_rows_are_those_that_python_finds(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("filas") / "tabla.csv"
    path.write_text("clave_unidad,nota\n" + "".join(f"{a},{b}\n" for a, b in rows), "utf-8")
    schema = DataDictionary.from_table_schema(fields("clave_unidad", "nota"))
    report = check_table(path, schema)
    expected = [place + 2 for place, row in enumerate(rows) if row in rows[:place]]
    assert [f.row for f in report.findings if f.code == "duplicate-row"] == expected


def test_rows_with_a_key_without_repeats_are_not_compared(check: Check) -> None:
    schema = fields("clave_unidad", "nota", primaryKey=["clave_unidad"])
    assert check("clave_unidad,nota\na,x\nb,x\n", schema).counts == {}
    # A unique column may be empty in two rows, and then those rows may be equal.
    schema = fields("clave_unidad", "nota")
    schema["fields"][0]["constraints"] = {"unique": True}
    assert check("clave_unidad,nota\n,x\nb,x\n,x\n", schema).counts == {"duplicate-row": 1}


@pytest.mark.req("R-102")
@pytest.mark.parametrize(
    ("numbers", "rows"),
    [
        ("1 2 3", []),
        ("7 8 9", []),
        ("1 2 4 5", [4]),
        ("1 2 2 3", [4]),
        ("1 2 1 2", [4]),
        ("1 x 3", []),
        ("1 x 4", [4]),
        ("2 Total 3", []),
    ],
)
def test_gaps_in_the_numbering(check: Check, numbers: str, rows: list[int]) -> None:
    schema = fields("numero_consecutivo", "nota")
    schema["fields"][0]["type"] = "integer"
    lines = "".join(
        f"{n},{'' if n == 'Total' else place}\n" for place, n in enumerate(numbers.split())
    )
    report = check("numero_consecutivo,nota\n" + lines, schema)
    found = [f for f in report.findings if f.code == "sequential-value"]
    assert [f.row for f in found] == rows
    assert not any(f.blocks for f in found)


def test_only_a_column_that_numbers_the_rows_has_gaps(check: Check) -> None:
    schema = fields("numero_de_funcion", "nota")
    schema["fields"][0]["type"] = "integer"
    assert check("numero_de_funcion,nota\n1,x\n5,y\n1,z\n", schema).counts == {}


# --- columns -------------------------------------------------------------------------------------


def test_words_among_numbers_and_dates_in_other_forms(check: Check) -> None:
    rows = (
        '12,31/12/2018,"1,250"\n'
        "N/D,2018-01-02,12 %\n"
        "14,5 de mayo de 2020,$5\n"
        "15,sin fecha,7\n"
        ",43102,8\n"
    )
    names = ("edad_en_anios", "dia_de_alta", "proporcion_porcentaje")
    report = check(",".join(names) + "\n" + rows, fields(*names))
    assert report.publishable
    assert places(report) == [
        ("date-form", 2, "B2"),
        ("mixed-type", 3, "A3"),
        ("date-form", 4, "B4"),
        ("mixed-type", 5, "B5"),
        ("mixed-type", 6, "B6"),
    ]
    assert "2018-12-31" in report.findings[0].fix


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("numeral", ["7.1", "7.1.1", "7.1.2", "7.2"]),
        ("lugar_de_entrega", ["Calle 5", "12 de octubre 3", "Juárez 7"]),
        ("nota", ["texto", "otro texto", "3"]),
        ("clave_interna", ["12", "13", "A4", "sin"]),
        ("grupo_de_edad", ["10 a 14", "15 a 19", "20 y más"]),
        ("periodo", ["2018-01", "2018-02"]),
        ("anio_fiscal", ["2018", "2019", ""]),
        ("articulo", ["12 bis", "13", "transitorio"]),
    ],
)
def test_columns_of_one_kind_are_left_alone(check: Check, name: str, values: list[str]) -> None:
    rows = "".join(f"{value},{place}\n" for place, value in enumerate(values))
    assert check(f"{name},detalle\n{rows}", fields(name, "detalle")).counts == {}


def test_inegi_keys_that_lost_their_zeros(check: Check) -> None:
    rows = "1,01001,Tijuana,1\n01,1001,1,23\n02,001,002,ab\n"
    names = ("cve_ent", "cve_mun", "municipio", "localidad")
    report = check(",".join(names) + "\n" + rows, fields(*names))
    assert [place for place in places(report) if place[0] == "unpadded-key"] == [
        ("unpadded-key", 2, "A2"),
        ("unpadded-key", 3, "B3"),
        ("unpadded-key", 3, "C3"),
    ]
    assert not report.publishable


@pytest.mark.req("R-096", "R-097")
@pytest.mark.parametrize("many", [1, 3000])
def test_categories_in_short_forms_are_told_once_each(check: Check, many: int) -> None:
    rows = "".join(f"Propios,{n}\nCYR,{n} b\nMto. otorg.,{n} c\n" for n in range(many))
    schema = fields("origen_de_los_recursos", "nota")
    report = check("origen_de_los_recursos,nota\n" + rows, schema)
    assert places(report) == [("abbreviated-value", 3, "A3"), ("abbreviated-value", 4, "A4")]
    assert report.publishable
    assert "«CYR»" in report.findings[0].message


def test_what_is_no_list_has_no_categories(check: Check) -> None:
    texts = "".join(f"El SDI de la fila {n},k{n}\n" for n in range(60))
    assert check("nota,clave_interna\n" + texts, fields("nota", "clave_interna")).counts == {}
    codes = check("clave_de_unidad,nota\nCYR,a\nIMB,b\n", fields("clave_de_unidad", "nota"))
    assert codes.counts == {}


# --- spaces --------------------------------------------------------------------------------------


@pytest.mark.parametrize("few", [4, 4000])
def test_spaces_around_texts_are_counted_by_column(
    check: Check, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the values of a column and cell by cell: as Python strips, whatever stands there."""
    monkeypatch.setattr(column_values, "few_values", lambda _table: few)
    letters = ["", "a", "é", "~", "!", " ", "\t", "\n", "\u00a0", "\u200b", "\u3000"]
    texts = [
        "".join(chosen) for n in range(1, 3) for chosen in itertools.product(letters, repeat=n)
    ]
    outer = [text != text.strip(SPACES) for text in texts]
    rows = "".join(f'"{text}","{text}", {n},x \n' for n, text in enumerate(texts))
    schema = fields("nota", "color_de_tapa", "cuantos_hay", "tipo_de_unidad")
    schema["fields"][1]["constraints"] = {"enum": sorted(set(texts) - {""})}
    schema["fields"][2]["type"] = "integer"
    report = check(f"nota,color_de_tapa,cuantos_hay,tipo_de_unidad\n{rows}", schema)
    counted = {g.column: g.count for g in report.groups if g.code == "outer-space"}
    # A listed value may have spaces, and so may a number.
    assert counted == {"nota": sum(outer), "tipo_de_unidad": len(texts)}
    shown = [found.row for found in report.findings if found.code == "outer-space"]
    first = [row for row, is_outer in enumerate(outer, start=2) if is_outer]
    assert shown == sorted([*first[:5], 2, 3, 4, 5, 6])
    assert report.publishable


def test_spaces_in_a_total_row_or_a_personal_column(check: Check) -> None:
    curp = "BOXW310820HNERXN09 "
    report = check(f"dato\n{curp}\n Total \n", fields("dato"))
    assert report.counts["outer-space"] == 1
    assert curp.strip() not in report.model_dump_json()


# --- the header ----------------------------------------------------------------------------------


@pytest.mark.req("R-100")
def test_a_first_row_of_data_is_a_missing_header(check: Check) -> None:
    schema = fields("nombre_de_la_unidad", "dia_de_alta")
    schema["fields"][1]["type"] = "date"
    report = check("Hospital Alta,2018-01-01\nHospital Baja,2018-01-02\n", schema)
    assert report.counts == {"header-missing": 1}
    assert not report.publishable
    assert check("Hospital Alta,2018-01-01\nx,y\n").counts["header-missing"] == 1


@pytest.mark.req("R-096")
def test_labels_that_no_dictionary_has_are_judged_as_names(check: Check) -> None:
    report = check("nombre_de_la_unidad,Mto. otorg.\nx,y\n", fields("nombre_de_la_unidad"))
    assert places(report) == [("abbreviated-name", 1, "B1"), ("extra-label", 1, "B1")]
