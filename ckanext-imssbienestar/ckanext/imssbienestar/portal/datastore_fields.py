"""The data dictionary as columns of a DataStore table, with CKAN's own dictionary as a copy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from ckanext.datastore.helpers import is_valid_field_name

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryField
from ckanext.imssbienestar.portal.datastore_errors import UnusableColumnName

_SETTINGS = "datastore_types.yaml"


@dataclass(frozen=True)
class ColumnType:
    """How one type is kept.

    :ivar postgresql: the column's type.
    :ivar value: SQL that reads a cell; ``{cell}`` stands for its text, NULL when empty.
    """

    postgresql: str
    value: str

    def expression(self, column: str) -> str:
        """SQL for the value of a quoted column of text cells."""
        return self.value.replace("{cell}", f"NULLIF({column}, '')")


@cache
def column_types() -> dict[FieldType, ColumnType]:
    """The column type of each type of the dictionary."""
    types = read_yaml(_SETTINGS)["types"]
    return {
        FieldType(name): ColumnType(kind["postgresql"], kind["value"])
        for name, kind in types.items()
    }


def mapping_version() -> int:
    """Changes when a table loaded before should be loaded again."""
    return int(read_yaml(_SETTINGS)["version"])


def searchable_characters() -> int:
    """How much of a row can be found by its words."""
    return int(read_yaml(_SETTINGS)["searchable_characters"])


def datastore_fields(dictionary: DataDictionary) -> list[dict[str, Any]]:
    """``fields`` as ``datastore_create`` takes them: id, type and CKAN's own dictionary (``info``).

    :raises UnusableColumnName: a name that a DataStore table cannot have.
    """
    return [_datastore_field(field) for field in dictionary.fields]


def _datastore_field(field: DictionaryField) -> dict[str, Any]:
    _demand_usable(field.name)
    kind = column_types()[field.type].postgresql
    info = {
        "label": field.title or field.name,
        "notes": field.description,
        "type_override": kind,
        "unit": field.unit,
    }
    return {
        "id": field.name,
        "type": kind,
        "info": {key: value for key, value in info.items() if value},
    }


def _demand_usable(name: str) -> None:
    longest = int(read_yaml(_SETTINGS)["column_name_bytes"])
    # CKAN 2.12 lets a colon pass and then takes it for the start of a parameter of its SQL.
    usable = is_valid_field_name(name) and ":" not in name
    if not usable or len(name.encode("utf-8")) > longest:
        raise UnusableColumnName(name, longest)
