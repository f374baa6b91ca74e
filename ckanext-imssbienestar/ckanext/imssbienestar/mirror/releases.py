"""Releases as the institutional catalogue lists them, checked against their digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ckanext.imssbienestar.domain.release import digest
from ckanext.imssbienestar.mirror.errors import ReleaseError

Sha256 = Field(pattern=r"^[0-9a-f]{64}$")


class ReleaseFile(BaseModel):
    """A signed file and where its bytes are.

    :ivar resource: the ``identifier`` of the resource it belongs to.
    """

    model_config = ConfigDict(frozen=True)

    resource: str
    sha256: str = Sha256
    size: int = Field(ge=0)
    name: str = Field(min_length=1)
    url: str = Field(pattern=r"^https?://")


class Release(BaseModel):
    """The newest published or withdrawn release of a dataset.

    :ivar document: what was signed; its digest is checked before anything is made of it.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    dataset_id: str = Field(min_length=1)
    dataset_name: str = Field(min_length=1)
    number: int = 0
    state: Literal["published", "withdrawn"]
    digest: str = Sha256
    document: dict[str, Any]
    files: tuple[ReleaseFile, ...] = ()

    def file_of(self, identifier: str) -> ReleaseFile | None:
        """The file of a resource."""
        return next((file for file in self.files if file.resource == identifier), None)


@dataclass(frozen=True)
class BadRelease:
    """A release that cannot be used, kept so that the run can say so and go on with the rest."""

    dataset_id: str
    dataset_name: str
    error: ReleaseError


def parse_release(raw: Mapping[str, Any]) -> Release | BadRelease:
    """Read one entry of ``imss_release_list``."""
    name = str(raw.get("dataset_name") or raw.get("dataset_id") or "?")
    try:
        release = Release.model_validate(raw)
        _check_digest(release)
        _check_files(release)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
        fault = ReleaseError("release-malformed", dataset=name, cause=fields)
    except ReleaseError as error:
        fault = error
    else:
        return release
    return BadRelease(dataset_id=str(raw.get("dataset_id") or name), dataset_name=name, error=fault)


def _check_digest(release: Release) -> None:
    found = digest(release.document)
    if found != release.digest:
        raise ReleaseError(
            "digest-differs", dataset=release.dataset_name, expected=release.digest, found=found
        )


def _check_files(release: Release) -> None:
    """What is listed for download must be what the signed document names."""
    if release.state == "withdrawn":
        return
    for resource in release.document.get("resources", []):
        signed = resource.get("file") or {}
        listed = release.file_of(str(resource.get("identifier", "")))
        if listed is None or (listed.sha256, listed.size) != (
            signed.get("sha256"),
            signed.get("size"),
        ):
            raise ReleaseError(
                "release-malformed",
                dataset=release.dataset_name,
                cause=f"files, {resource.get('identifier', '?')}",
            )
        if listed.size == 0:
            raise ReleaseError("file-empty", file=listed.name)
