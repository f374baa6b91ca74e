"""The data dictionary as a model and as a Table Schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import frictionless
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.checks.word_list import word_list
from ckanext.imssbienestar.domain.cell_values import FieldType, read_value
from ckanext.imssbienestar.domain.descriptions import needs_description
from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryError,
    DictionaryField,
)

CASES = Path(__file__).parent.parent / "data" / "descriptions.yaml"
NAMES = st.text("abcdefghijklmnopqrstuvwxyz_ñ", min_size=1, max_size=12)
TEXTS = st.text(max_size=20)
BOUNDS: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-1000, 1000),
    "number": st.integers(-1000, 1000) | st.floats(-1000, 1000, allow_nan=False).map(repr),
    "date": st.dates().map(lambda day: day.isoformat()),
    "year": st.integers(1000, 9999),
}


@st.composite
def descriptors(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    fields = []
    for name in names:
        kind = draw(st.sampled_from([str(kind) for kind in FieldType]))
        field: dict[str, Any] = {"name": name, "type": kind}
        for text in ("title", "description", "unit"):
            if draw(st.booleans()):
                field[text] = draw(TEXTS.filter(bool))
        constraints: dict[str, Any] = {}
        if draw(st.booleans()):
            constraints["required"] = True
        if kind in BOUNDS and draw(st.booleans()):
            constraints["minimum"] = draw(BOUNDS[kind])
        if kind == "string" and draw(st.booleans()):
            constraints["enum"] = draw(st.lists(TEXTS, min_size=1, max_size=3))
        if constraints:
            field["constraints"] = constraints
        if draw(st.booleans()):
            field["rdfType"] = "http://ejemplo.mx/algo"
        fields.append(field)
    schema: dict[str, Any] = {"fields": fields}
    if draw(st.booleans()):
        schema["primaryKey"] = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    if draw(st.booleans()):
        schema["missingValues"] = ["", "ND"]
    if draw(st.booleans()):
        reference = {"resource": "x", "fields": ["clave"]}
        schema["foreignKeys"] = [{"fields": names[:1], "reference": reference}]
    return schema


@given(descriptors())
@pytest.mark.req("R-098", "R-100", "R-101")
def test_a_table_schema_survives_the_round_trip(descriptor: dict[str, Any]) -> None:
    dictionary = DataDictionary.from_table_schema(descriptor)
    assert dictionary.to_table_schema() == descriptor
    assert DataDictionary.from_table_schema(dictionary.to_table_schema()) == dictionary
    assert list(dictionary.names) == [field["name"] for field in descriptor["fields"]]


@given(descriptors())
def test_what_we_write_frictionless_accepts(descriptor: dict[str, Any]) -> None:
    descriptor.pop("foreignKeys", None)
    written = DataDictionary.from_table_schema(descriptor).to_table_schema()
    errors = list(frictionless.Schema.metadata_validate(written))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize(
    ("descriptor", "codes"),
    [
        (None, ["dictionary-not-table-schema"]),
        ([], ["dictionary-not-table-schema"]),
        ({"fields": {}}, ["dictionary-not-table-schema"]),
        ({"fields": []}, ["dictionary-empty"]),
        ({"fields": ["a"]}, ["dictionary-field-not-object"]),
        ({"fields": [{"type": "string"}]}, ["dictionary-field-without-name"]),
        ({"fields": [{"name": "  "}]}, ["dictionary-field-without-name"]),
        ({"fields": [{"name": "a", "type": "int"}]}, ["dictionary-unknown-type"]),
        ({"fields": [{"name": "a", "type": ["x"]}]}, ["dictionary-unknown-type"]),
        ({"fields": [{"name": "a"}, {"name": "a"}]}, ["dictionary-duplicate-field"]),
        ({"fields": [{"name": "a"}], "primaryKey": "b"}, ["dictionary-unknown-key"]),
        ({"fields": [{"name": "a", "title": 5}]}, ["dictionary-bad-property"]),
        (
            {"fields": [{"name": "a", "constraints": {"obligatorio": True}}]},
            ["dictionary-bad-property"],
        ),
        (
            {"fields": [{"name": "a", "type": "date", "constraints": {"pattern": "x"}}]},
            ["dictionary-constraint-not-for-type"],
        ),
        (
            {"fields": [{"name": "a", "type": "integer", "constraints": {"minimum": "uno"}}]},
            ["dictionary-constraint-value"],
        ),
        (
            {"fields": [{"name": "a", "type": "date", "constraints": {"enum": ["2018-02-30"]}}]},
            ["dictionary-constraint-value"],
        ),
        (
            {"fields": [{"name": "a", "type": "date", "format": "%d/%m/%Y"}]},
            ["dictionary-reading-property"],
        ),
        (
            {"fields": [{"name": "a", "type": "number", "decimalChar": ","}]},
            ["dictionary-reading-property"],
        ),
        (
            {"fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "fecha"}, "c"]},
            ["dictionary-unknown-type", "dictionary-unknown-type", "dictionary-field-not-object"],
        ),
    ],
)
def test_bad_schemas_are_named(descriptor: object, codes: list[str]) -> None:
    with pytest.raises(DictionaryError) as caught:
        DataDictionary.from_table_schema(descriptor)
    assert [problem.code for problem in caught.value.problems] == codes


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "fields",
                        "name",
                        "type",
                        "constraints",
                        "enum",
                        "primaryKey",
                        "missingValues",
                        "description",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        DataDictionary.from_table_schema(value)
    except DictionaryError as refused:
        said = refused.problems
    else:
        return
    assert said


@pytest.mark.req("R-098")
def test_undescribed_columns_are_known() -> None:
    dictionary = DataDictionary.from_table_schema(
        {"fields": [{"name": "a", "description": " "}, {"name": "b", "description": "Algo."}]}
    )
    assert [field.name for field in dictionary.undescribed_fields] == ["a"]


@pytest.mark.req("R-098", "R-101")
def test_a_description_that_only_echoes_is_none() -> None:
    cases = yaml.safe_load(CASES.read_text(encoding="utf-8"))
    empty_words = word_list().empty_words
    wrong = []
    for case in cases:
        needs = case.pop("needs")
        if needs_description(DictionaryField(**case), empty_words) != needs:
            wrong.append(case)
    assert wrong == []


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("integer", ["5", "-5", "+5", " 5 ", "007"], ["", "5.0", "1,000", "1_0", "cinco"]),
        ("number", ["5", "5.", ".5", "-1e3"], ["1,5", "NaN", "1 000", "$5", "."]),
        ("boolean", ["true", "0"], ["sí", "yes", "tRue"]),
        (
            "date",
            ["2018-12-31", "0001-01-01"],
            ["2018-02-30", "31/12/2018", "2018-1-1", "0000-01-01"],
        ),
        ("time", ["23:59:59", "10:00:00Z"], ["24:00:00", "10:00"]),
        (
            "datetime",
            ["2018-12-31T10:00:00", "2018-12-31 10:00:00"],
            ["2018-12-31", "2018-02-30T10:00:00"],
        ),
        ("year", ["2018"], ["18", "20188"]),
        ("yearmonth", ["2018-12"], ["2018-13", "2018-1"]),
    ],
)
def test_what_a_cell_means(kind: str, good: list[str], bad: list[str]) -> None:
    assert all(read_value(FieldType(kind), text) is not None for text in good)
    assert [text for text in bad if read_value(FieldType(kind), text) is not None] == []
