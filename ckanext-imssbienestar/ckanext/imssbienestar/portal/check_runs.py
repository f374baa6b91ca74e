"""How far the check of a large file is: one row for each, written by its process as it works.

Every change is committed at once in a transaction of its own: others must see it while the request
or the job that makes it is still under way. A change names the attempt it belongs to, so that a
process that was thought dead cannot write over the attempt that took its place.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from ckan.model import meta
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ckanext.imssbienestar.domain.findings import CheckReport
from ckanext.imssbienestar.domain.release import StoredFile
from ckanext.imssbienestar.model import CheckRun, StoredReport, new_id

_COMPLETE = " complete"


class RunState(StrEnum):
    """Where a check stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Reason(StrEnum):
    """Why a check ended without a report."""

    LOST = "lost"
    QUEUE = "queue"
    NO_ROOM = "no-room"
    NO_FILE = "no-file"
    DICTIONARY = "dictionary"
    TOO_LONG = "too-long"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True)
class ReportKey:
    """What makes two checks the same check: bytes, dictionary, rules, language of the texts."""

    sha256: str
    dictionary_digest: str
    rules_version: str
    language: str

    @property
    def complete(self) -> ReportKey:
        """The same check with every finding kept: a check of its own, whose result is a file."""
        return replace(self, rules_version=self.rules_version + _COMPLETE)

    def copied(self, answers: str) -> ReportKey:
        """The publishable copy of the same file, whose result is a file too.

        :param answers: a digest of what a person answered about the copy.
        """
        return replace(self, rules_version=f"{self.rules_version} copy {answers}")

    @property
    def is_complete(self) -> bool:
        """Is every finding kept?"""
        return self.rules_version.endswith(_COMPLETE)

    @property
    def values(self) -> dict[str, str]:
        """The columns of the tables that it is the primary key of."""
        return dict(vars(self))


def find(key: ReportKey) -> CheckRun | None:
    """The run of a check as it is now, whoever wrote it."""
    with _own_session() as session:
        return session.get(CheckRun, tuple(key.values.values()))


def claim(
    key: ReportKey, stored: StoredFile, dictionary: Mapping[str, Any] | None, *, again: bool
) -> CheckRun | None:
    """A new attempt that waits to be run, or None when somebody else has one under way.

    :param again: begin anew after a failure; without it a failed run stays as it is.
    """
    fresh = {
        "id": new_id(),
        "file_name": stored.name,
        "size": stored.size,
        "dictionary": dict(dictionary) if dictionary else None,
        "state": RunState.WAITING,
        "reason": "",
        "bytes_read": 0,
        "queued": _now(),
        "heartbeat": None,
        "finished": None,
    }
    # A finished run is only asked for when its report is gone.
    over = [RunState.DONE, RunState.FAILED] if again else [RunState.DONE]
    statement = (
        insert(CheckRun)
        .values(**key.values, **fresh, attempt=1)
        .on_conflict_do_update(
            index_elements=list(key.values),
            set_={**fresh, "attempt": CheckRun.attempt + 1},
            where=CheckRun.state.in_(over),
        )
        .returning(CheckRun)
    )
    with _own_session() as session:
        return session.scalars(statement).one_or_none()


def start(run_id: str) -> CheckRun | None:
    """The waiting attempt, running from now on; None when it is no longer wanted."""
    with _own_session() as session:
        return session.scalars(
            sa.update(CheckRun)
            .where(CheckRun.id == run_id, CheckRun.state == RunState.WAITING)
            .values(state=RunState.RUNNING, heartbeat=_now())
            .returning(CheckRun)
        ).one_or_none()


def beat(run_id: str, bytes_read: int) -> None:
    """A sign of life with the progress; nothing when the attempt is no longer wanted."""
    with _own_session() as session:
        session.execute(
            sa.update(CheckRun)
            .where(CheckRun.id == run_id, CheckRun.state == RunState.RUNNING)
            .values(bytes_read=bytes_read, heartbeat=_now())
        )


def finish(run_id: str, key: ReportKey, report: CheckReport | None) -> None:
    """Say that the result is there and keep it, both or neither.

    :param report: None when the result is a file, which is there already.
    """
    with _own_session() as session:
        if report is not None:
            keep_report(session, key, report)
        session.execute(
            sa.update(CheckRun)
            .where(CheckRun.id == run_id, CheckRun.state == RunState.RUNNING)
            .values(state=RunState.DONE, bytes_read=CheckRun.size, finished=_now())
        )


def fail(run_id: str, reason: Reason) -> None:
    """Say that this attempt ended without a report; one that is over already stays as it is."""
    with _own_session() as session:
        session.execute(
            sa.update(CheckRun)
            .where(
                CheckRun.id == run_id,
                CheckRun.state.in_([RunState.WAITING, RunState.RUNNING]),
            )
            .values(state=RunState.FAILED, reason=reason, finished=_now())
        )


def keep_report(session: Session, key: ReportKey, report: CheckReport) -> None:
    """Store a report in the session's transaction; one that is there already stays.

    Those that older rules made of the same bytes go: a column that is personal by the new rules
    may be quoted in them.
    """
    session.execute(
        sa.delete(StoredReport).where(
            StoredReport.sha256 == key.sha256, StoredReport.rules_version != key.rules_version
        )
    )
    session.execute(
        insert(StoredReport)
        .values(**key.values, report=report.model_dump(mode="json"), created=_now())
        .on_conflict_do_nothing()
    )


def key_of(run: CheckRun) -> ReportKey:
    """The check that a run is of."""
    return ReportKey(run.sha256, run.dictionary_digest, run.rules_version, run.language)


@contextmanager
def _own_session() -> Iterator[Session]:
    # Rows are read after their session is closed.
    with Session(meta.engine, expire_on_commit=False) as session, session.begin():
        yield session


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
