"""What a new file changes in its dictionary, and how the dictionary follows without losing a word.

A declared type always wins over a guessed one: a column is *retyped* only when the file holds
values that the declared type cannot have, and even then a person says whether the dictionary or
the file is wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryError,
    DictionaryField,
)


@dataclass(frozen=True)
class FoundColumns:
    """What was found in a file.

    :ivar proposal: a first dictionary; it has no descriptions.
    :ivar fitting: for each column that holds any value, the types that all its values have.
    :ivar sampled: only the first rows were looked at.
    :ivar rows: how many rows were looked at, the header not counted.
    """

    proposal: DataDictionary
    fitting: Mapping[str, frozenset[FieldType]] = field(default_factory=dict)
    sampled: bool = False
    rows: int = 0


@dataclass(frozen=True)
class Retyped:
    """A column whose values are not of the type that the dictionary declares."""

    name: str
    declared: FieldType
    found: FieldType


@dataclass(frozen=True)
class DictionaryChanges:
    """How the columns of a file differ from those of a dictionary.

    :ivar moved: columns of both that stand in another order, in the order of the file.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retyped: tuple[Retyped, ...] = ()
    moved: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.retyped or self.moved)

    @property
    def of_columns(self) -> bool:
        """Whether the columns themselves differ, and not only what they hold."""
        return bool(self.added or self.removed or self.moved)


def changes_between(dictionary: DataDictionary, found: FoundColumns) -> DictionaryChanges:
    """How the file that was looked at differs from the dictionary."""
    declared, actual = dictionary.names, found.proposal.names
    in_both = [name for name in actual if name in set(declared)]
    kept = [name for name in declared if name in set(actual)]
    return DictionaryChanges(
        added=tuple(name for name in actual if name not in set(declared)),
        removed=tuple(name for name in declared if name not in set(actual)),
        retyped=tuple(_retyped(dictionary, found)),
        moved=tuple(name for name, before in zip(in_both, kept, strict=True) if name != before),
    )


def adopted(
    dictionary: DataDictionary, found: FoundColumns, retype: Collection[str] = ()
) -> DataDictionary:
    """The dictionary with the columns of the file, in its order.

    What was written of a column stays with it. A new column comes as it is proposed, and one that
    is gone goes with its description. A key that loses a column identifies nothing and goes too.

    :param retype: columns that take the type found; their constraints that it cannot have go.
    """
    columns = [
        _kept(dictionary.field(proposed.name), proposed, retyped=proposed.name in retype)
        for proposed in found.proposal.fields
    ]
    names = set(found.proposal.names)
    kept = {
        "fields": tuple(columns),
        "primary_key": dictionary.primary_key if names.issuperset(dictionary.primary_key) else (),
        "foreign_keys": tuple(k for k in dictionary.foreign_keys if names.issuperset(k.fields)),
    }
    return dictionary.model_copy(update=kept)


def with_untold(imported: DataDictionary, stored: DataDictionary) -> DataDictionary:
    """An imported table of people, with what no such table can say taken from the stored one.

    A workbook or a CSV has no place for what others add to a Table Schema, and seldom a column for
    foreign keys; bringing back the corrected table must not erase them. Keys that the table has
    set, be it to none, are those of the table.
    """
    columns = []
    for entry in imported.fields:
        before = stored.field(entry.name)
        columns.append({**_extra(before), **entry.model_dump(by_alias=True, exclude_defaults=True)})
    names = set(imported.names)
    untold = [key for key in stored.foreign_keys if names.issuperset(key.fields)]
    is_told = "foreign_keys" in imported.model_fields_set
    return DataDictionary.model_validate(
        {
            **_extra(stored),
            **imported.model_dump(by_alias=True, exclude_defaults=True),
            "fields": columns,
            "missingValues": stored.missing_values,
            "foreignKeys": imported.foreign_keys if is_told else untold,
        }
    )


def dictionary_digest(dictionary: DataDictionary | None) -> str:
    """What tells one state of a dictionary from another; empty when there is none."""
    if dictionary is None:
        return ""
    text = json.dumps(dictionary.to_table_schema(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _extra(model: DataDictionary | DictionaryField | None) -> dict[str, Any]:
    """The properties of others, which our forms have no place for."""
    return dict(model.model_extra or {}) if model is not None else {}


def _retyped(dictionary: DataDictionary, found: FoundColumns) -> list[Retyped]:
    retyped = []
    for proposed in found.proposal.fields:
        declared = dictionary.field(proposed.name)
        fitting = found.fitting.get(proposed.name)
        if declared is None or fitting is None or declared.type in fitting:
            continue
        retyped.append(Retyped(proposed.name, declared.type, proposed.type))
    return retyped


def _kept(
    declared: DictionaryField | None, proposed: DictionaryField, *, retyped: bool
) -> DictionaryField:
    if declared is None:
        return proposed
    if not retyped or declared.type is proposed.type:
        return declared
    changed = declared.model_copy(update={"type": proposed.type})
    constraints = declared.constraints.model_dump(by_alias=True, exclude_defaults=True)
    for name, value in constraints.items():
        trial = {
            "fields": [{"name": "x", "type": str(proposed.type), "constraints": {name: value}}]
        }
        try:
            DataDictionary.from_table_schema(trial)
        except DictionaryError:
            alias = _attribute(name)
            default = type(declared.constraints).model_fields[alias].default
            changed = changed.model_copy(
                update={"constraints": changed.constraints.model_copy(update={alias: default})}
            )
    return changed


def _attribute(alias: str) -> str:
    """The attribute of a constraint by the name Table Schema gives it."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in alias)
