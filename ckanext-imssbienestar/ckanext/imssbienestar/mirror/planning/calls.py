"""From a plan item to the two calls that make it true: pure.

Creation: ``package_create`` with the metadata, then ``package_revise`` with all files. Update: one
``package_revise``. Lists are dropped by ``filter`` before ``update`` gives them anew, because an
``update`` merges lists by position and never shortens them; resources go back whole, with their
ids, and those that stay the same exactly as they came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.mirror.planning.changes import extras_of, same_value
from ckanext.imssbienestar.mirror.planning.desired import DesiredPackage
from ckanext.imssbienestar.mirror.planning.matching import FileNeed, ResourceStep
from ckanext.imssbienestar.mirror.planning.plan import PlanItem
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage

# What CKAN itself writes when a file arrives.
_WRITTEN_ON_UPLOAD = ("last_modified", "size", "hash", "mimetype", "cache_last_updated")


@dataclass(frozen=True)
class Creation:
    """A ``package_create``."""

    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Upload:
    """A file of a revision.

    :ivar position: index of its resource in the list that is sent.
    :ivar sha256: as signed.
    """

    position: int
    path: Path
    name: str
    media_type: str
    sha256: str


@dataclass(frozen=True)
class Revision:
    """A ``package_revise``; it only applies while the dataset is as ``match`` says."""

    match: Mapping[str, Any]
    drop: tuple[str, ...]
    update: Mapping[str, Any]
    uploads: tuple[Upload, ...] = ()


def creation(desired: DesiredPackage) -> Creation:
    """The call that makes the dataset, closed and without files."""
    fields: dict[str, Any] = {
        "name": desired.name,
        "owner_org": desired.organization,
        "private": desired.private_at_creation,
        **desired.fields,
        **_lists(desired, None),
    }
    return Creation(fields)


def revision(item: PlanItem, files: Mapping[str, Path], choose_ids: bool = True) -> Revision:
    """The call that makes an existing dataset what it should be.

    :param files: spooled file of each resource to send, by identifier.
    :param choose_ids: whether new resources get our id, or one of the target's choice.
    """
    desired, remote = item.desired, item.remote
    if desired is None or remote is None:
        raise ValueError("a revision needs a dataset on both sides")
    changed = {change.field.split(".")[0] for change in item.changes}
    update: dict[str, Any] = {name: desired.fields[name] for name in desired.fields}
    update["name"] = desired.name
    if "state" in changed:
        update["state"] = "active"
    if desired.private is not None:
        update["private"] = desired.private
    lists = _lists(desired, remote)
    update |= lists
    drop = [f"-{name}" for name in lists]
    uploads: tuple[Upload, ...] = ()
    if "resources" in changed:
        update["resources"] = [_resource(step, choose_ids) for step in item.steps]
        drop.append("-resources")
        uploads = _uploads(item, files)
    return Revision(_match(remote), tuple(drop), update, uploads)


def _match(remote: RemotePackage) -> dict[str, Any]:
    """The dataset as we saw it: whose it is, its date and, so that not all hangs on a date, its
    resources."""
    match: dict[str, Any] = {"id": remote.id}
    if remote.raw.get("owner_org"):
        match["owner_org"] = remote.raw["owner_org"]
    if remote.raw.get("metadata_modified"):
        match["metadata_modified"] = remote.raw["metadata_modified"]
    if remote.resources:
        match["resources"] = [{"id": resource.id} for resource in remote.resources]
    return match


def _lists(desired: DesiredPackage, remote: RemotePackage | None) -> dict[str, Any]:
    lists: dict[str, Any] = {}
    if desired.tags is not None:
        lists["tags"] = [{"name": tag} for tag in desired.tags] + _vocabulary_tags(remote)
    if desired.groups is not None:
        lists["groups"] = [{"name": group} for group in desired.groups]
    if desired.extras is not None:
        found = extras_of(remote) if remote else {}
        foreign = {key: found[key] for key in found if key not in desired.managed_extras}
        merged = {**foreign, **desired.extras}
        lists["extras"] = [{"key": key, "value": merged[key]} for key in sorted(merged)]
    return lists


def _vocabulary_tags(remote: RemotePackage | None) -> list[dict[str, Any]]:
    tags = (remote.raw.get("tags") or ()) if remote else ()
    return [dict(tag) for tag in tags if tag.get("vocabulary_id")]


def _resource(step: ResourceStep, choose_ids: bool) -> dict[str, Any]:
    raw = dict(step.remote.raw) if step.remote else {}
    if step.desired is None:
        return raw
    fields = step.desired.fields
    if step.need is FileNeed.KEEP:
        # Only what differs: a resource that goes back as it came is not even validated again.
        differing = {n: fields[n] for n in fields if not same_value(n, raw.get(n), fields[n])}
        return raw | differing
    for name in _WRITTEN_ON_UPLOAD:
        raw.pop(name, None)
    raw |= fields
    if step.remote is None and choose_ids:
        raw["id"] = step.desired.chosen_id
    file = step.desired.file
    raw["hash"] = file.sha256
    if file.link:
        raw |= {"url": file.link, "url_type": "", "size": file.size}
        if step.remote is not None and step.remote.is_upload:
            raw["clear_upload"] = True  # CKAN's word for: and delete the file that was here
    else:
        raw |= {"url": file.name, "url_type": "upload"}
    return raw


def _uploads(item: PlanItem, files: Mapping[str, Path]) -> tuple[Upload, ...]:
    return tuple(
        Upload(
            position,
            files[step.desired.identifier],
            step.desired.file.name,
            str(step.desired.fields.get("mimetype") or "application/octet-stream"),
            step.desired.file.sha256,
        )
        for position, step in enumerate(item.steps)
        if step.need is FileNeed.SEND and step.desired is not None and not step.desired.file.link
    )
