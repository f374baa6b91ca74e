"""Dictionaries as the files people keep: CSV, workbook, Table Schema."""

from __future__ import annotations

import contextlib
import csv
import json
from pathlib import Path

import openpyxl
import pytest
from dictionary_strategies import dictionaries
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.checks.texts import dictionary_findings
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.errors import InputFileError
from ckanext.imssbienestar.formats import dump_dictionary_csv, load_dictionary, parse_dictionary


@pytest.mark.req("R-098", "R-099", "R-100", "R-101")
def test_every_sample_dictionary_is_read_and_written_byte_for_byte(samples: Path) -> None:
    files = sorted(samples.glob("*.dictionary.csv"))
    assert len(files) == 14
    for file in files:
        assert dump_dictionary_csv(load_dictionary(file)) == file.read_text(encoding="utf-8")


@given(dictionaries())
def test_csv_round_trip(dictionary: DataDictionary) -> None:
    read = parse_dictionary(dump_dictionary_csv(dictionary).encode())
    assert read.to_table_schema() == dictionary.to_table_schema()


def csv_of(*rows: str) -> bytes:
    return "\n".join(rows).encode()


def test_column_order_extra_columns_and_absent_ones_do_not_matter() -> None:
    dictionary = parse_dictionary(
        csv_of("Descripción,notas,CAMPO", "Lo que se pagó.,x,monto_pesos")
    )
    assert dictionary.to_table_schema()["fields"] == [
        {"name": "monto_pesos", "type": "string", "description": "Lo que se pagó."}
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_spreadsheet_may_have_written_it(separator: str) -> None:
    rows = ["campo,tipo,obligatorio", "edad,entero,Sí"]
    content = b"\xef\xbb\xbf" + "\r\n".join(rows).replace(",", separator).encode()
    field = parse_dictionary(content).fields[0]
    assert (field.name, str(field.type), field.constraints.required) == ("edad", "integer", True)


@pytest.mark.parametrize(
    ("content", "code", "row", "column"),
    [
        (csv_of("a,b", "1,2"), "dictionary-header-missing", 1, "campo"),
        (csv_of("campo,tipo", "a,texto", "b,flotante"), "dictionary-unknown-type", 3, "tipo"),
        (csv_of("campo,tipo", ",texto"), "dictionary-field-without-name", 2, "campo"),
        (csv_of("campo,obligatorio", "a,quizá"), "dictionary-not-yes-no", 2, "obligatorio"),
        (
            csv_of("campo,longitud_maxima", "a,-1"),
            "dictionary-constraint-value",
            2,
            "longitud_maxima",
        ),
        (csv_of("campo", "a", "a"), "dictionary-duplicate-field", None, ""),
        (csv_of("campo,tipo,minimo", "a,entero,x"), "dictionary-constraint-value", None, "minimum"),
        ("campo,descripcion\na,médica".encode("latin-1"), "dictionary-not-utf8", 2, ""),
        (b"campo\n", "dictionary-empty", None, ""),
        (b" \n", "dictionary-empty", None, ""),
        (b'{"fields": [', "dictionary-not-json", 1, ""),
        (b"[" * 100_000, "dictionary-not-json", None, ""),
        (b"PK\x03\x04 no es un libro", "dictionary-not-workbook", None, ""),
        (b"campo\n" + b"a" * 5_000_001, "dictionary-too-large", None, ""),
        (b"campo\n" + b"\n".join(b"c%d" % n for n in range(5001)), "dictionary-too-long", None, ""),
        (b'campo\n"' + b"a" * 4_000_000, "dictionary-not-table", None, ""),
    ],
)
def test_bad_dictionaries_are_named_with_their_place(
    content: bytes, code: str, row: int | None, column: str
) -> None:
    with pytest.raises(DictionaryError) as caught:
        parse_dictionary(content)
    problem = caught.value.problems[0]
    assert (problem.code, problem.row, problem.column) == (code, row, column)
    for language in ("es", "en"):
        finding = dictionary_findings(caught.value, language)[0]
        assert finding.blocks
        assert finding.message
        assert finding.fix


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(DictionaryError) as caught:
        parse_dictionary(csv_of("campo,tipo,obligatorio", "a,x,no", "b,y,tal vez"))
    assert len(caught.value.problems) == 3


def test_a_workbook_with_a_title_above(samples: Path, tmp_path: Path) -> None:
    source = samples / "donativos_otorgados.dictionary.csv"
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["Nombre del Conjunto de Datos", "Donativos otorgados"])
    with source.open(encoding="utf-8", newline="") as stream:
        for row in csv.reader(stream):
            sheet.append([int(cell) if cell.isdigit() else cell for cell in row])
    workbook.save(tmp_path / "d.xlsx")
    assert load_dictionary(tmp_path / "d.xlsx") == load_dictionary(source)


def test_a_table_schema_file(samples: Path, tmp_path: Path) -> None:
    dictionary = load_dictionary(samples / "donativos_otorgados.dictionary.csv")
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(dictionary.to_table_schema()), encoding="utf-8")
    assert load_dictionary(file) == dictionary


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nada.csv"):
        with pytest.raises(InputFileError):
            load_dictionary(path)


def test_the_header_is_the_row_that_names_the_most_properties() -> None:
    dictionary = parse_dictionary(
        csv_of(
            "Nombre del Conjunto de Datos,Variable",
            "",
            "Campo,Descripción",
            "campo,Nombre de la columna.",
        )
    )
    assert [(f.name, f.description) for f in dictionary.fields] == [
        ("campo", "Nombre de la columna.")
    ]


@pytest.mark.parametrize(
    ("cell", "reference"),
    [
        ("entidades", {"resource": "entidades", "fields": ["cve_ent"]}),
        ("municipios.cvegeo", {"resource": "municipios", "fields": ["cvegeo"]}),
        ("paises", {"resource": "paises", "fields": ["paises"]}),  # refused when it is saved
    ],
)
def test_a_column_may_refer_to_a_catalogue(cell: str, reference: dict[str, object]) -> None:
    schema = parse_dictionary(csv_of("campo,catalogo", f"clave,{cell}")).to_table_schema()
    assert schema["foreignKeys"] == [{"fields": ["clave"], "reference": reference}]


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for given_content in (content, b"campo,tipo,obligatorio\n" + content):
        with contextlib.suppress(DictionaryError):
            dictionary = parse_dictionary(given_content)
            assert dump_dictionary_csv(dictionary).startswith("campo,")
