"""One clock for everybody who shares a ledger, and the calendar of those who read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from mirror.fake_source import dataset
from mirror.model_world import World

from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase, open_database
from ckanext.imssbienestar.mirror.ledger.drift_records import (
    adoptions,
    begun_by_plan,
    record_adoptions,
    record_plan_run,
)
from ckanext.imssbienestar.mirror.ledger.entries import Adoption
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.planning.drift import mark
from ckanext.imssbienestar.mirror.review.records import ReviewRecords

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class ServedDatabase(LedgerDatabase):
    """A database with a clock of its own, as PostgreSQL has; this machine's is an hour behind."""

    def now(self, connection: sa.Connection) -> datetime:
        return NOON


def served() -> ServedDatabase:
    database = open_database("sqlite://", "model")
    return ServedDatabase(database.engine, "model", lambda: NOON - timedelta(hours=1))


def test_a_machine_whose_clock_is_behind_knows_what_its_plan_began() -> None:
    database = served()
    ledger = Ledger(database)
    world = World("pnda", ledger)
    run_id = ledger.start_run()
    with ledger.transaction() as connection:
        record_plan_run(connection, ledger.target, "plan", run_id)
    world.run(dataset("gasto", b"a\n1\n"))
    with ledger.transaction() as connection:
        assert begun_by_plan(connection, ledger.target, "plan") == {"id-gasto": "confirmed"}
        moments = connection.execute(
            sa.select(tables.dataset.c.planned, tables.dataset.c.sent, tables.dataset.c.confirmed)
        ).one()
    assert {moment.replace(tzinfo=UTC) for moment in moments} == {NOON}
    assert ReviewRecords(database).now() == NOON


def test_the_day_of_an_acceptance_is_that_of_mexico() -> None:
    world = World("pnda", Ledger(served()))
    one = dataset("gasto", b"a\n1\n")
    world.run(one)
    [package] = world.target.packages()
    world.target.edit(package.id, title="A mano")
    evening = datetime(2026, 11, 24, 3, tzinfo=UTC)  # nine o'clock of the 23rd there
    accepted = Adoption("title", world.project(one).digest, mark("A mano"), "Ana", "así", evening)
    with world.ledger.transaction() as connection:
        record_adoptions(connection, "model", "id-gasto", [accepted])
        assert adoptions(connection, "model") == {"id-gasto": (accepted,)}
    [item] = world.plan(one)
    assert item.reason.code == "reason-adopted"
    assert item.reason.facts["date"] == "2026-11-23"
