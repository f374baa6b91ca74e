"""The write-ahead ledger: intent committed before a call, confirmation after the read-back.

SQLAlchemy Core on whatever address the settings name. Every public method is one transaction, so
that ``kill -9`` between two of them leaves a ledger that the next run can finish.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from ckanext.imssbienestar.mirror.ledger import drift_records, tables
from ckanext.imssbienestar.mirror.ledger.claims import (
    Claim,
    Claims,
    Fences,
    alive,
)
from ckanext.imssbienestar.mirror.ledger.database import (
    Clock,
    LedgerDatabase,
    aware,
    open_database,
    utc_now,
)
from ckanext.imssbienestar.mirror.ledger.entries import (
    Adoption,
    FileEntry,
    LedgerEntry,
    RunEntry,
    State,
)
from ckanext.imssbienestar.mirror.processes import living_runs, whereabouts
from ckanext.imssbienestar.mirror.texts import Sentence, say, sentence_of


class Ledger:
    """What is on one target, as last confirmed; see :func:`open_ledger`."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database
        self._target = database.target
        self._claims = Claims(database)
        self.run_id = ""

    def entries(self) -> dict[str, LedgerEntry]:
        """Every dataset of this target by its id on the source."""
        with self.transaction() as connection:
            files = self._files(connection)
            shown = drift_records.shown_marks(connection, self._target)
            adopted = drift_records.adoptions(connection, self._target)
            rows = connection.execute(
                sa.select(tables.dataset)
                .where(tables.dataset.c.target == self._target)
                .order_by(tables.dataset.c.dataset_name)
            )
            return {
                row.dataset_id: _entry(
                    row,
                    files.get(row.dataset_id, {}),
                    shown.get(row.dataset_id, ""),
                    adopted.get(row.dataset_id, ()),
                )
                for row in rows
            }

    def intend(
        self,
        dataset_id: str,
        *,
        dataset_name: str,
        remote_name: str,
        remote_id: str | None,
        release_id: str,
        digest: str,
        action: str,
        claim: Claim | None = None,
    ) -> None:
        """Commit what is about to be sent. Confirmed files stay: they still tell what was there.

        :param claim: proven in the same transaction, here and in what follows.
        :raises LostClaimError: when it is another run's by now; nothing is written then.
        """
        values: dict[str, Any] = {
            "dataset_name": dataset_name,
            "remote_name": remote_name,
            "remote_id": remote_id,
            "release_id": release_id,
            "digest": digest,
            "action": action,
            "state": State.PLANNED.value,
            "error": "",
            "run_id": self.run_id,
        }
        with self._fenced(claim) as connection:
            values["planned"] = self._database.now(connection)
            self._put_on(connection, dataset_id, values)
            drift_records.forget_shown(connection, self._target, dataset_id)

    def sent(self, dataset_id: str, remote_id: str, claim: Claim | None = None) -> None:
        """The call was answered; what it left there is still to be read back."""
        values = {"state": State.SENT.value, "remote_id": remote_id}
        with self._fenced(claim) as connection:
            moment = self._database.now(connection)
            self._change_on(connection, dataset_id, values | {"sent": moment})

    def confirm(
        self,
        dataset_id: str,
        *,
        dataset_name: str,
        remote_name: str,
        remote_id: str | None,
        release_id: str,
        digest: str,
        action: str,
        private: bool | None,
        files: Sequence[FileEntry],
        withdrawn: bool = False,
        shown: str = "",
        claim: Claim | None = None,
    ) -> None:
        """The target was read back and is what it should be.

        :param shown: marks of what it showed, to tell later what people changed there.
        """
        values: dict[str, Any] = {
            "dataset_name": dataset_name,
            "remote_name": remote_name,
            "remote_id": remote_id,
            "release_id": release_id,
            "digest": digest,
            "action": action,
            "state": State.CONFIRMED.value,
            "private": private,
            "withdrawn": withdrawn,
            "error": "",
            "run_id": self.run_id,
        }
        with self._fenced(claim) as connection:
            values["confirmed"] = self._database.now(connection)
            self._put_on(connection, dataset_id, values)
            self._replace_files(connection, dataset_id, files)
            drift_records.remember_shown(connection, self._target, dataset_id, shown)

    def note_private(self, dataset_id: str, private: bool) -> None:
        """Record the visibility the target has given a dataset."""
        with self.transaction() as connection:
            self._change_on(connection, dataset_id, {"private": private})

    def fail(
        self,
        dataset_id: str,
        dataset_name: str,
        remote_name: str,
        error: Sentence,
        claim: Claim | None = None,
    ) -> None:
        """Work on a dataset ended badly; what was confirmed before stays known."""
        with self._fenced(claim) as connection:
            values = {
                "state": State.FAILED.value,
                "error": json.dumps(error.as_data()),
                "run_id": self.run_id,
            }
            if not self._change_on(connection, dataset_id, values):
                blank = {"release_id": "", "digest": "", "action": "none", "withdrawn": False}
                names = {"dataset_name": dataset_name, "remote_name": remote_name}
                self._put_on(connection, dataset_id, {**blank, **names, **values})

    # -- claims ----------------------------------------------------------------------------

    def fences(self) -> Fences:
        """What each dataset's claim must still find when the plan made now is carried out."""
        with self.transaction() as connection:
            return self._claims.fences(connection, self.run_id)

    def claim(self, dataset_id: str, seen: int | None = None) -> Claim | None:
        """The right to write a dataset; None while another run has it.

        :param seen: of :meth:`fences`; None too when another run had it since then.
        """
        with self.transaction() as connection:
            return self._claims.take(connection, dataset_id, self.run_id, seen)

    def release(self, claim: Claim) -> None:
        """Give a claim back."""
        with self.transaction() as connection:
            self._claims.release(connection, claim)

    @contextmanager
    def _fenced(self, claim: Claim | None) -> Iterator[sa.Connection]:
        with self.transaction() as connection:
            if claim is not None:
                self._claims.demand(connection, claim)
            yield connection

    # -- runs ------------------------------------------------------------------------------

    def start_run(self) -> str:
        """Begin a run; any number may be under way, a claim keeps each dataset to one of them."""
        self.run_id = str(uuid.uuid4())
        living_runs.add(self.run_id)
        with self.transaction() as connection:
            now = self._database.now(connection)
            for row in self._unfinished(connection):
                if not alive(row, now):
                    self._finish_on(connection, row.id, {"finished": now})
            connection.execute(
                tables.run.insert().values(
                    id=self.run_id, target=self._target, started=now, heartbeat=now, **whereabouts()
                )
            )
        return self.run_id

    def go_on_with(self, run_id: str) -> None:
        """Go on with a run of this process that is in the ledger already."""
        self.run_id = run_id
        living_runs.add(run_id)

    def beat(self) -> None:
        """A sign of life: the run and its claims go on."""
        with self.transaction() as connection:
            now = self._database.now(connection)
            connection.execute(
                sa.update(tables.run).where(tables.run.c.id == self.run_id).values(heartbeat=now)
            )
            self._claims.beat(connection, self.run_id)

    def finish_run(self, exit_code: int, summary: Mapping[str, Any]) -> None:
        """End the run, give its claims back and keep the summary."""
        living_runs.discard(self.run_id)
        with self.transaction() as connection:
            values = {
                "finished": self._database.now(connection),
                "exit_code": exit_code,
                "summary": dict(summary),
            }
            self._finish_on(connection, self.run_id, values)

    def running(self) -> tuple[RunEntry, ...]:
        """The runs under way now, on any machine; one whose process is gone is not."""
        with self.transaction() as connection:
            now = self._database.now(connection)
            return tuple(
                RunEntry(row.id, row.host, row.process, aware(row.started), aware(row.beat))
                for row in self._unfinished(connection)
                if alive(row, now)
            )

    def _unfinished(self, connection: sa.Connection) -> Sequence[sa.Row[Any]]:
        beat, run_id = tables.run.c.heartbeat.label("beat"), tables.run.c.id.label("run_id")
        return connection.execute(
            sa.select(tables.run, beat, run_id)
            .where(tables.run.c.target == self._target, tables.run.c.finished.is_(None))
            .order_by(tables.run.c.started)
        ).all()

    def _finish_on(self, connection: sa.Connection, run_id: str, values: Mapping[str, Any]) -> None:
        connection.execute(sa.update(tables.run).where(tables.run.c.id == run_id).values(values))
        self._claims.release_all(connection, run_id)

    # -- rows ------------------------------------------------------------------------------

    def _put_on(
        self, connection: sa.Connection, dataset_id: str, values: Mapping[str, Any]
    ) -> None:
        if not self._change_on(connection, dataset_id, values):
            key = {"target": self._target, "dataset_id": dataset_id}
            connection.execute(tables.dataset.insert().values({**key, **values}))

    def _change_on(
        self, connection: sa.Connection, dataset_id: str, values: Mapping[str, Any]
    ) -> bool:
        found = connection.execute(
            sa.update(tables.dataset).where(*self._is(tables.dataset, dataset_id)).values(values)
        ).rowcount
        return bool(found)

    def _replace_files(
        self, connection: sa.Connection, dataset_id: str, files: Sequence[FileEntry]
    ) -> None:
        connection.execute(sa.delete(tables.resource).where(*self._is(tables.resource, dataset_id)))
        if files:
            key = {"target": self._target, "dataset_id": dataset_id}
            connection.execute(
                tables.resource.insert(),
                [
                    {
                        **key,
                        "identifier": file.identifier,
                        "remote_id": file.remote_id,
                        "sha256": file.sha256,
                        "size": file.size,
                        "fingerprint": file.fingerprint,
                        "proof": file.proof,
                    }
                    for file in files
                ],
            )

    def _files(self, connection: sa.Connection) -> dict[str, dict[str, FileEntry]]:
        rows = connection.execute(
            sa.select(tables.resource).where(tables.resource.c.target == self._target)
        )
        files: dict[str, dict[str, FileEntry]] = {}
        for row in rows:
            file = FileEntry(
                row.identifier,
                row.remote_id,
                row.sha256,
                row.size,
                row.fingerprint,
                row.proof or "bytes",
            )
            files.setdefault(row.dataset_id, {})[row.identifier] = file
        return files

    def _is(self, table: sa.Table, dataset_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (table.c.target == self._target, table.c.dataset_id == dataset_id)

    @property
    def target(self) -> str:
        """Key of the target in every table."""
        return self._target

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One transaction, also for the modules that keep tables of their own in the ledger.

        :raises MirrorConfigurationError: when the database fails.
        """
        with self._database.transaction() as connection:
            yield connection


def open_ledger(url: str, target: str, clock: Clock = utc_now) -> Ledger:
    """Open, and create or upgrade if need be, the ledger of one target.

    :param target: key of the target: what two profiles that write the same place share.
    """
    return Ledger(open_database(url, target, clock))


def _entry(
    row: Any, files: Mapping[str, FileEntry], shown: str, adopted: tuple[Adoption, ...]
) -> LedgerEntry:
    return LedgerEntry(
        dataset_id=row.dataset_id,
        dataset_name=row.dataset_name,
        remote_name=row.remote_name,
        remote_id=row.remote_id,
        release_id=row.release_id,
        digest=row.digest,
        action=row.action,
        state=State(row.state),
        private=row.private,
        withdrawn=bool(row.withdrawn),
        error=_error(row.error or ""),
        confirmed=aware(row.confirmed) if row.confirmed else None,
        files=files,
        shown=shown,
        adopted=adopted,
    )


def _error(kept: str) -> Sentence | None:
    """What :meth:`Ledger.fail` kept; up to version 3 that was a text in Spanish."""
    if not kept:
        return None
    return sentence_of(json.loads(kept)) if kept.startswith('{"code"') else say("text", text=kept)
