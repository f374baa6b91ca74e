"""A whole run: plan, guard, work, ledger, summary."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.mirror.catalogues.spool import spool_folder, sweep
from ckanext.imssbienestar.mirror.catalogues.tally import Counters
from ckanext.imssbienestar.mirror.errors import (
    COULD_NOT_RUN,
    GOOD,
    INTERRUPTED,
    NOT_GOOD,
    GuardError,
    exit_code_of,
)
from ckanext.imssbienestar.mirror.ledger.claims import Fences
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem
from ckanext.imssbienestar.mirror.running.dataset_job import Workshop, run_item
from ckanext.imssbienestar.mirror.running.guards import admitted
from ckanext.imssbienestar.mirror.running.outcome import Outcome, Postponed
from ckanext.imssbienestar.mirror.running.read_back import ReadBack
from ckanext.imssbienestar.mirror.running.remembering import Remembering
from ckanext.imssbienestar.mirror.running.session import MirrorSession, Wanted
from ckanext.imssbienestar.mirror.running.shared_work import beating, shared_work
from ckanext.imssbienestar.mirror.running.workers import work
from ckanext.imssbienestar.mirror.settings import LimitSettings
from ckanext.imssbienestar.mirror.texts import Sentence

OnPlan = Callable[[Sequence[PlanItem], Wanted], None]
OnOutcome = Callable[[Outcome], None]


@dataclass
class Summary:
    """The last line of a report; the names are promised to other programs.

    :ivar planned: whether the run got as far as a plan that may be carried out.
    """

    planned: bool = False
    datasets: int = 0
    actions: dict[Action, int] = field(default_factory=lambda: dict.fromkeys(Action, 0))
    failed: int = 0
    calls_read: int = 0
    calls_write: int = 0
    bytes: int = 0
    bytes_read_back: int = 0
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        """Count one dataset."""
        self.datasets += 1
        self.actions[outcome.action] += 1
        self.failed += outcome.failed

    def as_dict(self) -> dict[str, Any]:
        """The promised shape."""
        return {
            "datasets": self.datasets,
            **{action.value: count for action, count in self.actions.items()},
            "failed": self.failed,
            "calls_read": self.calls_read,
            "calls_write": self.calls_write,
            "bytes": self.bytes,
            "bytes_read_back": self.bytes_read_back,
            "seconds": round(self.seconds, 3),
        }


def plan_only(
    session: MirrorSession,
    only: Sequence[str],
    on_plan: OnPlan,
    on_outcome: OnOutcome,
    summary: Summary,
) -> None:
    """What :func:`run` would do, with no write on any side; the guard is told, not applied."""
    started = time.monotonic()
    everything, wanted = session.plan(session.open_ledger().entries())
    items = session.ordered(everything, only)
    on_plan(items, wanted)
    summary.planned = True
    for item in items:
        state = State.FAILED if item.error else State.PLANNED
        action = Action.NONE if item.error else item.action
        outcome = Outcome(item, action, state, item.error)
        summary.add(outcome)
        on_outcome(outcome)
    _count(summary, session.counters, started)


def run(
    session: MirrorSession,
    only: Sequence[str],
    workers: int,
    on_plan: OnPlan,
    on_outcome: OnOutcome,
    summary: Summary,
    memory: Remembering | None = None,
) -> None:
    """Make the target what it should be; raises :class:`GuardError` when a guard stops it.

    Whatever ends a run, the summary so far and the exit code are in the ledger.

    :param summary: filled as the run goes, so that it can be told however the run ends.
    :param memory: looks on, for the next run.
    """
    started = time.monotonic()
    ledger = session.open_ledger()
    if session.begun is not None:
        ledger.go_on_with(session.begun.record.run_id)
    else:
        ledger.start_run()
    code = COULD_NOT_RUN
    try:
        with beating(ledger):
            if memory is not None:
                memory.before(session.database)
            fences, entries = ledger.fences(), ledger.entries()
            if memory is not None:
                memory.after(session.database)
            everything, wanted = session.plan(entries)
            items = session.ordered(everything, only)
            admitted(session.orders, session.settings.limits, ledger, items, entries)
            on_plan(items, wanted)
            summary.planned = True
            _work(session, ledger, fences, items, workers, summary, on_outcome)
        code = NOT_GOOD if summary.failed else GOOD
    except ImssError as error:
        code = exit_code_of(error)
        raise
    except KeyboardInterrupt:
        code = INTERRUPTED
        raise
    finally:
        session.stop.set()
        _count(summary, session.counters, started)
        ledger.finish_run(code, summary.as_dict())


def _work(
    session: MirrorSession,
    ledger: Ledger,
    fences: Fences,
    items: Sequence[PlanItem],
    workers: int,
    summary: Summary,
    on_outcome: OnOutcome,
) -> None:
    limits = session.settings.limits
    circuit = _Circuit(limits.circuit_failures)
    # One folder for the whole run: also what a thread leaves behind on Ctrl-C goes with it.
    sweep(limits.spool)
    with spool_folder(limits.spool) as spool_parent:
        shop = _workshop(session, ledger, spool_parent)

        def carry_out(items: Sequence[PlanItem], fences: Fences) -> Generator[Outcome | Postponed]:
            now = replace(shop, fences=fences)
            return work(items, lambda item: run_item(now, item), workers, shop.stop)

        with closing(shared_work(session, ledger, fences, items, carry_out)) as outcomes:
            for outcome in outcomes:
                summary.add(outcome)
                on_outcome(outcome)
                circuit.note(outcome)


def _workshop(session: MirrorSession, ledger: Ledger, spool_parent: Path) -> Workshop:
    return Workshop(
        source=session.source,
        target=session.target,
        ledger=ledger,
        counters=session.counters,
        attempts=session.settings.limits.attempts,
        wait=session.target_transport.wait,
        stop=session.stop,
        spool_parent=spool_parent,
        permit=session.orders.permit,
        on_read_back=session.on_read_back,
        read_back=_read_back(session.settings.limits, ledger.run_id),
    )


def _read_back(limits: LimitSettings, run_id: str) -> ReadBack:
    return ReadBack(
        limits.read_back, limits.read_back_largest_bytes, limits.read_back_sample, run_id
    )


class _Circuit:
    """Opens after too many passing failures in a row."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._failures = 0

    def note(self, outcome: Outcome) -> None:
        if not outcome.passing:
            if outcome.action is not Action.NONE:
                self._failures = 0
            return
        self._failures += 1
        if self._failures >= self._limit:
            cause = outcome.error or Sentence("interrupted")
            raise GuardError("circuit-open", count=self._failures, cause=cause)


def _count(summary: Summary, counters: Counters, started: float) -> None:
    summary.calls_read = counters.total.reads
    summary.calls_write = counters.total.writes
    summary.bytes = counters.total.bytes
    summary.bytes_read_back = counters.total.bytes_read_back
    summary.seconds = time.monotonic() - started
