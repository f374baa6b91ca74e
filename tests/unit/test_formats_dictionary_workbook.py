"""The workbook of the dictionary: what a person fills in comes back as it was meant."""

from __future__ import annotations

import contextlib
import io
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from dictionary_strategies import dictionaries
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from ckanext.imssbienestar.checks.texts import dictionary_findings
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError, plain_words
from ckanext.imssbienestar.formats import (
    dump_dictionary_workbook,
    load_dictionary,
    parse_dictionary,
)
from ckanext.imssbienestar.formats.dictionary import layout as dictionary_layout
from ckanext.imssbienestar.formats.dictionary.documents import LANGUAGES, texts

SAMPLE = "donativos_otorgados.dictionary.csv"


@pytest.fixture(scope="module")
def sample() -> DataDictionary:
    folder = Path(__file__).parent.parent / "data" / "samples"
    return load_dictionary(folder / SAMPLE)


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def saved(workbook: Any) -> bytes:
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


@settings(max_examples=8)
@given(dictionaries(), st.sampled_from(LANGUAGES))
def test_round_trip_in_both_languages(dictionary: DataDictionary, language: str) -> None:
    written = dump_dictionary_workbook(dictionary, dataset_title="Campo", language=language)
    assert parse_dictionary(written).to_table_schema() == dictionary.to_table_schema()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_is_written_is_read(language: str) -> None:
    labels = texts("labels", language)
    assert list(labels) == list(dictionary_layout.headers())
    for prop, label in labels.items():
        assert dictionary_layout.property_by_header()[plain_words(label)] == prop
    for kind, name in texts("types", language).items():
        assert dictionary_layout.type_by_name()[plain_words(name)] == kind
    assert set(texts("types", language)) == set(texts("type_help", language)) == set(FieldType)
    assert list(texts("help", language)) == list(labels)
    answers = texts("answers", language)
    assert [dictionary_layout.yes_no()[plain_words(a)] for a in answers.values()] == [True, False]


@pytest.mark.req("R-099")
def test_the_template_helps_whoever_fills_it_in(sample: DataDictionary) -> None:
    workbook = opened(dump_dictionary_workbook(sample, dataset_title="Donativos otorgados"))
    sheet, lists, guide = workbook.worksheets
    assert (sheet["A1"].value, sheet["B1"].value) == (
        "Nombre del Conjunto de Datos",
        "Donativos otorgados",
    )
    assert sheet.freeze_panes == "B4"
    assert lists.sheet_state == "hidden"
    # The names are the file's and locked; everything else is open.
    assert sheet.protection.sheet
    assert sheet["A4"].protection.locked
    assert not sheet["D4"].protection.locked
    choices = {
        str(rule.sqref).partition("4")[0]: rule for rule in sheet.data_validations.dataValidation
    }
    assert {"C", "E", "F", "H"} <= set(choices)
    offered = [lists[f"C{row}"].value for row in range(1, 10)]
    assert offered == list(texts("types", "es").values())
    assert choices["C"].showErrorMessage
    assert not choices["E"].showErrorMessage
    explained = [row[0].value for row in guide.iter_rows(max_col=1) if row[0].value]
    assert set(texts("labels", "es").values()) <= set(explained)


def test_the_same_dictionary_gives_the_same_bytes(sample: DataDictionary) -> None:
    assert dump_dictionary_workbook(sample) == dump_dictionary_workbook(sample)


def test_what_looks_like_a_formula_is_a_text() -> None:
    field = {
        "name": "=1+1",
        "description": '=HYPERLINK("http://example.org")',
        "title": "#N/A",
        "constraints": {"enum": ["01", "1.50", "2018-01-01"]},
    }
    dictionary = DataDictionary.from_table_schema({"fields": [field]})
    written = dump_dictionary_workbook(dictionary, dataset_title="=2+2")
    assert {
        cell.data_type for row in opened(written).worksheets[0].iter_rows() for cell in row
    } <= {
        "s",
        "n",  # blank
        "inlineStr",
    }
    assert parse_dictionary(written).to_table_schema() == dictionary.to_table_schema()


def test_what_looks_like_a_code_of_excel_is_a_text() -> None:
    names = ["_x0041_", "_x005F_", "_x005F_x0041_", "a_x000D_b", "_xD83D_", "otro"]
    fields = [{"name": text, "title": text} for text in names]
    dictionary = DataDictionary.from_table_schema({"fields": fields})
    written = dump_dictionary_workbook(dictionary)
    assert parse_dictionary(written).to_table_schema() == dictionary.to_table_schema()
    # As Excel, LibreOffice and the reader of every other workbook take it.
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(written)).get_sheet_by_index(0)
    assert [row[0] for row in sheet.to_python()[3:9]] == names
    # A line break that Excel coded.
    workbook = opened(written)
    (cell,) = (cell for cell in workbook.worksheets[0][9][1:] if cell.value == "otro")
    cell.value = "uno_x000D_\ndos"
    assert parse_dictionary(saved(workbook)).fields[-1].title == "uno\ndos"


