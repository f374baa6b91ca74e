"""A run's parts put together from the settings: both catalogues, the ledger, the projection."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

import sqlalchemy as sa

from ckanext.imssbienestar.mirror.addresses import same_place
from ckanext.imssbienestar.mirror.catalogues.file_host import FileHost, origin_of
from ckanext.imssbienestar.mirror.catalogues.releases import BadRelease, Release
from ckanext.imssbienestar.mirror.catalogues.source import ReleaseSource
from ckanext.imssbienestar.mirror.catalogues.tally import Counters
from ckanext.imssbienestar.mirror.catalogues.target import Target
from ckanext.imssbienestar.mirror.catalogues.transport import Transport, TransportOptions
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError, ReleaseError
from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase, open_database
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.logs import OnCall, ignore
from ckanext.imssbienestar.mirror.planning.desired import DesiredPackage
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem, Withdrawal, plan_all
from ckanext.imssbienestar.mirror.projection import Projection, projection_for
from ckanext.imssbienestar.mirror.running.ahead import Ahead
from ckanext.imssbienestar.mirror.running.guards import shrinkage
from ckanext.imssbienestar.mirror.running.orders import Orders
from ckanext.imssbienestar.mirror.running.preflight import (
    find_organization,
    find_terms,
    preflight_of_writes,
)
from ckanext.imssbienestar.mirror.running.read_back import OnReadBack, nobody_asks
from ckanext.imssbienestar.mirror.running.standstill import Begun
from ckanext.imssbienestar.mirror.settings import (
    MirrorSettings,
    source_token,
    target_token,
)
from ckanext.imssbienestar.mirror.texts import Sentence, say
from ckanext.imssbienestar.mirror.tokens import Token

_DISTRIBUTION = "ckanext-imssbienestar"


class LedgerOfOtherError(MirrorConfigurationError):
    """The ledger file was kept for another target (exit code 2)."""


@dataclass
class Wanted:
    """What the source asks for, sorted by what can be done with it.

    :ivar given: ids the source listed, usable or not.
    """

    packages: list[DesiredPackage] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    broken: list[BadRelease] = field(default_factory=list)
    given: set[str] = field(default_factory=set)
    warnings: list[Sentence] = field(default_factory=list)


class MirrorSession:
    """One use of the mirror: opens nothing until it is asked to.

    :ivar begun: the run that this one goes on with; None for one from its beginning.
    """

    def __init__(
        self,
        settings: MirrorSettings,
        orders: Orders | None = None,
        on_call: OnCall = ignore,
        on_read_back: OnReadBack = nobody_asks,
        database: LedgerDatabase | None = None,
        begun: Begun | None = None,
    ) -> None:
        _refuse_same_address(settings)
        self.begun = begun
        self._database = database
        self.settings = settings
        self._may_write = False
        self.on_read_back = on_read_back
        self.orders = orders or Orders(hold=settings.target.drift == "hold")
        self.counters = begun.counters if begun else Counters()
        self.projection: Projection = projection_for(settings.target)
        self.stop = threading.Event()
        options = TransportOptions.of(settings.limits, user_agent(settings.contact))
        page_size = settings.limits.page_size
        target = settings.target

        def transport(side: str, url: str, token: Token) -> Transport:
            if begun is not None and side in begun.transports:
                return begun.transports[side]
            return Transport(url, token, options, self.counters, on_call=on_call)

        self.target_transport = transport("target", target.url, target_token(settings))
        host = target.file_host if target.files == "link" else None
        file_host = host and FileHost(transport("file host", origin_of(host), Token("")))
        self.target = Target(
            self.target_transport, target.organization, page_size, file_host or None
        )
        self.source_transport = transport("source", settings.source.url, source_token(settings))
        self.source = ReleaseSource(self.source_transport, page_size)

    @property
    def database(self) -> LedgerDatabase:
        """The database of the ledger, opened once."""
        if self._database is None:
            self._database = ledger_database_of(self.settings)
        return self._database

    def open_ledger(self) -> Ledger:
        """The ledger of this target."""
        return Ledger(self.database)

    def _wanted(self, releases: Iterable[Release | BadRelease]) -> Wanted:
        """Project every release of the source."""
        wanted = Wanted()
        for release in releases:
            wanted.given.add(release.dataset_id)
            if isinstance(release, BadRelease):
                wanted.broken.append(release)
                continue
            try:
                if release.state == "withdrawn":
                    name = self.projection.name(release)
                    wanted.withdrawals.append(
                        Withdrawal(release.dataset_id, release.dataset_name, name)
                    )
                else:
                    package = self.projection.project(release)
                    wanted.packages.append(package)
                    wanted.warnings.extend(package.warnings)
            except ReleaseError as error:
                wanted.broken.append(BadRelease(release.dataset_id, release.dataset_name, error))
        return wanted

    def plan(
        self, ledger: dict[str, LedgerEntry], *, to_write: bool = True
    ) -> tuple[tuple[PlanItem, ...], Wanted]:
        """Pre-flight, read both sides, and plan every dataset.

        :param to_write: whether somebody means to carry it out; who only looks needs no right to.
        :raises PreflightRefusedError: when what is planned could not be written there.
        """
        # Projected page by page: ten thousand releases with their documents are much to hold.
        wanting = Ahead(lambda: self._wanted(self.source.releases()))
        find_organization(self.target, self.projection)
        packages = Ahead(self.target.packages)
        find_terms(self.target, self.projection)
        wanted = wanting.result()
        names = [package.name for package in wanted.packages]
        catalogue = self.target.catalogue(packages.result(), names)
        items = plan_all(
            wanted.packages,
            wanted.withdrawals,
            catalogue,
            ledger,
            host=self.target.host,
            given=frozenset(wanted.given),
        )
        self.orders.shrinkage = shrinkage(items, ledger, len(wanted.given), self.settings.limits)
        if self.orders.shrinkage:
            wanted.warnings.append(say("source-shrank", **self.orders.shrinkage))
        asks = to_write and not self.orders.read_only and not self._may_write
        if asks and any(item.action is not Action.NONE for item in items):
            preflight_of_writes(self.target, self.projection, self.source)
            self._may_write = True
        broken = tuple(_broken_item(release, ledger) for release in wanted.broken)
        return (*items, *broken), wanted

    def ordered(self, items: Iterable[PlanItem], only: Sequence[str]) -> tuple[PlanItem, ...]:
        """The items named with ``--only``, with those that wait for a person as failed ones."""
        self.orders.named = bool(only)
        return tuple(self.orders.held(item) for item in select(items, only))


def select(items: Iterable[PlanItem], only: Sequence[str]) -> tuple[PlanItem, ...]:
    """The items named with ``--only``, by name on either side; all of them without names."""
    everything = tuple(items)
    if not only:
        return everything
    known = {name for item in everything for name in (item.dataset, item.name)}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise MirrorConfigurationError("only-unknown", names=", ".join(unknown))
    return tuple(item for item in everything if {item.dataset, item.name} & set(only))


def ledger_of(settings: MirrorSettings) -> Ledger:
    """Open the ledger without touching the network."""
    return Ledger(ledger_database_of(settings))


def ledger_database_of(settings: MirrorSettings) -> LedgerDatabase:
    """The database that the ledger is in, with its tables."""
    database = open_database(settings.ledger.url, target_key(settings))
    _refuse_other_target(database)
    return database


def _refuse_other_target(database: LedgerDatabase) -> None:
    """One SQLite file is the ledger of one target; a database server may hold several."""
    if database.engine.dialect.name != "sqlite":
        return
    with database.transaction() as connection:
        known = connection.execute(sa.select(tables.dataset.c.target).distinct()).scalars().all()
    if known and database.target not in known:
        raise LedgerOfOtherError(
            "ledger-of-other",
            ledger=database.engine.url.database,
            found=", ".join(sorted(known)),
            expected=database.target,
        )


def target_key(settings: MirrorSettings) -> str:
    """What two profiles that write the same place share."""
    return f"{settings.target.url} {settings.target.organization}"


def _refuse_same_address(settings: MirrorSettings) -> None:
    """A catalogue that mirrors itself would withdraw what it publishes."""
    if same_place(settings.source.url, settings.target.url):
        raise MirrorConfigurationError("same-catalogue", url=settings.target.url)


def user_agent(contact: str) -> str:
    """Who we are, for whoever runs the other side."""
    try:
        number = version(_DISTRIBUTION)
    except PackageNotFoundError:
        number = "0"
    return f"imss-bienestar-mirror/{number} (+mailto:{contact})"


def _broken_item(release: BadRelease, ledger: dict[str, LedgerEntry]) -> PlanItem:
    entry = ledger.get(release.dataset_id)
    return PlanItem(
        release.dataset_id,
        release.dataset_name,
        entry.remote_name if entry else release.dataset_name,
        Action.NONE,
        release.error.sentence,
        entry=entry,
        error=release.error.sentence,
    )
