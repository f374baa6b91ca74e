"""A ledger made anew from what is at the target, which is only read.

The damaged or foreign file is kept aside. Of what people and the federal side did, which the
target cannot tell, every row that can still be read is carried over; what the target shows is
found out by a run that may not write there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase
from ckanext.imssbienestar.mirror.running.session import (
    LedgerOfOtherError,
    MirrorSession,
    ledger_database_of,
    target_key,
)
from ckanext.imssbienestar.mirror.settings import MirrorSettings
from ckanext.imssbienestar.mirror.texts import Sentence, say

_MARKER = "sqlite:///"
_COMPANIONS = ("", "-wal", "-shm")
# What a run finds out again at the target, or what only meant something while it ran.
_FOUND_AGAIN = {
    table.name
    for table in (tables.about, tables.run, tables.dataset, tables.resource, tables.claim)
} | {tables.shown.name, tables.outlook.name, tables.activity.name, tables.plan_run.name}


def make_room_for_ledger(settings: MirrorSettings) -> Iterator[Sentence]:
    """See to it that there is a ledger that works; yields what was done, in sentences.

    A file that is damaged, or of another target, is renamed and never deleted.

    :raises MirrorConfigurationError: when the ledger is not a file of ours and does not work.
    """
    path = _file_of(settings)
    if path is None:
        yield say("reconcile-good", ledger=ledger_database_of(settings).engine.url.database)
        return
    if not path.exists():
        ledger_database_of(settings)
        yield say("reconcile-new", ledger=path)
        return
    try:
        _read_whole(ledger_database_of(settings))
    except LedgerOfOtherError:
        aside = _put_aside(path, "other")
        ledger_database_of(settings)
        yield say("reconcile-aside", path=path, aside=aside)
    except MirrorConfigurationError as error:
        if error.sentence.code != "ledger-corrupt":
            raise
        aside = _put_aside(path, "damaged")
        yield say("reconcile-aside", path=path, aside=aside)
        saved = _carry_over(aside, ledger_database_of(settings), target_key(settings))
        yield say("reconcile-saved", rows=saved)
    else:
        yield say("reconcile-good", ledger=path)


def strangers(session: MirrorSession) -> tuple[str, ...]:
    """Names of the organization's datasets at the target that the ledger knows nothing of."""
    entries = session.open_ledger().entries().values()
    known = {name for entry in entries for name in (entry.remote_id, entry.remote_name)}
    packages = session.target.packages()
    return tuple(sorted(one.name for one in packages if not {one.id, one.name} & known))


def _file_of(settings: MirrorSettings) -> Path | None:
    url = settings.ledger.url
    return Path(url.removeprefix(_MARKER)) if url.startswith(_MARKER) else None


def _read_whole(database: LedgerDatabase) -> None:
    """Damage may be anywhere in a file, and a first page that can be read proves nothing."""
    with database.transaction() as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    if found != "ok":
        raise MirrorConfigurationError(
            "ledger-corrupt", ledger=database.engine.url.database, cause=str(found)[:200]
        )


def _put_aside(path: Path, why: str) -> Path:
    """Rename the file and its companions to a name that is free."""
    number = 1
    while (aside := path.with_name(f"{path.name}.{why}-{number}")).exists():
        number += 1
    for suffix in _COMPANIONS:
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def _carry_over(aside: Path, database: LedgerDatabase, target: str) -> int:
    """Copy what can still be read of the records that only the ledger has; how many rows."""
    saved = 0
    with closing(sqlite3.connect(aside)) as damaged:
        for table in tables.metadata.sorted_tables:
            if table.name in _FOUND_AGAIN or "target" not in table.c:
                continue
            rows = _readable_rows(damaged, table, target)
            if rows:
                names = [column.name for column in table.columns]
                marks = ", ".join(f":{name}" for name in names)
                insert = f"INSERT OR IGNORE INTO {table.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - names of our own tables
                with database.transaction() as connection:
                    connection.execute(sa.text(insert), rows)
            saved += len(rows)
    return saved


def _readable_rows(
    damaged: sqlite3.Connection, table: sa.Table, target: str
) -> list[dict[str, object]]:
    names = [column.name for column in table.columns]
    rows: list[dict[str, object]] = []
    try:
        query = f"SELECT {', '.join(names)} FROM {table.name} WHERE target = ?"  # noqa: S608 - same
        for row in damaged.execute(query, (target,)):
            rows.append(dict(zip(names, row, strict=True)))
    except sqlite3.DatabaseError:
        return rows  # as far as the file can be read
    return rows
