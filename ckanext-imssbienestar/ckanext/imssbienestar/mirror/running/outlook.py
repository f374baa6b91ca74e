"""What the newest plan would do to each dataset, or why it cannot; what is equal has no row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase, aware
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem
from ckanext.imssbienestar.mirror.running.outcome import Outcome
from ckanext.imssbienestar.mirror.texts import Sentence

_ROWS_AT_ONCE = 500
_LONGEST_VALUE = 500

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Prospect:
    """What stands before a dataset.

    :ivar reason: by language.
    :ivar changes: ``field``, ``before`` and ``after``, long values cut.
    :ivar error: why the last work on it failed, by language; None when nothing failed yet.
    """

    dataset_id: str
    action: str
    reason: Texts
    changes: tuple[Mapping[str, Any], ...]
    error: Texts | None
    noted: datetime


class Outlook:
    """The prospects of one target."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def plan(self, items: Sequence[PlanItem], *, whole: bool) -> None:
        """Keep a new plan in place of the one before.

        :param whole: the items are all there are; otherwise those of other datasets stay.
        """
        with self._database.transaction() as connection:
            self._database.take_turn(connection, tables.outlook)  # several runs may be at it
            now = self._database.now(connection)
            self._forget(connection, None if whole else [item.dataset_id for item in items])
            rows = (self._row(item, item.error, now) for item in items if matters(item))
            while batch := list(islice(rows, _ROWS_AT_ONCE)):
                connection.execute(tables.outlook.insert(), batch)

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """What a run did: the equal ones have nothing before them, the failed ones a reason."""
        if not outcomes:
            return
        with self._database.transaction() as connection:
            self._database.take_turn(connection, tables.outlook)  # several runs may be at it
            now = self._database.now(connection)
            self._forget(connection, [outcome.item.dataset_id for outcome in outcomes])
            failed = [
                self._row(outcome.item, outcome.error, now)
                for outcome in outcomes
                if outcome.failed
            ]
            if failed:
                connection.execute(tables.outlook.insert(), failed)

    def all(self) -> dict[str, Prospect]:
        """Every prospect by the dataset's id."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                sa.select(tables.outlook).where(tables.outlook.c.target == self._database.target)
            )
            return {row.dataset_id: _prospect(row) for row in rows}

    def _forget(self, connection: sa.Connection, ids: Sequence[str] | None) -> None:
        ours = sa.delete(tables.outlook).where(tables.outlook.c.target == self._database.target)
        if ids is None:
            connection.execute(ours)
            return
        for start in range(0, len(ids), _ROWS_AT_ONCE):
            part = ids[start : start + _ROWS_AT_ONCE]
            connection.execute(ours.where(tables.outlook.c.dataset_id.in_(part)))

    def _row(self, item: PlanItem, error: Sentence | None, now: datetime) -> dict[str, Any]:
        return {
            "target": self._database.target,
            "dataset_id": item.dataset_id,
            "dataset_name": item.dataset,
            "action": item.action.value,
            "reason": in_both_languages(item.reason),
            "changes": list(_changes(item)),
            "error": in_both_languages(error) if error is not None else sa.null(),
            "noted": now,
        }


def in_both_languages(sentence: Sentence) -> dict[str, str]:
    """A whole sentence for readers whose language is not known yet."""
    return {"es": sentence.full("es"), "en": sentence.full("en")}


def matters(item: PlanItem) -> bool:
    """Does anything stand before this dataset?"""
    return item.action is not Action.NONE or item.error is not None


def _changes(item: PlanItem) -> Iterator[dict[str, Any]]:
    for change in item.changes:
        yield {
            "field": change.field,
            "before": _short(change.before),
            "after": _short(change.after),
        }


def _short(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = (
        ", ".join(map(str, value))
        if isinstance(value, Iterable) and not isinstance(value, str | Mapping)
        else str(value)
    )
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _prospect(row: Any) -> Prospect:
    return Prospect(
        dataset_id=row.dataset_id,
        action=row.action,
        reason=row.reason,
        changes=tuple(row.changes),
        error=row.error,
        noted=aware(row.noted),
    )
