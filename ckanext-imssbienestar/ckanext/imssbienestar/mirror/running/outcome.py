"""How the work on one dataset ended."""

from __future__ import annotations

from dataclasses import dataclass, field

from ckanext.imssbienestar.mirror.catalogues.tally import Tally
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem
from ckanext.imssbienestar.mirror.texts import Sentence


@dataclass(frozen=True)
class Outcome:
    """One line of a run's report.

    :ivar action: what was really done; ``none`` when the bytes proved equal after a doubt.
    :ivar passing: whether the failure may go away by itself.
    """

    item: PlanItem
    action: Action
    state: State
    error: Sentence | None = None
    passing: bool = False
    tally: Tally = field(default_factory=Tally)

    @property
    def failed(self) -> bool:
        """Whether a person should look at it."""
        return self.error is not None


@dataclass(frozen=True)
class Postponed:
    """Nothing was written, because another run has the dataset or had it since it was planned."""

    item: PlanItem
