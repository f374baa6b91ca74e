"""Is this file publishable? What a person sends as a whole, and what the check says of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from check_cases import HEADER, Check, places

from ckanext.imssbienestar.checks import check_table
from ckanext.imssbienestar.checks.errors import FileChangedError
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.errors import InputFileError
from ckanext.imssbienestar.formats import load_dictionary

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
        "outer-space": 5,
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
