"""A data dictionary as the rows of a table of people: one for each column of the file.

A *record* is such a row by the names of the Table Schema properties, all of them texts. The CSV,
the workbook and the editor of the portal are three ways to write records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from ckanext.imssbienestar.domain.cell_values import TRUE_TEXTS, FieldType, read_value
from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryError,
    DictionaryField,
    DictionaryProblem,
    Scalar,
    constraint_text,
    plain_words,
)
from ckanext.imssbienestar.formats.dictionary import layout
from ckanext.imssbienestar.formats.dictionary.catalogues import catalogue_cell, foreign_keys_of

_LENGTHS = ("minLength", "maxLength")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def record_of(field: DictionaryField, dictionary: DataDictionary) -> dict[str, str]:
    """A field as a record; what only a Table Schema can hold is left out."""
    constraints = field.constraints.model_dump(by_alias=True)
    record = {
        "name": field.name,
        "title": field.title,
        "type": layout.type_name(field.type),
        "description": field.description,
        "unit": field.unit,
        "required": "sí" if field.constraints.required else "no",
        "enum": layout.join_list(tuple(map(constraint_text, field.constraints.enum))),
        "unique": "sí" if field.constraints.unique else "",
        "primaryKey": "sí" if field.name in dictionary.primary_key else "",
        "pattern": field.constraints.pattern or "",
        "foreignKeys": catalogue_cell(field.name, dictionary),
        "examples": layout.join_list(tuple(map(constraint_text, field.examples))),
    }
    for prop in (*_BOUNDS, *_LENGTHS):
        record[prop] = "" if constraints[prop] is None else constraint_text(constraints[prop])
    return record


def descriptor_of(
    record: Mapping[str, str], row: int
) -> tuple[dict[str, Any], list[DictionaryProblem]]:
    """The Table Schema field of a record, and what cannot be read in it.

    :param row: where the record stands in its file, for the problems.
    """
    problems: list[DictionaryProblem] = []

    def problem(code: str, prop: str, allowed: str = "") -> None:
        problems.append(
            DictionaryProblem(
                code,
                field=record.get("name", ""),
                row=row,
                column=layout.headers()[prop],
                value=record[prop],
                allowed=allowed,
            )
        )

    if not record.get("name"):
        problem("dictionary-field-without-name", "name")
    kind = FieldType.STRING
    if record.get("type"):
        known = layout.type_by_name().get(plain_words(record["type"]))
        if known is None:
            problem("dictionary-unknown-type", "type", ", ".join(map(layout.type_name, FieldType)))
        kind = known or kind
    constraints = _constraints_of(record, kind, problem)
    descriptor: dict[str, Any] = {
        prop: record[prop] for prop in ("name", "title", "description", "unit") if record.get(prop)
    }
    descriptor["type"] = str(kind)
    if constraints:
        descriptor["constraints"] = constraints
    if record.get("examples"):
        descriptor["examples"] = list(layout.split_list(record["examples"]))
    return descriptor, problems


def in_primary_key(record: Mapping[str, str]) -> bool:
    """Whether the record says that its column is part of what identifies a row."""
    return bool(layout.yes_no().get(plain_words(record.get("primaryKey", ""))))


def parse_dictionary_rows(rows: Iterable[Sequence[str]]) -> DataDictionary:
    """Read a dictionary from the rows of any table; rows above the header are passed over.

    A table with a column for catalogues says which foreign keys there are, none included; of one
    without it ``foreign_keys`` is not set.

    :raises DictionaryError: with the row and column of everything that is wrong.
    """
    fields: list[dict[str, Any]] = []
    key: list[str] = []
    catalogues: list[tuple[str, str]] = []
    problems: list[DictionaryProblem] = []
    most = int(layout.layout()["limits"]["rows"])
    for number, record in _records(rows):
        if len(fields) == most:
            problems.append(DictionaryProblem("dictionary-too-long", allowed=str(most)))
            break
        descriptor, found = descriptor_of(record, number)
        problems += found
        fields.append(descriptor)
        if in_primary_key(record):
            key.append(record["name"])
        if "foreignKeys" in record:
            catalogues.append((record["name"], record["foreignKeys"]))
    if problems:
        raise DictionaryError(problems)
    schema: dict[str, Any] = {"fields": fields} | ({"primaryKey": key} if key else {})
    if catalogues:
        schema["foreignKeys"] = foreign_keys_of(catalogues)
    return DataDictionary.from_table_schema(schema)


def _records(rows: Iterable[Sequence[str]]) -> Iterator[tuple[int, dict[str, str]]]:
    """The records under the header with their row numbers; blank rows are passed over."""
    numbered = iter(enumerate(rows, start=1))
    columns, pending = _find_header(numbered)
    blank = 0
    for number, row in _chained(pending, numbered):
        record = {name: row[i].strip() if i < len(row) else "" for name, i in columns.items()}
        if any(record.values()):
            blank = 0
            yield number, record
            continue
        blank += 1
        if blank > int(layout.layout()["limits"]["blank_rows"]):
            return


def _chained(
    first: Iterable[tuple[int, Sequence[str]]], then: Iterable[tuple[int, Sequence[str]]]
) -> Iterator[tuple[int, Sequence[str]]]:
    yield from first
    yield from then


def _find_header(
    numbered: Iterator[tuple[int, Sequence[str]]],
) -> tuple[dict[str, int], list[tuple[int, Sequence[str]]]]:
    """Where each property stands, and the rows already read that lie under the header.

    The header is the row that names the most properties: a dataset called «Variable», whose title
    stands above, has one known word in its row, and a column called ``campo`` another.
    """
    known = layout.property_by_header()
    seen: list[tuple[int, Sequence[str]]] = []
    best, best_columns = -1, dict[str, int]()
    for number, row in numbered:
        seen.append((number, row))
        names = [known.get(plain_words(cell)) for cell in row]
        if all(needed in names for needed in layout.layout()["needed_columns"]):
            columns = {name: index for index, name in reversed(list(enumerate(names))) if name}
            if len(columns) > len(best_columns):
                best, best_columns = len(seen), columns
        if len(seen) >= int(layout.layout()["limits"]["header_rows"]):
            break
    if not best_columns:
        needed = ", ".join(layout.headers()[name] for name in layout.layout()["needed_columns"])
        raise DictionaryError(
            [DictionaryProblem("dictionary-header-missing", row=1, column=needed)]
        )
    return best_columns, seen[best:]


def _constraints_of(
    record: Mapping[str, str], kind: FieldType, problem: Callable[..., None]
) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    for prop in ("required", "unique"):
        answer = layout.yes_no().get(plain_words(record.get(prop, "")))
        if answer is None:
            problem("dictionary-not-yes-no", prop, "sí, no")
        if answer:
            constraints[prop] = True
    for prop in _LENGTHS:
        if record.get(prop):
            if record[prop].isascii() and record[prop].isdigit():
                constraints[prop] = int(record[prop])
            else:
                problem("dictionary-constraint-value", prop, str(FieldType.INTEGER))
    for prop in _BOUNDS:
        if record.get(prop):
            constraints[prop] = _scalar(kind, record[prop])
    if record.get("pattern"):
        constraints["pattern"] = record["pattern"]
    if record.get("enum"):
        constraints["enum"] = [_scalar(kind, item) for item in layout.split_list(record["enum"])]
    return constraints


def _scalar(kind: FieldType, text: str) -> Scalar:
    """The JSON value of a constraint; a text that is none is left for the dictionary to refuse."""
    if kind is FieldType.BOOLEAN and read_value(kind, text) is not None:
        return text in TRUE_TEXTS
    if kind in (FieldType.INTEGER, FieldType.YEAR) and read_value(kind, text) is not None:
        return int(text)
    if kind is FieldType.NUMBER:
        with suppress(ValueError):
            # A JSON number only when it says exactly what the person wrote.
            if read_value(kind, text) == Decimal(repr(float(text))):
                return float(text)
    return text
