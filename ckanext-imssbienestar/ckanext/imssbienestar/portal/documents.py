"""The release document of a CKAN dataset as it is now."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.release import (
    Document,
    ReleaseFields,
    StoredFile,
    build_document,
)
from ckanext.imssbienestar.procedure import resource_files
from ckanext.imssbienestar.procedure.releases import Subject


def stored_dataset(dataset_id: str, *, lock: bool = False) -> dict[str, Any]:
    """A dataset as the database has it in this transaction, whoever asks.

    For the rules, never for an answer: it passes over permissions and the search index, and over
    what this session loaded before somebody else committed.

    :param lock: hold the dataset's row until the transaction ends. Every write of a dataset
        changes that row, so nothing of it can move while we look.
    """
    if lock:
        model.Package.get(dataset_id, for_update=True)
    model.Session.flush()
    model.Session.expire_all()
    context = {"ignore_auth": True, "use_cache": False, "user": ""}
    dataset: dict[str, Any] = tk.get_action("package_show")(context, {"id": dataset_id})
    return dataset


def subject_of(dataset: dict[str, Any]) -> Subject:
    """Which dataset the releases of this one are of: itself, or the one it is an update of."""
    public = model.Package.get(dataset.get("update_of") or dataset["id"])
    if public is None:
        raise tk.ObjectNotFound(tk._("The dataset that this is an update of no longer exists."))
    return Subject(public.id, public.name, dataset["id"], str(dataset["owner_org"]))


def current_document(dataset: dict[str, Any]) -> Document:
    """The document that a signature on this dataset would cover."""
    organization = model.Group.get(str(dataset.get("owner_org") or ""))
    as_published = {**dataset, "name": subject_of(dataset).dataset_name}
    return build_document(
        as_published,
        organization.name if organization else "",
        files_by_identifier(dataset),
        release_fields(),
    )


def files_by_identifier(dataset: dict[str, Any]) -> dict[str, StoredFile]:
    """The stored file of each resource by the resource's identifier; links have none."""
    resources = {res["id"]: str(res.get("identifier", "")) for res in dataset["resources"]}
    files = resource_files.files_of(model.Session, dataset["id"], resources)
    return {resources[id]: stored for id, stored in files.items()}


def release_fields() -> ReleaseFields:
    """The fields that a document holds, from ``schemas/release.yaml``."""
    data = read_yaml("release.yaml")
    return ReleaseFields(tuple(data["dataset"]), tuple(data["resource"]))
