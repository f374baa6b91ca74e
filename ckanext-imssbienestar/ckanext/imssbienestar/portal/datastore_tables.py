"""The tables of published resources in the DataStore's own database.

A table is made aside, filled and put in the place of the one before in a single transaction, so
readers see the old one or the new one and a process that dies leaves nothing. What it was loaded
from is written in the table's own comment, in that transaction: a table cannot say anything else
than what it holds.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import psycopg2
import sqlalchemy as sa
from ckanext.datastore.backend import postgres
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.portal.datastore_errors import (
    DataStoreUnavailable,
    PostgresRefused,
    RowsDiffer,
)
from ckanext.imssbienestar.portal.datastore_fields import ColumnType, searchable_characters
from ckanext.imssbienestar.portal.datastore_rows import SignedRows

_MARK = "imss_datastore"
_COPY_BUFFER = 1 << 18
# PostgreSQL passes at most 100 arguments to a function.
_ARGUMENTS = 50
_BETWEEN = " || ' ' || "
# Any number, as long as it is only ours: the first half of the keys of our locks.
_LOCK_SPACE = 1_229_804_371


@dataclass(frozen=True)
class Origin:
    """What a table was loaded from; two loads of the same origin give the same table.

    :ivar dictionary: SHA-256 of the data dictionary.
    :ivar mapping: version of ``schemas/datastore_types.yaml``.
    """

    dataset_id: str
    sha256: str
    dictionary: str
    mapping: int


@dataclass(frozen=True)
class LoadedTable:
    """A table of ours as it is.

    :ivar loaded: when, ISO 8601 in UTC.
    """

    resource_id: str
    origin: Origin
    rows: int
    loaded: str


@dataclass(frozen=True)
class Column:
    """A column of a table to be made.

    :ivar field: as ``datastore_create`` takes it.
    """

    field: dict[str, Any]
    type: ColumnType

    @property
    def quoted(self) -> str:
        """Its name in SQL."""
        return _quoted(self.field["id"])


class DataStoreTables:
    """The tables that this extension keeps; every failure is one of ``datastore_errors``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def lock(self, dataset_id: str) -> Iterator[None]:
        """One process at a time for one dataset, on any machine; waits for its turn.

        It is held by a connection, so it ends with the process.
        """
        key = {"space": _LOCK_SPACE, "name": dataset_id}
        with _typed_failures():
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            # Not the pool's any more: closing it is what gives the lock back.
            connection.detach()
        try:
            with _typed_failures():
                connection.execute(sa.text("SELECT pg_advisory_lock(:space, hashtext(:name))"), key)
            yield
        finally:
            connection.close()

    def all(self) -> dict[str, LoadedTable]:
        """Every table of ours by resource id."""
        query = sa.text(
            "SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class c "
            "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace "
            "AND obj_description(c.oid, 'pg_class') LIKE :mark"
        )
        with _typed_failures(), self._engine.connect() as connection:
            found = connection.execute(query, {"mark": f'{{"{_MARK}"%'}).all()
        return {name: _loaded_table(name, comment) for name, comment in found}

    def of_dataset(self, dataset_id: str) -> dict[str, LoadedTable]:
        """Those of one dataset by resource id."""
        return {
            name: table
            for name, table in self.all().items()
            if table.origin.dataset_id == dataset_id
        }

    def replace(
        self,
        resource_id: str,
        origin: Origin,
        columns: Sequence[Column],
        rows: SignedRows,
        *,
        expected_rows: int | None,
        loaded: str,
    ) -> LoadedTable:
        """Make the table anew from the file; until it is complete the old one answers.

        :param expected_rows: what the check of the file counted, when it is known.
        :raises RowsDiffer: another number; the old table stays.
        :raises TableRefused: PostgreSQL cannot keep the file with these types; the old table stays.
        :raises ContentMissing: the bytes are not the signed ones; the old table stays.
        :raises DataStoreUnavailable: try later; the old table stays.
        """
        aside = f"_imss_{uuid.uuid4().hex}"
        with _typed_failures(), self._engine.begin() as connection:
            connection.execute(sa.text("SET LOCAL timezone TO 'UTC'"))
            connection.execute(sa.text("SET LOCAL datestyle TO 'ISO, YMD'"))
            connection.execute(sa.text("SET LOCAL synchronize_seqscans TO off"))
            fields = [column.field for column in columns]
            postgres.create_table(
                {"connection": connection}, {"resource_id": aside, "fields": fields}, {}
            )
            count = _fill(connection, aside, columns, rows)
            if expected_rows is not None and count != expected_rows:
                raise RowsDiffer(count, expected_rows)
            _make_searchable(connection, aside)
            table = LoadedTable(resource_id, origin, count, loaded)
            _put_in_place(connection, aside, table)
        self._count_again(resource_id)
        return table

    def drop(self, resource_id: str) -> None:
        """Remove a table, if it is there."""
        with _typed_failures(), self._engine.begin() as connection:
            _wait_for_readers(connection)
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {_quoted(resource_id)} CASCADE"))
        self._forget_count(resource_id)

    def _count_again(self, resource_id: str) -> None:
        """The number of rows and the statistics that CKAN's search keeps beside a table."""
        self._forget_count(resource_id)
        with _typed_failures(), self._engine.begin() as connection:
            connection.execute(sa.text("SELECT update_table_stats(:id)"), {"id": resource_id})

    def _forget_count(self, resource_id: str) -> None:
        with _typed_failures(), self._engine.begin() as connection:
            statement = sa.text("DELETE FROM _table_stats WHERE resource_id = :id")
            connection.execute(statement, {"id": resource_id})


