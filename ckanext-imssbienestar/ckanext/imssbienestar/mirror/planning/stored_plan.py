"""A plan that a person approves: a file that says exactly what a run may do.

It is JSON with a digest of its own content, so that a damaged or edited plan is noticed; the
digest is no signature. What the target showed is kept as marks, which tell later what moved.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.planning.changes import (
    extras_of,
    group_names,
    shown_text,
    tag_names,
)
from ckanext.imssbienestar.mirror.planning.drift import mark
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage
from ckanext.imssbienestar.mirror.settings import MirrorSettings
from ckanext.imssbienestar.mirror.whole_file import write_whole

KIND = "imss-mirror-plan"
VERSION: Literal[1] = 1
_CLOCKS_MAY_DIFFER = timedelta(minutes=5)
# What people edit there whether we write it or not: an approval was given with it in sight.
_ALWAYS_SHOWN = ("title", "notes", "url", "license_id", "author", "maintainer", "maintainer_email")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PlannedChange(_Part):
    """One difference, as in the plan's JSON."""

    field: str
    before: Any
    after: Any


class PlannedItem(_Part):
    """What was approved for one dataset.

    :ivar release_digest: of the release it is about; empty for a withdrawal.
    :ivar shown: marks of what the target showed, by field; empty where nothing is to be done.
    """

    dataset_id: str
    dataset: str
    name: str
    action: Action
    reason: str
    release_digest: str
    remote_id: str | None
    shown: dict[str, str]
    changes: list[PlannedChange]
    drift: list[str]
    error: str | None


class StoredPlan(_Part):
    """The whole file.

    :ivar digest: SHA-256 of the canonical JSON of everything else.
    """

    kind: Literal["imss-mirror-plan"] = "imss-mirror-plan"
    version: Literal[1] = VERSION
    made: datetime
    source: str
    target: str
    organization: str
    profile: str
    only: list[str] = Field(default_factory=list)
    items: list[PlannedItem]
    digest: str = ""

    def item(self, dataset_id: str) -> PlannedItem | None:
        """What was approved for a dataset."""
        return next((one for one in self.items if one.dataset_id == dataset_id), None)


def make_plan(
    settings: MirrorSettings, only: Sequence[str], items: Iterable[PlanItem], now: datetime
) -> StoredPlan:
    """The plan of some items as it is stored."""
    plan = StoredPlan(
        made=now,
        source=settings.source.url,
        target=settings.target.url,
        organization=settings.target.organization,
        profile=settings.target.profile,
        only=sorted(only),
        items=[planned(item, settings.language) for item in items],
    )
    return plan.model_copy(update={"digest": _digest(plan.model_dump(mode="json"))})


def planned(item: PlanItem, language: Literal["es", "en"]) -> PlannedItem:
    """One item as it is stored."""
    action = Action.NONE if item.error else item.action
    return PlannedItem(
        dataset_id=item.dataset_id,
        dataset=item.dataset,
        name=item.name,
        action=action,
        reason=item.reason.what(language),
        release_digest=item.desired.digest if item.desired else "",
        remote_id=item.remote.id if item.remote else None,
        shown=shown_now(item) if action is not Action.NONE else {},
        changes=[
            PlannedChange(field=one.field, before=one.before, after=one.after)
            for one in item.changes
        ],
        drift=list(item.drift),
        error=item.error.what(language) if item.error else None,
    )


def shown_now(item: PlanItem) -> dict[str, str]:
    """Marks of what the target shows of a dataset; none when it is not there."""
    if item.remote is None:
        return {}
    names = {*_ALWAYS_SHOWN, *(item.desired.fields if item.desired else ())}
    return {name: mark(value) for name, value in _values(item.remote, names).items()}


def _values(remote: RemotePackage, names: Iterable[str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: shown_text(remote.raw.get(name)) for name in names}
    values |= {
        "name": remote.name,
        "state": remote.state,
        "private": remote.private,
        "organization": remote.organization_id,
        "tags": list(tag_names(remote)),
        "groups": list(group_names(remote)),
        "extras": extras_of(remote),
        "resources.order": [resource.id for resource in remote.resources],
    }
    for resource in remote.resources:
        values[f"resources.{resource.id}"] = [
            resource.fingerprint.as_text(),
            *(shown_text(resource.raw.get(name)) for name in ("name", "description", "format")),
        ]
    return values


# -- the file ------------------------------------------------------------------------------------


def write_plan(plan: StoredPlan, path: Path) -> None:
    """Write the whole file or nothing; only another plan is overwritten."""
    try:
        if path.exists() and not _is_plan(path):
            raise MirrorConfigurationError("plan-would-overwrite", path=path)
        text = json.dumps(plan.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"
        write_whole(path, text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        cause = error.strerror or type(error).__name__
        raise MirrorConfigurationError("plan-unwritable", path=path, cause=cause) from None


def read_plan(path: Path) -> StoredPlan:
    """Read an approved plan; whatever is not one is a :class:`MirrorConfigurationError`."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        cause = error.strerror or type(error).__name__
        raise MirrorConfigurationError("plan-missing", path=path, cause=cause) from None
    except (ValueError, RecursionError):
        raise MirrorConfigurationError("plan-not-one", path=path) from None
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise MirrorConfigurationError("plan-not-one", path=path)
    if content.get("version") != VERSION:
        found = content.get("version")
        raise MirrorConfigurationError("plan-version", path=path, found=found, known=VERSION)
    if content.get("digest") != _digest(content):
        raise MirrorConfigurationError("plan-damaged", path=path)
    try:
        return StoredPlan.model_validate(content)
    except ValidationError:
        raise MirrorConfigurationError("plan-damaged", path=path) from None


def refuse_unfit(plan: StoredPlan, settings: MirrorSettings, path: Path, now: datetime) -> None:
    """A plan of another profile, or of another day, is not carried out."""
    here = {
        "source.url": settings.source.url,
        "target.url": settings.target.url,
        "target.organization": settings.target.organization,
        "target.profile": settings.target.profile,
    }
    there = dict(
        zip(here, (plan.source, plan.target, plan.organization, plan.profile), strict=True)
    )
    for setting, expected in here.items():
        if there[setting] != expected:
            raise MirrorConfigurationError(
                "plan-of-other",
                path=path,
                setting=setting,
                found=there[setting],
                expected=expected,
            )
    age = now - plan.made
    hours = settings.limits.plan_valid_hours
    if age > timedelta(hours=hours) or age < -_CLOCKS_MAY_DIFFER:
        made = plan.made.isoformat(timespec="minutes")
        raise MirrorConfigurationError("plan-too-old", path=path, made=made, hours=f"{hours:g}")


def _is_plan(path: Path) -> bool:
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("kind") == KIND


def _digest(content: dict[str, Any]) -> str:
    rest = {name: value for name, value in content.items() if name != "digest"}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
