"""The database a ledger is in: how it is opened, its transactions, its clock, its failures."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger import tables

_BUSY_SECONDS = 30
_BUSY_PAUSE = 0.02
# Two programs that open a new ledger at once make its tables one after the other.
_OPENING_LOCK = 6_157_309_441
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


class LedgerDatabase:
    """One target's part of the tables.

    :ivar target: key of every row: what two profiles that write the same place share.
    """

    def __init__(self, engine: sa.Engine, target: str, clock: Clock = utc_now) -> None:
        self.engine = engine
        self.target = target
        self.clock = clock

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One transaction; a failure of the database is a :class:`MirrorConfigurationError`."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise unusable(self.engine.url, error) from None

    def take_turn(self, connection: sa.Connection, table: sa.Table) -> None:
        """Wait until no other transaction that took its turn is at this target's rows of a table.

        For what is looked at before it is written; SQLite has one writer at a time as it is.
        """
        if connection.dialect.name == "postgresql":
            key = sa.func.hashtextextended(f"{table.name} {self.target}", 0)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))

    def now(self, connection: sa.Connection) -> datetime:
        """The moment by a clock that everybody who shares the database reads.

        Every moment in the ledger is by it: several machines write there, and what they write is
        compared, whatever their own clocks say.
        """
        if connection.dialect.name == "postgresql":
            moment: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
            return moment
        return self.clock()


def open_database(url: str, target: str, clock: Clock = utc_now) -> LedgerDatabase:
    """Open, and create or upgrade if need be, the tables of a ledger."""
    engine = _engine_of(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_OPENING_LOCK)))
            found = tables.bring_up_to_date(connection)
    except SQLAlchemyError as error:
        raise unusable(url, error) from None
    if found > tables.ENGINE_VERSION:
        raise MirrorConfigurationError(
            "ledger-newer", ledger=_shown(url), found=found, known=tables.ENGINE_VERSION
        )
    return LedgerDatabase(engine, target, clock)


def unusable(url: str | sa.URL, error: SQLAlchemyError) -> MirrorConfigurationError:
    """A database failure as a sentence, without statement, parameters or password."""
    origin = getattr(error, "orig", None)
    cause = str(origin or error).splitlines()[0]
    if getattr(origin, "sqlite_errorcode", None) in _DAMAGED:
        return MirrorConfigurationError("ledger-corrupt", ledger=_shown(url), cause=cause)
    return MirrorConfigurationError("ledger-unusable", ledger=_shown(url), cause=cause)


def aware(moment: datetime) -> datetime:
    """SQLite forgets the zone of a moment; all of ours are UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _engine_of(url: str) -> sa.Engine:
    try:
        return _engine(url)
    except SQLAlchemyError as error:
        raise unusable(url, error) from None
    except (ImportError, ValueError) as error:  # no such driver here, a port that is no number
        # What a ValueError quotes may be a part of the password.
        cause = str(error) if isinstance(error, ImportError) else "url"
        raise MirrorConfigurationError("ledger-unusable", ledger=_shown(url), cause=cause) from None


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
    _write_ahead(cursor)
    # FULL: an intent that a power cut could undo would not be a write-ahead.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Switch to WAL; SQLite does not wait by itself while another process does the same."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in _BUSY or time.monotonic() > until:
                raise
            time.sleep(_BUSY_PAUSE)
        else:
            return


def _begin_at_once(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _shown(url: str | sa.URL) -> str:
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "(url)"
