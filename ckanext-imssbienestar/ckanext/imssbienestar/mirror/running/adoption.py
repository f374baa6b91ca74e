"""A person accepts what somebody changed at the target, for the release that is there.

Words can be accepted, files cannot: what was signed are the files. Nothing is written at the
target; the acceptance is kept in the ledger with person, moment and reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ckanext.imssbienestar.mirror.ledger.drift_records import keep_shown, record_adoptions
from ckanext.imssbienestar.mirror.ledger.entries import Adoption, LedgerEntry
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.planning.changes import FieldChange
from ckanext.imssbienestar.mirror.planning.drift import adoptable, mark
from ckanext.imssbienestar.mirror.planning.plan import PlanItem, plan_package
from ckanext.imssbienestar.mirror.running.session import MirrorSession, select
from ckanext.imssbienestar.mirror.texts import Sentence, say


@dataclass(frozen=True)
class Adopted:
    """What became of one dataset.

    :ivar accepted: the differences that stay as they are at the target.
    :ivar problem: why something, or all of it, was not accepted.
    """

    dataset: str
    accepted: tuple[FieldChange, ...] = ()
    problem: Sentence | None = None


def adopt(
    session: MirrorSession,
    names: Sequence[str],
    person: str,
    reason: str,
    clock: Callable[[], datetime],
) -> Iterator[Adopted]:
    """Accept the drift of the datasets named; reads the target, writes only the ledger."""
    ledger = session.open_ledger()
    everything, _wanted = session.plan(ledger.entries(), to_write=False)
    for item in select(everything, names):
        yield _adopt_one(session, ledger, item, person, reason, clock())


def _adopt_one(
    session: MirrorSession,
    ledger: Ledger,
    item: PlanItem,
    person: str,
    reason: str,
    moment: datetime,
) -> Adopted:
    item = _with_bytes_read(session, item)
    if item.error is not None:
        return Adopted(item.dataset, problem=item.error)
    desired, entry = item.desired, item.entry
    if not item.drift or desired is None or entry is None:
        return Adopted(item.dataset, problem=say("adopt-nothing", dataset=item.dataset))
    drift = [change for change in item.changes if change.field in item.drift]
    accepted = tuple(change for change in drift if adoptable(change.field))
    refused = [name for name in item.drift if not adoptable(name)]
    rows = [
        Adoption(one.field, desired.digest, mark(one.before), person, reason, moment)
        for one in accepted
    ]
    if rows and not _record(ledger, entry, rows):
        return Adopted(item.dataset, problem=say("adopt-meanwhile", dataset=item.dataset))
    problem = (
        say("adopt-refused", dataset=item.dataset, names=", ".join(refused)) if refused else None
    )
    return Adopted(item.dataset, accepted, problem)


def _record(ledger: Ledger, entry: LedgerEntry, rows: Sequence[Adoption]) -> bool:
    """Both records or none: the acceptance, and that this is no longer somebody's change."""
    marks = json.loads(entry.shown) | {row.field: row.mark for row in rows}
    after = json.dumps(marks, sort_keys=True)
    with ledger.transaction() as connection:
        if not keep_shown(connection, ledger.target, entry.dataset_id, entry.shown, after):
            return False
        record_adoptions(connection, ledger.target, entry.dataset_id, rows)
    return True


def _with_bytes_read(session: MirrorSession, item: PlanItem) -> PlanItem:
    """The item decided again with the bytes of the files that were in doubt."""
    desired, remote = item.desired, item.remote
    if desired is None or remote is None or not item.doubts:
        return item
    checked = {}
    for step in item.doubts:
        if step.remote is not None:
            found = session.target.measure(remote, step.remote)
            checked[step.remote.id] = found.sha256 if found else ""
    return plan_package(desired, remote, item.entry, checked)
