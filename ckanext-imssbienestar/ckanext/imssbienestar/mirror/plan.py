"""The plan: pure, by sets, no network and no clock.

What a file needs is decided from three facts: what the release says, what the ledger last
confirmed, and what the target shows. Where they leave a doubt the plan says so (``doubts``), the
runner reads the bytes, and the same function decides again with their hashes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ckanext.imssbienestar.mirror.changes import (
    FieldChange,
    package_changes,
    resource_changes,
)
from ckanext.imssbienestar.mirror.desired import DesiredPackage, DesiredResource
from ckanext.imssbienestar.mirror.ledger_entries import LedgerEntry, State
from ckanext.imssbienestar.mirror.remote import RemotePackage, RemoteResource
from ckanext.imssbienestar.mirror.texts import Sentence, say


class Action(StrEnum):
    """What is to be done for one dataset."""

    CREATE = "create"
    UPDATE = "update"
    UPLOAD = "upload"
    WITHDRAW = "withdraw"
    NONE = "none"


class FileNeed(StrEnum):
    """What one file needs."""

    KEEP = "keep"
    CHECK = "check"
    SEND = "send"


@dataclass(frozen=True)
class ResourceStep:
    """One resource of the list to send.

    :ivar desired: None for a resource of the target that is kept as it is.
    :ivar remote: None when it is new there.
    """

    need: FileNeed
    desired: DesiredResource | None
    remote: RemoteResource | None


@dataclass(frozen=True)
class Withdrawal:
    """A release that left the institutional catalogue."""

    dataset_id: str
    dataset_name: str
    name: str


@dataclass(frozen=True)
class PlanItem:
    """What is to be done for one dataset and why.

    :ivar error: set when nothing can be done for it; the rest of the plan goes on.
    :ivar steps: the whole resource list of the target, in order, for an update.
    """

    dataset_id: str
    dataset: str
    name: str
    action: Action
    reason: Sentence
    changes: tuple[FieldChange, ...] = ()
    steps: tuple[ResourceStep, ...] = ()
    desired: DesiredPackage | None = None
    withdrawal: Withdrawal | None = None
    remote: RemotePackage | None = None
    entry: LedgerEntry | None = None
    error: Sentence | None = None

    @property
    def doubts(self) -> tuple[ResourceStep, ...]:
        """Files whose bytes must be read before deciding."""
        return tuple(step for step in self.steps if step.need is FileNeed.CHECK)

    @property
    def uploads(self) -> tuple[ResourceStep, ...]:
        """Files to send."""
        return tuple(step for step in self.steps if step.need is FileNeed.SEND)


def plan_package(
    desired: DesiredPackage,
    remote: RemotePackage | None,
    entry: LedgerEntry | None,
    checked: Mapping[str, str] | None = None,
) -> PlanItem:
    """The plan of one dataset.

    :param checked: SHA-256 of the target's files that were read just now, by resource id.
    """
    base = PlanItem(
        desired.dataset_id,
        desired.dataset_name,
        desired.name,
        Action.CREATE,
        say("reason-create"),
        desired=desired,
        remote=remote,
        entry=entry,
    )
    if remote is None:
        return replace(base, steps=_new_steps(desired), changes=_creation(desired))
    steps, structure = _match(desired, remote, entry, checked or {})
    changes = (*package_changes(desired, remote), *structure, *_field_changes(steps))
    action, reason = _judge(remote, entry, steps, changes)
    return replace(base, action=action, reason=reason, changes=changes, steps=steps)


def plan_withdrawal(
    withdrawal: Withdrawal, remote: RemotePackage | None, entry: LedgerEntry | None
) -> PlanItem:
    """The plan of a withdrawn dataset."""
    present = remote is not None and not remote.deleted
    return PlanItem(
        withdrawal.dataset_id,
        withdrawal.dataset_name,
        withdrawal.name,
        Action.WITHDRAW if present else Action.NONE,
        say("reason-withdraw" if present else "reason-withdrawn"),
        changes=(FieldChange("state", "active", "deleted"),) if present else (),
        withdrawal=withdrawal,
        remote=remote,
        entry=entry,
    )


@dataclass(frozen=True)
class Catalogue:
    """What the target has: our organization's datasets, and names taken by others."""

    packages: tuple[RemotePackage, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict)


