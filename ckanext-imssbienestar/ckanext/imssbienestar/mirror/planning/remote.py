"""A dataset as the target shows it, read tolerantly: targets differ in version and extensions."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ckanext.imssbienestar.mirror.planning.fingerprint import FileFingerprint, fingerprint_of

# Kept elsewhere or never looked at, and never sent back: with ten thousand datasets in memory they
# would take a third of it.
_NOT_KEPT = frozenset(
    {
        "creator_user_id",
        "isopen",
        "license_title",
        "license_url",
        "metadata_created",
        "num_resources",
        "num_tags",
        "organization",
        "relationships_as_object",
        "relationships_as_subject",
        "resources",
    }
)
_SHORT = 48


@dataclass(frozen=True)
class RemoteResource:
    """One resource of the target; ``raw`` is the dictionary as it came, to be sent back whole."""

    id: str
    name: str
    is_upload: bool
    fingerprint: FileFingerprint
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class RemotePackage:
    """One dataset of the target.

    :ivar raw: the dictionary as it came, without what the mirror has no use for.
    """

    id: str
    name: str
    state: str
    private: bool
    organization_id: str
    organization_name: str
    resources: tuple[RemoteResource, ...]
    raw: Mapping[str, Any]

    @property
    def deleted(self) -> bool:
        """Whether only its name is left."""
        return self.state == "deleted"


def parse_package(raw: Mapping[str, Any]) -> RemotePackage:
    """Read a ``package_show`` dictionary."""
    organization = raw.get("organization") or {}
    return RemotePackage(
        id=str(raw["id"]),
        name=str(raw["name"]),
        state=str(raw.get("state") or "active"),
        private=bool(raw.get("private")),
        organization_id=str(raw.get("owner_org") or organization.get("id") or ""),
        organization_name=str(organization.get("name") or ""),
        resources=tuple(_resource(resource) for resource in raw.get("resources") or ()),
        raw=_kept(raw),
    )


def _resource(raw: Mapping[str, Any]) -> RemoteResource:
    return RemoteResource(
        id=str(raw["id"]),
        name=str(raw.get("name") or ""),
        is_upload=raw.get("url_type") == "upload",
        fingerprint=fingerprint_of(raw),
        raw={name: _shared(value) for name, value in raw.items()},
    )


def _kept(raw: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: _shared(value) for name, value in raw.items() if name not in _NOT_KEPT}
    kept["groups"] = [{"name": group.get("name")} for group in raw.get("groups") or ()]
    kept["tags"] = [
        dict(tag) if tag.get("vocabulary_id") else {"name": _shared(tag["name"])}
        for tag in raw.get("tags") or ()
    ]
    return kept


def _shared(value: Any) -> Any:
    """One object for a short text, however many datasets say it."""
    return sys.intern(value) if type(value) is str and len(value) < _SHORT else value
