"""What every job of a run shares."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ckanext.imssbienestar.mirror.catalogues.source import ReleaseSource
from ckanext.imssbienestar.mirror.catalogues.tally import Counters
from ckanext.imssbienestar.mirror.catalogues.target import Target
from ckanext.imssbienestar.mirror.errors import MirrorTransientError
from ckanext.imssbienestar.mirror.ledger.claims import Fences
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.planning.plan import PlanItem
from ckanext.imssbienestar.mirror.running.read_back import OnReadBack, ReadBack, nobody_asks


class StoppedError(Exception):
    """The run was told to stop; what is under way is in the ledger."""


@dataclass(frozen=True)
class Workshop:
    """What every job of a run shares.

    :ivar attempts: passing failures of one dataset before giving up on it.
    :ivar wait: sleeps after the n-th passing failure.
    :ivar permit: raises a terminal error when what a dataset needs now was not ordered; asked
        until a write has left, with the item as it was just planned.
    :ivar fences: the claims as they were before the plan; without them any claim will do.
    """

    source: ReleaseSource
    target: Target
    ledger: Ledger
    counters: Counters
    attempts: int
    wait: Callable[[int, MirrorTransientError], None]
    stop: threading.Event
    spool_parent: Path | None = None
    permit: Callable[[PlanItem], None] = lambda _item: None
    fences: Fences | None = None
    read_back: ReadBack = field(default_factory=ReadBack)
    on_read_back: OnReadBack = nobody_asks
