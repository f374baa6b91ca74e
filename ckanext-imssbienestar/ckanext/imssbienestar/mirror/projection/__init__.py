"""Projections: what a release becomes in a given catalogue, one class a profile."""

from __future__ import annotations

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.projection.base import Projection
from ckanext.imssbienestar.mirror.projection.ckan import CkanProjection
from ckanext.imssbienestar.mirror.projection.pnda import PndaProjection
from ckanext.imssbienestar.mirror.projection.rules import load_rules
from ckanext.imssbienestar.mirror.settings import TargetSettings

_PROJECTIONS: dict[str, type[Projection]] = {
    "pnda": PndaProjection,
    "ckan": CkanProjection,
}


def projection_for(target: TargetSettings) -> Projection:
    """The projection a target's settings ask for."""
    kind = _PROJECTIONS.get(target.profile)
    if kind is None:
        raise MirrorConfigurationError(
            "profile-unknown", profile=target.profile, known=", ".join(sorted(_PROJECTIONS))
        )
    if target.files == "link" and not target.file_host:
        raise MirrorConfigurationError("file-host-missing")
    rules = load_rules(target.profile)
    if rules.dataset.group == "required" and not target.group:
        raise MirrorConfigurationError("group-missing", profile=target.profile)
    return kind(rules, target)


__all__ = ["Projection", "projection_for"]
