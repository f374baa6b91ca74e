"""What the program was asked to do: one row for each of its uses, wherever from.

A row is written before anything else, so that what failed early is known too. It has signs of
life: a row that says «running» and has been silent for :data:`SILENCE` was killed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase, aware

BEAT_SECONDS = 2.0
SILENCE = timedelta(seconds=60)


class Kind(StrEnum):
    """What was asked for."""

    PLAN = "plan"
    RUN = "run"
    VERIFY = "verify"
    NOTIFY = "notify"
    REVIEW = "review"


class Stage(StrEnum):
    """How far it is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    LOST = "lost"


@dataclass(frozen=True)
class Activity:
    """One use of the program.

    :ivar only: names of datasets; empty when it is about all of them.
    :ivar asked_by: id of the person who pressed a button; empty for programs.
    :ivar exit_code: see docs/mirror.md; None while it is under way or when it was killed.
    :ivar message: the sentence it ended with, by language; empty when there is none.
    :ivar options: what was asked for beyond its kind, such as ``{"dry_run": true}``.
    :ivar silence: since its last sign of life.
    """

    id: str
    kind: Kind
    only: tuple[str, ...]
    asked_by: str
    stage: Stage
    asked: datetime
    started: datetime | None
    heartbeat: datetime
    finished: datetime | None
    done: int
    total: int
    failed: int
    exit_code: int | None
    message: Mapping[str, str]
    summary: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    silence: timedelta = timedelta(0)

    @property
    def under_way(self) -> bool:
        """Is it waiting or running?"""
        return self.stage in (Stage.WAITING, Stage.RUNNING)


