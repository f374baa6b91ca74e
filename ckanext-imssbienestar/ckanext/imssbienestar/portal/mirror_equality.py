"""Is the federal copy what was signed? For anybody, about published datasets only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.imssbienestar.domain.workflow import State
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry
from ckanext.imssbienestar.mirror.ledger.proofs import Proof, Verdict
from ckanext.imssbienestar.model import Release
from ckanext.imssbienestar.portal.mirror_facts import SignedFile


class Equality(StrEnum):
    """What is known of a copy, the worst first."""

    DIFFERENT = "different"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    NOT_VERIFIED = "not-verified"
    NOT_SENT = "not-sent"
    EQUAL = "equal"


@dataclass(frozen=True)
class FileEquality:
    """One file on both sides.

    :ivar since: since when the same has been found; None while nothing was looked at.
    :ivar verified: when it was last looked at.
    """

    signed: SignedFile
    equality: Equality
    federal_sha256: str | None
    since: datetime | None
    verified: datetime | None


@dataclass(frozen=True)
class DatasetEquality:
    """One published dataset on both sides.

    :ivar address: of the federal copy; None before one was sent.
    :ivar public: whether the federal side shows it to everybody; None where that is not known.
    """

    name: str
    title: str
    number: int
    digest: str
    files: tuple[FileEquality, ...]
    address: str | None
    public: bool | None

    @property
    def equality(self) -> Equality:
        """The worst of its files; those that are not sent by rule do not count."""
        found = {file.equality for file in self.files} - {Equality.NOT_SENT}
        return next((one for one in Equality if one in found), Equality.NOT_VERIFIED)

    @property
    def since(self) -> datetime | None:
        """Since when that has been so, as far as it was looked at."""
        same = [file.since for file in self.files if file.equality is self.equality and file.since]
        return min(same, default=None)

    @property
    def verified(self) -> datetime | None:
        """When all of it had last been looked at."""
        counted = [file for file in self.files if file.equality is not Equality.NOT_SENT]
        moments = [file.verified for file in counted]
        known = [moment for moment in moments if moment is not None]
        return min(known) if known and len(known) == len(moments) else None


def published_release(name_or_id: str) -> tuple[model.Package, Release] | None:
    """A dataset that anybody may see and its newest published release; None for all others."""
    package = model.Package.get(name_or_id)
    if package is None or package.private or package.state != "active":
        return None
    release = model.Session.scalars(
        sa.select(Release)
        .where(Release.dataset_id == package.id, Release.state == State.PUBLISHED.value)
        .order_by(Release.number.desc())
        .limit(1)
    ).one_or_none()
    return (package, release) if release is not None else None


@dataclass(frozen=True)
class Published:
    """A dataset with what was signed of it."""

    name: str
    title: str
    number: int
    digest: str
    files: tuple[SignedFile, ...]


def equality_of(
    published: Published,
    entry: LedgerEntry | None,
    proofs: tuple[Proof, ...],
    target_url: str,
) -> DatasetEquality:
    """What is known of the federal copy of a release."""
    found = {proof.finding.identifier: proof for proof in proofs}
    address = None
    if entry is not None and entry.remote_id and not entry.withdrawn:
        address = f"{target_url}/dataset/{entry.remote_name}"
    return DatasetEquality(
        name=published.name,
        title=published.title,
        number=published.number,
        digest=published.digest,
        files=tuple(
            _file(file, found.get(file.identifier), entry, published.digest)
            for file in published.files
        ),
        address=address,
        public=None if entry is None or entry.private is None else not entry.private,
    )


def equality_dict(found: DatasetEquality) -> dict[str, Any]:
    """The same for programs."""
    return {
        "dataset": found.name,
        "release": found.number,
        "digest": found.digest,
        "equality": found.equality.value,
        "since": _text(found.since),
        "verified": _text(found.verified),
        "federal_address": found.address,
        "federal_public": found.public,
        "files": [
            {
                "identifier": file.signed.identifier,
                "name": file.signed.name,
                "size": file.signed.size,
                "signed_sha256": file.signed.sha256,
                "federal_sha256": file.federal_sha256,
                "equality": file.equality.value,
                "since": _text(file.since),
                "verified": _text(file.verified),
            }
            for file in found.files
        ],
    }


_BY_VERDICT = {
    Verdict.EQUAL: Equality.EQUAL,
    Verdict.DIFFERENT: Equality.DIFFERENT,
    Verdict.MISSING: Equality.MISSING,
    Verdict.UNREADABLE: Equality.UNREADABLE,
}


def _file(
    file: SignedFile, proof: Proof | None, entry: LedgerEntry | None, digest: str
) -> FileEquality:
    if proof is not None and proof.finding.expected_sha256 == file.sha256:
        finding = proof.finding
        equality = _BY_VERDICT[finding.verdict]
        return FileEquality(file, equality, finding.found_sha256, proof.since, proof.checked)
    # What was looked at before was another release: it says nothing of this one.
    confirmed = entry is not None and entry.digest == digest and entry.confirmed is not None
    left_out = confirmed and entry is not None and file.identifier not in entry.files
    equality = Equality.NOT_SENT if left_out else Equality.NOT_VERIFIED
    return FileEquality(file, equality, None, None, None)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