def _fill(connection: Connection, aside: str, columns: Sequence[Column], rows: SignedRows) -> int:
    """Texts first, values after: a cell is read by SQL that is written down as data."""
    names = ", ".join(column.quoted for column in columns)
    texts = ", ".join(f"{column.quoted} text" for column in columns)
    connection.exec_driver_sql(
        _literally(f"CREATE TEMPORARY TABLE _imss_texts ({texts}) ON COMMIT DROP")
    )
    cursor = connection.connection.cursor()
    try:
        cursor.copy_expert("COPY _imss_texts FROM STDIN (FORMAT csv)", rows, _COPY_BUFFER)
    finally:
        cursor.close()
        if rows.problem is not None:
            raise rows.problem
    rows.verify()
    values = ", ".join(column.type.expression(column.quoted) for column in columns)
    into = f"INSERT INTO {_quoted(aside)} (_full_text, {names})"
    words = f"to_tsvector('simple', {_words(columns)})"
    # Names are quoted, and the rest is SQL of schemas/datastore_types.yaml.
    statement = f"{into} SELECT {words}, {values} FROM _imss_texts"  # noqa: S608
    result = connection.exec_driver_sql(_literally(statement))
    return int(result.rowcount)


def _words(columns: Sequence[Column]) -> str:
    """SQL for the text of a row that is searched."""
    names = [column.quoted for column in columns]
    groups = [names[start : start + _ARGUMENTS] for start in range(0, len(names), _ARGUMENTS)]
    parts = [f"concat_ws(' ', {', '.join(group)})" for group in groups]
    return f"left({_BETWEEN.join(parts)}, {searchable_characters()})"


def _make_searchable(connection: Connection, aside: str) -> None:
    """CKAN's own trigger and index."""
    connection.execute(sa.text("SET LOCAL maintenance_work_mem TO '128MB'"))
    postgres._create_fulltext_trigger(connection, aside)
    postgres.create_indexes({"connection": connection}, {"resource_id": aside})


def _put_in_place(connection: Connection, aside: str, table: LoadedTable) -> None:
    target = _quoted(table.resource_id)
    comment = json.dumps({_MARK: asdict(table)})
    connection.exec_driver_sql(
        f"COMMENT ON TABLE {_quoted(aside)} IS {_literally(postgres.literal_string(comment))}"
    )
    _wait_for_readers(connection)
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {target} CASCADE")
    connection.exec_driver_sql(f"ALTER TABLE {_quoted(aside)} RENAME TO {target}")
    # CKAN knows its index by a name made of the table's.
    full_text = _quoted("_full_text")
    ours, theirs = (
        _quoted(postgres._generate_index_name(name, full_text))
        for name in (aside, table.resource_id)
    )
    connection.exec_driver_sql(f"ALTER INDEX {ours} RENAME TO {theirs}")


def _wait_for_readers(connection: Connection) -> None:
    # Whoever waits for a table keeps all new readers waiting behind it.
    connection.execute(sa.text("SET LOCAL lock_timeout TO '30s'"))


def _loaded_table(name: str, comment: str) -> LoadedTable:
    known = json.loads(comment)[_MARK]
    return LoadedTable(name, Origin(**known["origin"]), known["rows"], known["loaded"])


def _quoted(name: str) -> str:
    quoted: str = postgres.identifier(name)
    return quoted


def _literally(statement: str) -> str:
    """For the database driver, to which a percent sign is the start of a parameter."""
    return statement.replace("%", "%%")


# Classes of SQLSTATE that may pass: connection, conflict, resources, locks, operator, system; and
# the permissions that an operator has still to give.
_PASSING = ("08", "40", "53", "55", "57", "58", "XX", "42501")


@contextmanager
def _typed_failures() -> Iterator[None]:
    """A failure of PostgreSQL as one of our errors, without its message, which quotes cells."""
    try:
        yield
    except DBAPIError as error:
        raise _typed(error.orig) from None
    except psycopg2.Error as error:
        raise _typed(error) from None


def _typed(error: BaseException | None) -> ImssError:
    code = str(getattr(error, "pgcode", None) or "")
    if not code or code.startswith(_PASSING):
        return DataStoreUnavailable(code)
    return PostgresRefused(code)
