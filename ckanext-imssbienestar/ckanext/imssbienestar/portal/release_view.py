"""A release as the API and the pages show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.release import file_hashes
from ckanext.imssbienestar.domain.workflow import State, available, next_roles
from ckanext.imssbienestar.model import Release, ReleaseEvent
from ckanext.imssbienestar.portal import permissions
from ckanext.imssbienestar.procedure import guard_records, releases
from ckanext.imssbienestar.procedure.guard_records import FileStanding

ReleaseDict = dict[str, Any]


def brief(
    release: Release, document: dict[str, Any], scans: Mapping[str, FileStanding]
) -> ReleaseDict:
    """What a harvester or the mirror needs: the document and where to get each file.

    :param scans: where the files stand with the guard, by hash. It is told beside the signed
        document, never in it: a newer version of the rules must not change a digest.
    """
    return {
        "id": release.id,
        "dataset_id": release.dataset_id,
        "dataset_name": release.dataset_name,
        "number": release.number,
        "state": release.state,
        "digest": release.digest,
        "created": release.created.isoformat(),
        "modified": release.modified.isoformat(),
        "published": release.published.isoformat() if release.published else None,
        "document": document,
        "files": [_file(release, res, scans) for res in document["resources"] if "file" in res],
    }


def full(release: Release, user_id: str) -> ReleaseDict:
    """A brief release with its history, who acts next and what this person may do.

    The history is for those who take part: a public release shows roles and times, and no person.
    """
    standing = releases.standing(model.Session, release)
    roles = permissions.roles_of(user_id, release.organization_id) if user_id else frozenset()
    takes_part = State(release.state) not in PUBLIC_STATES or bool(roles)
    document = releases.document_of(model.Session, release)
    return {
        **brief(release, document, guard_records.standings(model.Session, file_hashes(document))),
        "history": [
            event_dict(event, with_person=takes_part)
            for event in releases.history(model.Session, release)
        ],
        "next_roles": [role.value for role in next_roles(standing)],
        "transitions": [
            transition.value for transition in available(standing, user_id or "", roles)
        ],
    }


PUBLIC_STATES = (State.PUBLISHED, State.WITHDRAWN)
"""The states in which a release may be read by anybody."""


def event_dict(event: ReleaseEvent, *, with_person: bool) -> dict[str, Any]:
    """One row of the history."""
    shown = {
        "transition": event.transition,
        "from_state": event.from_state,
        "to_state": event.to_state,
        "digest": event.digest,
        "role": event.role,
        "oficio_number": event.oficio_number,
        "occurred": event.occurred.isoformat(),
    }
    return {**shown, "user_id": event.user_id, "reason": event.reason} if with_person else shown


def scan_dict(scan: FileStanding | None) -> dict[str, str] | None:
    """The recorded scan of a file by the present rules; None when there is none yet.

    ``decision`` is ``pass``, ``decided`` (the Transparency Unit overruled what was told of) or
    ``undecided``.
    """
    if scan is None:
        return None
    return {
        "rules_version": scan.rules_version,
        "scanned": scan.scanned.isoformat(),
        "decision": scan.verdict.value,
    }


def _file(
    release: Release, resource: dict[str, Any], scans: Mapping[str, FileStanding]
) -> dict[str, Any]:
    url = tk.url_for(
        "imss_release.file",
        id=release.dataset_name,
        number=release.number,
        identifier=resource["identifier"],
        filename=resource["file"]["name"],
        qualified=True,
    )
    return {
        "resource": resource["identifier"],
        **resource["file"],
        "url": url,
        "personal_data": scan_dict(scans.get(resource["file"]["sha256"])),
    }


def page(
    found: Sequence[tuple[Release, dict[str, Any]]], count: int
) -> dict[str, int | list[ReleaseDict]]:
    """One page of releases with the count of all of them."""
    hashes = {sha256 for _release, document in found for sha256 in file_hashes(document)}
    scans = guard_records.standings(model.Session, hashes)
    return {
        "count": count,
        "results": [brief(release, document, scans) for release, document in found],
    }