class Activities:
    """The activities of one target; every method is one transaction."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def ask(
        self,
        kind: Kind,
        only: Sequence[str],
        asked_by: str,
        options: Mapping[str, Any] | None = None,
    ) -> tuple[Activity, bool]:
        """A waiting activity for a job, and whether it is new.

        The same thing asked for twice is one activity until it has begun.
        """
        with self._database.transaction() as connection:
            self._database.take_turn(connection, tables.activity)  # two buttons pressed at once
            rows = connection.execute(
                self._select().where(tables.activity.c.state == Stage.WAITING.value)
            )
            for row in rows:
                same = (row.kind, tuple(row.only)) == (kind.value, tuple(only))
                if same and (row.options or {}) == dict(options or {}):
                    return _activity(row, self._database.now(connection)), False
            made = self._insert(connection, kind, only, Stage.WAITING, asked_by, options)
        return made, True

    def begin(
        self, kind: Kind, only: Sequence[str], options: Mapping[str, Any] | None = None
    ) -> Activity:
        """A running activity of a program that nobody queued."""
        with self._database.transaction() as connection:
            return self._insert(connection, kind, only, Stage.RUNNING, "", options)

    def start(self, activity_id: str) -> Activity | None:
        """A waiting activity, running from now on; None when it is no longer wanted."""
        with self._database.transaction() as connection:
            now = self._database.now(connection)
            found = connection.execute(
                sa.update(tables.activity)
                .where(
                    tables.activity.c.id == activity_id,
                    tables.activity.c.state == Stage.WAITING.value,
                )
                .values(state=Stage.RUNNING.value, started=now, heartbeat=now)
            ).rowcount
            return self._find(connection, activity_id) if found else None

    def beat(self, activity_id: str, *, done: int, total: int, failed: int) -> None:
        """A sign of life with the progress; what was held for lost runs again by it."""
        table = tables.activity
        with self._database.transaction() as connection:
            now = self._database.now(connection)
            self._change(
                connection, activity_id, heartbeat=now, done=done, total=total, failed=failed
            )
            connection.execute(
                sa.update(table)
                .where(table.c.id == activity_id, table.c.state == Stage.LOST.value)
                .where(table.c.finished.is_(None))
                .values(state=Stage.RUNNING.value)
            )

    def finish(
        self,
        activity_id: str,
        exit_code: int,
        message: Mapping[str, str],
        summary: Mapping[str, Any],
    ) -> None:
        """It ended by itself."""
        with self._database.transaction() as connection:
            now = self._database.now(connection)
            self._change(
                connection,
                activity_id,
                state=Stage.DONE.value,
                heartbeat=now,
                finished=now,
                exit_code=exit_code,
                message=dict(message),
                summary=dict(summary),
            )

    def lose(self, activity_id: str) -> None:
        """Say that nobody will carry it out: its process or its place in the queue is gone.

        One that has ended meanwhile stays as it ended.
        """
        under_way = tables.activity.c.state.in_([Stage.WAITING.value, Stage.RUNNING.value])
        with self._database.transaction() as connection:
            connection.execute(
                sa.update(tables.activity)
                .where(tables.activity.c.id == activity_id, under_way)
                .values(state=Stage.LOST.value)
            )

    def find(self, activity_id: str) -> Activity | None:
        """One activity as it is now."""
        with self._database.transaction() as connection:
            return self._find(connection, activity_id)

    def recent(self, limit: int) -> tuple[Activity, ...]:
        """The newest, those under way included, newest first."""
        with self._database.transaction() as connection:
            now = self._database.now(connection)
            rows = connection.execute(
                self._select().order_by(tables.activity.c.asked.desc()).limit(limit)
            )
            return tuple(_activity(row, now) for row in rows)

    def last_runs(self) -> tuple[Activity | None, Activity | None]:
        """The newest run of everything that began, and the newest that ended well or nearly."""
        table = tables.activity
        whole = self._select().where(
            table.c.kind == Kind.RUN.value, table.c.whole, table.c.started.is_not(None)
        )
        good = whole.where(table.c.exit_code.in_([0, 1])).order_by(table.c.finished.desc())
        with self._database.transaction() as connection:
            now = self._database.now(connection)
            rows = [
                connection.execute(query.limit(1)).one_or_none()
                for query in (whole.order_by(table.c.started.desc()), good)
            ]
        last, well = (_activity(row, now) if row is not None else None for row in rows)
        return last, well

    def _insert(
        self,
        connection: sa.Connection,
        kind: Kind,
        only: Sequence[str],
        stage: Stage,
        asked_by: str,
        options: Mapping[str, Any] | None,
    ) -> Activity:
        now = self._database.now(connection)
        values = {
            "id": str(uuid.uuid4()),
            "target": self._database.target,
            "kind": kind.value,
            "only": list(only),
            "whole": not only,
            "asked_by": asked_by,
            "options": dict(options or {}),
            "state": stage.value,
            "asked": now,
            "started": now if stage is Stage.RUNNING else None,
            "heartbeat": now,
        }
        connection.execute(tables.activity.insert().values(values))
        made = self._find(connection, str(values["id"]))
        if made is None:
            raise LookupError(values["id"])
        return made

    def _find(self, connection: sa.Connection, activity_id: str) -> Activity | None:
        row = connection.execute(
            self._select().where(tables.activity.c.id == activity_id)
        ).one_or_none()
        return _activity(row, self._database.now(connection)) if row is not None else None

    def _change(self, connection: sa.Connection, activity_id: str, **values: Any) -> None:
        connection.execute(
            sa.update(tables.activity).where(tables.activity.c.id == activity_id).values(values)
        )

    def _select(self) -> sa.Select[Any]:
        return sa.select(tables.activity).where(tables.activity.c.target == self._database.target)


def _activity(row: Any, now: datetime) -> Activity:
    stage, heartbeat = Stage(row.state), aware(row.heartbeat)
    if stage is Stage.RUNNING and now - heartbeat > SILENCE:
        stage = Stage.LOST
    return Activity(
        id=row.id,
        kind=Kind(row.kind),
        only=tuple(row.only),
        asked_by=row.asked_by,
        stage=stage,
        asked=aware(row.asked),
        started=aware(row.started) if row.started else None,
        heartbeat=heartbeat,
        finished=aware(row.finished) if row.finished else None,
        done=row.done,
        total=row.total,
        failed=row.failed,
        exit_code=row.exit_code,
        message=row.message or {},
        summary=row.summary or {},
        options=row.options or {},
        silence=max(now - heartbeat, timedelta(0)),
    )
