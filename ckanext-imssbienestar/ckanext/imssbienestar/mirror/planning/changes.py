"""Field by field: what is on the target against what should be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ckanext.imssbienestar.mirror.planning.desired import DesiredPackage, DesiredResource
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage, RemoteResource


@dataclass(frozen=True)
class FieldChange:
    """One difference; ``field`` is dotted, a resource by its identifier."""

    field: str
    before: Any
    after: Any


def package_changes(desired: DesiredPackage, remote: RemotePackage) -> tuple[FieldChange, ...]:
    """Differences of the dataset itself: state, visibility, fields, tags, groups, extras."""
    return tuple(_package(desired, remote))


def resource_changes(desired: DesiredResource, remote: RemoteResource) -> tuple[FieldChange, ...]:
    """Differences of one resource's fields; its file is the planner's business."""
    prefix = f"resources.{desired.identifier}"
    return tuple(
        FieldChange(f"{prefix}.{name}", shown_text(remote.raw.get(name)), value)
        for name, value in desired.fields.items()
        if not same_value(name, remote.raw.get(name), value)
    )


def same_value(name: str, found: Any, wanted: Any) -> bool:
    """Whether the target's value of a field is the wanted one, spelling habits of CKAN aside."""
    before, after = shown_text(found), shown_text(wanted)
    if name == "format":  # CKAN spells the formats it knows its own way
        return before.casefold() == after.casefold()
    return before == after


def tag_names(remote: RemotePackage) -> tuple[str, ...]:
    """Free tags; those of a vocabulary are the target's own."""
    tags = remote.raw.get("tags") or ()
    return tuple(sorted(tag["name"] for tag in tags if not tag.get("vocabulary_id")))


def group_names(remote: RemotePackage) -> tuple[str, ...]:
    """The groups the dataset is in, by name."""
    return tuple(sorted(str(group.get("name")) for group in remote.raw.get("groups") or ()))


def extras_of(remote: RemotePackage) -> dict[str, str]:
    """The dataset's extras as a dictionary."""
    return {
        str(extra["key"]): shown_text(extra["value"]) for extra in remote.raw.get("extras") or ()
    }


def _package(desired: DesiredPackage, remote: RemotePackage) -> Iterator[FieldChange]:
    if remote.deleted:
        yield FieldChange("state", remote.state, "active")
    if remote.name != desired.name:
        yield FieldChange("name", remote.name, desired.name)
    if desired.private is not None and remote.private != desired.private:
        yield FieldChange("private", remote.private, desired.private)
    for name, value in desired.fields.items():
        if not same_value(name, remote.raw.get(name), value):
            yield FieldChange(name, shown_text(remote.raw.get(name)), value)
    if desired.tags is not None:
        yield from _list_change("tags", tag_names(remote), desired.tags)
    if desired.groups is not None:
        yield from _list_change("groups", group_names(remote), desired.groups)
    if desired.extras is not None:
        yield from _extras(desired.extras, desired.managed_extras, extras_of(remote))


def _extras(
    wanted: Mapping[str, str], managed: frozenset[str], found: Mapping[str, str]
) -> Iterator[FieldChange]:
    for key in sorted(managed):
        if found.get(key, "") != wanted.get(key, ""):
            yield FieldChange(f"extras.{key}", found.get(key, ""), wanted.get(key, ""))


def _list_change(field: str, before: Sequence[str], after: Sequence[str]) -> Iterator[FieldChange]:
    if sorted(before) != sorted(after):
        yield FieldChange(field, list(before), list(after))


def shown_text(value: Any) -> str:
    """A field as text: CKAN gives an empty one back as nothing, null or empty text."""
    if value is None:
        return ""
    return str(value).replace("\r\n", "\n").strip()
