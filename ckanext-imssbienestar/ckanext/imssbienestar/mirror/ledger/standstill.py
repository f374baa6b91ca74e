"""What a run that found nothing to do went by, and the record of one that only asks again.

For a ledger in a file of SQLite. Without SQLAlchemy, which takes longer to load than such a run
takes: the few statements it needs are written out here, with moments and JSON as SQLAlchemy keeps
them (``tests/mirror/test_standstill.py`` holds both equal).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ckanext.imssbienestar.mirror.processes import living_runs, whereabouts

_BUSY_SECONDS = 30

# All that a run goes by. What a run without news writes itself (imss_mirror_run and
# imss_mirror_activity), what it is compared with and the looks of the federal side, which it does
# not read, are the only other tables.
GONE_BY = (
    "imss_mirror_about",
    "imss_mirror_dataset",
    "imss_mirror_file",
    "imss_mirror_claim",
    "imss_mirror_shown",
    "imss_mirror_adoption",
    "imss_mirror_plan_run",
    "imss_mirror_passage",
    "imss_mirror_notice",
    "imss_mirror_receipt",
    "imss_mirror_outlook",
    "imss_mirror_proof",
)


@dataclass(frozen=True)
class Standstill:
    """What a run found nothing to do by.

    :ivar settings: SHA-256 of the settings and of the program; never of a token.
    :ivar ledger: :func:`state_of` the ledger.
    :ivar content: the questions with their answers' SHA-256, and what the run told.
    """

    settings: str
    ledger: str
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Record:
    """The rows of a run under way: the use of the program and the run itself."""

    activity_id: str
    run_id: str


def state_of(connection: sqlite3.Connection) -> str:
    """SHA-256 over every row that a run goes by; two equal ones are one state of the ledger.

    :raises sqlite3.Error: it cannot be read, or is no ledger.
    """
    state = hashlib.sha256()
    for table in GONE_BY:
        state.update(f"{table}\n".encode())
        for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608 - names of our own
            state.update(f"{row!r}\n".encode("utf-8", "surrogatepass"))
    return state.hexdigest()


class QuietLedger:
    """The ledger of one target, in a file that is there already.

    :ivar file: where it is.
    :raises sqlite3.Error: like every method, when it is not, or cannot be used.
    """

    def __init__(self, file: Path, target: str) -> None:
        address = f"file:{quote(str(file))}?mode=rw"
        self._connection = sqlite3.connect(
            address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None
        )
        self._connection.execute("PRAGMA synchronous = FULL")
        self._target = target
        self.file = file

    def close(self) -> None:
        """Leave the file."""
        self._connection.close()

    def remembered(self) -> Standstill | None:
        """What the last run that found nothing to do went by."""
        row = self._connection.execute(
            "SELECT settings, ledger, content FROM imss_mirror_standstill WHERE target = ?",
            [self._target],
        ).fetchone()
        content = _read(row[2]) if row else None
        return Standstill(row[0], row[1], content) if content else None

    def begin(self, known: Standstill) -> Record | None:
        """Record that a run begins, unless the ledger is another by now.

        None too while another run is under way or was broken off; nothing is written then.
        """
        with self._transaction() as connection:
            unfinished = connection.execute(
                "SELECT 1 FROM imss_mirror_run WHERE target = ? AND finished IS NULL",
                [self._target],
            ).fetchone()
            if unfinished or state_of(connection) != known.ledger:
                return None
            record = Record(str(uuid.uuid4()), str(uuid.uuid4()))
            self._insert(record)
        living_runs.add(record.run_id)
        return record

    def finish(
        self,
        record: Record,
        exit_code: int,
        message: Mapping[str, str],
        summary: Mapping[str, Any],
    ) -> None:
        """Record how it ended.

        :param message: the sentence it ended with, by language; empty when there is none.
        """
        living_runs.discard(record.run_id)
        now, count = _now(), summary["datasets"]
        kept, told = json.dumps(summary), json.dumps(message)
        with self._transaction() as connection:
            connection.execute(
                "UPDATE imss_mirror_run SET finished = ?, exit_code = ?, summary = ? WHERE id = ?",
                [now, exit_code, kept, record.run_id],
            )
            connection.execute(
                "UPDATE imss_mirror_activity SET state = 'done', heartbeat = ?, finished = ?,"
                " done = ?, total = ?, exit_code = ?, message = ?, summary = ? WHERE id = ?",
                [now, now, count, count, exit_code, told, kept, record.activity_id],
            )

    def _insert(self, record: Record) -> None:
        now = _now()
        self._put(
            "imss_mirror_activity",
            {
                "id": record.activity_id,
                "target": self._target,
                "kind": "run",
                "only": "[]",
                "whole": True,
                "asked_by": "",
                "options": "{}",
                "state": "running",
                "asked": now,
                "started": now,
                "heartbeat": now,
                "done": 0,
                "total": 0,
                "failed": 0,
            },
        )
        row = {"id": record.run_id, "target": self._target, "started": now, "heartbeat": now}
        self._put("imss_mirror_run", row | whereabouts())

    def _put(self, table: str, row: Mapping[str, Any]) -> None:
        columns, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 - our own
        self._connection.execute(statement, list(row.values()))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite has undone it by itself after some failures
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def _read(text: str) -> dict[str, Any] | None:
    try:
        content = json.loads(text)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
