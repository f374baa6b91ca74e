"""What a person ordered beyond the settings, and what that lets a run write."""

from __future__ import annotations

from dataclasses import dataclass

from ckanext.imssbienestar.mirror.errors import MirrorTerminalError
from ckanext.imssbienestar.mirror.plan import PlanItem
from ckanext.imssbienestar.mirror.texts import Sentence


class NotOrderedError(MirrorTerminalError):
    """What a dataset would need now is not what a person ordered; nothing of it was written."""


@dataclass(frozen=True)
class Orders:
    """The orders of one use of the mirror.

    :ivar repair: overwrite what people changed by hand at the target, whatever the settings say.
    :ivar read_only: write nothing at the target.
    """

    repair: bool = False
    read_only: bool = False

    def permit(self, item: PlanItem) -> None:
        """Called right before the first write of a dataset, with what is to be done to it now.

        :raises NotOrderedError: when that was not ordered.
        """
        problem = self.refusal(item)
        if problem is not None:
            raise NotOrderedError(problem.code, **problem.facts)

    def refusal(self, item: PlanItem) -> Sentence | None:
        """Why an item may not be carried out; None when it may."""
        return None
