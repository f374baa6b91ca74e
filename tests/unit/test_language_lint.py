"""Names, titles, categories and descriptions that people understand (R-095 to R-097, R-101)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.checks import RULES_VERSION, rules_version
from ckanext.imssbienestar.checks.dictionary_lint import lint_dictionary
from ckanext.imssbienestar.checks.language_lint import title_findings
from ckanext.imssbienestar.checks.short_forms import short_forms
from ckanext.imssbienestar.checks.word_list import word_list
from ckanext.imssbienestar.domain.dataset import MinimumMetadata
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.procedure.gates import FieldLabels, submission_findings

GOOD = "Cantidad pagada por cada unidad médica en el periodo."


def lint(name: str = "clave_de_la_unidad", **field: Any) -> tuple[Finding, ...]:
    accepted = field.pop("accepted_terms", ())
    entry = {"name": name, "type": "string", "description": GOOD} | field
    dictionary = DataDictionary.from_table_schema({"fields": [entry]})
    return lint_dictionary(dictionary, accepted_terms=accepted)


def codes(name: str = "clave_de_la_unidad", **field: Any) -> list[str]:
    return [found.code for found in lint(name, **field)]


# --- names of columns ----------------------------------------------------------------------------


@pytest.mark.req("R-096", "R-097")
@pytest.mark.parametrize(
    "name", ["Mto. otorg.", "SDI", "No.", "CYR", "IM", "Nom. del benef.", "P01"]
)
def test_what_the_procedure_calls_hard_to_read_blocks(name: str) -> None:
    found = lint(name)
    assert [(f.code, f.blocks, f.column) for f in found] == [("abbreviated-name", True, name)]
    assert name.split()[0] in found[0].message
    assert "R-097" in found[0].rule


def test_a_known_abbreviation_is_told_what_to_write() -> None:
    assert "monto, otorgado" in lint("Mto. otorg.")[0].fix
    assert "número" in lint("no")[0].fix


@pytest.mark.req("R-097")
@pytest.mark.parametrize("name", ["mto_otorgado_pesos", "no", "status", "total_mdp", "x"])
def test_what_is_probably_short_only_warns(name: str) -> None:
    assert [(f.code, f.blocks) for f in lint(name)] == [("unclear-name", False)]


@pytest.mark.req("R-096", "R-102")
@pytest.mark.parametrize(
    "name",
    [
        "numero_consecutivo",
        "cve_ent",
        "clues",
        "nombre_de_la_variable_1",
        "casos_de_covid19",
        "superficie_m2",
        "derechohabientes_del_imss",
        "monto_anual_no_reportado_pesos",
        "anio",
    ],
)
def test_good_names_are_left_alone(name: str) -> None:
    assert lint(name) == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Nombre de la Unidad", "nombre_de_la_unidad"),
        ("año", "anio"),
        ("MES", "mes"),
        ("niños atendidos", "ninos_atendidos"),
        ("2018", "columna_2018"),
        ("a__b", "a_b"),
    ],
)
def test_the_form_of_a_name_is_told_with_the_right_one(name: str, expected: str) -> None:
    found = [f for f in lint(name) if f.code == "column-name-form"]
    assert [f.blocks for f in found] == [False]
    assert f"«{expected}»" in found[0].fix


def test_capitals_out_of_style_make_no_acronym() -> None:
    names = ["LEÓN", "HOSPITALES", "CYR"]
    schema = {"fields": [{"name": name, "description": GOOD} for name in names]}
    found = lint_dictionary(DataDictionary.from_table_schema(schema))
    assert [f.column for f in found if f.code == "abbreviated-name"] == ["CYR"]


@pytest.mark.req("R-097")
def test_accepted_terms_are_configurable() -> None:
    assert codes("SDI") == ["abbreviated-name"]
    assert codes("SDI", accepted_terms=["sdi"]) == ["column-name-form"]
    assert codes("sdp_pesos") == ["unclear-name"]
    assert codes("sdp_pesos", accepted_terms=["SDP"]) == []


# --- units and keys ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "unit", "expected"),
    [
        ("monto", "", "monto_pesos"),
        ("monto_otorgado", "millones de pesos", "monto_otorgado_millones_de_pesos"),
        ("superficie_construida", "metros cuadrados", "superficie_construida_metros_cuadrados"),
        ("temperatura", "", "temperatura_…"),
    ],
)
def test_an_amount_without_its_unit(name: str, unit: str, expected: str) -> None:
    found = lint(name, type="number", unit=unit)
    assert [(f.code, f.blocks) for f in found] == [("unit-missing", False)]
    assert f"«{expected}»" in found[0].fix


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("monto_pesos", "number"),
        ("gasto_millones_de_pesos", "number"),
        ("variacion_porcentaje", "number"),
        ("edad_anios", "integer"),
        ("numero_de_pagos", "integer"),
        ("tipo_de_gasto", "string"),
        ("consultas", "integer"),
    ],
)
def test_names_that_say_their_unit_or_need_none(name: str, kind: str) -> None:
    assert codes(name, type=kind) == []


@pytest.mark.parametrize("name", ["cve_ent", "clave_municipio", "Clave de la entidad"])
def test_an_inegi_key_declared_as_a_number_blocks(name: str) -> None:
    found = [f for f in lint(name, type="integer") if f.code == "key-as-number"]
    assert [f.blocks for f in found] == [True]


# --- what the dictionary says --------------------------------------------------------------------


@pytest.mark.req("R-101")
@pytest.mark.parametrize(
    "description",
    [
        "Monto otorgado",
        "monto_otorgado.",
        "El monto otorgado",
        "Indica los montos otorgados.",
        "MONTOS   OTORGADOS",
        "Donativo",
        "El dato.",
    ],
)
def test_an_echo_is_no_description(description: str) -> None:
    name = "monto_otorgado_pesos"
    found = lint(name, title="Monto otorgado del donativo", description=description)
    assert [(f.code, f.blocks) for f in found] == [("echo-description", True)]


@pytest.mark.req("R-098", "R-101")
@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("", "description-missing"),
        ("  ", "description-missing"),
        ("En pesos.", "short-description"),
        ("Monto según el SDI de cada trabajador.", "jargon-description"),
        ("Monto del ejerc. fiscal que corresponde.", "jargon-description"),
        ("Salario diario integrado (SDI) de la persona.", ""),
        ("Monto que el IMSS entregó a la A.C. en el año.", ""),
        ("Fecha de entrega, como AAAA-MM-DD.", ""),
        ("Texto del compromiso.", ""),
    ],
)
def test_descriptions(description: str, expected: str) -> None:
    assert codes(description=description) == ([expected] if expected else [])


@pytest.mark.req("R-096")
def test_a_title_in_short_forms_warns() -> None:
    assert codes(title="Mto. otorgado") == ["abbreviated-title"]
    assert codes(title="Salario diario integrado (SDI)") == []


@pytest.mark.req("R-096", "R-097")
@pytest.mark.parametrize(
    ("values", "flagged"),
    [
        (["Ingresos", "Recursos de la APF"], ["APF"]),
        (["M", "H"], ["M", "H"]),
        (["A", "B", "C"], []),
        (["CYR", "Propios"], ["CYR"]),
        (["OAXACA", "LEÓN", "GUANAJUATO", "SDI"], ["SDI"]),
        (["Sí", "No", "No aplica."], []),
        (["NORTE", "SUR", "II", "ENERO"], []),
        (["Hosp. general", "Enfermería Gral."], ["Hosp.", "Gral."]),
        (["Fundación IMSS, A.C.", "Hospital Dr. Manuel Gea"], []),
    ],
)
def test_the_values_of_a_list(values: list[str], flagged: list[str]) -> None:
    found = lint("tipo_de_recurso", constraints={"enum": values})
    assert {f.code for f in found} <= {"abbreviated-value"}
    assert len(found) == len(flagged)
    assert all(f"«{form}»" in f.message for form, f in zip(flagged, found, strict=True))
    assert not any(f.blocks for f in found)


def test_an_acronym_that_the_dictionary_spells_out_is_no_secret() -> None:
    enum = {"enum": ["APF", "Otros"]}
    said = "APF es la Administración Pública Federal; lo demás es de otros."
    assert codes(constraints=enum) == ["abbreviated-value"]
    assert codes(constraints=enum, description=said) == []


# --- titles of datasets --------------------------------------------------------------------------


@pytest.mark.req("R-095")
@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("donativos_otorgados_2018", "guiones bajos"),
        ("Donativos otorgados.csv", "terminación"),
        ("Trabajadores por SDI", "«SDI»"),
        ("Mto. otorgado en 2018", "«Mto.»"),
        ("Informe UT2018Q3", "«UT2018Q3»"),
    ],
)
def test_titles_that_nobody_understands(title: str, said: str) -> None:
    found = title_findings(title)
    assert [(f.code, f.column, f.blocks) for f in found] == [("unclear-title", "title", True)]
    assert said in found[0].message
    assert "R-095" in found[0].rule


@pytest.mark.req("R-095")
def test_titles_of_the_samples_are_clear(samples: Path) -> None:
    for file in samples.glob("*.metadata.json"):
        assert title_findings(json.loads(file.read_text(encoding="utf-8"))["title"]) == ()


def test_long_and_short_titles_only_warn() -> None:
    assert [(f.code, f.blocks) for f in title_findings("Consultas médicas " * 8)] == [
        ("long-title", False)
    ]
    assert [(f.code, f.blocks) for f in title_findings("Donativos")] == [("short-title", False)]
    assert title_findings("") == ()
    assert title_findings("Trabajadores por SDI", accepted_terms=["SDI"]) == ()


@pytest.mark.req("R-095")
def test_the_gate_before_review_judges_the_title() -> None:
    def found(title: str, *accepted: str) -> list[str]:
        findings = submission_findings(
            {"title": title, "resources": []},
            minimum=MinimumMetadata((), ()),
            labels=FieldLabels({}, {}),
            report_of=lambda _: None,
            language="es",
            accepted_terms=accepted,
        )
        return [finding.code for finding in findings]

    assert found("Donativos otorgados, 2018") == ["no-resources"]
    assert found("Trabajadores por SDI") == ["unclear-title", "no-resources"]
    assert found("Trabajadores por SDI", "SDI") == ["no-resources"]


def test_reports_of_other_accepted_terms_are_other_reports() -> None:
    assert rules_version() == rules_version([" "]) == RULES_VERSION
    assert rules_version(["SDI"]) == rules_version(["sdi ", ""]) != RULES_VERSION
    assert rules_version(["SDI"]) != rules_version(["SDI", "CYR"])


# --- any text ------------------------------------------------------------------------------------


@given(st.text(max_size=40), st.booleans())
def test_any_text_can_be_judged_and_its_short_forms_are_in_it(text: str, is_name: bool) -> None:
    for form in short_forms(text, word_list(), is_name=is_name):
        assert form.text.strip(".") in text


@given(st.lists(st.sampled_from(["médica", "consulta", "entrega", "hospital", "mes", "año"])))
def test_plain_words_are_never_short_forms(words: list[str]) -> None:
    assert list(short_forms(" ".join(words), word_list(), is_name=True)) == []
