"""Whether the world is still as it was when a person approved a plan: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem
from ckanext.imssbienestar.mirror.planning.stored_plan import PlannedItem, StoredPlan, shown_now
from ckanext.imssbienestar.mirror.texts import Sentence, say


@dataclass
class Approval:
    """An approved plan while it is carried out.

    :ivar begun: datasets that an earlier run of this very plan began, with the state it left
        them in: they are finished, not compared with what the target showed before.
    """

    plan: StoredPlan
    begun: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._items = {item.dataset_id: item for item in self.plan.items}

    def moved(self, items: Iterable[PlanItem]) -> Sentence | None:
        """What is no longer as approved, of a whole new plan; the first such dataset."""
        present = {item.dataset_id: item for item in items}
        for approved in self.plan.items:
            item = present.get(approved.dataset_id)
            if item is None:
                if approved.action is not Action.NONE:
                    return say("plan-gone", dataset=approved.dataset)
            elif problem := self._changed(approved, item):
                return problem
        for dataset_id, item in present.items():
            if dataset_id not in self._items and _has_work(item):
                return say("plan-came", dataset=item.dataset)
        return None

    def refusal(self, item: PlanItem) -> Sentence | None:
        """Why an item, as it was planned just now, is not what was approved."""
        approved = self._items.get(item.dataset_id)
        if approved is None:
            return say("plan-came", dataset=item.dataset)
        return self._changed(approved, item)

    def _changed(self, approved: PlannedItem, item: PlanItem) -> Sentence | None:
        facts = {"dataset": item.dataset}
        if approved.action is Action.NONE and not _has_work(item):
            return None
        if item.error is not None:
            return say("plan-work-moved", **facts, reason=item.error)
        if (item.desired.digest if item.desired else "") != approved.release_digest:
            return say("plan-release-moved", **facts)
        if not _has_work(item):
            return None  # done by an earlier run of this plan, or by somebody else
        begun = self.begun.get(item.dataset_id)
        if begun is not None and begun != State.CONFIRMED:
            return None
        if approved.action is Action.NONE:
            return say("plan-work-moved", **facts, reason=item.reason)
        shown = shown_now(item)
        if approved.action is Action.CREATE and (item.remote is None or item.remote.deleted):
            return None  # a search does not show our own deleted one, which is then revived
        if shown != approved.shown:
            names = sorted(k for k in shown.keys() | approved.shown if _differ(k, shown, approved))
            return say("plan-target-moved", **facts, names=", ".join(names) or "—")
        return self._other_work(approved, item)

    def _other_work(self, approved: PlannedItem, item: PlanItem) -> Sentence | None:
        """Same release, same target: then only settings or rules can ask for something else."""
        # A file in doubt is compared before sending; then less may be left to do, never more.
        looked = approved.action is Action.UPLOAD and item.action is Action.UPDATE
        wanted = {one.field: one.after for one in approved.changes}
        others = [
            change
            for change in item.changes
            if not change.field.endswith(".sha256") and wanted.get(change.field) != change.after
        ]
        if others or not (looked or item.action is approved.action):
            return say("plan-work-moved", dataset=item.dataset, reason=item.reason)
        return None


def _has_work(item: PlanItem) -> bool:
    return item.error is None and item.action is not Action.NONE


def _differ(field_name: str, shown: Mapping[str, str], approved: PlannedItem) -> bool:
    return shown.get(field_name) != approved.shown.get(field_name)
