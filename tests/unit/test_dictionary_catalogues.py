"""Foreign keys in the dictionaries that people write as tables."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.checks.dictionary_lint import require_usable
from ckanext.imssbienestar.checks.texts import dictionary_findings
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.domain.dictionary_changes import with_untold
from ckanext.imssbienestar.formats import dump_dictionary_csv, parse_dictionary
from ckanext.imssbienestar.formats.dictionary.form import (
    edited_dictionary,
    form_record,
    placed_problems,
)
from ckanext.imssbienestar.formats.dictionary.workbook import dump_dictionary_workbook


def keys_of(*cells: str) -> list[tuple[list[str], str, list[str]]]:
    rows = "".join(f"columna_{n},{cell}\n" for n, cell in enumerate(cells, start=1))
    dictionary = parse_dictionary(f"campo,catalogo\n{rows}".encode())
    return [
        (list(key.fields), key.reference.resource, list(key.reference.fields))
        for key in dictionary.foreign_keys
    ]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("entidades", ""), [(["columna_1"], "entidades", ["cve_ent"])]),
        (("municipios.cvegeo",), [(["columna_1"], "municipios", ["cvegeo"])]),
        (
            ("municipios.cve_ent", "municipios.cve_mun"),
            [(["columna_1", "columna_2"], "municipios", ["cve_ent", "cve_mun"])],
        ),
        (
            ("municipios.cvegeo", "municipios.cvegeo"),
            [
                (["columna_1"], "municipios", ["cvegeo"]),
                (["columna_2"], "municipios", ["cvegeo"]),
            ],
        ),
        (
            ("entidades|municipios.cve_ent", "municipios.cve_mun"),
            [
                (["columna_1"], "entidades", ["cve_ent"]),
                (["columna_1", "columna_2"], "municipios", ["cve_ent", "cve_mun"]),
            ],
        ),
        ((".columna_2", ""), [(["columna_1"], "", ["columna_2"])]),
        (("estados",), [(["columna_1"], "estados", ["estados"])]),
    ],
)
def test_a_column_names_its_catalogue(
    cells: tuple[str, ...], expected: list[tuple[list[str], str, list[str]]]
) -> None:
    assert keys_of(*cells) == expected


@given(
    st.lists(
        st.sampled_from(
            ["", "entidades.cve_ent", "municipios.cve_ent", "municipios.cve_mun", ".columna_1"]
        ),
        min_size=1,
        max_size=6,
    )
)
def test_keys_survive_the_csv(cells: list[str]) -> None:
    rows = "".join(f"columna_{n},{cell}\n" for n, cell in enumerate(cells, start=1))
    dictionary = parse_dictionary(f"campo,catalogo\n{rows}".encode())
    assert parse_dictionary(dump_dictionary_csv(dictionary).encode()) == dictionary


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("campo\ncve_ent\ncve_mun\nestado\n", [["cve_ent", "cve_mun"], ["estado"]]),
        ("campo,catalogo\ncve_ent,\ncve_mun,\nestado,\n", []),
        ("campo,catalogo\ncve_ent,\ncve_mun,\nestado,entidades\n", [["estado"]]),
        ("campo,catalogo\nestado,\n", []),
        ("campo\nestado\n", [["estado"]]),
    ],
)
def test_an_emptied_cell_takes_the_key_away_and_a_table_without_the_column_does_not(
    table: str, expected: list[list[str]]
) -> None:
    rows = "cve_ent,municipios.cve_ent\ncve_mun,municipios.cve_mun\nestado,entidades\n"
    stored = parse_dictionary(f"campo,catalogo\n{rows}".encode())
    merged = with_untold(parse_dictionary(table.encode()), stored)
    assert [list(key.fields) for key in merged.foreign_keys] == expected
    assert ("foreignKeys" in merged.to_table_schema()) == bool(expected)


def test_a_workbook_takes_keys_away_too() -> None:
    stored = parse_dictionary(b"campo,catalogo\nestado,entidades\n")
    assert with_untold(parse_dictionary(dump_dictionary_workbook(stored)), stored) == stored
    emptied = DataDictionary.from_table_schema({"fields": [{"name": "estado"}]})
    brought = parse_dictionary(dump_dictionary_workbook(emptied))
    assert with_untold(brought, stored).foreign_keys == ()


def test_a_dictionary_without_keys_has_no_such_column() -> None:
    schema: dict[str, Any] = {"fields": [{"name": "nota"}]}
    assert "catalogo" not in dump_dictionary_csv(DataDictionary.from_table_schema(schema))


def test_the_form_keeps_a_key_that_nobody_touched_and_changes_one_that_was_typed() -> None:
    rows = "cve_ent,municipios.cve_ent\ncve_mun,municipios.cve_mun\nnota,\n"
    base = parse_dictionary(f"campo,catalogo\n{rows}".encode())
    shown = {field.name: form_record(field, base) for field in base.fields}
    assert shown["cve_mun"]["foreignKeys"] == "municipios.cve_mun"
    assert edited_dictionary(base, shown) == base
    shown["cve_mun"]["foreignKeys"] = ""
    shown["cve_ent"]["foreignKeys"] = "entidades"
    edited = edited_dictionary(base, shown)
    assert [key.reference.resource for key in edited.foreign_keys] == ["entidades"]
    shown["cve_ent"]["foreignKeys"] = ""
    assert edited_dictionary(edited, shown).foreign_keys == ()


def test_a_problem_with_a_key_stands_beside_its_field() -> None:
    dictionary = parse_dictionary(b"campo,catalogo\nentidad,estados\nanio,entidades.clave\n")
    with pytest.raises(DictionaryError) as refused:
        require_usable(dictionary)
    assert [(place.column, place.prop) for place in placed_problems(refused.value)] == [
        ("entidad", "foreignKeys"),
        ("anio", "foreignKeys"),
    ]
    findings = dictionary_findings(refused.value)
    assert "«estados»" in findings[0].message
    assert "municipios" in findings[0].fix
    assert "entidades.cve_ent" in findings[1].fix
