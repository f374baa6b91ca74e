"""Keeps the record of one use of the program while it works: signs of life, progress, findings."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.mirror.errors import (
    COULD_NOT_RUN,
    INTERRUPTED,
    MirrorConfigurationError,
    Told,
    exit_code_of,
)
from ckanext.imssbienestar.mirror.ledger.activities import BEAT_SECONDS, Activities, Activity, Kind
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.ledger.proofs import Finding, Proofs, Verdict
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem
from ckanext.imssbienestar.mirror.planning.remote import RemoteResource
from ckanext.imssbienestar.mirror.running.outcome import Outcome
from ckanext.imssbienestar.mirror.running.outlook import Outlook, matters
from ckanext.imssbienestar.mirror.running.verify import Comparison


class Watch:
    """What the work tells of itself; written down by a thread every few seconds, and at the end.

    A ledger that cannot be written never stops the work: the record waits for the next time, and
    the work itself needs the ledger and says so.

    :ivar exit_code: what the program will end with.
    :ivar summary: what is kept of it at the end.
    """

    def __init__(self, database: LedgerDatabase, activity: Activity, target_url: str) -> None:
        self.activity = activity
        self.exit_code = COULD_NOT_RUN
        self.summary: dict[str, Any] = {}
        self.activities = Activities(database)
        self._outlook = Outlook(database)
        self._proofs = Proofs(database)
        self._target_url = target_url
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._counts = {"done": 0, "total": 0, "failed": 0}
        self._outcomes: dict[str, Outcome] = {}
        self._findings: list[Finding] = []
        self._planned: Sequence[PlanItem] | None = None
        self._with_prospect: set[str] = set()
        self.trouble: MirrorConfigurationError | None = None

    # -- told by the work ------------------------------------------------------------------

    def plan(self, items: Sequence[PlanItem]) -> None:
        """The plan is made: so many datasets, and what is to be done to each."""
        self.expect(len(items))
        self._with_prospect = {item.dataset_id for item in items if matters(item)}
        with self._lock:
            self._planned = items
        self.flush()

    def expect(self, total: int) -> None:
        """So many pieces of work."""
        with self._lock:
            self._counts["total"] = total

    def count(self, done: int, failed: int) -> None:
        """So much of it is done."""
        with self._lock:
            self._counts |= {"done": done, "total": done, "failed": failed}

    def outcome(self, outcome: Outcome) -> None:
        """One dataset of a run is done."""
        with self._lock:
            self._counts["done"] += 1
            self._counts["failed"] += outcome.failed
            if outcome.state is State.PLANNED or self.activity.kind is Kind.PLAN:
                return  # it stands before the dataset still
            if outcome.failed or outcome.item.dataset_id in self._with_prospect:
                self._outcomes[outcome.item.dataset_id] = outcome

    def read_back(self, item: PlanItem, remote: RemoteResource, sha256: str) -> None:
        """Bytes of the target were read and hashed.

        :param sha256: empty where there were no bytes.
        """
        step = next((step for step in item.steps if step.remote is remote), None)
        if step is None or step.desired is None:
            return
        file = step.desired.file
        verdict = Verdict.EQUAL if sha256 == file.sha256 else Verdict.DIFFERENT
        finding = Finding(
            dataset_id=item.dataset_id,
            identifier=step.desired.identifier,
            file_name=file.name,
            address=_address(item, self._target_url),
            expected_sha256=file.sha256,
            found_sha256=sha256 or None,
            verdict=verdict if sha256 else Verdict.MISSING,
        )
        with self._lock:
            self._findings.append(finding)

    def comparison(self, comparison: Comparison) -> None:
        """One file was verified."""
        with self._lock:
            self._counts["done"] += 1
            self._counts["failed"] += not comparison.equal
            item = comparison.item
            if item.error is None:
                self._findings.append(finding_of(comparison, self._target_url))
            else:
                failed = Outcome(item, Action.NONE, State.FAILED, item.error)
                self._outcomes[item.dataset_id] = failed

    # -- the record ------------------------------------------------------------------------

    def follow(self) -> None:
        """Write down what was told, every few seconds, until :meth:`close`."""
        while not self._over.wait(BEAT_SECONDS):
            with self._tolerated():
                self._write()

    def flush(self) -> None:
        """Write down at once what was told so far."""
        with self._tolerated():
            self._write()

    def close(self, message: Mapping[str, str]) -> None:
        """Write down the rest and how it ended."""
        self._over.set()
        with self._tolerated():
            self._write()
            self.activities.finish(self.activity.id, self.exit_code, message, self.summary)

    def _write(self) -> None:
        """All that was told since the last time, in its order; what fails is kept for the next."""
        with self._writing:
            with self._lock:
                counts = dict(self._counts)
                planned, self._planned = self._planned, None
                outcomes, self._outcomes = self._outcomes, {}
                findings, self._findings = self._findings, []
            try:
                if planned is not None:
                    self._outlook.plan(planned, whole=not self.activity.only)
                self._outlook.settle(list(outcomes.values()))
                self._proofs.record(findings)
            except MirrorConfigurationError:
                with self._lock:
                    self._planned = planned if self._planned is None else self._planned
                    self._outcomes = outcomes | self._outcomes
                    self._findings = [*findings, *self._findings]
                raise
            self.activities.beat(self.activity.id, **counts)
            self.trouble = None

    @contextmanager
    def _tolerated(self) -> Iterator[None]:
        try:
            yield
        except MirrorConfigurationError as error:
            self.trouble = error


def asked_activity(
    database: LedgerDatabase,
    kind: Kind,
    only: Sequence[str],
    activity_id: str,
    options: Mapping[str, Any] | None = None,
) -> Activity | None:
    """The activity to carry out: the waiting one of this id, or a new one without an id.

    None when it waits no longer.
    """
    activities = Activities(database)
    if activity_id:
        return activities.start(activity_id)
    return activities.begin(kind, only, options)


@contextmanager
def watching(
    database: LedgerDatabase,
    activity: Activity,
    target_url: str,
) -> Iterator[Watch]:
    """Inside, what is told to the watch is written down; how it ends is too, whatever happens.

    :raises ImssError: whatever ended the work; its exit code and its sentence are in the record.
    """
    watch = Watch(database, activity, target_url)
    thread = threading.Thread(target=watch.follow, name="mirror-watch", daemon=True)
    thread.start()
    message: Mapping[str, str] = {}
    try:
        yield watch
    except ImssError as error:
        message, watch.exit_code = message_of(error), exit_code_of(error)
        raise
    except KeyboardInterrupt:
        watch.exit_code = INTERRUPTED
        raise
    finally:
        watch.close(message)
        thread.join()
        if watch.trouble is not None:
            sys.stderr.write(watch.trouble.told("es") + "\n")


def message_of(error: ImssError) -> dict[str, str]:
    """What an error says, by language."""
    if isinstance(error, Told):
        return {"es": error.told("es"), "en": error.told("en")}
    return {"es": str(error), "en": str(error)}


def finding_of(comparison: Comparison, target_url: str) -> Finding:
    """What a verified file adds to the proofs."""
    item = comparison.item
    return Finding(
        dataset_id=item.dataset_id,
        identifier=comparison.identifier,
        file_name=comparison.resource or "",
        address=_address(item, target_url),
        expected_sha256=comparison.expected_sha256,
        found_sha256=comparison.found_sha256,
        verdict=_verdict(comparison),
    )


def _address(item: PlanItem, target_url: str) -> str:
    return f"{target_url}/dataset/{item.remote.name if item.remote else item.name}"


def _verdict(comparison: Comparison) -> Verdict:
    if comparison.equal:
        return Verdict.EQUAL
    if comparison.error is not None:
        return Verdict.UNREADABLE
    gone = comparison.expected_sha256 is not None and comparison.found_sha256 is None
    return Verdict.MISSING if gone else Verdict.DIFFERENT
