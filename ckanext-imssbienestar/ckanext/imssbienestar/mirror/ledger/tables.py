"""The ledger's tables, the same on SQLite and PostgreSQL, and how they come to be.

``engine_version`` says which shape a ledger has; a newer shape adds a step to :data:`STEPS`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()

ENGINE_VERSION = 4


def _of_a_dataset() -> tuple[sa.Column[Any], ...]:
    """The key of what a target has once for each dataset of the source."""
    return (
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("dataset_id", sa.Text, primary_key=True),
    )


def _numbered() -> tuple[sa.Column[Any], ...]:
    """The key of rows that are only ever added, and the target they are about."""
    return (
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("target", sa.Text, nullable=False, index=True),
    )


def _moment(name: str, *, known: bool = True) -> sa.Column[Any]:
    """A moment by the clock of the ledger, UTC.

    :param known: whether every row has one from its beginning.
    """
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not known)


about = sa.Table(
    "imss_mirror_about",
    metadata,
    sa.Column("engine_version", sa.Integer, primary_key=True),
)

run = sa.Table(
    "imss_mirror_run",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, nullable=False, index=True),
    _moment("started"),
    _moment("heartbeat"),
    _moment("finished", known=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("exit_code", sa.Integer),
    sa.Column("summary", sa.JSON),
    sa.Column("machine", sa.Text),
    sa.Column("birth", sa.Text),
)

dataset = sa.Table(
    "imss_mirror_dataset",
    metadata,
    *_of_a_dataset(),
    sa.Column("dataset_name", sa.Text, nullable=False),
    sa.Column("remote_name", sa.Text, nullable=False),
    sa.Column("remote_id", sa.Text),
    sa.Column("release_id", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("private", sa.Boolean),
    sa.Column("withdrawn", sa.Boolean, nullable=False, default=False),
    sa.Column("error", sa.Text, nullable=False, default=""),
    sa.Column("run_id", sa.Text, nullable=False),
    _moment("planned", known=False),
    _moment("sent", known=False),
    _moment("confirmed", known=False),
)

resource = sa.Table(
    "imss_mirror_file",
    metadata,
    *_of_a_dataset(),
    sa.Column("identifier", sa.Text, primary_key=True),
    sa.Column("remote_id", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("proof", sa.Text),
)

# Who may write which dataset: see claims.py.

claim = sa.Table(
    "imss_mirror_claim",
    metadata,
    *_of_a_dataset(),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("run_id", sa.Text, index=True),
    _moment("since"),
    _moment("beat"),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("machine", sa.Text, nullable=False),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("birth", sa.Text, nullable=False),
)

# What people did at the target, and what they ordered: see drift_records.py.

shown = sa.Table(
    "imss_mirror_shown",
    metadata,
    *_of_a_dataset(),
    sa.Column("marks", sa.Text, nullable=False),
)

adoption = sa.Table(
    "imss_mirror_adoption",
    metadata,
    *_numbered(),
    sa.Column("dataset_id", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("mark", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    _moment("adopted"),
)

plan_run = sa.Table(
    "imss_mirror_plan_run",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False, index=True),
)

# The federal way: what the federal side did, what it was told, what it answered with. Rows are
# only ever added: see review/records.py.

passage = sa.Table(
    "imss_mirror_passage",
    metadata,
    *_numbered(),
    sa.Column("dataset_id", sa.Text, nullable=False),
    sa.Column("release_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("seen", sa.Text),
    sa.Column("known_by", sa.Text, nullable=False),
    _moment("moment"),
    _moment("recorded"),
)

look = sa.Table(
    "imss_mirror_look",
    metadata,
    *_numbered(),
    _moment("moment"),
    sa.Column("datasets", sa.Integer, nullable=False),
)

notice = sa.Table(
    "imss_mirror_notice",
    metadata,
    *_numbered(),
    sa.Column("dataset_id", sa.Text, nullable=False),
    sa.Column("release_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    _moment("moment"),
)

receipt = sa.Table(
    "imss_mirror_receipt",
    metadata,
    *_numbered(),
    sa.Column("dataset_id", sa.Text, nullable=False),
    sa.Column("release_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("receipt_number", sa.Text, nullable=False),
    sa.Column("issued", sa.Date, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    _moment("recorded"),
)


# -- what was asked of the program, what it will do, what it found (activities, outlook, proofs) ---

activity = sa.Table(
    "imss_mirror_activity",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("only", sa.JSON, nullable=False),
    sa.Column("whole", sa.Boolean, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False, default=""),
    sa.Column("state", sa.Text, nullable=False),
    _moment("asked"),
    _moment("started", known=False),
    _moment("heartbeat"),
    _moment("finished", known=False),
    sa.Column("done", sa.Integer, nullable=False, default=0),
    sa.Column("total", sa.Integer, nullable=False, default=0),
    sa.Column("failed", sa.Integer, nullable=False, default=0),
    sa.Column("exit_code", sa.Integer),
    sa.Column("message", sa.JSON),
    sa.Column("summary", sa.JSON),
    sa.Column("options", sa.JSON),
    sa.Index("ix_imss_mirror_activity_target_asked", "target", "asked"),
)

outlook = sa.Table(
    "imss_mirror_outlook",
    metadata,
    *_of_a_dataset(),
    sa.Column("dataset_name", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("reason", sa.JSON, nullable=False),
    sa.Column("changes", sa.JSON, nullable=False),
    sa.Column("error", sa.JSON),
    _moment("noted"),
)

proof = sa.Table(
    "imss_mirror_proof",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("dataset_id", sa.Text, nullable=False),
    sa.Column("identifier", sa.Text, nullable=False),
    sa.Column("present", sa.Boolean, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("expected_sha256", sa.Text),
    sa.Column("found_sha256", sa.Text),
    sa.Column("verdict", sa.Text, nullable=False),
    _moment("since"),
    _moment("checked"),
    sa.Index("ix_imss_mirror_proof_dataset", "target", "present", "dataset_id"),
)

# What the last run that found nothing to do went by: see standstill.py.

standstill = sa.Table(
    "imss_mirror_standstill",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("ledger", sa.Text, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    _moment("noted"),
)


# What tables of earlier versions lack.
_SINCE_3 = (run.c.machine, run.c.birth, resource.c.proof)
_SINCE_4 = (activity.c.options,)


def _create(connection: sa.Connection) -> None:
    metadata.create_all(connection, tables=[run, dataset, resource])


def _to_3(connection: sa.Connection) -> None:
    _add(connection, _SINCE_3)


def _to_4(connection: sa.Connection) -> None:
    _add(connection, _SINCE_4)


def _add(connection: sa.Connection, columns: Iterable[sa.Column[Any]]) -> None:
    """A table that is not there yet comes with all its columns."""
    inspector = sa.inspect(connection)
    for column in columns:
        table = column.table.name
        if inspector.has_table(table) and column.name not in {
            one["name"] for one in inspector.get_columns(table)
        }:
            kind = column.type.compile(connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column.name} {kind}")


def _nothing(_connection: sa.Connection) -> None:
    """A version that only brought tables."""


STEPS = (_create, _nothing, _to_3, _to_4)


def bring_up_to_date(connection: sa.Connection) -> int:
    """Run the steps a ledger still lacks; returns the version it had before.

    Tables that are missing are made in any case: only what changes a table needs a step. A version
    above :data:`ENGINE_VERSION` is returned as it is, with nothing done.
    """
    about.create(connection, checkfirst=True)
    found = connection.execute(sa.select(sa.func.max(about.c.engine_version))).scalar() or 0
    if found > ENGINE_VERSION:
        return int(found)
    for number, step in enumerate(STEPS[found:], start=found + 1):
        step(connection)
        connection.execute(about.insert().values(engine_version=number))
    metadata.create_all(connection)
    return int(found)
