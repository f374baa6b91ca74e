"""Releases as the institutional catalogue lists them, checked against their digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ckanext.imssbienestar.checks import RULES_VERSION
from ckanext.imssbienestar.domain.release import NotSignable, digest, has_digest
from ckanext.imssbienestar.mirror.addresses import is_address
from ckanext.imssbienestar.mirror.errors import ReleaseError

# What lets a file through; whatever else a catalogue may say one day does not.
_LET_THROUGH = ("pass", "decided")

Sha256 = Field(pattern=r"^[0-9a-f]{64}$")


class _SignedDataset(BaseModel):
    """What a projection takes for granted of the signed metadata."""

    tags: list[Any] = Field(default_factory=list)


class _SignedResource(BaseModel):
    identifier: str = Field(min_length=1)
    file: dict[str, Any] = Field(default_factory=dict)


class _SignedDocument(BaseModel):
    dataset: _SignedDataset = _SignedDataset()
    resources: list[_SignedResource] = Field(default_factory=list)


def _shaped(document: dict[str, Any]) -> dict[str, Any]:
    """The document itself, of which the rest of the room may take the shape for granted."""
    _SignedDocument.model_validate(document)
    return document


def _callable(url: str) -> str:
    if not is_address(url):
        raise ValueError("an address")
    return url


class RecordedScan(BaseModel):
    """What the institutional catalogue recorded when it looked for personal data in a file.

    :ivar rules_version: of the rules it went by, as ``RULES_VERSION`` of the room ``checks``.
    :ivar decision: ``pass``, or ``decided`` where the Transparency Unit overruled a false alarm;
        anything else lets nothing through.
    """

    model_config = ConfigDict(frozen=True)

    rules_version: str = ""
    decision: str = ""


class ReleaseFile(BaseModel):
    """A signed file and where its bytes are.

    :ivar resource: the ``identifier`` of the resource it belongs to.
    :ivar personal_data: None where no scan by its present rules is recorded, and from catalogues
        too old to tell.
    """

    model_config = ConfigDict(frozen=True)

    resource: str
    sha256: str = Sha256
    size: int = Field(ge=0)
    name: str = Field(min_length=1)
    url: Annotated[str, AfterValidator(_callable)]
    personal_data: RecordedScan | None = None


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
    document: Annotated[dict[str, Any], AfterValidator(_shaped)]
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
        _check_scans(release)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
        fault = ReleaseError("release-malformed", dataset=name, cause=fields)
    except NotSignable:
        fault = ReleaseError("release-malformed", dataset=name, cause="document")
    except ReleaseError as error:
        fault = error
    else:
        return release
    return BadRelease(dataset_id=str(raw.get("dataset_id") or name), dataset_name=name, error=fault)


def _check_digest(release: Release) -> None:
    if not has_digest(release.document, release.digest):
        raise ReleaseError(
            "digest-differs",
            dataset=release.dataset_name,
            expected=release.digest,
            found=digest(release.document),
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


def _check_scans(release: Release) -> None:
    """Every file was looked at for personal data, by the rules this program knows (R-182, R-201).

    The record is the catalogue's word. That the bytes sent are those it speaks of is proven by
    their SHA-256.
    """
    if release.state == "withdrawn":
        return
    for file in release.files:
        scan = file.personal_data
        facts = {"dataset": release.dataset_name, "file": file.name}
        if scan is None:
            raise ReleaseError("scan-missing", **facts)
        if scan.rules_version != RULES_VERSION:
            raise ReleaseError(
                "scan-of-other-rules", **facts, found=scan.rules_version, expected=RULES_VERSION
            )
        if scan.decision not in _LET_THROUGH:
            raise ReleaseError("scan-not-passed", **facts)
