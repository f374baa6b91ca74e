"""How a signed content becomes public, and how a public dataset is prepared for its next release.

A public dataset is never edited in place: an update is prepared in a private *working copy*, whose
signed content replaces the public one in a single transaction. So the page, the API and the
federal copy keep showing the last signed release while the next one is under review.
"""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.model import Release
from ckanext.imssbienestar.portal.documents import files_by_identifier, stored_dataset
from ckanext.imssbienestar.procedure import releases, resource_files

COPY_SUFFIX = "-actualizacion"
_NAME_LENGTH = 100

# What belongs to the CKAN object itself and not to the content that is carried over.
_OWN_DATASET_KEYS = frozenset(
    {
        "id",
        "name",
        "private",
        "state",
        "update_of",
        "creator_user_id",
        "metadata_created",
        "metadata_modified",
        "organization",
        "num_resources",
        "num_tags",
        "resources",
    }
)
_OWN_RESOURCE_KEYS = frozenset(
    {"id", "package_id", "position", "created", "metadata_modified", "datastore_active"}
)


def make_public(release: Release, user_name: str) -> None:
    """Show the release to the public; commits the present transaction.

    CKAN's ``package_update`` commits, so everything the caller flushed is kept or lost with it.
    The dataset hook compares the result with the signed digest before that commit.

    :param user_name: who published, for CKAN's activity record.
    """
    working = _as_signed(stored_dataset(release.working_id))
    context = {"ignore_auth": True, "user": user_name}
    if release.working_id == release.dataset_id:
        content = {**working, "private": False, "state": "active"}
        tk.get_action("package_update")(context, content)
        return
    tk.get_action("package_update")(context, _carried_over(working, release.dataset_id))
    _remove(release.working_id, user_name)


def working_copy_of(dataset_id: str) -> model.Package | None:
    """The working copy of a public dataset, if there is one."""
    query = sa.select(model.Package).where(
        model.Package.extras["update_of"].astext == dataset_id,
        model.Package.state != "deleted",
    )
    found: model.Package | None = model.Session.scalars(query).first()
    return found


def start(dataset: dict[str, Any], user_name: str) -> dict[str, Any]:
    """Make the working copy of a public dataset; a second call gives the same copy.

    The copy has the files of the public dataset without copying a byte.
    """
    existing = working_copy_of(dataset["id"])
    if existing is not None:
        if releases.latest(model.Session, dataset["id"]) is not None and _is_done(existing.id):
            # A crash between publishing and tidying up left it behind.
            _remove(existing.id, user_name)
        else:
            return stored_dataset(existing.id)
    context = {"ignore_auth": True, "user": user_name}
    copy = {
        **_content(dataset),
        "name": _copy_name(dataset["name"]),
        "private": True,
        "update_of": dataset["id"],
        "resources": [
            {**_resource_content(resource), "id": str(uuid.uuid4())}
            for resource in dataset["resources"]
        ],
    }
    files = files_by_identifier(dataset)
    created = tk.get_action("package_create")(context, copy)
    _assign(created["id"], created["resources"], files)
    model.Session.commit()
    return stored_dataset(created["id"])


def discard(working_id: str, user_name: str) -> None:
    """Throw a working copy away; the public dataset and every release stay as they are."""
    _remove(working_id, user_name)


def _as_signed(dataset: dict[str, Any]) -> dict[str, Any]:
    """A dataset without what the API lets people add to it and no signature covers."""
    fields = read_yaml("release.yaml")
    unsigned, kept = fields["never_published"], {*fields["resource"], *fields["resource_facts"]}
    return {
        **dataset,
        **_emptied(dataset, unsigned["dataset"]),
        "resources": [
            {key: value for key, value in resource.items() if key in kept}
            | _emptied(resource, unsigned["resource"])
            for resource in dataset["resources"]
        ],
    }


def _emptied(source: dict[str, Any], names: list[str]) -> dict[str, str]:
    # CKAN keeps what a field held when the field is absent or None.
    return {name: "" for name in names if source.get(name)}


def _carried_over(working: dict[str, Any], dataset_id: str) -> dict[str, Any]:
    """The public dataset with the working copy's content; known resources keep their ids."""
    public = stored_dataset(dataset_id)
    known = {resource["identifier"]: _own(resource) for resource in public["resources"]}
    resources = [
        {
            **_resource_content(resource),
            **known.get(resource["identifier"], {"id": str(uuid.uuid4())}),
        }
        for resource in working["resources"]
    ]
    _assign(dataset_id, resources, files_by_identifier(working))
    return {
        **_content(working),
        "id": dataset_id,
        "name": public["name"],
        "private": False,
        "state": "active",
        "resources": resources,
    }


def _assign(dataset_id: str, resources: list[dict[str, Any]], files: dict[str, Any]) -> None:
    now = datetime.datetime.now(datetime.UTC)
    for resource in resources:
        if stored := files.get(resource["identifier"]):
            resource_files.assign(model.Session, dataset_id, resource["id"], stored, now)


def _content(dataset: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in dataset.items() if key not in _OWN_DATASET_KEYS}


def _resource_content(resource: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in resource.items() if key not in _OWN_RESOURCE_KEYS}
    if resource.get("url_type") == "upload":
        kept["url"] = str(resource["url"]).rsplit("/", 1)[-1]
    return kept


def _own(resource: dict[str, Any]) -> dict[str, Any]:
    """What a public resource keeps: its address, and the table that is loaded again later."""
    return {"id": resource["id"], "datastore_active": bool(resource.get("datastore_active"))}


def _copy_name(name: str) -> str:
    base = name[: _NAME_LENGTH - len(COPY_SUFFIX) - 9] + COPY_SUFFIX
    return base if model.Package.get(base) is None else f"{base}-{uuid.uuid4().hex[:8]}"


def _is_done(working_id: str) -> bool:
    release = model.Session.scalars(
        sa.select(Release).where(Release.working_id == working_id).order_by(Release.number.desc())
    ).first()
    return release is not None and release.published is not None


def _remove(working_id: str, user_name: str) -> None:
    tk.get_action("dataset_purge")({"ignore_auth": True, "user": user_name}, {"id": working_id})
