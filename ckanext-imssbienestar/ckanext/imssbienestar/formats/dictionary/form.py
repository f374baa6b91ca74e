"""The data dictionary as a form that a person edits: the records of a table, field by field.

Lists stand one item to a line, and what nobody touched stays exactly as it was, so that opening
and saving a form changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryError,
    DictionaryField,
    DictionaryProblem,
    plain_words,
)
from ckanext.imssbienestar.formats.dictionary import layout
from ckanext.imssbienestar.formats.dictionary.catalogues import catalogue_cell, foreign_keys_of
from ckanext.imssbienestar.formats.dictionary.rows import (
    descriptor_of,
    in_primary_key,
    record_of,
)

LISTS = ("enum", "examples")
ANSWERS = ("required", "unique", "primaryKey")

Record = Mapping[str, str]


@dataclass(frozen=True)
class PlacedProblem:
    """A problem and the field of the form where it belongs; both blank when it has no place."""

    column: str
    prop: str
    problem: DictionaryProblem


def form_record(field: DictionaryField, dictionary: DataDictionary) -> dict[str, str]:
    """What the fields of the form show for a column; ``type`` is Table Schema's name."""
    record = record_of(field, dictionary)
    for prop in LISTS:
        record[prop] = "\n".join(layout.split_list(record[prop]))
    for prop in ANSWERS:
        record[prop] = "sí" if layout.yes_no()[plain_words(record[prop])] else ""
    record["type"] = str(field.type)
    return {prop: _lines(text) for prop, text in record.items()}


def edited_dictionary(base: DataDictionary, typed: Mapping[str, Record]) -> DataDictionary:
    """The dictionary with what was typed for some of its columns, by their names.

    Columns that the form did not show, and properties that no form can show, stay.

    :raises DictionaryError: with everything that is wrong; see :func:`placed_problems`.
    """
    fields: list[dict[str, Any]] = []
    problems: list[DictionaryProblem] = []
    schema = base.to_table_schema()
    for number, (field, stored) in enumerate(zip(base.fields, schema["fields"], strict=True), 1):
        record = typed.get(field.name)
        if record is None or _same(record, form_record(field, base)):
            fields.append(stored)
            continue
        descriptor, found = descriptor_of(_table_record(record), number)
        problems += found
        # The name is the file's, spaces and all: it is not for typing.
        fields.append({**(field.model_extra or {}), **descriptor, "name": field.name})
    key = tuple(
        field.name
        for field in base.fields
        if (
            in_primary_key(typed[field.name])
            if field.name in typed
            else field.name in base.primary_key
        )
    )
    # The order of a key is nobody's to type: while its columns are the same it stays.
    schema["primaryKey"] = list(base.primary_key if set(key) == set(base.primary_key) else key)
    schema["fields"] = fields
    cells = [(field.name, catalogue_cell(field.name, base)) for field in base.fields]
    asked = [
        (name, _lines(typed.get(name, {}).get("foreignKeys", stored))) for name, stored in cells
    ]
    if asked != cells:
        schema["foreignKeys"] = foreign_keys_of(asked)
    for prop in ("primaryKey", "foreignKeys"):
        if not schema.get(prop):
            schema.pop(prop, None)
    try:
        dictionary = DataDictionary.from_table_schema(schema)
    except DictionaryError as error:
        raise DictionaryError(_once([*problems, *error.problems])) from error
    if problems:
        raise DictionaryError(problems)
    return dictionary


def placed_problems(error: DictionaryError) -> tuple[PlacedProblem, ...]:
    """Where in the form each problem belongs."""
    return tuple(
        PlacedProblem(problem.field, prop, problem)
        if (prop := _property_of(problem)) and problem.field
        else PlacedProblem("", "", problem)
        for problem in error.problems
    )


def _property_of(problem: DictionaryProblem) -> str:
    if problem.code == "dictionary-pattern":
        return "pattern"
    known = _property_by_name()
    return known.get(problem.column) or known.get(problem.column.rpartition(".")[2], "")


@cache
def _property_by_name() -> Mapping[str, str]:
    """Both names that problems use for a property: the header of a CSV and Table Schema's."""
    headers = layout.headers()
    return {header: prop for prop, header in headers.items()} | {prop: prop for prop in headers}


def _once(problems: Iterable[DictionaryProblem]) -> list[DictionaryProblem]:
    """Without those that say of the same place what was said already."""
    seen: dict[tuple[str, str, str], DictionaryProblem] = {}
    for problem in problems:
        place = _property_of(problem)
        seen.setdefault((problem.field, place, problem.code if not place else ""), problem)
    return list(seen.values())


def _same(typed: Record, shown: Record) -> bool:
    return all(_lines(typed.get(prop, "")) == text.strip() for prop, text in shown.items())


def _table_record(typed: Record) -> dict[str, str]:
    """What was typed, as a row of the table."""
    record = {prop: _lines(typed.get(prop, "")) for prop in layout.headers()}
    for prop in LISTS:
        items = (line.strip() for line in record[prop].split("\n"))
        record[prop] = layout.join_list(tuple(item for item in items if item))
    return record


def _lines(text: str) -> str:
    """Browsers send line breaks as CRLF."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
