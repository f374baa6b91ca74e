"""The data dictionary of a resource: read, proposed from its file, replaced, brought in and out."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict
from werkzeug.datastructures import FileStorage

from ckanext.imssbienestar.checks.errors import TableEngineError
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.domain.dictionary_changes import (
    adopted,
    changes_between,
    dictionary_digest,
    with_untold,
)
from ckanext.imssbienestar.errors import InputFileError
from ckanext.imssbienestar.formats import (
    DictionaryForm,
    dump_dictionary_csv,
    parse_dictionary,
)
from ckanext.imssbienestar.portal import dictionaries, texts
from ckanext.imssbienestar.portal.logic import schema

_LARGEST_DICTIONARY = 5 << 20


@tk.side_effect_free
@tk.validate_action_data(schema.release_target)
def imss_dictionary_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The data dictionary of a resource, Anexo IV, for programs and for people.

    :param id: the resource
    :type id: string

    :returns: ``schema`` (Table Schema, None if there is no dictionary), ``csv`` (the same with
        the columns of Anexo IV), ``digest`` (what tells this state of it from another; empty when
        there is none) and ``undescribed`` (names of the columns that have no description)
    :rtype: dictionary
    """
    resource = _resource(context, data_dict["id"])
    dictionary = _stored(resource)
    return _shown(dictionary)


