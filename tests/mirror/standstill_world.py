"""Two played catalogues with nothing new between them, and a mirror that knows it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from mirror.fake_source import FakeSource, dataset
from mirror.model_server import ModelServer
from mirror.programs import Finished, Mirror, write_profile

from ckanext.imssbienestar.mirror import dispatch
from ckanext.imssbienestar.mirror.ledger.activities import Activities, Activity
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase, open_database


@dataclass
class Quiet:
    """Two played catalogues, their mirror, and who carried out its last run."""

    source: FakeSource
    target: ModelServer
    mirror: Mirror
    whole: list[bool]

    def run(self, *options: str) -> Finished:
        self.whole.clear()
        return self.mirror("run", *options)

    @property
    def was_quiet(self) -> bool:
        return not self.whole

    @property
    def database(self) -> LedgerDatabase:
        target = f"{self.target.url} imss-bienestar"
        return open_database(f"sqlite:///{self.mirror.ledger}", target)

    @property
    def newest(self) -> Activity:
        return Activities(self.database).recent(1)[0]

    def change(self, statement: str, *values: Any) -> None:
        connection = sqlite3.connect(self.mirror.ledger)
        with connection:
            connection.execute(statement, values)
        connection.close()

    def edit(self, **fields: Any) -> None:
        """A person over there changes the first dataset."""
        package_id = sorted(self.target.model.stored)[0]
        self.target.model.edit(package_id, **fields)


@contextmanager
def quiet_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Quiet]:
    """All sent and confirmed, and a whole run that found nothing to do."""
    source, target = FakeSource(), ModelServer()
    source.datasets = [dataset(f"uno_{n}", b"a\n%d\n" % n, b"b\n2\n") for n in range(3)]
    mirror = write_profile(tmp_path, source_url=source.url, target_url=target.url)
    whole: list[bool] = []
    carry_out = dispatch.dispatch

    def watched(*arguments: Any) -> int:
        whole.append(True)
        return carry_out(*arguments)

    monkeypatch.setattr(dispatch, "dispatch", watched)
    made = Quiet(source, target, mirror, whole)
    assert made.run().summary["create"] == 3
    assert made.run().code == 0
    assert not made.was_quiet
    target.reset()
    source.calls.clear()
    yield made
    source.stop()
    target.stop()


def rows(world: Quiet, table: sa.Table) -> list[dict[str, Any]]:
    with world.database.transaction() as connection:
        return [dict(row._mapping) for row in connection.execute(sa.select(table))]


def new_release(world: Quiet) -> None:
    """Another title of the first dataset, signed."""
    world.source.datasets[0].fields["title"] = "Otro título"
    world.source.datasets[0].number += 1
