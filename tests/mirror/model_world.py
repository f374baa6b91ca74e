"""The whole work on datasets without a network: CKAN's semantics in memory, a ledger, a source."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mirror.fake_source import Dataset, FileContent
from mirror.model_target import ModelTarget

from ckanext.imssbienestar.mirror.catalogues.releases import Release, parse_release
from ckanext.imssbienestar.mirror.catalogues.tally import Counters
from ckanext.imssbienestar.mirror.errors import OutcomeUnknownError
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger, open_ledger
from ckanext.imssbienestar.mirror.planning.desired import DesiredFile, DesiredPackage
from ckanext.imssbienestar.mirror.planning.plan import (
    Action,
    Catalogue,
    PlanItem,
    Withdrawal,
    plan_all,
)
from ckanext.imssbienestar.mirror.projection import projection_for
from ckanext.imssbienestar.mirror.running.dataset_job import Workshop, run_item
from ckanext.imssbienestar.mirror.running.orders import Orders
from ckanext.imssbienestar.mirror.running.outcome import Outcome, Postponed
from ckanext.imssbienestar.mirror.settings import TargetSettings

PROFILES = {
    name: projection_for(
        TargetSettings(
            url="https://model.example.org",
            profile=name,
            organization="imss-bienestar",
            group="salud",
        )
    )
    for name in ("pnda", "ckan")
}


class World:
    """A target, a ledger and a source that hands out the bytes of the published datasets."""

    def __init__(self, profile: str = "pnda", ledger: Ledger | None = None) -> None:
        self.projection = PROFILES[profile]
        self.target = ModelTarget()
        self.ledger: Ledger = ledger or open_ledger("sqlite://", "model")
        self.bytes: dict[str, bytes] = {}

    def lose_ledger(self) -> None:
        self.ledger = open_ledger("sqlite://", "model")

    def fetch(self, file: DesiredFile, path: Path) -> None:
        path.write_bytes(self.bytes[file.sha256])

    def project(self, dataset: Dataset) -> DesiredPackage:
        for file in dataset.files:
            self.bytes[hashlib.sha256(file.content).hexdigest()] = file.content
        release = parse_release(dataset.release("https://source.example.org"))
        assert isinstance(release, Release)
        return self.projection.project(release)

    def plan(self, *datasets: Dataset) -> tuple[PlanItem, ...]:
        published = [self.project(one) for one in datasets if one.state == "published"]
        withdrawn = [
            Withdrawal(one.dataset_id or f"id-{one.name}", one.name, one.name)
            for one in datasets
            if one.state == "withdrawn"
        ]
        catalogue = Catalogue(self.target.packages())
        return plan_all(published, withdrawn, catalogue, self.ledger.entries())

    def shop(self, orders: Orders | None = None, **changes: Any) -> Workshop:
        """What the jobs of a run share."""
        parts: dict[str, Any] = {
            "source": self,
            "target": self.target,
            "ledger": self.ledger,
            "counters": Counters(),
            "attempts": 4,
            "wait": lambda _failures, _error: None,
            "stop": threading.Event(),
            "permit": (orders or Orders()).permit,
        }
        return Workshop(**(parts | changes))

    def work(self, *datasets: Dataset, **changes: Any) -> list[Outcome | Postponed]:
        """One run; keywords are parts of its workshop."""
        items = self.plan(*datasets)
        shop = self.shop(**changes)
        return [run_item(shop, item) for item in items]

    def run(self, *datasets: Dataset, **changes: Any) -> list[Outcome]:
        """One run that nobody disturbs."""
        results = self.work(*datasets, **changes)
        return [result for result in results if isinstance(result, Outcome)]

    @property
    def entry(self) -> LedgerEntry:
        """What the ledger says of the dataset «uno»."""
        return self.ledger.entries()["id-uno"]

    @property
    def package(self) -> dict[str, Any]:
        """The only dataset there."""
        (found,) = self.target.stored.values()
        return found

    def assert_settled(self, *datasets: Dataset) -> None:
        """Nothing left to do, and the bytes are the signed ones."""
        self.target.writes.clear()
        outcomes = self.run(*datasets)
        assert [outcome.action for outcome in outcomes] == [Action.NONE] * len(datasets)
        assert [outcome.error for outcome in outcomes] == [None] * len(datasets)
        assert self.target.writes == []
        packages = {package.name: package for package in self.target.packages()}
        # Deleted ones count: what was taken away is revived under its id, never made again.
        names = [package["name"] for package in self.target.stored.values()]
        assert len(names) == len(set(names))
        expected = {one.name for one in datasets if one.state == "published"}
        assert set(packages) == expected
        for one in datasets:
            if one.state == "published":
                wanted = [file.content for file in self._taken(one)]
                resources = packages[one.name].resources
                assert [self.target.bytes[found.id] for found in resources] == wanted

    def _taken(self, dataset: Dataset) -> list[FileContent]:
        formats = self.projection.rules.resource.formats
        return [file for file in dataset.files if not formats or file.format in formats]


def told(outcome: Outcome) -> str:
    """Code of what went wrong with a dataset; empty if nothing did."""
    return outcome.error.code if outcome.error else ""


def at(call: str, moment: str, then: Callable[[], object]) -> Callable[[str, str], None]:
    """A fault of a :class:`ModelTarget` that happens once."""
    left = [then]

    def fault(name: str, now: str) -> None:
        if (name, now) == (call, moment) and left:
            left.pop()()

    return fault


def broken() -> None:
    """The call broke off, and nobody knows whether it had effect."""
    raise OutcomeUnknownError("unreachable", host="model", call="x", cause="x")
