"""The data dictionary of a resource."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict
from werkzeug.datastructures import FileStorage

from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.formats.dictionary_csv import dump_dictionary_csv
from ckanext.imssbienestar.formats.dictionary_files import parse_dictionary
from ckanext.imssbienestar.portal.logic import schema

_LARGEST_DICTIONARY = 5 << 20


@tk.validate_action_data(schema.dictionary_import)
def imss_dictionary_import(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Replace the data dictionary of a resource (R-098).

    :param resource_id: the resource
    :type resource_id: string
    :param upload: the dictionary: CSV with the columns of Anexo IV, XLSX, or Table Schema JSON
    :type upload: FileStorage
    :param content: the same as text (CSV or JSON), when no file is sent
    :type content: string

    :returns: the resource
    :rtype: dictionary
    """
    tk.check_access("imss_dictionary_import", context, {"id": data_dict["resource_id"]})
    dictionary = _parse(data_dict)
    resource: dict[str, Any] = tk.get_action("resource_patch")(
        {"user": context["user"]},
        {"id": data_dict["resource_id"], "schema": dictionary.to_table_schema()},
    )
    return resource


@tk.side_effect_free
@tk.validate_action_data(schema.release_target)
def imss_dictionary_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The data dictionary of a resource, for programs and for people.

    :param id: the resource
    :type id: string

    :returns: ``schema`` (Table Schema, None if there is no dictionary) and ``csv``
    :rtype: dictionary
    """
    resource = tk.get_action("resource_show")({"user": context["user"]}, {"id": data_dict["id"]})
    table_schema = resource.get("schema") or None
    if table_schema is None:
        return {"schema": None, "csv": ""}
    dictionary = DataDictionary.from_table_schema(table_schema)
    return {"schema": table_schema, "csv": dump_dictionary_csv(dictionary)}


def _parse(data_dict: DataDict) -> DataDictionary:
    upload = data_dict.get("upload")
    if isinstance(upload, FileStorage) and upload.filename:
        content = upload.stream.read(_LARGEST_DICTIONARY + 1)
    else:
        content = str(data_dict.get("content") or "").encode("utf-8")
    if not content.strip():
        raise tk.ValidationError({"upload": [tk._("Choose the file of the dictionary.")]})
    try:
        return parse_dictionary(content)
    except DictionaryError as error:
        raise tk.ValidationError(
            {"upload": [str(problem) for problem in error.problems]}
        ) from error
