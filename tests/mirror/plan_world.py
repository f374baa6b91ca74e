"""Releases, a ledger and a target as a situation says, for plans that nobody carries out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from mirror.fake_source import Dataset, dataset

from ckanext.imssbienestar.mirror.catalogues.releases import Release, parse_release
from ckanext.imssbienestar.mirror.ledger.entries import FileEntry, LedgerEntry, State
from ckanext.imssbienestar.mirror.planning.calls import creation, revision
from ckanext.imssbienestar.mirror.planning.desired import DesiredPackage
from ckanext.imssbienestar.mirror.planning.plan import (
    Action,
    Catalogue,
    PlanItem,
    Withdrawal,
    plan_all,
    plan_package,
    shown_marks_of,
)
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage, parse_package
from ckanext.imssbienestar.mirror.projection import projection_for
from ckanext.imssbienestar.mirror.settings import MirrorSettings, TargetSettings

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TARGET = TargetSettings(
    url="https://model.example.org", organization="imss-bienestar", group="salud"
)
PROJECTION = projection_for(TARGET)
SETTINGS = MirrorSettings(
    contact="datos@example.gob.mx",
    source={"url": "https://source.example.org"},
    target=TARGET,
)


def project(one: Dataset) -> DesiredPackage:
    release = parse_release(one.release("https://source.example.org"))
    assert isinstance(release, Release)
    return PROJECTION.project(release)


def copy_of(desired: DesiredPackage, **fields: Any) -> RemotePackage:
    """The target's dataset after a faithful mirror."""
    raw: dict[str, Any] = {
        "id": f"remote-{desired.dataset_id}",
        "state": "active",
        "owner_org": "org-id",
        "organization": {"id": "org-id", "name": "imss-bienestar"},
        **creation(desired).fields,
    }
    raw["resources"] = [
        {
            **one.fields,
            "id": one.chosen_id,
            "url": one.file.name,
            "url_type": "upload",
            "hash": one.file.sha256,
            "size": one.file.size,
        }
        for one in desired.resources
    ]
    return parse_package({**raw, **fields})


def confirmed(desired: DesiredPackage, remote: RemotePackage) -> LedgerEntry:
    """What the ledger knows after a faithful mirror."""
    item = plan_package(desired, remote, None)
    files = {
        step.desired.identifier: FileEntry(
            step.desired.identifier,
            step.remote.id,
            step.desired.file.sha256,
            step.desired.file.size,
            step.remote.fingerprint.as_text(),
        )
        for step in item.steps
        if step.desired is not None and step.remote is not None
    }
    return LedgerEntry(
        desired.dataset_id,
        desired.dataset_name,
        desired.name,
        remote.id,
        desired.release_id,
        desired.digest,
        "create",
        State.CONFIRMED,
        confirmed=NOW,
        files=files,
        shown=shown_marks_of(item),
    )


situations = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["uno", "dos", "tres", "cuatro"]),
            "given": st.sampled_from(["published", "withdrawn", "absent"]),
            "there": st.sampled_from(["no", "equal", "edited", "foreign"]),
            "known": st.booleans(),
            "newer": st.booleans(),
        }
    ),
    max_size=4,
    unique_by=lambda one: one["name"],
)


class World:
    """Both sides and the ledger, as a situation says."""

    def __init__(self, situation: list[dict[str, Any]]) -> None:
        self.desired: list[DesiredPackage] = []
        self.withdrawals: list[Withdrawal] = []
        self.ledger: dict[str, LedgerEntry] = {}
        self.ours: list[RemotePackage] = []
        self.taken: dict[str, str] = {}
        for one in situation:
            self._add(one)

    def _add(self, one: dict[str, Any]) -> None:
        old = project(dataset(one["name"], b"a\n1\n"))
        fields = {"title": "Nuevo"} if one["newer"] else {}
        new = project(dataset(one["name"], b"a\n1\n", **fields))
        if one["given"] == "published":
            self.desired.append(new)
        elif one["given"] == "withdrawn":
            self.withdrawals.append(Withdrawal(new.dataset_id, new.dataset_name, new.name))
        if one["known"]:
            self.ledger[old.dataset_id] = confirmed(old, copy_of(old))
        if one["there"] == "foreign":
            self.taken[old.name] = "otra"
        elif one["there"] != "no":
            edit = {"notes": "A mano"} if one["there"] == "edited" else {}
            self.ours.append(copy_of(old, **edit))

    def plan(self, *, backwards: bool = False) -> dict[str, PlanItem]:
        step = -1 if backwards else 1
        catalogue = Catalogue(tuple(self.ours[::step]), self.taken)
        ledger = dict(list(self.ledger.items())[::step])
        items = plan_all(self.desired[::step], self.withdrawals[::step], catalogue, ledger)
        return {item.dataset_id: item for item in items}

    def apply(self, items: dict[str, PlanItem]) -> None:
        """What a run would leave, by the calls of the plan."""
        for item in items.values():
            if item.error is not None or item.action is Action.NONE:
                continue
            self.ours = [one for one in self.ours if one.name != item.name]
            if item.desired is None:
                self.ledger[item.dataset_id] = replace(
                    item.entry or self.ledger.get(item.dataset_id) or _nothing(item),
                    withdrawn=True,
                )
                continue
            copy = copy_of(item.desired)
            if item.remote is not None:
                files = {one: Path(one) for one in ("uno-0", "dos-0", "tres-0", "cuatro-0")}
                update = revision(item, files).update
                copy = copy_of(item.desired, **{k: update[k] for k in item.desired.fields})
            self.ours.append(copy)
            self.ledger[item.dataset_id] = confirmed(item.desired, copy)


def _nothing(item: PlanItem) -> LedgerEntry:
    return LedgerEntry(
        item.dataset_id, item.dataset, item.name, None, "", "", "withdraw", State.CONFIRMED
    )
