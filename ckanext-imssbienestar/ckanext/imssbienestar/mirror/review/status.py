"""Where each release is at the federal side, for ``status``, ``run`` and the portal's pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry, State
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.projection.rules import load_rules
from ckanext.imssbienestar.mirror.review.passages import Patience, Standing, concerns
from ckanext.imssbienestar.mirror.review.records import ReviewRecords
from ckanext.imssbienestar.mirror.review.standings import standings
from ckanext.imssbienestar.mirror.running.session import ledger_database_of
from ckanext.imssbienestar.mirror.settings import MirrorSettings
from ckanext.imssbienestar.mirror.texts import Sentence


@dataclass(frozen=True)
class Known:
    """A release's standing and what a person should look at."""

    standing: Standing
    concerns: tuple[Sentence, ...] = ()


def records_of(settings: MirrorSettings) -> ReviewRecords:
    """The ledger's memory of the federal way."""
    return ReviewRecords(ledger_database_of(settings))


def is_reviewed(settings: MirrorSettings) -> bool:
    """Whether somebody over there decides what becomes public."""
    return load_rules(settings.target.profile).dataset.visibility.afterwards == "keep"


def patience_of(settings: MirrorSettings) -> Patience:
    """After how many days a silence is told: of the settings, else of the rules."""
    rules, own = load_rules(settings.target.profile).review, settings.review
    return Patience(
        rules.remind_after_days if own.remind_after_days is None else own.remind_after_days,
        rules.receipt_after_days if own.receipt_after_days is None else own.receipt_after_days,
    )


def asked_for(entries: Mapping[str, LedgerEntry], only: Sequence[str]) -> dict[str, LedgerEntry]:
    """The ledger's datasets of these names, on either side; all of them without names.

    :raises MirrorConfigurationError: it knows nothing of a name.
    """
    known = {name for one in entries.values() for name in (one.dataset_name, one.remote_name)}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise MirrorConfigurationError("only-unknown", names=", ".join(unknown))
    return {
        key: one
        for key, one in entries.items()
        if not only or {one.dataset_name, one.remote_name} & {*only}
    }


def known_by_id(settings: MirrorSettings, entries: Sequence[LedgerEntry]) -> dict[str, Known]:
    """Each release by its dataset's id, from the ledger alone; none where nobody reviews."""
    if not is_reviewed(settings):
        return {}
    records = records_of(settings)
    found = standings(entries, records.memory(), notices=settings.notice is not None)
    now, patience = records.now(), patience_of(settings)
    return {one.dataset_id: Known(one, concerns(one, now, patience)) for one in found}


def after_a_run(settings: MirrorSettings, database: LedgerDatabase) -> None:
    """Record where a run got each release."""
    _pass_on(settings, database, "run")


def after_verifying(settings: MirrorSettings, database: LedgerDatabase) -> None:
    """Record where a reading of the target's files, which is in the proofs, got each release."""
    _pass_on(settings, database, "verify")


def standing_line(standing: Standing | None) -> dict[str, Any]:
    """What ``status --json`` and ``review --json`` say of a release at the federal side."""
    if standing is None:
        return {"review": None}
    facts = standing.facts
    verified = facts.verified
    return {
        "review": standing.state.value,
        "review_since": _moment(standing.since),
        "kind": standing.kind.value,
        "notified": _moment(facts.notified),
        "verified": _moment(verified.moment) if verified else None,
        "verified_equal": verified.equal if verified else None,
        "receipt": standing.receipt,
        "reminded": _moment(standing.reminded),
    }


def _pass_on(settings: MirrorSettings, database: LedgerDatabase, known_by: str) -> None:
    if not is_reviewed(settings):
        return
    records = ReviewRecords(database)
    memory = records.memory()
    # What failed says nothing new of where its release is.
    entries = [one for one in Ledger(database).entries().values() if one.state is not State.FAILED]
    found = standings(entries, memory, notices=settings.notice is not None)
    records.passed(found, known_by, memory)


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
