"""The plan: pure, by sets, no network and no clock.

What a file needs is decided from three facts: what the release says, what the ledger last
confirmed, and what the target shows. Where they leave a doubt the plan says so (``doubts``), the
runner reads the bytes, and the same function decides again with their hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ckanext.imssbienestar.mirror.days import day_of
from ckanext.imssbienestar.mirror.ledger.entries import Adoption, LedgerEntry, State
from ckanext.imssbienestar.mirror.planning.changes import FieldChange, package_changes
from ckanext.imssbienestar.mirror.planning.desired import DesiredPackage
from ckanext.imssbienestar.mirror.planning.drift import (
    drifted,
    shown_marks,
    with_adopted,
    with_earlier_extras,
)
from ckanext.imssbienestar.mirror.planning.matching import (
    FileNeed,
    ResourceStep,
    field_changes,
    match,
    new_steps,
)
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage
from ckanext.imssbienestar.mirror.texts import Sentence, say


class Action(StrEnum):
    """What is to be done for one dataset."""

    CREATE = "create"
    UPDATE = "update"
    UPLOAD = "upload"
    WITHDRAW = "withdraw"
    NONE = "none"


Copies = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Withdrawal:
    """A release that left the institutional catalogue.

    :ivar name_lives_on: whether another dataset, a published one, has its name by now.
    """

    dataset_id: str
    dataset_name: str
    name: str
    name_lives_on: bool = False


@dataclass(frozen=True)
class PlanItem:
    """What is to be done for one dataset and why.

    :ivar error: set when nothing can be done for it; the rest of the plan goes on.
    :ivar steps: the whole resource list of the target, in order, for an update.
    :ivar drift: fields among the changes that somebody changed at the target by hand.
    :ivar adopted: differences that people accepted and that are left as they are.
    :ivar copies: ids at the target that are known to be copies of the source's datasets, whatever
        they are called there; each with the id and name of its dataset.
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
    drift: tuple[str, ...] = ()
    adopted: tuple[Adoption, ...] = ()
    copies: Copies = field(default_factory=dict, repr=False, compare=False)

    def of_another(self, remote: RemotePackage) -> str | None:
        """Name of the other dataset that something at the target is the copy of; None if none."""
        dataset_id, name = self.copies.get(remote.id, (self.dataset_id, ""))
        return name if dataset_id != self.dataset_id else None

    @property
    def doubts(self) -> tuple[ResourceStep, ...]:
        """Files whose bytes must be read before deciding."""
        return tuple(step for step in self.steps if step.need is FileNeed.CHECK)

    @property
    def uploads(self) -> tuple[ResourceStep, ...]:
        """Files to upload."""
        return tuple(step for step in self.sends if not (step.desired and step.desired.file.link))

    @property
    def sends(self) -> tuple[ResourceStep, ...]:
        """Files to send, uploaded or as links."""
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
    adopted: tuple[Adoption, ...] = ()
    if remote is not None:
        desired = with_earlier_extras(desired, entry)
        desired, adopted = with_adopted(desired, remote, entry)
    base = PlanItem(
        desired.dataset_id,
        desired.dataset_name,
        desired.name,
        Action.CREATE,
        say("reason-create"),
        desired=desired,
        remote=remote,
        entry=entry,
        adopted=adopted,
    )
    if remote is None:
        steps, changes = new_steps(desired), _creation(desired)
        if entry is None or not entry.shown or entry.withdrawn:
            return replace(base, steps=steps, changes=changes)
        reason = say("reason-gone", confirmed=_moment(entry))
        return replace(base, steps=steps, changes=changes, reason=reason, drift=("state",))
    steps, structure = match(desired, remote, entry, checked or {})
    changes = (*package_changes(desired, remote), *structure, *field_changes(steps))
    item = replace(
        base,
        changes=changes,
        steps=steps,
        drift=drifted(changes, remote, entry, checked or {}),
    )
    action, reason = _judge(item, remote)
    return replace(item, action=action, reason=reason)


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


