"""The record of one use of the program, while the ledger comes and goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from mirror.fake_source import dataset
from mirror.model_world import World

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.activities import Activities, Kind
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase, open_database
from ckanext.imssbienestar.mirror.ledger.proofs import Proofs
from ckanext.imssbienestar.mirror.running.outlook import Outlook
from ckanext.imssbienestar.mirror.running.verify import Comparison
from ckanext.imssbienestar.mirror.running.watch import Watch


class Shaky(LedgerDatabase):
    """A database that can be away."""

    away = False

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        if self.away:
            raise MirrorConfigurationError("ledger-unusable", ledger="x", cause="away")
        with super().transaction() as connection:
            yield connection


def test_what_was_found_while_the_ledger_was_away_is_kept_when_it_is_back() -> None:
    database = Shaky(open_database("sqlite://", "model").engine, "model")
    activity = Activities(database).begin(Kind.VERIFY, ())
    watch = Watch(database, activity, "https://target.example.org")
    [item] = World().plan(dataset("gasto", b"a\n1\n"))
    database.away = True
    watch.plan([item])
    watch.comparison(Comparison(item, "gasto", "a.csv", "a" * 64, "b" * 64, False, True))
    watch.flush()
    assert watch.trouble is not None
    database.away = False
    watch.close({})
    assert watch.trouble is None
    assert [proof.finding.found_sha256 for proof in Proofs(database).of(item.dataset_id)] == [
        "b" * 64
    ]
    assert set(Outlook(database).all()) == {item.dataset_id}
    ended = Activities(database).find(activity.id)
    assert ended is not None
    assert (ended.done, ended.failed) == (1, 1)
