"""Dictionaries that hypothesis makes, for every form they are kept in."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ckanext.imssbienestar.domain.dictionary import DataDictionary

# Line breaks inside a text are kept by every form; what XML cannot hold is tested on its own.
TEXTS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f\x85\xa0"),
    max_size=12,
).map(str.strip)


@st.composite
def dictionaries(draw: st.DrawFn) -> DataDictionary:
    """Any dictionary that a table of people can hold."""
    names = draw(st.lists(TEXTS.filter(bool), min_size=1, max_size=4, unique=True))
    fields: list[dict[str, Any]] = []
    for name in names:
        field: dict[str, Any] = {
            "name": name,
            "title": draw(TEXTS),
            "description": draw(TEXTS),
            "unit": draw(TEXTS),
        }
        constraints: dict[str, Any] = {"required": draw(st.booleans())}
        match draw(st.sampled_from(["string", "integer", "number", "date", "boolean"])):
            case "string":
                constraints["enum"] = draw(st.lists(TEXTS.filter(bool), max_size=3))
                constraints["maxLength"] = draw(st.integers(0, 99))
                field["examples"] = draw(st.lists(TEXTS.filter(bool), max_size=2))
            case "integer":
                field["type"] = "integer"
                constraints["minimum"] = draw(st.integers())
                constraints["unique"] = draw(st.booleans())
            case "number":
                field["type"] = "number"
                constraints["maximum"] = draw(st.floats(-1e6, 1e6, allow_nan=False))
            case "date":
                field["type"] = "date"
                constraints["exclusiveMaximum"] = draw(st.dates()).isoformat()
            case "boolean":
                field["type"] = "boolean"
        fields.append(field | {"constraints": constraints})
    key = draw(st.lists(st.sampled_from(names), unique=True))
    schema = {"fields": fields, "primaryKey": sorted(key, key=names.index)}
    foreign = [
        {"fields": [name], "reference": {"resource": resource, "fields": [column]}}
        for name in names
        for resource, column in draw(
            st.lists(
                st.sampled_from([("entidades", "cve_ent"), ("municipios", "cvegeo"), ("a|b", "c")]),
                max_size=2,
                unique=True,
            )
        )
    ]
    return DataDictionary.from_table_schema(schema | ({"foreignKeys": foreign} if foreign else {}))
