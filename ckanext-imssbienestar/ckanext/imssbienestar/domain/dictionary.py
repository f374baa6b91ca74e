"""The data dictionary (Anexo IV): one entry for each column, exchanged as a Table Schema."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from ckanext.imssbienestar.domain.cell_values import FieldType, read_value
from ckanext.imssbienestar.errors import TerminalError

Scalar: TypeAlias = bool | int | float | str

DEFAULT_MISSING_VALUES = ("",)

_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_ALWAYS = frozenset({"required", "unique", "enum"})
_BY_TYPE: dict[FieldType, frozenset[str]] = dict.fromkeys(FieldType, _ALWAYS | _BOUNDS) | {
    FieldType.STRING: _ALWAYS | {"minLength", "maxLength", "pattern"},
    FieldType.BOOLEAN: _ALWAYS,
}
# Properties that change how a cell is read. A canonical file needs none of them, and keeping
# one that the engine does not obey would publish a dictionary that lies about its file.
_READING_PROPERTIES: dict[str, Scalar] = {
    "decimalChar": ".",
    "groupChar": "",
    "bareNumber": True,
    "format": "default",
}
_READING_LISTS = ("trueValues", "falseValues", "missingValues")


@dataclass(frozen=True)
class DictionaryProblem:
    """One reason a dictionary cannot be used; its text is under ``code`` in findings.yaml.

    :ivar row: row of the dictionary file, the header being 1.
    :ivar column: column of the dictionary file, or property of the Table Schema.
    """

    code: str
    field: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    allowed: str = ""

    def __str__(self) -> str:
        place = [f"row {self.row}"] if self.row else []
        place += [
            f"{name} {text!r}"
            for name, text in (
                ("column", self.column),
                ("field", self.field),
                ("value", self.value),
            )
            if text
        ]
        return f"{self.code} ({', '.join(place)})" if place else self.code


class DictionaryError(TerminalError):
    """A dictionary that cannot be used, with every problem found and not only the first."""

    def __init__(self, problems: Iterable[DictionaryProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "The data dictionary cannot be used: " + "; ".join(map(str, self.problems)) + ".",
            next_step="Correct the dictionary and load it again.",
        )


class _TableSchemaModel(BaseModel):
    """Unknown properties are kept: what others add to a Table Schema survives our edits."""

    model_config = ConfigDict(
        frozen=True, extra="allow", alias_generator=to_camel, populate_by_name=True
    )


class FieldConstraints(_TableSchemaModel):
    """What the cells of a column must fulfil, named as in Table Schema."""

    model_config = ConfigDict(extra="forbid")

    required: bool = False
    unique: bool = False
    enum: tuple[Scalar, ...] = ()
    minimum: Scalar | None = None
    maximum: Scalar | None = None
    exclusive_minimum: Scalar | None = None
    exclusive_maximum: Scalar | None = None
    min_length: int | None = Field(default=None, ge=0)
    max_length: int | None = Field(default=None, ge=0)
    pattern: str | None = None


class DictionaryField(_TableSchemaModel):
    """One column: what it is called, what it means and what its cells may hold."""

    name: str = Field(min_length=1)
    title: str = ""
    type: FieldType = FieldType.STRING
    description: str = ""
    unit: str = ""
    constraints: FieldConstraints = FieldConstraints()
    examples: tuple[Scalar, ...] = ()

    @property
    def is_described(self) -> bool:
        """Whether the description holds any text (R-098)."""
        return bool(self.description.strip())


class KeyReference(_TableSchemaModel):
    """Where the values of a foreign key are listed.

    :ivar resource: name of a catalogue, or empty for the table itself.
    :ivar fields: columns of the catalogue, one for each column of the key.
    """

    resource: str = ""
    fields: tuple[str, ...] = Field(min_length=1)


class ForeignKey(_TableSchemaModel):
    """Columns whose values, taken together, must be in a catalogue."""

    fields: tuple[str, ...] = Field(min_length=1)
    reference: KeyReference


class DataDictionary(_TableSchemaModel):
    """The ordered columns of a table, what identifies a row and which columns are keys."""

    fields: tuple[DictionaryField, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    missing_values: tuple[str, ...] = DEFAULT_MISSING_VALUES

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in the order the file must have."""
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> DictionaryField | None:
        """The entry of this column, or None when the dictionary has none."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def undescribed_fields(self) -> tuple[DictionaryField, ...]:
        """Columns without a description: each one blocks publication (R-098)."""
        return tuple(field for field in self.fields if not field.is_described)

    def to_table_schema(self) -> dict[str, Any]:
        """A plain Table Schema; ``unit`` and ``examples`` are custom properties of each field."""
        schema = _pruned(self.model_dump(mode="json", by_alias=True, exclude_defaults=True))
        schema["fields"] = [_field_descriptor(field) for field in self.fields]
        return schema

    @classmethod
    def from_table_schema(cls, descriptor: object) -> Self:
        """Read a Table Schema.

        :raises DictionaryError: it is not one, or asks for something a public table may not
            have; every problem is listed.
        """
        if not isinstance(descriptor, Mapping) or not isinstance(descriptor.get("fields"), list):
            raise DictionaryError([DictionaryProblem("dictionary-not-table-schema")])
        prepared = _prepared(descriptor)
        problems = list(_descriptor_problems(prepared))
        if problems:
            raise DictionaryError(problems)
        try:
            dictionary = cls.model_validate(prepared)
        except ValidationError as error:
            raise DictionaryError(_problems_of(error, prepared["fields"])) from error
        problems = list(dictionary.problems())
        if problems:
            raise DictionaryError(problems)
        return dictionary

    def problems(self) -> Iterable[DictionaryProblem]:
        """Why this dictionary cannot judge a file: repeated names, unusable constraints."""
        if not self.fields:
            yield DictionaryProblem("dictionary-empty")
        seen: set[str] = set()
        for field in self.fields:
            if field.name in seen:
                yield DictionaryProblem("dictionary-duplicate-field", field=field.name)
            seen.add(field.name)
            yield from _constraint_problems(field)
        for name in self.primary_key:
            if name not in seen:
                yield DictionaryProblem(
                    "dictionary-unknown-key", field=name, column="primaryKey", value=name
                )
        for key in self.foreign_keys:
            yield from _foreign_key_problems(key, self)


class _PlainLetters(dict[int, str]):
    """What is left of each character when wordings are compared, worked out once for each."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kept = character if character.isalnum() else " "
        self[code] = "" if unicodedata.combining(character) else kept
        return self[code]


