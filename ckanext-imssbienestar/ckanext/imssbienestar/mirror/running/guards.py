"""Before a run's first write: what no fault at the source should be able to do without a person."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from ckanext.imssbienestar.mirror.errors import GuardError
from ckanext.imssbienestar.mirror.ledger.drift_records import begun_by_plan, record_plan_run
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem
from ckanext.imssbienestar.mirror.running.orders import Orders
from ckanext.imssbienestar.mirror.settings import LimitSettings


def admitted(
    orders: Orders,
    limits: LimitSettings,
    ledger: Ledger,
    items: Sequence[PlanItem],
    entries: Mapping[str, LedgerEntry],
) -> None:
    """Pass the items a run may carry out; an approved plan passes the guards, for a person saw it.

    The ledger notes that this run carries out the approved plan.

    :raises GuardError: when the whole of them looks like an accident, or is not what was approved.
    """
    approval = orders.approval
    if approval is None:
        guard(orders, limits, items, entries)
        return
    with ledger.transaction() as connection:
        approval.begun = begun_by_plan(connection, ledger.target, approval.plan.digest)
    problem = approval.moved(items)
    if problem is not None:
        raise GuardError(problem.code, **problem.facts)
    with ledger.transaction() as connection:
        record_plan_run(connection, ledger.target, approval.plan.digest, ledger.run_id)


def guard(
    orders: Orders,
    limits: LimitSettings,
    items: Sequence[PlanItem],
    entries: Mapping[str, LedgerEntry],
) -> None:
    """The guards that stop for a person, unless one saw the plan or nothing can be written."""
    if orders.approval is None and not orders.read_only:
        guard_withdrawals(items, entries, limits)
        guard_rewrites(items, entries, limits)


def guard_withdrawals(
    items: Sequence[PlanItem], entries: Mapping[str, LedgerEntry], limits: LimitSettings
) -> None:
    """Refuse a plan that would take away more than a fault at the source should be able to."""
    count = sum(1 for item in items if item.action is Action.WITHDRAW and item.error is None)
    total = _mirrored(items, entries)
    limit = _limit(total, limits.withdraw_guard_minimum, limits.withdraw_guard_share)
    if count > limit:
        raise GuardError("too-many-withdrawals", count=count, total=total, limit=limit)


def guard_rewrites(
    items: Sequence[PlanItem], entries: Mapping[str, LedgerEntry], limits: LimitSettings
) -> None:
    """Refuse a plan that would change too much of what was there and equal, or was not ours."""
    count = sum(1 for item in items if _rewrites(item))
    total = _mirrored(items, entries)
    limit = _limit(total, limits.rewrite_guard_minimum, limits.rewrite_guard_share)
    if count > limit:
        raise GuardError("too-many-rewrites", count=count, total=total, limit=limit)


def shrinkage(
    items: Iterable[PlanItem],
    entries: Mapping[str, LedgerEntry],
    given: int,
    limits: LimitSettings,
) -> Mapping[str, int]:
    """The facts of a source that suddenly gives much less than was sent; empty if it does not.

    :param given: how many datasets the source listed.
    """
    mirrored = {entry.dataset_id for entry in entries.values() if not entry.withdrawn}
    absent = sum(1 for item in items if item.error and item.error.code == "absent-source")
    limit = _limit(len(mirrored), limits.withdraw_guard_minimum, limits.withdraw_guard_share)
    if not absent or (absent <= limit and given):
        return {}
    return {"given": given, "absent": absent, "total": len(mirrored)}


def _rewrites(item: PlanItem) -> bool:
    """Whether something that is at the target would be written over.

    What an unconfirmed creation of ours left there is no such thing; what was there without our
    knowing is. Files that are only in doubt are compared, not written.
    """
    if item.error or item.action not in (Action.UPDATE, Action.UPLOAD) or item.remote is None:
        return False
    entry = item.entry
    ours_unfinished = entry is not None and entry.confirmed is None and bool(entry.release_id)
    return bool(item.changes or item.uploads) and not ours_unfinished


def _mirrored(items: Sequence[PlanItem], entries: Mapping[str, LedgerEntry]) -> int:
    mirrored = {entry.dataset_id for entry in entries.values() if not entry.withdrawn}
    return len(mirrored | {item.dataset_id for item in items if item.remote is not None})


def _limit(total: int, minimum: int, share: float) -> int:
    return max(minimum, math.floor(total * share))
