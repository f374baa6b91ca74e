"""The form of a dictionary: what is typed arrives, and what nobody touched stays as it was."""

from __future__ import annotations

from typing import Any

import pytest
from dictionary_strategies import dictionaries
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.formats.dictionary.form import (
    edited_dictionary,
    form_record,
    placed_problems,
)


def shown(dictionary: DataDictionary) -> dict[str, dict[str, str]]:
    """The whole form as a browser sends it back: line breaks as CRLF, no unmarked boxes."""
    return {
        field.name: {
            prop: text.replace("\n", "\r\n")
            for prop, text in form_record(field, dictionary).items()
            if text
        }
        for field in dictionary.fields
    }


def made(*fields: dict[str, Any], **schema: Any) -> DataDictionary:
    return DataDictionary.from_table_schema({"fields": list(fields), **schema})


@given(dictionaries())
def test_opening_and_saving_changes_nothing(dictionary: DataDictionary) -> None:
    assert edited_dictionary(dictionary, shown(dictionary)) == dictionary


@given(dictionaries(), st.data())
def test_one_text_that_is_typed_changes_that_text_alone(
    dictionary: DataDictionary, data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(dictionary.fields))
    prop = data.draw(st.sampled_from(["title", "description", "unit"]))
    form = shown(dictionary)
    form[field.name][prop] = "Recién escrito."
    after = edited_dictionary(dictionary, form)
    changed = field.model_copy(update={prop: "Recién escrito."})
    expected = [changed if entry is field else entry for entry in dictionary.fields]
    assert [entry.model_dump(mode="json") for entry in after.fields] == [
        entry.model_dump(mode="json") for entry in expected
    ]
    assert after.primary_key == dictionary.primary_key


@given(dictionaries(), st.data())
def test_columns_that_the_form_did_not_show_stay(
    dictionary: DataDictionary, data: st.DataObject
) -> None:
    form = shown(dictionary)
    kept = data.draw(st.sets(st.sampled_from(dictionary.names)))
    part = {name: record for name, record in form.items() if name in kept}
    assert edited_dictionary(dictionary, part) == dictionary


def test_what_no_form_can_show_survives_an_edit() -> None:
    dictionary = made(
        {
            "name": "a",
            "rdfType": "http://ejemplo.mx/a",
            "constraints": {"enum": ["uno\ndos", " tres"]},
        },
        {"name": "b"},
        primaryKey=["b", "a"],
        foreignKeys=[{"fields": ["a"], "reference": {"resource": "x", "fields": ["y"]}}],
        missingValues=["", "ND"],
        title="De otros",
    )
    form = shown(dictionary)
    form["b"]["description"] = "Algo."
    after = edited_dictionary(dictionary, form).to_table_schema()
    expected = dictionary.to_table_schema()
    expected["fields"][1]["description"] = "Algo."
    assert after == expected
    form["a"]["title"] = "A"
    assert edited_dictionary(dictionary, form).fields[0].model_extra == {
        "rdfType": "http://ejemplo.mx/a"
    }


def test_lists_keys_and_answers() -> None:
    dictionary = made({"name": "a"}, {"name": "b"}, primaryKey=["a"])
    form = shown(dictionary)
    form["a"] |= {"enum": " uno \r\n\r\ndos | tres\r\n", "required": "sí"}
    del form["a"]["primaryKey"]
    form["b"] |= {"primaryKey": "sí", "unique": "sí", "type": "integer", "minimum": "5"}
    after = edited_dictionary(dictionary, form).to_table_schema()
    assert after == {
        "fields": [
            {
                "name": "a",
                "type": "string",
                "constraints": {"required": True, "enum": ["uno", "dos | tres"]},
            },
            {"name": "b", "type": "integer", "constraints": {"unique": True, "minimum": 5}},
        ],
        "primaryKey": ["b"],
    }


@pytest.mark.parametrize(
    ("typed", "prop"),
    [
        ({"type": "integer", "minimum": "cero"}, "minimum"),
        ({"type": "date", "maximum": "31/12/2018"}, "maximum"),
        ({"minLength": "-1"}, "minLength"),
        ({"type": "integer", "pattern": "[0-9]"}, "pattern"),
        ({"type": "entero gigante"}, "type"),
        ({"type": "boolean", "enum": "quizá"}, "enum"),
        ({"required": "a veces"}, "required"),
        ({"exclusiveMinimum": "3"}, "exclusiveMinimum"),
    ],
)
def test_each_mistake_belongs_to_its_field(typed: dict[str, str], prop: str) -> None:
    dictionary = made({"name": "a"}, {"name": "b", "description": "Queda."})
    form = shown(dictionary)
    form["a"] |= typed
    with pytest.raises(DictionaryError) as caught:
        edited_dictionary(dictionary, form)
    places = placed_problems(caught.value)
    assert [(place.column, place.prop) for place in places] == [("a", prop)]


def test_all_mistakes_are_told_at_once_and_each_once() -> None:
    dictionary = made({"name": "a", "type": "integer"}, {"name": "b", "type": "date"})
    form = shown(dictionary)
    form["a"] |= {"minimum": "x", "minLength": "y"}
    form["b"] |= {"enum": "ayer\r\nhoy"}
    with pytest.raises(DictionaryError) as caught:
        edited_dictionary(dictionary, form)
    places = [(place.column, place.prop) for place in placed_problems(caught.value)]
    assert sorted(places) == [("a", "minLength"), ("a", "minimum"), ("b", "enum")]


@given(
    st.dictionaries(
        st.sampled_from(["type", "enum", "minimum", "pattern", "unique", "zzz"]),
        st.text(max_size=12),
    )
)
def test_anything_typed_is_taken_or_refused(typed: dict[str, str]) -> None:
    dictionary = made({"name": "a"})
    try:
        edited_dictionary(dictionary, {"a": typed, "otra": typed})
    except DictionaryError as refused:
        said = placed_problems(refused)
    else:
        return
    assert said
