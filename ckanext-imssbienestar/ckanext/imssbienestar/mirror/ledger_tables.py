"""The ledger's tables, the same on SQLite and PostgreSQL, and how they come to be.

``engine_version`` says which shape a ledger has; a newer shape adds a step to :data:`STEPS`.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

ENGINE_VERSION = 2

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
    sa.Column("started", sa.DateTime(timezone=True), nullable=False),
    sa.Column("heartbeat", sa.DateTime(timezone=True), nullable=False),
    sa.Column("finished", sa.DateTime(timezone=True)),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("exit_code", sa.Integer),
    sa.Column("summary", sa.JSON),
)

dataset = sa.Table(
    "imss_mirror_dataset",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("dataset_id", sa.Text, primary_key=True),
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
    sa.Column("planned", sa.DateTime(timezone=True)),
    sa.Column("sent", sa.DateTime(timezone=True)),
    sa.Column("confirmed", sa.DateTime(timezone=True)),
)

resource = sa.Table(
    "imss_mirror_file",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("dataset_id", sa.Text, primary_key=True),
    sa.Column("identifier", sa.Text, primary_key=True),
    sa.Column("remote_id", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
)

# What people did at the target, and what they ordered: see drift_records.py.

shown = sa.Table(
    "imss_mirror_shown",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("dataset_id", sa.Text, primary_key=True),
    sa.Column("marks", sa.Text, nullable=False),
)

adoption = sa.Table(
    "imss_mirror_adoption",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("target", sa.Text, nullable=False, index=True),
    sa.Column("dataset_id", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("mark", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("adopted", sa.DateTime(timezone=True), nullable=False),
)

plan_run = sa.Table(
    "imss_mirror_plan_run",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False, index=True),
)


def _create(connection: sa.Connection) -> None:
    metadata.create_all(connection, tables=[run, dataset, resource])


def _add_what_came_later(connection: sa.Connection) -> None:
    metadata.create_all(connection)


STEPS = (_create, _add_what_came_later)


def bring_up_to_date(connection: sa.Connection) -> int:
    """Run the steps a ledger still lacks; returns the version it had before.

    A version above :data:`ENGINE_VERSION` is returned as it is, with nothing done.
    """
    about.create(connection, checkfirst=True)
    found = connection.execute(sa.select(sa.func.max(about.c.engine_version))).scalar() or 0
    for number, step in enumerate(STEPS[found:], start=found + 1):
        step(connection)
        connection.execute(about.insert().values(engine_version=number))
    return int(found)
