"""The catalogues a foreign key may refer to: INEGI's states and municipalities.

Which there are, their columns and their sources are data: ``schemas/catalogues.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ckanext.imssbienestar.datafiles import read_table, read_yaml
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryProblem,
    ForeignKey,
)

Key = tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """A dated list of keys and names.

    :ivar key: the columns that identify an entry, which is what a dictionary means when it
        names the catalogue and no column.
    """

    name: str
    title: Mapping[str, str]
    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]

    def values(self, columns: Sequence[str]) -> tuple[Key, ...]:
        """Each combination of values that these columns have together, once, in order."""
        return tuple(dict.fromkeys(tuple(row[name] for name in columns) for row in self.rows))


def catalogue_names() -> tuple[str, ...]:
    """The names a dictionary may use."""
    return tuple(read_yaml("catalogues.yaml")["catalogues"])


@cache
def find_catalogue(name: str) -> Catalogue | None:
    """The catalogue of this name, or None when there is none."""
    entry = read_yaml("catalogues.yaml")["catalogues"].get(name)
    if entry is None:
        return None
    columns: Mapping[str, list[str]] = entry["columns"]
    return Catalogue(
        name=name,
        title={"es": entry["es"], "en": entry["en"]},
        columns=tuple(columns),
        key=tuple(entry["key"]),
        rows=tuple(
            {column: "".join(row[part] for part in parts) for column, parts in columns.items()}
            for row in _stored_rows(entry)
        ),
    )


def foreign_key_problems(dictionary: DataDictionary) -> Iterator[DictionaryProblem]:
    """Foreign keys that no catalogue of ours can judge."""
    for key in dictionary.foreign_keys:
        if key.reference.resource:
            yield from _reference_problems(key, dictionary)


def _stored_rows(entry: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    if "table" in entry:
        return read_table(entry["table"])
    left_out = entry.get("without", ())
    terms = read_yaml(entry["vocabulary"])["values"]
    return [term for term in terms if term["code"] not in left_out]


def _reference_problems(key: ForeignKey, dictionary: DataDictionary) -> Iterator[DictionaryProblem]:
    reference, first = key.reference, key.fields[0]
    catalogue = find_catalogue(reference.resource)
    if catalogue is None:
        yield DictionaryProblem(
            "dictionary-unknown-catalogue",
            field=first,
            column="foreignKeys",
            value=reference.resource,
            allowed=", ".join(catalogue_names()),
        )
        return
    for column in reference.fields:
        if column not in catalogue.columns:
            yield DictionaryProblem(
                "dictionary-unknown-catalogue-column",
                field=first,
                column="foreignKeys",
                value=f"{catalogue.name}.{column}",
                allowed=", ".join(f"{catalogue.name}.{known}" for known in catalogue.columns),
            )
    for name in key.fields:
        field = dictionary.field(name)
        # As a number 01 is 1, and no key would be found.
        if field is not None and field.type is not FieldType.STRING:
            yield DictionaryProblem(
                "dictionary-foreign-key-type",
                field=name,
                column="foreignKeys",
                value=str(field.type),
            )
