"""Validators of the forms: thin wrappers that keep what a person may not type."""

from __future__ import annotations

import json
import uuid
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.portal import dictionaries

__all__ = [
    "imss_data_dictionary",
    "imss_dictionary_output",
    "imss_identifier_from_name",
    "imss_keep_stored",
    "imss_new_identifier",
    "imss_not_before_start",
    "imss_private_until_published",
]

Key = tuple[Any, ...]
Data = dict[Key, Any]


def imss_keep_stored(key: Key, data: Data, errors: Any, context: Any) -> None:
    """A field absent from the write keeps its stored value; the web forms do not carry it.

    Sending the field empty clears it.
    """
    if key in data and data[key] is not tk.missing:
        return
    stored = _stored_extras(key, data, context).get(key[-1])
    if stored is not None:
        data[key] = stored


def imss_new_identifier(value: Any) -> str:
    """A random identifier for a resource that has none."""
    return str(uuid.uuid4()) if value is tk.missing or not value else str(value)


def imss_identifier_from_name(key: Key, data: Data, errors: Any, context: Any) -> None:
    """The dataset's identifier stays once it has one; the first is its name."""
    imss_keep_stored(key, data, errors, context)
    value = data.get(key, tk.missing)
    if value is tk.missing or not value:
        data[key] = data.get(("name",), "")


def imss_private_until_published(key: Key, data: Data, errors: Any, context: Any) -> None:
    """Absent means: as it is stored, and private for a new dataset."""
    if data.get(key, tk.missing) not in (tk.missing, None, ""):
        return
    package = context.get("package")
    data[key] = package.private if package is not None else True


def imss_not_before_start(key: Key, data: Data, errors: Any, context: Any) -> None:
    """The period ends on or after the day it starts."""
    start, end = data.get(("temporal_start",)), data.get(key)
    if start and start is not tk.missing and end and str(end) < str(start):
        errors[key].append(tk._("The period ends before it starts."))


def imss_data_dictionary(value: Any) -> str:
    """A Table Schema, as an object or as JSON text, stored as JSON text.

    :raises tk.Invalid: it is not a dictionary we can use; says which field and why.
    """
    try:
        descriptor = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise tk.Invalid(tk._("The data dictionary is not valid JSON.")) from error
    try:
        dictionary = DataDictionary.from_table_schema(descriptor)
    except DictionaryError as error:
        found = dictionaries.findings_of(error)
        raise tk.Invalid(" ".join(f"{each.message} {each.fix}" for each in found)) from error
    return json.dumps(dictionary.to_table_schema(), ensure_ascii=False)


def imss_dictionary_output(value: Any) -> Any:
    """The stored JSON text as the object that ``package_show`` gives."""
    return json.loads(value) if isinstance(value, str) else value


def _stored_extras(key: Key, data: Data, context: Any) -> dict[str, Any]:
    if len(key) == 1:
        package = context.get("package")
        return dict(package.extras) if package is not None else {}
    resource_id = data.get((*key[:-1], "id"), tk.missing)
    resource = None if resource_id is tk.missing else model.Resource.get(resource_id)
    if resource is None:
        return {}
    return {**(resource.extras or {}), "mimetype": resource.mimetype, "hash": resource.hash}
