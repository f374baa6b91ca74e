"""What a person ordered beyond the settings, and what that lets a run write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ckanext.imssbienestar.mirror.errors import MirrorTerminalError
from ckanext.imssbienestar.mirror.planning.approval import Approval
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem
from ckanext.imssbienestar.mirror.texts import Sentence, say


class NotOrderedError(MirrorTerminalError):
    """What a dataset would need now is not what a person ordered; nothing of it was written."""


@dataclass
class Orders:
    """The orders of one use of the mirror.

    :ivar hold: leave what people changed by hand at the target to a person.
    :ivar read_only: write nothing at the target.
    :ivar approval: the plan that is carried out, and nothing beside it.
    :ivar shrinkage: the facts of a source that suddenly gives much less, which is not believed
        when it withdraws something; empty otherwise.
    :ivar named: whether a person named the datasets: then their withdrawal is believed.
    """

    hold: bool = False
    read_only: bool = False
    approval: Approval | None = None
    shrinkage: Mapping[str, int] = field(default_factory=dict)
    named: bool = False

    def permit(self, item: PlanItem) -> None:
        """Called right before the first write of a dataset, with what is to be done to it now.

        :raises NotOrderedError: when that was not ordered.
        """
        problem = self.refusal(item)
        if problem is not None:
            raise NotOrderedError(problem.code, **problem.facts)

    def refusal(self, item: PlanItem) -> Sentence | None:
        """Why an item may not be carried out; None when it may."""
        if item.action is Action.NONE:
            return None
        if self.read_only:
            names = ", ".join(change.field for change in item.changes)
            return say("reconcile-differs", dataset=item.dataset, names=names or "—")
        if self.hold and item.drift and item.withdrawal is None:
            return say("drift-held", dataset=item.dataset, reason=item.reason)
        if item.action is Action.WITHDRAW and self.shrinkage and not self.named:
            return say("withdrawal-held", **self.shrinkage)
        return self.approval.refusal(item) if self.approval else None

    def held(self, item: PlanItem) -> PlanItem:
        """The item, as a failed one if it waits for a person."""
        if item.action is Action.WITHDRAW and self.shrinkage and not self.named:
            return replace(item, error=self.refusal(item))
        if self.hold and item.error is None and item.drift and item.withdrawal is None:
            return replace(item, error=self.refusal(item))
        return item
