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
    """Which dataset the releases of this one are of: itself, or the one it is an update of.

    ``update_of`` can be written by whoever may edit the copy, so it is believed only for a dataset
    of the same unit that is public: anything else would let one unit publish over another's data.

    :raises tk.ValidationError: it names another unit's dataset, or one that is not public.
    """
    target = dataset.get("update_of")
    public = model.Package.get(target or dataset["id"])
    if target and not _may_be_updated(public, str(dataset["owner_org"])):
        raise tk.ValidationError(
            {"message": [tk._("This is not an update of a published dataset of this unit.")]}
        )
    return Subject(public.id, public.name, dataset["id"], str(dataset["owner_org"]))


def _may_be_updated(public: model.Package | None, organization_id: str) -> bool:
    return (
        public is not None
        and public.state == "active"
        and not public.private
        and public.owner_org == organization_id
    )


def current_document(dataset: dict[str, Any]) -> Document:
    """The document that a signature on this dataset would cover."""
    organization = model.Group.get(str(dataset.get("owner_org") or ""))
    # The hooks look at every write, a forged copy's too; only the gates judge what it names.
    public = model.Package.get(dataset.get("update_of") or dataset["id"])
    as_published = {**dataset, "name": public.name if public else dataset["name"]}
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
