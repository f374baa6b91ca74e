"""Before anything is done: does the target know the token, organization, group and licence?

Three calls, none of which writes.
"""

from __future__ import annotations

from collections.abc import Iterable

from ckanext.imssbienestar.mirror.errors import PreflightRefusedError, RefusedError
from ckanext.imssbienestar.mirror.projection import Projection
from ckanext.imssbienestar.mirror.target import Target

_MOST_NAMES_SHOWN = 40


def preflight(target: Target, projection: Projection) -> None:
    """Tell the target which organization is ours, or raise :class:`PreflightRefusedError`."""
    try:
        target.write_to(*_organization(target, projection.target.organization))
        _groups(target, projection)
        _license(target, projection)
    except RefusedError as error:
        raise PreflightRefusedError(error.sentence.code, **error.sentence.facts) from None


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


def _groups(target: Target, projection: Projection) -> None:
    wanted = projection.group_names
    known = target.groups() if wanted else ()
    missing = [name for name in wanted if name not in known]
    if missing:
        raise PreflightRefusedError(
            "group-unknown", host=target.host, groups=", ".join(missing), known=_some(known)
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


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    more = ", …" if len(listed) > _MOST_NAMES_SHOWN else ""
    return ", ".join(listed[:_MOST_NAMES_SHOWN]) + more or "—"
