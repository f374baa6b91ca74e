"""Foreign keys to catalogues in a dictionary of rows: one cell for each column of the key.

``municipios.cvegeo`` is a key of its own. Columns that name different columns of one catalogue
(``municipios.cve_ent`` and ``municipios.cve_mun``) are one key together; when a column of the
catalogue comes again, another key begins. A catalogue without a column stands for its key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.formats.dictionary import layout


def catalogue_cell(name: str, dictionary: DataDictionary) -> str:
    """What the keys of a column refer to; a reference to the table itself begins with a dot."""
    return layout.join_list(
        tuple(
            f"{key.reference.resource}.{column}"
            for key in dictionary.foreign_keys
            for field, column in zip(key.fields, key.reference.fields, strict=False)
            if field == name
        )
    )


def foreign_keys_of(cells: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """The foreign keys that the cells of these columns ask for, as Table Schema.

    :param cells: name of each column and its cell, in the order of the dictionary.
    """
    keys: list[dict[str, Any]] = []
    open_keys: dict[str, dict[str, Any]] = {}
    for name, cell in cells:
        for item in layout.split_list(cell):
            resource, _, column = item.strip().partition(".")
            column = column or _own_key(resource)
            key = open_keys.get(resource)
            if key is None or column in key["reference"]["fields"]:
                key = {"fields": [], "reference": {"resource": resource, "fields": []}}
                open_keys[resource] = key
                keys.append(key)
            key["fields"].append(name)
            key["reference"]["fields"].append(column)
    return keys


def _own_key(catalogue: str) -> str:
    """The column that identifies an entry; of an unknown catalogue, whoever checks it will say."""
    known = read_yaml("catalogues.yaml")["catalogues"].get(catalogue)
    return str(known["key"][0]) if known else catalogue