def test_what_no_workbook_can_hold() -> None:
    dictionary = DataDictionary.from_table_schema(
        {"fields": [{"name": "a", "description": "uno\x00\x1bdos\r\ntres\ud800"}]}
    )
    read = parse_dictionary(dump_dictionary_workbook(dictionary))
    assert read.fields[0].description == "unodos\ntres"
    too_long = DataDictionary.from_table_schema(
        {"fields": [{"name": "a", "description": "x" * 32_768}]}
    )
    with pytest.raises(DictionaryError) as caught:
        dump_dictionary_workbook(too_long)
    assert caught.value.problems[0].code == "dictionary-cell-too-long"
    assert dictionary_findings(caught.value)[0].fix


def test_habits_of_people_with_spreadsheets(sample: DataDictionary) -> None:
    workbook = opened(dump_dictionary_workbook(sample))
    sheet = workbook.worksheets[0]
    # Types in English and in capitals, yes as an x, spaces after the text, a note in between.
    sheet["C4"].value, sheet["C12"].value = "Date ", "WHOLE NUMBER"
    sheet["F4"].value = "X"
    sheet["D4"].value = f"{sheet['D4'].value}  "
    sheet["G6"].value = 50.0
    sheet.insert_rows(5, 2)
    sheet.move_range("D3:D40", cols=20)
    sheet["S3"].value = "Notas de la oficina"
    sheet["S4"].value = "Pendiente"
    sheet["A400"].value = "   "
    workbook.move_sheet(workbook.worksheets[2], -2)
    workbook.worksheets[0].sheet_state = "hidden"
    assert parse_dictionary(saved(workbook)).to_table_schema() == sample.to_table_schema()


def test_cells_that_a_spreadsheet_turned_into_values() -> None:
    import datetime

    workbook = openpyxl.Workbook()
    workbook.active.append(["Campo", "Tipo", "Mínimo", "Obligatorio", "Valores permitidos"])
    workbook.active.append(["dia", "fecha", datetime.datetime(2018, 1, 31), True, None])  # noqa: DTZ001
    workbook.active.append(["hora", "hora", datetime.time(8, 30), False, None])
    workbook.active.append(["clave", "texto", None, None, 7])
    for _ in range(1500):
        workbook.active.append([None, " "])
    read = parse_dictionary(saved(workbook)).to_table_schema()
    assert read["fields"] == [
        {
            "name": "dia",
            "type": "date",
            "constraints": {"minimum": "2018-01-31", "required": True},
        },
        {"name": "hora", "type": "time", "constraints": {"minimum": "08:30:00"}},
        {"name": "clave", "type": "string", "constraints": {"enum": ["7"]}},
    ]


@cache
def written_once() -> bytes:
    dictionary = DataDictionary.from_table_schema({"fields": [{"name": "a"}, {"name": "b"}]})
    return dump_dictionary_workbook(dictionary)


@settings(max_examples=40)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused(data: st.DataObject) -> None:
    written = written_once()
    parts = {}
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        for entry in archive.infolist():
            parts[entry.filename] = archive.read(entry)
    victim = data.draw(st.sampled_from(sorted(name for name in parts if "comment" not in name)))
    content = parts[victim]
    match data.draw(st.sampled_from(["drop", "cut", "change", "raw"])):
        case "drop":
            del parts[victim]
        case "cut":
            parts[victim] = content[: data.draw(st.integers(0, len(content)))]
        case "change":
            place = data.draw(st.integers(0, len(content) - 1))
            parts[victim] = (
                content[:place] + data.draw(st.binary(max_size=9)) + content[place + 3 :]
            )
        case "raw":
            place = data.draw(st.integers(4, len(written) - 1))
            damaged = written[:place] + data.draw(st.binary(max_size=9)) + written[place + 3 :]
            with contextlib.suppress(DictionaryError):
                parse_dictionary(damaged)
            return
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    with contextlib.suppress(DictionaryError):
        parse_dictionary(stream.getvalue())


def test_workbooks_made_to_harm() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 120_000_000)
    with pytest.raises(DictionaryError) as caught:
        parse_dictionary(bomb.getvalue())
    assert caught.value.problems[0].code == "dictionary-too-large"

    harmless = saved(openpyxl.Workbook())
    attack = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(harmless)) as source,
        zipfile.ZipFile(attack, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                entity = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
                content = content.replace(b"<worksheet", entity + b"<worksheet", 1)
            target.writestr(entry.filename, content)
    with pytest.raises(DictionaryError) as caught:
        parse_dictionary(attack.getvalue())
    assert caught.value.problems[0].code == "dictionary-not-workbook"
