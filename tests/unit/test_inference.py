"""A first dictionary from a file: what is proposed, and what is left to a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ckanext.imssbienestar.checks.command import infer_main
from ckanext.imssbienestar.checks.inference import infer_columns, infer_dictionary
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.formats import load_dictionary

# What the dictionaries of the samples say otherwise, each with its reason.
OTHERWISE = {
    # The file has no value in this column.
    ("contratos_plurianuales_monto_ejercido", "string", "integer"),
    # No value of these few rows has decimals.
    ("resultados_de_indicadores_de_gobierno_cercano_y_moderno", "integer", "number"),
}


def inferred(folder: Path, content: str) -> dict[str, dict[str, Any]]:
    file = folder / "datos.csv"
    file.write_text(content, encoding="utf-8")
    dictionary = infer_dictionary(file)
    assert dictionary is not None
    return {field["name"]: field for field in dictionary.to_table_schema()["fields"]}


@pytest.mark.req("R-098", "R-100")
def test_the_samples_get_the_types_their_dictionaries_declare(samples: Path) -> None:
    for name in ("donativos_otorgados", "contratos_plurianuales_monto_ejercido"):
        declared = load_dictionary(samples / f"{name}.dictionary.csv")
        proposed = infer_dictionary(samples / f"{name}.csv")
        assert proposed is not None
        assert proposed.names == declared.names
        assert not any(field.is_described for field in proposed.fields)
        assert all(field.title for field in proposed.fields)
        differ = {
            (name, str(ours.type), str(theirs.type))
            for ours, theirs in zip(proposed.fields, declared.fields, strict=True)
            if ours.type is not theirs.type
        }
        assert differ <= OTHERWISE


def test_types_codes_units_titles_rules_and_examples(tmp_path: Path) -> None:
    rows = [
        "cve_ent,clave_clues,partida,numero_de_folio,ejercicio,corte,atencion_activa,"
        "gasto_ejercido_pesos,tasa,observacion,ambito,cuenta_larga,vacia",
        *(
            f"0{n % 3},DFIMB00000{n},{3000 + n},{n},2026,2026-03-3{n % 2},true,{n}.5,{n},"
            f"texto {n},{'urbana' if n % 2 else 'rural'},12345678901234567{n},"
            for n in range(1, 9)
        ),
        "03,,,,2026,2026-03-31,false,,,,urbana,123456789012345678,",
    ]
    fields = inferred(tmp_path, "\n".join(rows) + "\n")
    assert {name: field["type"] for name, field in fields.items()} == {
        "cve_ent": "string",  # leading zeros
        "clave_clues": "string",
        "partida": "string",  # the name of a code
        "numero_de_folio": "integer",  # a number, says its first word
        "ejercicio": "year",
        "corte": "date",
        "atencion_activa": "boolean",
        "gasto_ejercido_pesos": "number",
        "tasa": "integer",
        "observacion": "string",
        "ambito": "string",
        "cuenta_larga": "string",  # a spreadsheet would change its last digits
        "vacia": "string",
    }
    assert fields["gasto_ejercido_pesos"]["unit"] == "pesos mexicanos"
    assert fields["gasto_ejercido_pesos"]["title"] == "Gasto ejercido (pesos)"
    assert fields["numero_de_folio"]["title"] == "Número de folio"
    assert fields["atencion_activa"]["title"] == "Atención activa"
    assert fields["ambito"]["constraints"] == {"required": True, "enum": ["rural", "urbana"]}
    assert fields["observacion"] == {
        "name": "observacion",
        "type": "string",
        "title": "Observación",
        "examples": ["texto 1", "texto 2", "texto 3"],
    }
    assert "constraints" not in fields["vacia"]
    assert all("description" not in field for field in fields.values())


@pytest.mark.req("R-178")
def test_nothing_is_shown_of_a_column_that_looks_personal(tmp_path: Path) -> None:
    rows = "".join(f"GOMC900101HDFRRL0{n % 10},Ana Pérez,urbana\n" for n in range(12))
    fields = inferred(tmp_path, "clave,nombre_del_paciente,ambito\n" + rows)
    for name in ("clave", "nombre_del_paciente"):
        assert "examples" not in fields[name]
        assert "enum" not in fields[name].get("constraints", {})
    assert fields["ambito"]["constraints"]["enum"] == ["urbana"]


def test_what_every_value_fits_is_told_for_the_comparison(tmp_path: Path) -> None:
    file = tmp_path / "datos.csv"
    file.write_text("anio,monto,nada\n2025,1.5,\n2026,dos,\n", encoding="utf-8")
    found = infer_columns(file)
    assert found is not None
    assert found.fitting == {
        "anio": {FieldType.STRING, FieldType.INTEGER, FieldType.NUMBER, FieldType.YEAR},
        "monto": {FieldType.STRING},
    }


def test_of_a_large_file_whole_rows_at_its_beginning_are_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "datos.csv"
    file.write_text('a,b\n1,"una\nlínea"\n' + '2,"otra\nlínea"\n' * 500, encoding="utf-8")
    # The limit falls inside a quoted cell.
    found = infer_columns(file, most_bytes=1010)
    assert found is not None
    assert found.sampled
    assert found.rows == 1 + (1010 - 19) // 16  # in bytes: what stands before them, and each
    fields = found.proposal.to_table_schema()["fields"]
    assert [field["type"] for field in fields] == ["integer", "string"]
    # What was not read may be blank, or hold other values.
    assert not any("constraints" in field for field in fields)
    whole = infer_columns(file, most_bytes=100_000)
    assert whole is not None
    assert not whole.sampled
    assert whole.rows == 501


def test_a_table_may_be_wide(tmp_path: Path) -> None:
    names = ",".join(f"columna_{number}" for number in range(250))
    values = ",".join(str(number) for number in range(250))
    fields = inferred(tmp_path, f"{names}\n{values}\n")
    assert list(fields) == names.split(",")
    assert fields["columna_249"]["examples"] == ["249"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x00\x01", b"PK\x03\x04"])
def test_a_file_without_a_header_has_no_proposal(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "datos.csv"
    file.write_bytes(content)
    assert infer_dictionary(file) is None


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
def test_the_program_writes_the_form_that_the_name_asks_for(
    samples: Path, tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / f"diccionario.{ending}"
    source = samples / "donativos_otorgados.csv"
    assert infer_main([str(source), "-o", str(output)]) == 0
    assert load_dictionary(output) == infer_dictionary(source)
    said = capsys.readouterr()
    assert said.out == ""
    assert "escriba la descripción de cada columna" in said.err
