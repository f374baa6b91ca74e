"""Is this file publishable? What a person sends, and what the check says of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ckanext.imssbienestar.checks import check_table
from ckanext.imssbienestar.checks.errors import FileChangedError
from ckanext.imssbienestar.checks.layout import cell_reference
from ckanext.imssbienestar.checks.texts import LANGUAGES, finding, known_codes
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.domain.findings import CheckReport
from ckanext.imssbienestar.errors import ConfigurationError, InputFileError
from ckanext.imssbienestar.formats import load_dictionary, parse_dictionary

Check = Callable[..., CheckReport]
DICTIONARY = (
    "campo,tipo,descripcion,obligatorio\n"
    "unidad,texto,Nombre oficial de la unidad médica.,sí\n"
    "fecha,fecha,Día al que corresponde el dato.,sí\n"
    "monto_pesos,entero,Cantidad pagada en el periodo.,no\n"
)
HEADER = "unidad,fecha,monto_pesos\n"


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Checks a text or bytes against a dictionary given as CSV text."""

    def run(
        content: str | bytes, dictionary: str | None = DICTIONARY, **options: Any
    ) -> CheckReport:
        path = tmp_path / "tabla.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        known = parse_dictionary(dictionary.encode()) if dictionary else None
        return check_table(path, known, **options)

    return run


def places(report: CheckReport) -> list[tuple[str, int | None, str | None]]:
    return [(found.code, found.row, found.cell) for found in report.findings]


# --- the samples ---------------------------------------------------------------------------------


# What the samples really have: «APF» among themes, «CYR» for a unit, «MASCP» in two descriptions.
WARNED = {
    "compromisos_generales_avance_en_el_cumplimiento": {"abbreviated-value"},
    "contrataciones_por_honorarios": {"abbreviated-value"},
    "contratos_plurianuales_monto_ejercido": {"jargon-description"},
}


@pytest.mark.req("R-098", "R-100", "R-101")
def test_every_sample_is_publishable_with_its_dictionary(samples: Path) -> None:
    dictionaries = sorted(samples.glob("*.dictionary.csv"))
    assert len(dictionaries) == 14
    for file in dictionaries:
        table = file.with_name(file.name.replace(".dictionary", ""))
        report = check_table(table, load_dictionary(file))
        assert report.publishable
        assert {found.code for found in report.findings} == WARNED.get(table.stem, set())
        assert report.bytes == table.stat().st_size


@pytest.mark.req("R-153")
def test_the_messy_donativos_are_refused_with_every_defect_named(samples: Path) -> None:
    dictionary = load_dictionary(samples / "donativos_otorgados.dictionary.csv")
    report = check_table(samples / "donativos_otorgados.original.csv", dictionary)
    assert not report.publishable
    assert report.counts == {
        "encoding-error": 1,
        "wrong-delimiter": 1,
        "merged-title-row": 7,
        "unmatched-header": 1,
        "total-row": 1,
        "blank-row": 1,
        "mixed-type": 3,
        "abbreviated-name": 5,
        "column-name-form": 1,
    }
    assert ("total-row", 16, "A16") in places(report)
    assert ("encoding-error", 1, "A1") in places(report)


@pytest.mark.req("R-153")
def test_the_messy_juicios_are_refused_with_every_defect_named(samples: Path) -> None:
    dictionary = load_dictionary(
        samples / "juicios_fiscales_por_sentido_de_la_resolucion.dictionary.csv"
    )
    report = check_table(
        samples / "juicios_fiscales_por_sentido_de_la_resolucion.original.csv", dictionary
    )
    assert report.counts["total-row"] == 6
    assert report.counts["merged-title-row"] == 4
    assert ("encoding-error", 4, "A4") in places(report)
    assert {"wrong-delimiter", "unmatched-header", "blank-row"} < set(report.counts)


@pytest.mark.req("R-098")
def test_one_column_without_description_is_refused_by_name(samples: Path) -> None:
    dictionary = load_dictionary(samples / "donativos_otorgados.dictionary.csv")
    schema = dictionary.to_table_schema()
    del schema["fields"][6]["description"]
    report = check_table(
        samples / "donativos_otorgados.csv", DataDictionary.from_table_schema(schema)
    )
    assert not report.publishable
    assert [(f.code, f.column) for f in report.findings] == [
        ("description-missing", "fin_especifico")
    ]
    assert "fin_especifico" in report.findings[0].message


@pytest.mark.req("R-098")
def test_without_a_dictionary_nothing_is_publishable(samples: Path) -> None:
    report = check_table(samples / "donativos_otorgados.csv", None)
    assert report.counts == {"dictionary-missing": 1}
    assert not report.publishable


# --- the file ------------------------------------------------------------------------------------


def test_a_good_file(check: Check) -> None:
    report = check(HEADER + "Hospital A,2024-01-31,10\nHospital B,2024-01-31,\n")
    assert (report.publishable, report.rows, report.total) == (True, 2, 0)


def test_zero_bytes(check: Check) -> None:
    report = check("")
    assert report.counts == {"empty-file": 1}
    assert not report.publishable


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x", "Office"),
        (b"\x1f\x8b\x08x", "GZIP"),
        (b"%PDF-1.7", "PDF"),
        (b"\n <!DOCTYPE html><html><body>403 Forbidden", "HTML"),
        (b'\xef\xbb\xbf{"a": 1}', "JSON"),
    ],
)
def test_something_else_named_csv(check: Check, content: bytes, word: str) -> None:
    report = check(content)
    assert report.counts == {"format-error": 1}
    assert word in report.findings[0].message


