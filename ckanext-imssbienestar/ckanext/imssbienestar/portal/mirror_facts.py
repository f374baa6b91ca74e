"""What both sides know of every dataset of the institution, in a handful of statements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.imssbienestar.domain.workflow import Role, SignOff, Standing, State, Transition
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry
from ckanext.imssbienestar.mirror.ledger.proofs import Proof
from ckanext.imssbienestar.mirror.overview.health import Records
from ckanext.imssbienestar.mirror.overview.whereabouts import (
    Answer,
    Facts,
    PublicRelease,
    Scan,
    Step,
    answer,
)
from ckanext.imssbienestar.mirror.running.outlook import Prospect
from ckanext.imssbienestar.model import Release, ReleaseDocument, ReleaseEvent
from ckanext.imssbienestar.procedure import guard_records
from ckanext.imssbienestar.procedure.guard_records import FileStanding, Verdict

_PUBLIC = (State.PUBLISHED.value, State.WITHDRAWN.value)


@dataclass(frozen=True)
class SignedFile:
    """A file of the newest public release, as signed.

    :ivar size: in bytes.
    """

    identifier: str
    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Line:
    """One dataset with its answer.

    :ivar number: of its newest public release; None when it has none.
    :ivar digest: of that release; empty when it has none.
    :ivar published: whether anybody may know of it: public here, and not withdrawn.
    :ivar receipt: number of the comprobante that the federal side issued for it; empty for none.
    """

    id: str
    name: str
    title: str
    organization: str
    answer: Answer
    files: tuple[SignedFile, ...]
    number: int | None
    digest: str
    entry: LedgerEntry | None
    prospect: Prospect | None
    proofs: tuple[Proof, ...]
    receipt: str
    published: bool


@dataclass(frozen=True)
class _Named:
    id: str
    name: str
    title: str
    organization: str
    shown: bool


def lines(records: Records | None) -> list[Line]:
    """Every dataset of the institution, by name; working copies belong to the one they update.

    :param records: of the ledger; None when it cannot be read.
    """
    newest, public = _newest_releases(), _newest_releases(_PUBLIC)
    files = _files({release.digest for release in public.values()})
    scans = guard_records.standings(
        model.Session, {file.sha256 for found in files.values() for file in found}
    )
    steps = _steps(release for release in newest.values() if release.state not in _PUBLIC)
    return [
        _line(named, public.get(named.id), steps.get(named.id), files, scans, records)
        for named in _datasets({**public, **newest})
    ]


def _line(
    named: _Named,
    public: Release | None,
    step: Step | None,
    files: Mapping[str, tuple[SignedFile, ...]],
    scans: Mapping[str, FileStanding],
    records: Records | None,
) -> Line:
    signed = files.get(public.digest, ()) if public is not None else ()
    entry = records.entries.get(named.id) if records else None
    prospect = records.prospects.get(named.id) if records else None
    proofs = records.proofs.get(named.id, ()) if records else ()
    review = records.reviews.get(named.id) if records else None
    facts = Facts(
        step=step,
        public=_public(public, signed, scans) if public is not None else None,
        entry=entry,
        prospect=prospect,
        proofs=proofs,
        review=review,
    )
    return Line(
        id=named.id,
        name=named.name,
        title=named.title,
        organization=named.organization,
        answer=answer(facts),
        files=signed,
        number=public.number if public is not None else None,
        digest=public.digest if public is not None else "",
        entry=entry,
        prospect=prospect,
        proofs=proofs,
        receipt=(review.receipt or "") if review else "",
        published=named.shown and public is not None and public.state == State.PUBLISHED.value,
    )


def _public(
    release: Release, files: tuple[SignedFile, ...], scans: Mapping[str, FileStanding]
) -> PublicRelease:
    found = [scans.get(file.sha256) for file in files]
    scan = Scan.PASSED
    if any(one is not None and one.verdict is Verdict.UNDECIDED for one in found):
        scan = Scan.UNDECIDED
    elif None in found:
        scan = Scan.MISSING
    return PublicRelease(
        digest=release.digest,
        published=release.published,
        withdrawn=release.state == State.WITHDRAWN.value,
        scan=scan,
        files={file.identifier: file.sha256 for file in files},
    )


def _datasets(releases: Mapping[str, Release]) -> list[_Named]:
    package, unit = model.Package, model.Group
    own = package.extras["update_of"].astext.is_(None)
    rows = model.Session.execute(
        sa.select(package.id, package.name, package.title, unit.title, unit.name, package.private)
        .outerjoin(unit, unit.id == package.owner_org)
        .where(package.type == "dataset", package.state == "active", own)
    )
    found = {
        row[0]: _Named(row[0], row[1], row[2] or row[1], row[3] or row[4] or "", not row[5])
        for row in rows
    }
    for dataset_id, release in releases.items():
        if dataset_id not in found and release.state in _PUBLIC:
            # The record of a release outlives its dataset.
            found[dataset_id] = _Named(
                dataset_id, release.dataset_name, release.dataset_name, "", False
            )
    return sorted(found.values(), key=lambda named: named.name)


def _newest_releases(states: tuple[str, ...] = ()) -> dict[str, Release]:
    query = sa.select(Release).order_by(Release.dataset_id, Release.number.desc())
    query = query.distinct(Release.dataset_id)
    if states:
        query = query.where(Release.state.in_(states))
    return {release.dataset_id: release for release in model.Session.scalars(query)}


def _steps(under_way: Iterable[Release]) -> dict[str, Step]:
    releases = {release.id: release for release in under_way}
    events: dict[str, list[ReleaseEvent]] = {}
    if any(release.state == State.IN_REVIEW.value for release in releases.values()):
        query = sa.select(ReleaseEvent).where(ReleaseEvent.release_id.in_(releases))
        for event in model.Session.scalars(query.order_by(ReleaseEvent.id)):
            events.setdefault(event.release_id, []).append(event)
    return {
        release.dataset_id: _step(release, events.get(release.id, []))
        for release in releases.values()
    }


def _step(release: Release, events: list[ReleaseEvent]) -> Step:
    if release.state == State.DRAFT.value:
        return Step.RETURNED
    if release.state == State.SIGNED.value:
        return Step.ADMINISTRATOR
    signed: list[SignOff] = []
    for event in events:
        if event.transition == Transition.SUBMIT:
            signed = []
        elif event.transition == Transition.SIGN and event.digest == release.digest:
            signed.append(SignOff(Role(event.role), event.user_id, event.digest))
    next_signer = Standing(State.IN_REVIEW, sign_offs=signed).next_signer
    return Step.HEAD if next_signer is Role.UNIT_HEAD else Step.TRANSPARENCY


def signed_files_of(digest: str) -> tuple[SignedFile, ...]:
    """The files of a release document."""
    return _files({digest}).get(digest, ())


# A document never changes under its digest.
_KNOWN_FILES: dict[str, tuple[SignedFile, ...]] = {}
_MOST_KNOWN = 20_000


def _files(digests: set[str]) -> dict[str, tuple[SignedFile, ...]]:
    missing = digests - _KNOWN_FILES.keys()
    if missing:
        if len(_KNOWN_FILES) + len(missing) > _MOST_KNOWN:
            _KNOWN_FILES.clear()
            missing = digests
        rows = model.Session.execute(
            sa.select(ReleaseDocument.digest, ReleaseDocument.canonical).where(
                ReleaseDocument.digest.in_(missing)
            )
        )
        _KNOWN_FILES.update({digest: _signed_files(canonical) for digest, canonical in rows})
    return {digest: _KNOWN_FILES[digest] for digest in digests if digest in _KNOWN_FILES}


def _signed_files(canonical: str) -> tuple[SignedFile, ...]:
    resources: list[dict[str, Any]] = json.loads(canonical)["resources"]
    return tuple(
        SignedFile(
            resource["identifier"],
            resource["file"]["name"],
            resource["file"]["sha256"],
            resource["file"]["size"],
        )
        for resource in resources
        if "file" in resource
    )