def plan_all(
    desired: Iterable[DesiredPackage],
    withdrawals: Iterable[Withdrawal],
    catalogue: Catalogue,
    ledger: Mapping[str, LedgerEntry],
    *,
    host: str = "",
    given: frozenset[str] = frozenset(),
) -> tuple[PlanItem, ...]:
    """The plan of every dataset the source gives, and of those it no longer gives.

    :param given: ids the source listed, usable or not: a broken release is not a missing one.
    """
    index = _Index(catalogue)
    items: list[PlanItem] = []
    owners: dict[str, str] = {}
    for package in desired:
        entry = ledger.get(package.dataset_id)
        other = owners.setdefault(package.name, package.dataset_name)
        item = plan_package(package, index.find(package.name, entry), entry)
        if other != package.dataset_name:
            problem = say("same-name", dataset=package.dataset_name, other=other, name=package.name)
            item = replace(item, action=Action.NONE, changes=(), error=problem, reason=problem)
        elif item.remote is None and package.name in catalogue.taken:
            organization = catalogue.taken[package.name]
            problem = say("name-taken", name=package.name, organization=organization, host=host)
            item = replace(item, error=problem, reason=problem)
        items.append(item)
    for withdrawal in withdrawals:
        entry = ledger.get(withdrawal.dataset_id)
        remote = index.find(withdrawal.name, entry)
        if remote is not None and withdrawal.name in owners:
            remote = None  # the name lives on in another, published dataset
        items.append(plan_withdrawal(withdrawal, remote, entry))
    items.extend(_absent(items, ledger, given))
    return tuple(items)