def test_nul_bytes(check: Check) -> None:
    report = check(HEADER.encode() + b"a,2024-01-01,1\0\n")
    assert report.counts == {"nul-byte": 1}
    assert str(len(HEADER) + 15) in report.findings[0].message


def test_a_byte_order_mark_is_only_a_warning(check: Check) -> None:
    report = check("\ufeff" + HEADER + "A,2024-01-01,1\n")
    assert (report.publishable, report.counts) == (True, {"byte-order-mark": 1})


@pytest.mark.parametrize("filler", [0, 300_000])
def test_latin_1_says_byte_row_and_column(check: Check, filler: int) -> None:
    rows = "".join(f"Médica {number},2024-01-01,1\n" for number in range(filler))
    good = HEADER + rows + '"dos\nlíneas",2024-01-01,1\n'
    content = good.encode() + "B,2024-01-01,\nClínica,2024-01-01,5\n".encode("latin-1")
    report = check(content)
    assert report.counts == {"encoding-error": 1}
    found = report.findings[0]
    assert (found.row, found.cell, found.column) == (filler + 4, f"A{filler + 4}", "unidad")
    assert str(content.index(b"\xed", len(good.encode())) + 1) in found.message


def test_utf_16_is_named_and_read_on(check: Check) -> None:
    report = check((HEADER + "A,2024-01-01,x\n").encode("utf-16"))
    assert report.counts == {"encoding-error": 1, "type-error": 1}
    assert "UTF-16" in report.findings[0].message


@pytest.mark.parametrize(("mark", "name"), [(";", "punto y coma"), ("\t", "tabuladores")])
def test_another_separator_is_named_and_read_on(check: Check, mark: str, name: str) -> None:
    report = check((HEADER + "A,2024-01-01,x\n").replace(",", mark))
    assert report.counts == {"wrong-delimiter": 1, "type-error": 1}
    assert name in report.findings[0].message


def test_semicolons_in_a_column_of_texts_separate_nothing(check: Check) -> None:
    dictionary = "campo,descripcion\nnota,Lo que se anotó ese día.\n"
    report = check("nota\nuno; dos\ntres; cuatro\n", dictionary)
    assert report.publishable


def test_a_quote_left_open(check: Check) -> None:
    report = check(HEADER + 'A,2024-01-01,1\n"B,2024-01-01,2\nC,2024-01-01,3\n')
    assert places(report) == [("unclosed-quote", 3, None)]


def test_a_row_longer_than_the_limit_stops_the_check(check: Check) -> None:
    report = check(HEADER + "A" * 8_000_001 + ",2024-01-01,1\n")
    assert report.counts == {"row-too-long": 1}
    assert report.findings[0].row == 2


def test_too_many_columns(check: Check) -> None:
    report = check(",".join(f"c{n}" for n in range(1001)) + "\n", None)
    assert report.counts == {"dictionary-missing": 1, "too-many-columns": 1}


def test_only_a_line_break(check: Check) -> None:
    assert check("\n").counts == {"blank-header": 1}


def test_a_header_and_no_rows_is_a_warning(check: Check) -> None:
    report = check(HEADER)
    assert (report.publishable, report.counts) == (True, {"empty-table": 1})


def test_not_a_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nada.csv"):
        with pytest.raises(InputFileError):
            check_table(path, None)


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tabla.csv"
    path.write_text(HEADER, encoding="utf-8")

    def somebody_writes(_: int) -> None:
        os.utime(path, ns=(1, 1))

    with pytest.raises(FileChangedError):
        check_table(path, None, advance=somebody_writes)


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


# --- texts ---------------------------------------------------------------------------------------


def test_messages_in_english(check: Check) -> None:
    report = check(HEADER + "A,2024-01-01,x\n", language="en")
    assert report.findings[0].message == (
        "Cell C2 (column “monto_pesos”) says “x” and must be a whole number."
    )


def test_every_code_has_the_same_facts_in_both_languages() -> None:
    class Asked(dict[str, object]):
        def __missing__(self, name: str) -> str:
            self[name] = name
            return name

    for code, entry in read_yaml("findings.yaml")["codes"].items():
        asked = []
        for language in LANGUAGES:
            names = Asked()
            for part in (entry, *entry.get("variants", {}).values()):
                for text in part.get(language, {}).values():
                    assert text.format_map(names).strip(), code
            asked.append(set(names))
        assert asked[0] == asked[1], code


def test_a_code_without_text_and_a_text_without_its_fact_are_mistakes() -> None:
    assert "metadata-missing" in known_codes()
    with pytest.raises(ConfigurationError):
        finding("no-such-code")
    with pytest.raises(ConfigurationError):
        finding("metadata-missing")


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("metadata-missing", {"field": "Título"}),
        ("no-resources", {}),
        ("not-uploaded", {"resource": "donativos"}),
        ("dictionary-missing", {}),
        ("file-changed", {"what": "el archivo"}),
        ("nothing-changed", {}),
        ("personal-data", {"column": "curp", "kind": "CURP"}),
    ],
)
def test_texts_of_the_gates(code: str, facts: dict[str, Any]) -> None:
    for language in ("es", "en", "es_MX"):
        made = finding(code, language=language, **facts)
        assert made.blocks
        assert made.message
        assert made.fix
        assert all(str(fact) in made.message for fact in facts.values())
