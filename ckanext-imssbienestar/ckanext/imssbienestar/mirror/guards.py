"""Before a run's first write: what no fault at the source should be able to do without a person."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ckanext.imssbienestar.mirror.errors import GuardError
from ckanext.imssbienestar.mirror.ledger_entries import LedgerEntry
from ckanext.imssbienestar.mirror.plan import Action, PlanItem
from ckanext.imssbienestar.mirror.session import MirrorSession
from ckanext.imssbienestar.mirror.settings import LimitSettings


def admitted(
    session: MirrorSession, items: Sequence[PlanItem], entries: Mapping[str, LedgerEntry]
) -> tuple[PlanItem, ...]:
    """The items a run may carry out.

    :raises GuardError: when the whole of them looks like an accident.
    """
    guard_withdrawals(items, entries, session.settings.limits)
    return tuple(items)


def guard_withdrawals(
    items: Sequence[PlanItem], entries: Mapping[str, LedgerEntry], limits: LimitSettings
) -> None:
    """Refuse a plan that would take away more than a fault at the source should be able to."""
    count = sum(1 for item in items if item.action is Action.WITHDRAW)
    mirrored = {entry.dataset_id for entry in entries.values() if not entry.withdrawn}
    total = len(mirrored | {item.dataset_id for item in items if item.remote is not None})
    limit = max(limits.withdraw_guard_minimum, math.floor(total * limits.withdraw_guard_share))
    if count > limit:
        raise GuardError("too-many-withdrawals", count=count, total=total, limit=limit)