class _Index:
    """The catalogue by id and by name, so that a plan stays linear."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._by_id = {package.id: package for package in catalogue.packages}
        self._by_name = {package.name: package for package in catalogue.packages}

    def find(self, name: str, entry: LedgerEntry | None) -> RemotePackage | None:
        if entry is not None and entry.remote_id in self._by_id:
            return self._by_id[entry.remote_id]
        return self._by_name.get(name)


def _absent(
    items: list[PlanItem], ledger: Mapping[str, LedgerEntry], given: frozenset[str]
) -> list[PlanItem]:
    known = given | {item.dataset_id for item in items}
    return [
        PlanItem(
            entry.dataset_id,
            entry.dataset_name,
            entry.remote_name,
            Action.NONE,
            say("reason-absent-source"),
            entry=entry,
            error=say("absent-source", dataset=entry.dataset_name),
        )
        for entry in ledger.values()
        if entry.dataset_id not in known and not entry.withdrawn
    ]


def _new_steps(desired: DesiredPackage) -> tuple[ResourceStep, ...]:
    return tuple(ResourceStep(FileNeed.SEND, resource, None) for resource in desired.resources)


def _creation(desired: DesiredPackage) -> tuple[FieldChange, ...]:
    fields = [FieldChange(name, "", value) for name, value in desired.fields.items() if value]
    files = [
        FieldChange(f"resources.{resource.identifier}.sha256", "", resource.file.sha256)
        for resource in desired.resources
    ]
    return (*fields, *files)


def _match(
    desired: DesiredPackage,
    remote: RemotePackage,
    entry: LedgerEntry | None,
    checked: Mapping[str, str],
) -> tuple[tuple[ResourceStep, ...], tuple[FieldChange, ...]]:
    pairs = _apart(_pairs(desired, remote, entry))
    steps = [
        ResourceStep(_need(resource, found, entry, checked), resource, found)
        for resource, found in pairs
    ]
    paired = {found.id for _, found in pairs if found is not None}
    left = {one.id: one for one in remote.resources if one.id not in paired}
    if not desired.remove_foreign:
        steps += [ResourceStep(FileNeed.KEEP, None, resource) for resource in left.values()]
        left = {}
    return tuple(steps), _structure(steps, remote, left)


def _pairs(
    desired: DesiredPackage, remote: RemotePackage, entry: LedgerEntry | None
) -> list[tuple[DesiredResource, RemoteResource | None]]:
    """Each desired resource with its own over there.

    Ids first, for all of them: those the ledger knows, then those we choose. Only what no id
    claims may be taken for ours by its name, which people repeat.
    """
    left = {resource.id: resource for resource in remote.resources}
    known = {key: file.remote_id for key, file in entry.files.items()} if entry else {}
    found: dict[str, RemoteResource] = {}
    for resource in desired.resources:
        if (resource_id := known.get(resource.identifier, "")) in left:
            found[resource.identifier] = left.pop(resource_id)
    held = {one.id for one in found.values()}
    for resource in desired.resources:
        if resource.identifier in found:
            continue
        if (resource_id := _free_id(resource.chosen_id, held)) in left:
            found[resource.identifier] = left.pop(resource_id)
    unclaimed = {one.id: one for one in left.values() if one.id not in known.values()}
    for resource in desired.resources:
        if resource.identifier in found:
            continue
        same = [one for one in unclaimed.values() if one.name == resource.fields.get("name")]
        if len(same) == 1 and same[0].name:
            found[resource.identifier] = unclaimed.pop(same[0].id)
    return [(resource, found.get(resource.identifier)) for resource in desired.resources]


def _apart(
    pairs: list[tuple[DesiredResource, RemoteResource | None]],
) -> list[tuple[DesiredResource, RemoteResource | None]]:
    """The pairs, with another id for a new file whose own is held by one taken over by its name.

    That happens after a lost ledger: the name was all that told whose the copy was.
    """
    held = {found.id for _, found in pairs if found is not None}
    return [
        (
            resource
            if found is not None
            else replace(resource, chosen_id=_free_id(resource.chosen_id, held)),
            found,
        )
        for resource, found in pairs
    ]


def _free_id(chosen: str, held: set[str]) -> str:
    """The id itself, or the next that follows from it: the same whenever it is asked for."""
    while chosen in held:
        chosen = str(uuid.uuid5(uuid.UUID(chosen), "another"))
    return chosen


def _need(
    desired: DesiredResource,
    remote: RemoteResource | None,
    entry: LedgerEntry | None,
    checked: Mapping[str, str],
) -> FileNeed:
    if remote is None or not remote.is_upload:
        return FileNeed.SEND
    if remote.id in checked:
        same = checked[remote.id] == desired.file.sha256
        return FileNeed.KEEP if same else FileNeed.SEND
    known = entry.files.get(desired.identifier) if entry else None
    if known is None or known.remote_id != remote.id or not known.fingerprint:
        size = remote.fingerprint.size
        return FileNeed.SEND if size and size != str(desired.file.size) else FileNeed.CHECK
    if known.fingerprint != remote.fingerprint.as_text():
        return FileNeed.CHECK
    return FileNeed.KEEP if known.sha256 == desired.file.sha256 else FileNeed.SEND


def _structure(
    steps: list[ResourceStep], remote: RemotePackage, removed: Mapping[str, RemoteResource]
) -> tuple[FieldChange, ...]:
    """Files to send, resources added, removed or in another order."""
    changes = []
    for step in steps:
        if step.desired is not None and step.need is FileNeed.SEND:
            before = step.remote.fingerprint.hash if step.remote else ""
            field_name = f"resources.{step.desired.identifier}.sha256"
            changes.append(FieldChange(field_name, before, step.desired.file.sha256))
    changes += [
        FieldChange(f"resources.{resource.id}", resource.name, "") for resource in removed.values()
    ]
    wanted = [step.remote.id for step in steps if step.remote is not None]
    found = [resource.id for resource in remote.resources if resource.id not in removed]
    if wanted != found:
        changes.append(FieldChange("resources.order", found, wanted))
    return tuple(changes)


def _field_changes(steps: tuple[ResourceStep, ...]) -> tuple[FieldChange, ...]:
    return tuple(
        change
        for step in steps
        if step.desired is not None and step.remote is not None
        for change in resource_changes(step.desired, step.remote)
    )


def _judge(
    remote: RemotePackage,
    entry: LedgerEntry | None,
    steps: tuple[ResourceStep, ...],
    changes: tuple[FieldChange, ...],
) -> tuple[Action, Sentence]:
    sends = _file_names(steps, FileNeed.SEND)
    checks = _file_names(steps, FileNeed.CHECK)
    if remote.deleted:
        return Action.UPLOAD if sends or checks else Action.UPDATE, say("reason-revive")
    if sends:
        return Action.UPLOAD, say("reason-files", names=sends)
    if checks:
        return Action.UPLOAD, say("reason-doubt", names=checks)
    if changes:
        names = ", ".join(change.field for change in changes)
        return Action.UPDATE, say("reason-metadata", names=names)
    unfinished = entry is not None and entry.state is not State.CONFIRMED
    return Action.NONE, say("reason-resume" if unfinished else "reason-equal")


def _file_names(steps: tuple[ResourceStep, ...], need: FileNeed) -> str:
    return ", ".join(
        step.desired.file.name for step in steps if step.need is need and step.desired is not None
    )
