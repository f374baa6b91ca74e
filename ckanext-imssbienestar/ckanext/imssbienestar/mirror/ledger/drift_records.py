"""The ledger's memory of hands at the target: what was shown when a dataset was last confirmed,
what people accepted there, and which approved plan a run carried out.

Functions on an open connection, so that the ledger uses them inside its own transactions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.database import aware
from ckanext.imssbienestar.mirror.ledger.entries import Adoption


def remember_shown(connection: sa.Connection, target: str, dataset_id: str, shown: str) -> None:
    """Keep the marks of what the target showed when a dataset was confirmed."""
    forget_shown(connection, target, dataset_id)
    if shown:
        connection.execute(
            tables.shown.insert().values(target=target, dataset_id=dataset_id, marks=shown)
        )


def forget_shown(connection: sa.Connection, target: str, dataset_id: str) -> None:
    """From an intent on, what the target shows may be our own unconfirmed work."""
    connection.execute(
        sa.delete(tables.shown).where(
            tables.shown.c.target == target, tables.shown.c.dataset_id == dataset_id
        )
    )


def shown_marks(
    connection: sa.Connection, target: str, dataset_id: str | None = None
) -> dict[str, str]:
    """The marks of every dataset that has some, or of one."""
    query = sa.select(tables.shown.c.dataset_id, tables.shown.c.marks)
    rows = connection.execute(_of(query, tables.shown, target, dataset_id))
    return {row.dataset_id: row.marks for row in rows}


def adoptions(
    connection: sa.Connection, target: str, dataset_id: str | None = None
) -> dict[str, tuple[Adoption, ...]]:
    """What was ever accepted, oldest first, by dataset."""
    query = sa.select(tables.adoption).order_by(tables.adoption.c.number)
    found: dict[str, list[Adoption]] = {}
    for row in connection.execute(_of(query, tables.adoption, target, dataset_id)):
        found.setdefault(row.dataset_id, []).append(
            Adoption(row.field, row.digest, row.mark, row.person, row.reason, aware(row.adopted))
        )
    return {key: tuple(rows) for key, rows in found.items()}


def record_adoptions(
    connection: sa.Connection, target: str, dataset_id: str, accepted: Iterable[Adoption]
) -> None:
    """Append what a person accepted."""
    rows = [
        {
            "target": target,
            "dataset_id": dataset_id,
            "field": one.field,
            "digest": one.digest,
            "mark": one.mark,
            "person": one.person,
            "reason": one.reason,
            "adopted": one.adopted,
        }
        for one in accepted
    ]
    if rows:
        connection.execute(tables.adoption.insert(), rows)


def record_plan_run(connection: sa.Connection, target: str, digest: str, run_id: str) -> None:
    """Append that a run carries out an approved plan."""
    connection.execute(tables.plan_run.insert().values(target=target, digest=digest, run_id=run_id))


def begun_by_plan(connection: sa.Connection, target: str, digest: str) -> Mapping[str, str]:
    """Datasets whose last call was announced by a run of that plan, with the state it left.

    What a run of the plan only refused is not begun: nothing was announced since its first run.
    """
    runs = (
        sa.select(tables.run.c.id, tables.run.c.started)
        .join(tables.plan_run, tables.plan_run.c.run_id == tables.run.c.id)
        .where(tables.plan_run.c.target == target, tables.plan_run.c.digest == digest)
    ).subquery()
    rows = connection.execute(
        sa.select(tables.dataset.c.dataset_id, tables.dataset.c.state).where(
            tables.dataset.c.target == target,
            tables.dataset.c.run_id.in_(sa.select(runs.c.id)),
            tables.dataset.c.planned >= sa.select(sa.func.min(runs.c.started)).scalar_subquery(),
        )
    )
    return {row.dataset_id: row.state for row in rows}


def keep_shown(
    connection: sa.Connection, target: str, dataset_id: str, before: str, after: str
) -> bool:
    """Replace the marks of a dataset, unless a run has written or confirmed it meanwhile."""
    found = connection.execute(
        sa.update(tables.shown)
        .where(
            tables.shown.c.target == target,
            tables.shown.c.dataset_id == dataset_id,
            tables.shown.c.marks == before,
        )
        .values(marks=after)
    ).rowcount
    return bool(found)


def _of(
    query: sa.Select[Any], table: sa.Table, target: str, dataset_id: str | None
) -> sa.Select[Any]:
    query = query.where(table.c.target == target)
    return query if dataset_id is None else query.where(table.c.dataset_id == dataset_id)
