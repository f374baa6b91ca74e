"""The data dictionary of a resource: as stored, as proposed from its file, and its replacement."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar import config
from ckanext.imssbienestar.checks.dictionary_lint import require_usable
from ckanext.imssbienestar.checks.inference import infer_columns
from ckanext.imssbienestar.checks.texts import dictionary_findings
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryError,
    DictionaryProblem,
)
from ckanext.imssbienestar.domain.dictionary_changes import (
    DictionaryChanges,
    FoundColumns,
    changes_between,
    dictionary_digest,
)
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.formats import DictionaryForm, dump_dictionary
from ckanext.imssbienestar.formats.dictionary.documents import texts as document_texts
from ckanext.imssbienestar.formats.dictionary.form import placed_problems
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.documents import stored_dataset
from ckanext.imssbienestar.procedure import resource_files

Resource = dict[str, Any]


class DictionaryMoved(TerminalError):
    """Somebody saved the dictionary after the person who saves it now had read it."""


def stored_dictionary(resource: Resource) -> DataDictionary | None:
    """The dictionary of a resource; None when it has none.

    :raises DictionaryError: it was stored under older rules and cannot be used under these.
    """
    schema = resource.get("schema") or None
    if isinstance(schema, str):
        schema = json.loads(schema)
    return DataDictionary.from_table_schema(schema) if schema else None


def current_digest(resource: Resource) -> str:
    """The digest of the stored dictionary; empty when there is none that can be used."""
    try:
        return dictionary_digest(stored_dictionary(resource))
    except DictionaryError:  # whoever brings a good one must not be stopped by a bad one
        return ""


def found_columns(resource: Resource) -> FoundColumns | None:
    """What the file of a resource holds; None for a link, or a file without a header.

    Of a large file only its beginning is looked at: the check of the whole file is the report's.

    :raises InputFileError: the stored file cannot be read.
    :raises TableEngineError: no memory or temporary disk is left to read it.
    """
    stored = resource_files.file_of(model.Session, resource["package_id"], resource["id"])
    if stored is None:
        return None
    path = content_store().path(stored.sha256)
    return _found(str(path), config.check_inline_bytes())


@lru_cache(maxsize=32)
def _found(path: str, most_bytes: int) -> FoundColumns | None:
    # Kept by content: the path of a stored file holds its SHA-256, and its bytes never change.
    return infer_columns(path, most_bytes=most_bytes)


def changes_of(resource: Resource) -> DictionaryChanges:
    """How the file of a resource differs from its dictionary; nothing when one is missing."""
    dictionary, found = stored_dictionary(resource), found_columns(resource)
    if dictionary is None or found is None:
        return DictionaryChanges()
    return changes_between(dictionary, found)


def changes_dict(changes: DictionaryChanges) -> dict[str, Any]:
    """The changes as the API and the pages give them."""
    return dataclasses.asdict(changes) | {
        "retyped": [
            {"column": each.name, "declared": str(each.declared), "found": str(each.found)}
            for each in changes.retyped
        ]
    }


def replace(
    resource_id: str, dictionary: DataDictionary, *, user: str, digest: str | None = None
) -> Resource:
    """Store a dictionary; commits the present transaction.

    :param digest: of the dictionary that this one was made from; None asks for no comparison.
    :raises DictionaryError: the engine could not check a file with it.
    :raises DictionaryMoved: the stored one is no longer that.
    """
    require_usable(dictionary)
    resource = model.Resource.get(resource_id)
    if resource is None:
        raise tk.ObjectNotFound(tk._("There is no such resource."))
    # Locked until the write commits: of two people who save at once, one is told.
    dataset = stored_dataset(resource.package_id, lock=True)
    stored = next(res for res in dataset["resources"] if res["id"] == resource.id)
    if digest is not None and digest != current_digest(stored):
        model.Session.rollback()
        raise DictionaryMoved("The dictionary was changed by somebody else.")
    written: Resource = tk.get_action("resource_patch")(
        {"user": user}, {"id": resource.id, "schema": dictionary.to_table_schema()}
    )
    return written


def exported(
    dataset: dict[str, Any],
    resource: Resource,
    dictionary: DataDictionary,
    form: DictionaryForm,
    language: str,
) -> bytes:
    """The dictionary of a resource in one of its forms, with the names it is printed under.

    :raises DictionaryError: the form cannot hold it.
    """
    several = len(dataset["resources"]) > 1
    return dump_dictionary(
        dictionary,
        form,
        dataset_title=str(dataset.get("title") or dataset["name"]),
        file_title=str(resource.get("name") or "") if several else "",
        language=language,
    )


def file_name(resource: Resource, form: DictionaryForm) -> str:
    """What a downloaded dictionary is called: as its file, and what it is."""
    name = str(resource.get("url") or "").rsplit("/", 1)[-1]
    stem = name.rpartition(".")[0] or name or str(resource["id"])
    ending = "schema.json" if form is DictionaryForm.TABLE_SCHEMA else f"dictionary.{form}"
    return f"{stem}.{ending}"


def findings_of(error: DictionaryError) -> tuple[Finding, ...]:
    """What is wrong with a dictionary, in the language of the request and in people's words."""
    language = texts.language()
    labels, types = document_texts("labels", language), document_texts("types", language)
    spoken = [_spoken(place.prop, place.problem, labels, types) for place in placed_problems(error)]
    return dictionary_findings(DictionaryError(spoken), language)


def validation_error(error: DictionaryError, key: str) -> tk.ValidationError:
    """The error of an action: a sentence for each problem, and the problems as findings."""
    findings = findings_of(error)
    return tk.ValidationError(
        {
            key: [f"{finding.message} {finding.fix}" for finding in findings],
            "findings": [finding.model_dump(mode="json") for finding in findings],
        }
    )


def _spoken(prop: str, problem: DictionaryProblem, labels: Any, types: Any) -> DictionaryProblem:
    """A problem that calls properties and types what the page calls them."""
    known = {str(kind) for kind in FieldType}
    allowed: Iterable[str] = problem.allowed.split(", ")
    return dataclasses.replace(
        problem,
        column=labels.get(prop, problem.column),
        value=types[problem.value] if _is_type(problem, known) else problem.value,
        allowed=", ".join(types.get(word, word) for word in allowed),
    )


def _is_type(problem: DictionaryProblem, known: set[str]) -> bool:
    return problem.code == "dictionary-constraint-not-for-type" and problem.value in known