_PLAIN_LETTERS = _PlainLetters()


def plain_words(text: str) -> str:
    """``text`` without case, accents, punctuation or doubled spaces, to compare wordings."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(decomposed.translate(_PLAIN_LETTERS).split())


def _pruned(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if value is not None}


def _field_descriptor(field: DictionaryField) -> dict[str, Any]:
    written = _pruned(field.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    return {"name": field.name, "type": str(field.type)} | written


def _prepared(descriptor: Mapping[str, Any]) -> dict[str, Any]:
    """The forms Table Schema allows besides ours, brought to ours; nothing is lost."""
    prepared = _pruned(dict(descriptor))
    key = prepared.get("primaryKey")
    if isinstance(key, str):
        prepared["primaryKey"] = [key]
    keys = prepared.get("foreignKeys")
    if isinstance(keys, list):
        prepared["foreignKeys"] = [_prepared_key(key) for key in keys]
    prepared["fields"] = [
        _pruned(dict(field)) if isinstance(field, Mapping) else field
        for field in descriptor["fields"]
    ]
    return prepared


def _prepared_key(key: object) -> object:
    """A foreign key with its names as lists, at both ends."""
    if not isinstance(key, Mapping):
        return key
    prepared = {
        name: _prepared_key(value) if name == "reference" else value for name, value in key.items()
    }
    if isinstance(prepared.get("fields"), str):
        prepared["fields"] = [prepared["fields"]]
    return prepared


def _descriptor_problems(descriptor: Mapping[str, Any]) -> Iterable[DictionaryProblem]:
    for number, field in enumerate(descriptor["fields"], start=1):
        if not isinstance(field, Mapping):
            yield DictionaryProblem("dictionary-field-not-object", value=str(number))
            continue
        name = str(field.get("name", ""))
        if not isinstance(field.get("name"), str) or not name.strip():
            yield DictionaryProblem("dictionary-field-without-name", value=str(number))
        kind = field.get("type", FieldType.STRING)
        if kind not in [str(known) for known in FieldType]:
            yield DictionaryProblem(
                "dictionary-unknown-type",
                field=name,
                column="type",
                value=str(kind),
                allowed=", ".join(FieldType),
            )
        yield from _reading_problems(name, field)


def _reading_problems(name: str, field: Mapping[str, Any]) -> Iterable[DictionaryProblem]:
    changed = [
        prop for prop, default in _READING_PROPERTIES.items() if field.get(prop, default) != default
    ]
    for prop in (*changed, *(prop for prop in _READING_LISTS if prop in field)):
        yield DictionaryProblem(
            "dictionary-reading-property", field=name, column=prop, value=str(field[prop])
        )


def _constraint_problems(field: DictionaryField) -> Iterable[DictionaryProblem]:
    constraints = field.constraints.model_dump(by_alias=True, exclude_defaults=True)
    for name in constraints:
        if name not in _BY_TYPE[field.type]:
            yield DictionaryProblem(
                "dictionary-constraint-not-for-type",
                field=field.name,
                column=name,
                value=str(field.type),
            )
    values = [(name, constraints[name]) for name in sorted(_BOUNDS & constraints.keys())]
    values += [("enum", value) for value in field.constraints.enum]
    for name, value in values:
        if read_value(field.type, constraint_text(value)) is None:
            yield DictionaryProblem(
                "dictionary-constraint-value",
                field=field.name,
                column=name,
                value=str(value),
                allowed=str(field.type),
            )


def _foreign_key_problems(
    key: ForeignKey, dictionary: DataDictionary
) -> Iterable[DictionaryProblem]:
    names = ", ".join(key.fields)
    if len(key.fields) != len(key.reference.fields):
        yield DictionaryProblem(
            "dictionary-foreign-key-size",
            field=names,
            column="foreignKeys",
            value=", ".join(key.reference.fields),
        )
    # Fields of the table itself, when the key refers to the table itself.
    own = () if key.reference.resource else key.reference.fields
    for name in (*key.fields, *own):
        if dictionary.field(name) is None:
            yield DictionaryProblem(
                "dictionary-foreign-key-field", field=name, column="foreignKeys", value=name
            )


def constraint_text(value: Scalar) -> str:
    """A constraint's value as a cell would write it: JSON ``true`` is the text ``true``."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _problems_of(error: ValidationError, fields: list[Any]) -> Iterable[DictionaryProblem]:
    for detail in error.errors():
        place = [str(part) for part in detail["loc"]]
        number = int(place[1]) if place[:1] == ["fields"] and len(place) > 1 else None
        name = str(fields[number].get("name", "")) if number is not None else ""
        yield DictionaryProblem(
            "dictionary-bad-property",
            field=name,
            column=".".join(place[2:] if number is not None else place),
            value=str(detail.get("input"))[:80],
        )
