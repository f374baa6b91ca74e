"""The data dictionary as a table of people: one row for each column, Spanish headers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from ckanext.imssbienestar.formats import dictionary_layout as layout

_LENGTHS = ("minLength", "maxLength")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_DELIMITERS = ",;\t"


def dump_dictionary_csv(dictionary: DataDictionary) -> str:
    """The dictionary as CSV text (comma, LF, no BOM), which :func:`parse_dictionary_csv` reads.

    Properties that only a Table Schema can hold (missing values, other people's properties)
    are left out.
    """
    rows = [_row_of(field, dictionary) for field in dictionary.fields]
    base = list(layout.layout()["columns"])
    used = [name for name in layout.layout()["optional_columns"] if any(r[name] for r in rows)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(layout.headers()[name] for name in (*base, *used))
    writer.writerows([row[name] for name in (*base, *used)] for row in rows)
    return text.getvalue()


def parse_dictionary_csv(content: bytes) -> DataDictionary:
    """Read a dictionary CSV: UTF-8, with or without BOM, columns in any order.

    :raises DictionaryError: with the row and column of everything that is wrong.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise DictionaryError([DictionaryProblem("dictionary-not-utf8", row=row)]) from error
    delimiter = _delimiter_of(text)
    return parse_dictionary_rows(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def parse_dictionary_rows(rows: Iterable[Sequence[str]]) -> DataDictionary:
    """Read a dictionary from the rows of any table; rows above the header are passed over.

    :raises DictionaryError: with the row and column of everything that is wrong.
    """
    limit = int(layout.layout()["limits"]["rows"])
    numbered = enumerate(rows, start=1)
    columns = _find_header(numbered)
    fields: list[dict[str, Any]] = []
    key: list[str] = []
    problems: list[DictionaryProblem] = []
    for number, row in numbered:
        if number > limit:
            problems.append(DictionaryProblem("dictionary-too-long", allowed=str(limit)))
            break
        cells = {name: row[i].strip() if i < len(row) else "" for name, i in columns.items()}
        if not any(cells.values()):
            continue
        descriptor, found = _descriptor_of(cells, number)
        problems += found
        fields.append(descriptor)
        if cells.get("primaryKey") and layout.yes_no().get(plain_words(cells["primaryKey"])):
            key.append(cells["name"])
    if problems:
        raise DictionaryError(problems)
    schema: dict[str, Any] = {"fields": fields} | ({"primaryKey": key} if key else {})
    return DataDictionary.from_table_schema(schema)


def _delimiter_of(text: str) -> str:
    """The separator that makes the most of the first line; spreadsheets in Spanish write ';'."""
    first = text.partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _find_header(numbered: Iterator[tuple[int, Sequence[str]]]) -> dict[str, int]:
    known = layout.property_by_header()
    for number, row in numbered:
        names = [known.get(plain_words(cell)) for cell in row]
        if all(needed in names for needed in layout.layout()["needed_columns"]):
            return {name: index for index, name in reversed(list(enumerate(names))) if name}
        if number >= 20:
            break
    needed = ", ".join(layout.headers()[name] for name in layout.layout()["needed_columns"])
    raise DictionaryError([DictionaryProblem("dictionary-header-missing", row=1, column=needed)])


def _descriptor_of(
    cells: Mapping[str, str], row: int
) -> tuple[dict[str, Any], list[DictionaryProblem]]:
    problems: list[DictionaryProblem] = []

    def problem(code: str, prop: str, allowed: str = "") -> None:
        problems.append(
            DictionaryProblem(
                code,
                field=cells.get("name", ""),
                row=row,
                column=layout.headers()[prop],
                value=cells[prop],
                allowed=allowed,
            )
        )

    if not cells.get("name"):
        problem("dictionary-field-without-name", "name")
    kind = FieldType.STRING
    if cells.get("type"):
        known = layout.type_by_name().get(plain_words(cells["type"]))
        if known is None:
            problem("dictionary-unknown-type", "type", ", ".join(map(layout.type_name, FieldType)))
        kind = known or kind
    constraints = _constraints_of(cells, kind, problem)
    descriptor: dict[str, Any] = {
        prop: cells[prop] for prop in ("name", "title", "description", "unit") if cells.get(prop)
    }
    descriptor["type"] = str(kind)
    if constraints:
        descriptor["constraints"] = constraints
    if cells.get("examples"):
        descriptor["examples"] = list(layout.split_list(cells["examples"]))
    return descriptor, problems


def _constraints_of(cells: Mapping[str, str], kind: FieldType, problem: Any) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    for prop in ("required", "unique"):
        answer = layout.yes_no().get(plain_words(cells.get(prop, "")))
        if answer is None:
            problem("dictionary-not-yes-no", prop, "sí, no")
        if answer:
            constraints[prop] = True
    for prop in _LENGTHS:
        if cells.get(prop):
            if cells[prop].isascii() and cells[prop].isdigit():
                constraints[prop] = int(cells[prop])
            else:
                problem("dictionary-constraint-value", prop, str(FieldType.INTEGER))
    for prop in _BOUNDS:
        if cells.get(prop):
            constraints[prop] = _scalar(kind, cells[prop])
    if cells.get("pattern"):
        constraints["pattern"] = cells["pattern"]
    if cells.get("enum"):
        constraints["enum"] = [_scalar(kind, item) for item in layout.split_list(cells["enum"])]
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


def _row_of(field: DictionaryField, dictionary: DataDictionary) -> dict[str, str]:
    constraints = field.constraints.model_dump(by_alias=True)
    row = {
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
        "examples": layout.join_list(tuple(map(constraint_text, field.examples))),
    }
    for prop in (*_BOUNDS, *_LENGTHS):
        row[prop] = "" if constraints[prop] is None else constraint_text(constraints[prop])
    return row