def shown_marks_of(item: PlanItem) -> str:
    """What the ledger remembers of a dataset that was just read back, to tell drift by."""
    if item.desired is None or item.remote is None:
        return ""
    return shown_marks(
        item.desired, item.remote, [(step.desired, step.remote) for step in item.steps]
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
    packages = tuple(desired)
    copies = _copies(packages, ledger)
    index = _Index(catalogue, copies)
    items: list[PlanItem] = []
    owners: dict[str, str] = {}
    for package in packages:
        entry = ledger.get(package.dataset_id)
        other = owners.setdefault(package.name, package.dataset_name)
        item = plan_package(package, index.find(package.dataset_id, package.name, entry), entry)
        problem = None
        if other != package.dataset_name:
            problem = say("same-name", dataset=package.dataset_name, other=other, name=package.name)
            item = replace(item, action=Action.NONE, changes=())
        elif item.remote is None and (holder := index.holder(package.name)):
            problem = say("name-held", name=package.name, other=holder, host=host)
        elif item.remote is None and package.name in catalogue.taken:
            organization = catalogue.taken[package.name]
            problem = say("name-taken", name=package.name, organization=organization, host=host)
        if problem is not None:
            item = replace(item, error=problem, reason=problem)
        items.append(replace(item, copies=copies))
    # A withdrawn dataset's copy may have been taken over with its name.
    taken_over = {one.remote.id: (one.dataset_id, one.dataset) for one in items if one.remote}
    copies = {**copies, **taken_over}
    index = _Index(catalogue, copies)
    for withdrawal in withdrawals:
        entry = ledger.get(withdrawal.dataset_id)
        wish = replace(withdrawal, name_lives_on=withdrawal.name in owners)
        name = "" if wish.name_lives_on else wish.name
        remote = index.find(wish.dataset_id, name, entry)
        items.append(replace(plan_withdrawal(wish, remote, entry), copies=copies))
    items.extend(_absent(items, ledger, given))
    return tuple(items)


def _copies(packages: Sequence[DesiredPackage], ledger: Mapping[str, LedgerEntry]) -> Copies:
    """Which id at the target is whose copy, of the datasets that stay public."""
    copies: dict[str, tuple[str, str]] = {}
    for package in packages:
        entry = ledger.get(package.dataset_id)
        if entry is not None and entry.remote_id and not entry.withdrawn:
            copies.setdefault(entry.remote_id, (package.dataset_id, package.dataset_name))
    return copies


class _Index:
    """The catalogue by id and by name, so that a plan stays linear."""

    def __init__(self, catalogue: Catalogue, copies: Copies) -> None:
        self._by_id = {package.id: package for package in catalogue.packages}
        self._by_name = {package.name: package for package in catalogue.packages}
        self._copies = copies

    def find(self, dataset_id: str, name: str, entry: LedgerEntry | None) -> RemotePackage | None:
        """The copy of a dataset: by its id, else by its name if it is no other's copy."""
        known = self._by_id.get(entry.remote_id or "") if entry is not None else None
        for found in (known, self._by_name.get(name)):
            if found is not None and self._copies.get(found.id, (dataset_id,))[0] == dataset_id:
                return found
        return None

    def holder(self, name: str) -> str:
        """The dataset whose copy has a name; empty when none has."""
        found = self._by_name.get(name)
        return self._copies.get(found.id, ("", ""))[1] if found is not None else ""


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


def _creation(desired: DesiredPackage) -> tuple[FieldChange, ...]:
    fields = [FieldChange(name, "", value) for name, value in desired.fields.items() if value]
    files = [
        FieldChange(f"resources.{resource.identifier}.sha256", "", resource.file.sha256)
        for resource in desired.resources
    ]
    return (*fields, *files)


def _judge(item: PlanItem, remote: RemotePackage) -> tuple[Action, Sentence]:
    sends = _file_names(item, FileNeed.SEND)
    checks = _file_names(item, FileNeed.CHECK)
    if remote.deleted:
        return Action.UPLOAD if sends or checks else Action.UPDATE, say("reason-revive")
    if item.drift:
        return Action.UPLOAD if sends or checks else Action.UPDATE, _drift_reason(item)
    if sends:
        return Action.UPLOAD, say("reason-files", names=sends)
    if checks:
        return Action.UPLOAD, say("reason-doubt", names=checks)
    if item.changes:
        names = ", ".join(change.field for change in item.changes)
        return Action.UPDATE, say("reason-metadata", names=names)
    if item.entry is not None and item.entry.state is not State.CONFIRMED:
        return Action.NONE, say("reason-resume")
    return Action.NONE, _adopted_reason(item.adopted) if item.adopted else say("reason-equal")


def _drift_reason(item: PlanItem) -> Sentence:
    facts = {"names": ", ".join(item.drift), "confirmed": _moment(item.entry)}
    pending = [change.field for change in item.changes if change.field not in item.drift]
    if pending:
        return say("reason-drift-and-pending", **facts, pending=", ".join(pending))
    return say("reason-drift", **facts)


def _moment(entry: LedgerEntry | None) -> str:
    confirmed = entry.confirmed if entry else None
    return confirmed.isoformat(timespec="minutes") if confirmed else "?"


def _adopted_reason(adopted: tuple[Adoption, ...]) -> Sentence:
    last = max(adopted, key=lambda one: one.adopted)
    names = ", ".join(sorted(one.field for one in adopted))
    date = day_of(last.adopted).isoformat()
    return say("reason-adopted", names=names, person=last.person, date=date)


def _file_names(item: PlanItem, need: FileNeed) -> str:
    return ", ".join(
        step.desired.file.name
        for step in item.steps
        if step.need is need and step.desired is not None
    )
