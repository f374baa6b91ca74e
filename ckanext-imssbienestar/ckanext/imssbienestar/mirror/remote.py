"""A dataset as the target shows it, read tolerantly: targets differ in version and extensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ckanext.imssbienestar.mirror.fingerprint import FileFingerprint, fingerprint_of


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
    """One dataset of the target."""

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
        raw=raw,
    )


def _resource(raw: Mapping[str, Any]) -> RemoteResource:
    return RemoteResource(
        id=str(raw["id"]),
        name=str(raw.get("name") or ""),
        is_upload=raw.get("url_type") == "upload",
        fingerprint=fingerprint_of(raw),
        raw=raw,
    )
