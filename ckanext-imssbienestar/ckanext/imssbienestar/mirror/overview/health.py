"""How the mirror is: what a monitor asks every few minutes, from the ledger alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ckanext.imssbienestar.mirror.ledger.activities import Activities, Activity
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry, State
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.ledger.proofs import Proof, Proofs, Verdict
from ckanext.imssbienestar.mirror.overview.timetable import Punctuality, Timetable, timetable
from ckanext.imssbienestar.mirror.review.passages import Standing
from ckanext.imssbienestar.mirror.review.records import ReviewRecords
from ckanext.imssbienestar.mirror.review.standings import standings
from ckanext.imssbienestar.mirror.running.outlook import Outlook, Prospect
from ckanext.imssbienestar.mirror.running.session import ledger_database_of
from ckanext.imssbienestar.mirror.settings import MirrorSettings, ScheduleSettings
from ckanext.imssbienestar.mirror.texts import Sentence, say


@dataclass(frozen=True)
class Records:
    """Everything the ledger knows of one target, read at one moment.

    :ivar last: the newest run of everything that began.
    :ivar well: the newest one that ended with its work done, whatever single datasets did.
    :ivar reviews: where each release is on the federal side.
    """

    moment: datetime
    timetable: Timetable
    last: Activity | None
    well: Activity | None
    entries: Mapping[str, LedgerEntry]
    prospects: Mapping[str, Prospect]
    proofs: Mapping[str, tuple[Proof, ...]]
    reviews: Mapping[str, Standing]

    @property
    def lag_seconds(self) -> float | None:
        """Age of the newest run that did its work; None before the first."""
        if self.well is None or self.well.finished is None:
            return None
        return (self.moment - self.well.finished).total_seconds()

    @property
    def states(self) -> dict[str, int]:
        """Datasets by the state of the ledger, withdrawn ones and private ones apart."""
        counts = Counter(_state(entry) for entry in self.entries.values())
        return {name: counts[name] for name in _STATES}

    @property
    def failures(self) -> int:
        """Datasets whose last work failed."""
        failed = {key for key, one in self.entries.items() if one.state is State.FAILED}
        return len(failed | {key for key, prospect in self.prospects.items() if prospect.error})

    @property
    def drift(self) -> int:
        """Files whose copy was not what was signed when it was last read."""
        wrong = (Verdict.DIFFERENT, Verdict.MISSING)
        return sum(
            proof.finding.verdict in wrong for proofs in self.proofs.values() for proof in proofs
        )


_STATES = ("planned", "sent", "in-review", "public", "failed", "withdrawn")


def records_of(settings: MirrorSettings, database: LedgerDatabase | None = None) -> Records:
    """Read the ledger; no network.

    :param database: where it is open already.
    :raises MirrorConfigurationError: it cannot be opened.
    """
    database = database or ledger_database_of(settings)
    last, well = Activities(database).last_runs()
    with database.transaction() as connection:
        now = database.now(connection)
    entries = Ledger(database).entries()
    found = standings(
        entries.values(), ReviewRecords(database).memory(), notices=settings.notice is not None
    )
    return Records(
        moment=now,
        timetable=_judged(last, settings.schedule, now),
        last=last,
        well=well,
        entries=entries,
        prospects=Outlook(database).all(),
        proofs=Proofs(database).all(),
        reviews={standing.dataset_id: standing for standing in found},
    )


def health(records: Records) -> dict[str, Any]:
    """The answer for monitors.

    ``status`` is ``ok``, ``late`` (no run began when one was due), ``failed`` (the newest run did
    not end with 0) or ``never``.
    """
    last, table = records.last, records.timetable
    return {
        "status": table.punctuality.value,
        "due": _text(table.due),
        "late_since": _text(table.late_since),
        "last_run": run_dict(last) if last else None,
        "lag_seconds": records.lag_seconds,
        "failures": records.failures,
        "drift": records.drift,
        "datasets": records.states,
    }


def sentence(table: Timetable) -> Sentence:
    """The same for people."""
    due = _text(table.due)
    return {
        Punctuality.OK: say("health-ok", due=due),
        Punctuality.NEVER: say("health-never"),
        Punctuality.LATE: say("health-late", due=due),
        Punctuality.FAILED: say("health-failed", due=due),
    }[table.punctuality]


def run_dict(run: Activity) -> dict[str, Any]:
    """A run in a few facts."""
    return {
        "started": _text(run.started),
        "finished": _text(run.finished),
        "state": run.stage.value,
        "exit_code": run.exit_code,
        "datasets": run.total,
        "failed": run.failed,
    }


def _judged(last: Activity | None, schedule: ScheduleSettings, now: datetime) -> Timetable:
    every = timedelta(hours=schedule.every_hours)
    return timetable(last, every, timedelta(hours=schedule.tolerance_hours), now)


def _state(entry: LedgerEntry) -> str:
    if entry.state is not State.CONFIRMED:
        return entry.state.value
    if entry.withdrawn:
        return "withdrawn"
    return "in-review" if entry.private else "public"


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