@tk.side_effect_free
@tk.validate_action_data(schema.release_target)
def imss_dictionary_infer(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A first dictionary proposed from the file of a resource; nothing is stored.

    Names, titles, types, units, examples, allowed values when they are few; never a description,
    and no value of a column that looks personal. For those who may edit the resource.

    :param id: the resource
    :type id: string

    :returns: ``schema`` (Table Schema, None for a link or a file without a header), ``csv``,
        ``sampled`` (only the beginning of a large file was looked at), ``rows`` (how many were
        looked at), ``changes`` between the present dictionary and the file (``added``,
        ``removed``, ``moved``: names of columns;
        ``retyped``: ``column``, ``declared``, ``found``) and ``adopted`` (the present dictionary
        with the columns of the file: what was written stays; None without one)
    :rtype: dictionary
    """
    tk.check_access("imss_dictionary_infer", context, {"id": data_dict["id"]})
    resource = _resource(context, data_dict["id"])
    dictionary = _stored(resource)
    try:
        found = dictionaries.found_columns(resource)
    except (InputFileError, TableEngineError) as error:
        raise tk.ValidationError({"id": [_unreadable()]}) from error
    if found is None:
        nothing = {"schema": None, "csv": "", "sampled": False, "rows": 0}
        return {**nothing, "changes": None, "adopted": None}
    changes = changes_between(dictionary, found) if dictionary is not None else None
    return {
        "schema": found.proposal.to_table_schema(),
        "csv": dump_dictionary_csv(found.proposal),
        "sampled": found.sampled,
        "rows": found.rows,
        "changes": dictionaries.changes_dict(changes) if changes is not None else None,
        "adopted": adopted(dictionary, found).to_table_schema() if dictionary else None,
    }


@tk.validate_action_data(schema.dictionary_update)
def imss_dictionary_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Replace the data dictionary of a resource (R-098). For those who may edit the resource.

    :param resource_id: the resource
    :type resource_id: string
    :param schema: the whole dictionary as a Table Schema: for each column ``name``, ``title``,
        ``type``, ``description``, ``unit``, ``constraints`` and ``examples``
    :type schema: dictionary
    :param digest: as ``imss_dictionary_show`` gave it, when somebody else's change since then
        must not be overwritten (default: no comparison)
    :type digest: string

    :returns: the dictionary as ``imss_dictionary_show`` gives it
    :rtype: dictionary
    """
    tk.check_access("imss_dictionary_update", context, {"id": data_dict["resource_id"]})
    descriptor = data_dict["schema"]
    try:
        if isinstance(descriptor, str):
            descriptor = json.loads(descriptor)
        dictionary = DataDictionary.from_table_schema(descriptor)
    except DictionaryError as error:
        raise dictionaries.validation_error(error, "schema") from error
    except (ValueError, RecursionError) as error:
        sentence = tk._("The data dictionary is not valid JSON.")
        raise tk.ValidationError({"schema": [sentence]}) from error
    return _shown(
        dictionaries.stored_dictionary(_replace(context, data_dict, dictionary, "schema"))
    )


@tk.validate_action_data(schema.dictionary_import)
def imss_dictionary_import(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Replace the data dictionary of a resource with that of a file (R-098).

    What a CSV or a workbook has no place for (properties of others, foreign keys when there is no
    column ``catalogo``) stays.

    :param resource_id: the resource
    :type resource_id: string
    :param upload: the dictionary: CSV with the columns of Anexo IV, XLSX, or Table Schema JSON
    :type upload: FileStorage
    :param content: the same as text (CSV or JSON), when no file is sent
    :type content: string
    :param digest: as ``imss_dictionary_show`` gave it, when somebody else's change since then
        must not be overwritten (default: no comparison)
    :type digest: string

    :returns: the resource
    :rtype: dictionary
    """
    tk.check_access("imss_dictionary_import", context, {"id": data_dict["resource_id"]})
    content = _content(data_dict)
    try:
        dictionary = parse_dictionary(content)
    except DictionaryError as error:
        raise dictionaries.validation_error(error, "upload") from error
    if not _is_table_schema(content):
        with suppress(DictionaryError):  # what cannot be used has nothing to keep
            stored = dictionaries.stored_dictionary(_resource(context, data_dict["resource_id"]))
            dictionary = with_untold(dictionary, stored) if stored is not None else dictionary
    return _replace(context, data_dict, dictionary, "upload")


@tk.side_effect_free
@tk.validate_action_data(schema.dictionary_export)
def imss_dictionary_export(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The data dictionary of a resource as a file.

    :param id: the resource
    :type id: string
    :param format: ``csv``, ``xlsx`` (a workbook to fill in), ``pdf`` (Anexo IV as it is printed:
        Campo and Descripción under the name of the dataset) or ``json`` (Table Schema)
    :type format: string
    :param lang: language of the workbook and the print, ``es`` or ``en`` (default: that of the
        request)
    :type lang: string
    :param proposed: of a resource without a dictionary, the one proposed from its file; for those
        who may edit the resource (default: false)
    :type proposed: boolean

    :returns: ``name`` and ``media_type`` of the file, and its ``text`` (CSV, JSON) or its bytes
        in ``base64`` (XLSX, PDF)
    :rtype: dictionary
    """
    resource = _resource(context, data_dict["id"])
    dictionary = _stored(resource)
    if dictionary is None and data_dict["proposed"]:
        proposal = imss_dictionary_infer(context, {"id": resource["id"]})["schema"]
        dictionary = DataDictionary.from_table_schema(proposal) if proposal else None
    if dictionary is None:
        raise tk.ObjectNotFound(tk._("This resource has no data dictionary yet."))
    dataset = tk.get_action("package_show")(
        {"user": context.get("user", "")}, {"id": resource["package_id"]}
    )
    form = DictionaryForm(data_dict["format"])
    language = data_dict.get("lang") or texts.language()
    try:
        content = dictionaries.exported(dataset, resource, dictionary, form, language)
    except DictionaryError as error:
        raise dictionaries.validation_error(error, "format") from error
    file = (
        {"text": content.decode("utf-8", "replace")}
        if form.is_text
        else {"base64": base64.b64encode(content).decode("ascii")}
    )
    return {
        "name": dictionaries.file_name(resource, form),
        "media_type": form.media_type,
        **file,
    }


def _shown(dictionary: DataDictionary | None) -> dict[str, Any]:
    if dictionary is None:
        return {"schema": None, "csv": "", "digest": "", "undescribed": []}
    return {
        "schema": dictionary.to_table_schema(),
        "csv": dump_dictionary_csv(dictionary),
        "digest": dictionary_digest(dictionary),
        "undescribed": [field.name for field in dictionary.undescribed_fields],
    }


def _resource(context: Context, resource_id: str) -> dict[str, Any]:
    """The resource, if this person may read it."""
    resource: dict[str, Any] = tk.get_action("resource_show")(
        {"user": context.get("user", "")}, {"id": resource_id}
    )
    return resource


def _stored(resource: dict[str, Any]) -> DataDictionary | None:
    try:
        return dictionaries.stored_dictionary(resource)
    except DictionaryError as error:
        raise dictionaries.validation_error(error, "schema") from error


def _replace(
    context: Context, data_dict: DataDict, dictionary: DataDictionary, key: str
) -> dict[str, Any]:
    try:
        return dictionaries.replace(
            data_dict["resource_id"],
            dictionary,
            user=str(context.get("user") or ""),
            digest=data_dict.get("digest"),
        )
    except DictionaryError as error:
        raise dictionaries.validation_error(error, key) from error
    except dictionaries.DictionaryMoved as error:
        raise tk.ValidationError({"digest": [_moved()]}) from error


def _content(data_dict: DataDict) -> bytes:
    upload = data_dict.get("upload")
    if isinstance(upload, FileStorage) and upload.filename:
        content = upload.stream.read(_LARGEST_DICTIONARY + 1)
    else:
        content = str(data_dict.get("content") or "").encode("utf-8", "replace")
    if not content.strip():
        raise tk.ValidationError({"upload": [tk._("Choose the file of the dictionary.")]})
    return content


def _is_table_schema(content: bytes) -> bool:
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def _moved() -> str:
    return tk._(
        "Somebody else saved this dictionary after you opened it; nothing was overwritten. "
        "Look at what changed and save again."
    )


def _unreadable() -> str:
    return tk._("The file cannot be read now. Try again, or upload it once more.")
