"""A new file under an old dictionary: what differs, and nothing that was written is lost."""

from __future__ import annotations

from typing import Any

from dictionary_strategies import dictionaries
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.domain.dictionary_changes import (
    FoundColumns,
    Retyped,
    adopted,
    changes_between,
    dictionary_digest,
    with_untold,
)

TEXT = frozenset({FieldType.STRING})
WHOLE = frozenset({FieldType.STRING, FieldType.INTEGER, FieldType.NUMBER})


def made(*fields: dict[str, Any], **schema: Any) -> DataDictionary:
    return DataDictionary.from_table_schema({"fields": list(fields), **schema})


DECLARED = made(
    {
        "name": "monto",
        "type": "integer",
        "description": "Lo que se pagó.",
        "constraints": {"minimum": 0, "required": True},
        "rdfType": "http://ejemplo.mx/monto",
    },
    {"name": "clave", "description": "La clave de la unidad."},
    {"name": "fin", "type": "date", "description": "El último día."},
    primaryKey=["clave", "fin"],
    foreignKeys=[
        {"fields": ["clave"], "reference": {"resource": "estados", "fields": ["cve_ent"]}},
        {"fields": ["fin"], "reference": {"resource": "dias", "fields": ["dia"]}},
    ],
)
FOUND = FoundColumns(
    made(
        {"name": "clave", "type": "integer", "title": "Clave"},
        {"name": "nueva", "title": "Nueva"},
        {"name": "monto", "type": "string"},
    ),
    {"clave": WHOLE, "monto": TEXT},
)


def test_what_differs() -> None:
    changes = changes_between(DECLARED, FOUND)
    assert changes.added == ("nueva",)
    assert changes.removed == ("fin",)
    # The declared type wins over the guessed one: a text may well be digits only.
    assert changes.retyped == (Retyped("monto", FieldType.INTEGER, FieldType.STRING),)
    assert changes.moved == ("clave", "monto")


def test_what_is_adopted() -> None:
    after = adopted(DECLARED, FOUND)
    assert after.names == ("clave", "nueva", "monto")
    assert after.field("monto") == DECLARED.field("monto")
    assert after.field("clave") == DECLARED.field("clave")
    assert after.primary_key == ()
    assert [key.fields for key in after.foreign_keys] == [("clave",)]
    assert changes_between(after, FOUND).added == ()
    # Only the type is left to differ, until somebody says which is wrong.
    assert changes_between(after, FOUND).retyped
    retyped = adopted(DECLARED, FOUND, retype=["monto"])
    assert not changes_between(retyped, FOUND)
    assert retyped.to_table_schema()["fields"][2] == {
        "name": "monto",
        "type": "string",
        "description": "Lo que se pagó.",
        # A least value is nothing that a text can have.
        "constraints": {"required": True},
        "rdfType": "http://ejemplo.mx/monto",
    }


def test_a_blank_column_may_be_of_any_type() -> None:
    found = FoundColumns(made({"name": "monto"}, {"name": "clave"}, {"name": "fin"}))
    assert not changes_between(DECLARED, found)


@given(dictionaries(), st.data())
def test_any_new_order_or_selection_keeps_every_word(
    dictionary: DataDictionary, data: st.DataObject
) -> None:
    kept = data.draw(st.lists(st.sampled_from(dictionary.names), unique=True))
    others = data.draw(st.lists(st.sampled_from(["nueva 1", "nueva 2"]), unique=True))
    names = data.draw(st.permutations([*kept, *others]))
    if not names:
        return
    found = FoundColumns(made(*({"name": name} for name in names)))
    after = adopted(dictionary, found)
    assert after.names == tuple(names)
    assert not changes_between(after, found)
    assert [after.field(name) for name in kept] == [dictionary.field(name) for name in kept]
    # What was adopted is a dictionary: whatever spoke of a column that is gone is gone too.
    assert DataDictionary.from_table_schema(after.to_table_schema()) == after


def test_what_a_table_of_people_cannot_say_survives_its_import() -> None:
    imported = made(
        {"name": "clave", "description": "La clave nueva."},
        {"name": "monto", "type": "integer"},
    )
    merged = with_untold(imported, DECLARED).to_table_schema()
    assert merged == {
        "fields": [
            {"name": "clave", "type": "string", "description": "La clave nueva."},
            {"name": "monto", "type": "integer", "rdfType": "http://ejemplo.mx/monto"},
        ],
        "foreignKeys": [
            {"fields": ["clave"], "reference": {"resource": "estados", "fields": ["cve_ent"]}}
        ],
    }


def test_the_digest_tells_states_apart() -> None:
    assert dictionary_digest(None) == ""
    other = adopted(DECLARED, FOUND)
    assert len({dictionary_digest(DECLARED), dictionary_digest(other), ""}) == 3
    again = DataDictionary.from_table_schema(DECLARED.to_table_schema())
    assert dictionary_digest(again) == dictionary_digest(DECLARED)
