"""Each file of a release with its own at the target, and what it needs: pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry
from ckanext.imssbienestar.mirror.planning.changes import FieldChange, resource_changes
from ckanext.imssbienestar.mirror.planning.desired import DesiredPackage, DesiredResource
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage, RemoteResource


class FileNeed(StrEnum):
    """What one file needs."""

    KEEP = "keep"
    CHECK = "check"
    SEND = "send"


@dataclass(frozen=True)
class ResourceStep:
    """One resource of the list to send.

    :ivar desired: None for a resource of the target that is kept as it is.
    :ivar remote: None when it is new there.
    """

    need: FileNeed
    desired: DesiredResource | None
    remote: RemoteResource | None


def new_steps(desired: DesiredPackage) -> tuple[ResourceStep, ...]:
    """The steps of a dataset that is not there yet."""
    return tuple(ResourceStep(FileNeed.SEND, resource, None) for resource in desired.resources)


def match(
    desired: DesiredPackage,
    remote: RemotePackage,
    entry: LedgerEntry | None,
    checked: Mapping[str, str],
) -> tuple[tuple[ResourceStep, ...], tuple[FieldChange, ...]]:
    """The steps of every resource in order, and what changes in the list of them.

    :param checked: SHA-256 of the target's files that were read just now, by resource id.
    """
    pairs = _apart(_pairs(desired, remote, entry))
    steps = [
        ResourceStep(_need(resource, found, entry, checked), resource, found)
        for resource, found in pairs
    ]
    paired = {found.id for _, found in pairs if found is not None}
    left = {one.id: one for one in remote.resources if one.id not in paired}
    if not desired.remove_foreign:
        steps += [ResourceStep(FileNeed.KEEP, None, resource) for resource in left.values()]
        left = {}
    return tuple(steps), _structure(steps, remote, left)


def _pairs(
    desired: DesiredPackage, remote: RemotePackage, entry: LedgerEntry | None
) -> list[tuple[DesiredResource, RemoteResource | None]]:
    """Each desired resource with its own over there.

    Ids first, for all of them: those the ledger knows, then those we choose. Only what no id
    claims may be taken for ours by its name, which people repeat.
    """
    left = {resource.id: resource for resource in remote.resources}
    known = {key: file.remote_id for key, file in entry.files.items()} if entry else {}
    found: dict[str, RemoteResource] = {}
    for resource in desired.resources:
        if (resource_id := known.get(resource.identifier, "")) in left:
            found[resource.identifier] = left.pop(resource_id)
    held = {one.id for one in found.values()}
    for resource in desired.resources:
        if resource.identifier in found:
            continue
        if (resource_id := _free_id(resource.chosen_id, held)) in left:
            found[resource.identifier] = left.pop(resource_id)
    unclaimed = {one.id: one for one in left.values() if one.id not in known.values()}
    for resource in desired.resources:
        if resource.identifier in found:
            continue
        same = [one for one in unclaimed.values() if one.name == resource.fields.get("name")]
        if len(same) == 1 and same[0].name:
            found[resource.identifier] = unclaimed.pop(same[0].id)
    return [(resource, found.get(resource.identifier)) for resource in desired.resources]


def _apart(
    pairs: list[tuple[DesiredResource, RemoteResource | None]],
) -> list[tuple[DesiredResource, RemoteResource | None]]:
    """The pairs, with another id for a new file whose own is held by one taken over by its name.

    That happens after a lost ledger: the name was all that told whose the copy was.
    """
    held = {found.id for _, found in pairs if found is not None}
    return [
        (
            resource
            if found is not None
            else replace(resource, chosen_id=_free_id(resource.chosen_id, held)),
            found,
        )
        for resource, found in pairs
    ]


def _free_id(chosen: str, held: set[str]) -> str:
    """The id itself, or the next that follows from it: the same whenever it is asked for."""
    while chosen in held:
        chosen = str(uuid.uuid5(uuid.UUID(chosen), "another"))
    return chosen


def _need(
    desired: DesiredResource,
    remote: RemoteResource | None,
    entry: LedgerEntry | None,
    checked: Mapping[str, str],
) -> FileNeed:
    link = desired.file.link
    if remote is None or remote.is_upload == bool(link):
        return FileNeed.SEND
    if link and remote.raw.get("url") != link:
        return FileNeed.SEND
    if remote.id in checked:
        same = checked[remote.id] == desired.file.sha256
        return FileNeed.KEEP if same else FileNeed.SEND
    known = entry.files.get(desired.identifier) if entry else None
    if known is None or known.remote_id != remote.id:
        size = remote.fingerprint.size
        return FileNeed.SEND if size and size != str(desired.file.size) else FileNeed.CHECK
    if known.fingerprint != remote.fingerprint.as_text():
        return FileNeed.CHECK
    return FileNeed.KEEP if known.sha256 == desired.file.sha256 else FileNeed.SEND


def _structure(
    steps: list[ResourceStep], remote: RemotePackage, removed: Mapping[str, RemoteResource]
) -> tuple[FieldChange, ...]:
    """Files to send, resources added, removed or in another order."""
    changes = []
    for step in steps:
        if step.desired is not None and step.need is FileNeed.SEND:
            before = step.remote.fingerprint.hash if step.remote else ""
            field_name = f"resources.{step.desired.identifier}.sha256"
            changes.append(FieldChange(field_name, before, step.desired.file.sha256))
    changes += [
        FieldChange(f"resources.{resource.id}", resource.name, "") for resource in removed.values()
    ]
    wanted = [step.remote.id for step in steps if step.remote is not None]
    found = [resource.id for resource in remote.resources if resource.id not in removed]
    if wanted != found:
        changes.append(FieldChange("resources.order", found, wanted))
    return tuple(changes)


def field_changes(steps: tuple[ResourceStep, ...]) -> tuple[FieldChange, ...]:
    """Differences of the fields of resources that are on both sides."""
    return tuple(
        change
        for step in steps
        if step.desired is not None and step.remote is not None
        for change in resource_changes(step.desired, step.remote)
    )
