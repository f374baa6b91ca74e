"""The write-ahead ledger: intent committed before a call, confirmation after the read-back.

SQLAlchemy Core on whatever address the settings name. Every public method is one transaction, so
that ``kill -9`` between two of them leaves a ledger that the next run can finish.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from ckanext.imssbienestar.mirror import drift_records
from ckanext.imssbienestar.mirror import ledger_tables as tables
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger_entries import (
    Adoption,
    FileEntry,
    LedgerEntry,
    State,
)
from ckanext.imssbienestar.mirror.processes import process_exists

LEASE_SECONDS = 300
_BUSY_SECONDS = 30

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


class Ledger:
    """What is on one target, as last confirmed; see :func:`open_ledger`."""

    def __init__(self, engine: sa.Engine, target: str, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._target = target
        self._clock = clock
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
    ) -> None:
        """Commit what is about to be sent. Confirmed files stay: they still tell what was there."""
        values = {
            "dataset_name": dataset_name,
            "remote_name": remote_name,
            "remote_id": remote_id,
            "release_id": release_id,
            "digest": digest,
            "action": action,
            "state": State.PLANNED.value,
            "error": "",
            "run_id": self.run_id,
            "planned": self._clock(),
        }
        with self.transaction() as connection:
            self._put_on(connection, dataset_id, values)
            drift_records.forget_shown(connection, self._target, dataset_id)

    def sent(self, dataset_id: str, remote_id: str) -> None:
        """The call was answered; what it left there is still to be read back."""
        self._change(dataset_id, state=State.SENT.value, remote_id=remote_id, sent=self._clock())

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
    ) -> None:
        """The target was read back and is what it should be.

        :param shown: marks of what it showed, to tell later what people changed there.
        """
        values = {
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
            "confirmed": self._clock(),
        }
        with self.transaction() as connection:
            self._put_on(connection, dataset_id, values)
            self._replace_files(connection, dataset_id, files)
            drift_records.remember_shown(connection, self._target, dataset_id, shown)

    def note_private(self, dataset_id: str, private: bool) -> None:
        """Record the visibility the target has given a dataset."""
        self._change(dataset_id, private=private)

    def fail(self, dataset_id: str, dataset_name: str, remote_name: str, error: str) -> None:
        """Work on a dataset ended badly; what was confirmed before stays known."""
        with self.transaction() as connection:
            values = {"state": State.FAILED.value, "error": error, "run_id": self.run_id}
            found = connection.execute(
                sa.update(tables.dataset)
                .where(*self._is(tables.dataset, dataset_id))
                .values(values)
            ).rowcount
            if not found:
                blank = {"release_id": "", "digest": "", "action": "none", "withdrawn": False}
                names = {"dataset_name": dataset_name, "remote_name": remote_name}
                self._put_on(connection, dataset_id, {**blank, **names, **values})

    # -- runs ------------------------------------------------------------------------------

    def start_run(self) -> str:
        """Take the lease of this target, or say who has it."""
        now = self._clock()
        with self.transaction() as connection:
            self._refuse_if_busy(connection, now)
            self.run_id = str(uuid.uuid4())
            connection.execute(
                tables.run.insert().values(
                    id=self.run_id,
                    target=self._target,
                    started=now,
                    heartbeat=now,
                    host=socket.gethostname(),
                    process=os.getpid(),
                )
            )
        return self.run_id

    def beat(self) -> None:
        """Keep the lease."""
        with self.transaction() as connection:
            connection.execute(
                sa.update(tables.run)
                .where(tables.run.c.id == self.run_id)
                .values(heartbeat=self._clock())
            )

    def finish_run(self, exit_code: int, summary: Mapping[str, Any]) -> None:
        """Give the lease back and keep the summary."""
        with self.transaction() as connection:
            connection.execute(
                sa.update(tables.run)
                .where(tables.run.c.id == self.run_id)
                .values(finished=self._clock(), exit_code=exit_code, summary=dict(summary))
            )

    def _refuse_if_busy(self, connection: sa.Connection, now: datetime) -> None:
        running = connection.execute(
            sa.select(tables.run)
            .where(tables.run.c.target == self._target, tables.run.c.finished.is_(None))
            .order_by(tables.run.c.started)
        ).all()
        for row in running:
            if _alive(row, now):
                raise MirrorConfigurationError(
                    "ledger-busy",
                    process=row.process,
                    host=row.host,
                    since=_aware(row.started).isoformat(timespec="seconds"),
                    lease=LEASE_SECONDS,
                )
            connection.execute(
                sa.update(tables.run).where(tables.run.c.id == row.id).values(finished=now)
            )

    # -- rows ------------------------------------------------------------------------------

    def _put_on(
        self, connection: sa.Connection, dataset_id: str, values: Mapping[str, Any]
    ) -> None:
        found = connection.execute(
            sa.update(tables.dataset).where(*self._is(tables.dataset, dataset_id)).values(values)
        ).rowcount
        if not found:
            key = {"target": self._target, "dataset_id": dataset_id}
            connection.execute(tables.dataset.insert().values({**key, **values}))

    def _change(self, dataset_id: str, **values: Any) -> None:
        with self.transaction() as connection:
            connection.execute(
                sa.update(tables.dataset)
                .where(*self._is(tables.dataset, dataset_id))
                .values(values)
            )

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
            file = FileEntry(row.identifier, row.remote_id, row.sha256, row.size, row.fingerprint)
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
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise unusable(self._engine.url, error) from None


def open_ledger(url: str, target: str, clock: Clock = utc_now) -> Ledger:
    """Open, and create or upgrade if need be, the ledger of one target.

    :param target: key of the target: what two profiles that write the same place share.
    """
    try:
        engine = _engine(url)
        with engine.begin() as connection:
            found = tables.bring_up_to_date(connection)
    except SQLAlchemyError as error:
        raise unusable(url, error) from None
    if found > tables.ENGINE_VERSION:
        raise MirrorConfigurationError(
            "ledger-newer", ledger=_shown(url), found=found, known=tables.ENGINE_VERSION
        )
    return Ledger(engine, target, clock)


def unusable(url: str | sa.URL, error: SQLAlchemyError) -> MirrorConfigurationError:
    """A database failure as a sentence, without statement, parameters or password."""
    origin = getattr(error, "orig", None)
    cause = str(origin or error).splitlines()[0]
    return MirrorConfigurationError("ledger-unusable", ledger=_shown(url), cause=cause)


def _engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_at_once)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # our own BEGIN below, not pysqlite's late one
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # FULL: an intent that a power cut could undo would not be a write-ahead.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_at_once(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _shown(url: str | sa.URL) -> str:
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "(url)"


def _alive(row: Any, now: datetime) -> bool:
    """A run lives while its lease lasts and, if it is on this machine, its process too."""
    if now - _aware(row.heartbeat) >= timedelta(seconds=LEASE_SECONDS):
        return False
    if row.host != socket.gethostname():
        return True
    return bool(row.process != os.getpid() and process_exists(row.process))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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
        error=row.error or "",
        confirmed=_aware(row.confirmed) if row.confirmed else None,
        files=files,
        shown=shown,
        adopted=adopted,
    )
