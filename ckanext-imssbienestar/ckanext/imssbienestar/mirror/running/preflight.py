"""Before anything is done: would the target take what we want to write?

Calls that write nothing. Three of them are made by every run; those about writing, once there is
something to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ckanext.imssbienestar.mirror.catalogues.source import ReleaseSource
from ckanext.imssbienestar.mirror.catalogues.target import Target
from ckanext.imssbienestar.mirror.errors import (
    CatalogueUnusableError,
    MirrorConfigurationError,
    NotThereError,
    PreflightRefusedError,
    RefusedError,
)
from ckanext.imssbienestar.mirror.projection import Projection

# package_revise, which carries a change and all its files in one call, came with CKAN 2.9, where it
# failed for everybody but administrators until 2.9.1.
_OLDEST = (2, 9, 1)
_MOST_NAMES_SHOWN = 40


def find_organization(target: Target, projection: Projection) -> None:
    """Tell the target which organization is ours, or raise :class:`PreflightRefusedError`."""
    with _refusals():
        target.write_to(*_organization(target, projection.target.organization))


def preflight(target: Target, projection: Projection) -> None:
    """What every run needs there, or :class:`PreflightRefusedError`."""
    find_organization(target, projection)
    find_terms(target, projection)


def find_terms(target: Target, projection: Projection) -> None:
    """The groups and the licence that datasets will name, or :class:`PreflightRefusedError`."""
    with _refusals():
        _groups(target, projection)
        _license(target, projection)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        raise PreflightRefusedError(error.sentence.code, **error.sentence.facts) from None


def preflight_of_writes(target: Target, projection: Projection, source: ReleaseSource) -> None:
    """What only matters once something is to be written; after :func:`preflight`.

    :raises PreflightRefusedError: when the target's account or version does not do.
    :raises MirrorConfigurationError: when the target is the source under another address.
    """
    organization_id = _updatable(target, projection.target.organization)
    _own_groups(target, projection)
    _version(target)
    if source.has_organization(organization_id):
        raise MirrorConfigurationError("same-catalogue", url=projection.target.url)


def _organization(target: Target, organization: str) -> tuple[str, str]:
    known = target.organizations()
    if not known:
        raise PreflightRefusedError("token-refused", host=target.host, organization=organization)
    for identifier, name in known:
        if organization in (identifier, name):
            return identifier, name
    raise PreflightRefusedError(
        "organization-unknown",
        host=target.host,
        organization=organization,
        known=_some(name for _, name in known),
    )


def _updatable(target: Target, organization: str) -> str:
    """The organization's id, if datasets of it may be changed."""
    for identifier, name in target.updatable_organizations():
        if organization in (identifier, name):
            return identifier
    raise PreflightRefusedError("update-refused", host=target.host, organization=organization)


def _groups(target: Target, projection: Projection) -> None:
    wanted = projection.group_names
    known = target.groups() if wanted else ()
    missing = [name for name in wanted if name not in known]
    if missing:
        raise PreflightRefusedError(
            "group-unknown", host=target.host, groups=", ".join(missing), known=_some(known)
        )


def _own_groups(target: Target, projection: Projection) -> None:
    wanted = projection.group_names
    try:
        known = target.own_groups() if wanted else ()
    except (NotThereError, RefusedError, CatalogueUnusableError):
        return  # a catalogue that does not tell; its refusal of a dataset will
    missing = [name for name in wanted if name not in known]
    if missing:
        raise PreflightRefusedError(
            "group-refused", host=target.host, groups=", ".join(missing), known=_some(known)
        )


def _license(target: Target, projection: Projection) -> None:
    fixed = projection.license_id
    if not fixed or not (projection.rules.dataset.license.must_exist or projection.target.license):
        return
    known = target.licenses()
    if fixed not in known:
        raise PreflightRefusedError(
            "license-unknown", host=target.host, license=fixed, known=_some(known)
        )


def _version(target: Target) -> None:
    try:
        told = target.version()
    except (NotThereError, RefusedError, CatalogueUnusableError):
        return
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", told)
    if found and tuple(int(number or _OLDEST[2]) for number in found.groups()) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        raise PreflightRefusedError("target-too-old", host=target.host, found=told, oldest=oldest)


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    more = ", …" if len(listed) > _MOST_NAMES_SHOWN else ""
    return ", ".join(listed[:_MOST_NAMES_SHOWN]) + more or "—"
