"""How several runs over one ledger share the work: what another run has, or had, waits its turn.

A run carries out what it can claim. What is left is planned anew once nobody else is at it, and
then mostly proves equal. It goes round until nothing is left.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.claims import BEAT_SECONDS, Fences
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem
from ckanext.imssbienestar.mirror.running.guards import guard
from ckanext.imssbienestar.mirror.running.outcome import Outcome, Postponed
from ckanext.imssbienestar.mirror.running.session import MirrorSession
from ckanext.imssbienestar.mirror.texts import say

_POLL_SECONDS = 0.2
_MOST_ROUNDS = 10

CarryOut = Callable[[Sequence[PlanItem], Fences], Generator[Outcome | Postponed]]


def shared_work(
    session: MirrorSession,
    ledger: Ledger,
    fences: Fences,
    items: Sequence[PlanItem],
    carry_out: CarryOut,
) -> Generator[Outcome]:
    """One outcome for each item, whoever else works over the same ledger.

    :param fences: the claims as they were before ``items`` were planned.
    """
    planned = _resume_first(items)
    for _ in range(_MOST_ROUNDS):
        left: list[PlanItem] = []
        with closing(carry_out(planned, fences)) as results:
            for result in results:
                if isinstance(result, Postponed):
                    left.append(result.item)
                else:
                    yield result
        if not left or session.stop.is_set():
            return
        fences = _wait_until_free(session, ledger, {item.dataset_id for item in left})
        planned = _plan_again(session, ledger, left)
    for item in left:
        yield Outcome(item, Action.NONE, State.FAILED, say("other-hands", dataset=item.dataset))


def _plan_again(session: MirrorSession, ledger: Ledger, left: Sequence[PlanItem]) -> list[PlanItem]:
    entries = ledger.entries()
    everything, _wanted = session.plan(entries)
    found = {item.dataset_id: item for item in everything}
    planned = [found[item.dataset_id] for item in left if item.dataset_id in found]
    guard(session.orders, session.settings.limits, planned, entries)
    return planned


def _wait_until_free(session: MirrorSession, ledger: Ledger, dataset_ids: set[str]) -> Fences:
    """The claims, as soon as no other living run is at one of these datasets."""
    while True:
        fences = ledger.fences()
        if not fences.held & dataset_ids or session.stop.wait(_POLL_SECONDS):
            return fences


def _resume_first(items: Iterable[PlanItem]) -> list[PlanItem]:
    """What an earlier run left unconfirmed comes before anything new."""

    def unfinished(item: PlanItem) -> bool:
        return item.entry is not None and item.entry.state in (State.PLANNED, State.SENT)

    return sorted(items, key=lambda item: not unfinished(item))


@contextmanager
def beating(ledger: Ledger) -> Iterator[None]:
    """Inside, the run and its claims give a sign of life, however long a call takes."""
    stop = threading.Event()
    thread = threading.Thread(target=_beat_until, args=(ledger, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beat_until(ledger: Ledger, stop: threading.Event) -> None:
    while not stop.wait(BEAT_SECONDS):
        try:
            ledger.beat()
        except MirrorConfigurationError:
            # The run's own next write says what is wrong with the ledger.
            continue
