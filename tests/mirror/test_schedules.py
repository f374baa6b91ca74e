"""Seeded schedules of faults and kills: whatever breaks, nothing false, nothing double.

``IMSS_MIRROR_SCHEDULES=N`` looks at N seeds; ``IMSS_MIRROR_SEED=N`` at one alone.
"""

from __future__ import annotations

import hashlib
import os
import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests
from mirror.catalogue import Catalogue, Tenant
from mirror.fake_source import FakeSource
from mirror.fault_proxy import FaultProxy, pass_on
from mirror.faults import WRITES
from mirror.http_server import Reply, Request
from mirror.model_server import ModelServer
from mirror.programs import write_profile
from mirror.schedules import KINDS, KillAtStep, Schedule
from mirror.zygote import Zygote

SEEDS = int(os.environ.get("IMSS_MIRROR_SCHEDULES", "210"))
AT_ONCE = 4
PATIENCE = 2.0  # a real catalogue takes its time when it is well, too
Zygotes = queue.SimpleQueue[Zygote]
S = TypeVar("S", bound=Schedule)
ALONE = os.environ.get("IMSS_MIRROR_SEED")
QUICK = {"first_delay": 0.002, "longest_delay": 0.01}


class ModelSide:
    """The model as a schedule sees it."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server

    def sha256(self, _package_id: str, resource_id: str) -> str | None:
        content = self._server.model.bytes.get(resource_id)
        return None if content is None else hashlib.sha256(content).hexdigest()

    def active(self) -> dict[str, tuple[str, int]]:
        stored = self._server.model.stored.values()
        names = [str(one["name"]) for one in stored]
        assert len(names) == len(set(names)), f"made twice: {names}"
        return {
            str(one["name"]): (str(one["id"]), len(one["resources"]))
            for one in stored
            if one["state"] == "active"
        }

    def break_with(
        self, fault: Callable[[Request, int, Callable[[], Reply]], Reply] | None
    ) -> None:
        self._server.reset(fault)

    def written(self) -> list[tuple[str, str]]:
        return self._server.writes


class RealSide:
    """A real catalogue behind a fault proxy, as a schedule sees it: only its own datasets."""

    def __init__(self, tenant: Tenant, proxy: FaultProxy, prefix: str) -> None:
        self._tenant = tenant
        self._proxy = proxy
        self._prefix = prefix

    def sha256(self, package_id: str, resource_id: str) -> str | None:
        url = f"{self._tenant.editor.url}/dataset/{package_id}/resource/{resource_id}/download"
        try:
            return self._tenant.editor.sha256_of(url)
        except requests.HTTPError:
            return None

    def active(self) -> dict[str, tuple[str, int]]:
        query = f'organization:"{self._tenant.organization}"'
        found = self._tenant.editor.call(
            "package_search", fq=query, include_private=True, rows=1000
        )["results"]
        ours = [one for one in found if one["name"].startswith(self._prefix)]
        titles = [one["title"] for one in ours]
        assert len(titles) == len(set(titles)), f"made twice: {titles}"
        return {one["name"]: (one["id"], len(one["resources"])) for one in ours}

    def break_with(
        self, fault: Callable[[Request, int, Callable[[], Reply]], Reply] | None
    ) -> None:
        self._proxy.reset(fault or pass_on)

    def written(self) -> list[tuple[str, str]]:
        return [(name, "") for name in self._proxy.calls if name in WRITES]


def seeds() -> list[int]:
    return [int(ALONE)] if ALONE else list(range(SEEDS))


@pytest.fixture
def zygotes(tmp_path: Path) -> Iterator[Zygotes]:
    """As many as schedules are carried out at once."""
    free: Zygotes = queue.SimpleQueue()
    born = [Zygote(tmp_path / f"runs-{number}") for number in range(AT_ONCE)]
    for zygote in born:
        free.put(zygote)
    yield free
    for zygote in born:
        zygote.stop()


def carry_out(story: type[S], folder: Path, zygotes: Zygotes, **facts: int) -> S:
    """One schedule against a model of its own."""
    folder.mkdir()
    source, server, zygote = FakeSource(), ModelServer(), zygotes.get()
    write_profile(folder, source_url=source.url, target_url=server.url, limits=QUICK)
    key = f"{server.url} imss-bienestar"
    one = story(
        folder=folder,
        source=source,
        side=ModelSide(server),
        zygote=zygote,
        target_key=key,
        **facts,  # type: ignore[arg-type]
    )
    try:
        one.run()
    finally:
        zygotes.put(zygote)
        server.stop()
        source.stop()
    return one


def told(ends: Sequence[Future[Any]]) -> str:
    """What went wrong, of the first few that did."""
    problems = [str(end.exception()) for end in ends if end.exception() is not None]
    return f"{len(problems)} of {len(ends)} schedules:\n\n" + "\n\n".join(problems[:5])


@pytest.mark.slow
def test_a_schedule_of_faults_ends_equal_with_nothing_double_or_false(
    tmp_path: Path, zygotes: Zygotes
) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ends = [
            pool.submit(carry_out, Schedule, tmp_path / f"seed-{seed}", zygotes, seed=seed)
            for seed in seeds()
        ]
    assert not any(end.exception() for end in ends), told(ends)


@pytest.mark.slow
def test_a_kill_at_any_step_leaves_nothing_double_or_false(
    tmp_path: Path, zygotes: Zygotes
) -> None:
    ends: list[Future[KillAtStep]] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # Until a run has no such step any more: it ends by itself then.
        while not ends or all(end.result().killed for end in ends[-AT_ONCE:]):
            for step in range(len(ends) + 1, len(ends) + AT_ONCE + 1):
                folder = tmp_path / f"step-{step}"
                facts = {"seed": 2 * step + 1, "step": step}
                ends.append(pool.submit(carry_out, KillAtStep, folder, zygotes, **facts))
    assert not any(end.exception() for end in ends), told(ends)
    assert sum(end.result().killed for end in ends) > 40


def test_every_kind_of_fault_has_its_seeds() -> None:
    assert ALONE or 10 * len(KINDS) <= SEEDS


@pytest.mark.slow
@pytest.mark.parametrize("half", [0, 1])
def test_a_schedule_against_a_real_catalogue_ends_the_same(
    half: int, federal: Catalogue, tenant: Tenant, unique: str, tmp_path: Path
) -> None:
    zygote = Zygote(tmp_path / "runs")
    own = [int(ALONE)] if ALONE else range(half, len(KINDS), 2)
    try:
        for seed in own:
            source, proxy = FakeSource(), FaultProxy(federal.url)
            folder = tmp_path / f"seed-{seed}"
            folder.mkdir()
            write_profile(
                folder,
                source_url=source.url,
                target_url=proxy.url,
                target_token=tenant.token,
                organization=tenant.organization,
                group=tenant.group,
                limits=QUICK,
            )
            side = RealSide(tenant, proxy, f"{unique}_{seed}_")
            key = f"{proxy.url} {tenant.organization}"
            try:
                Schedule(
                    seed, folder, source, side, zygote, key, f"{unique}_", patience=PATIENCE
                ).run()
            finally:
                proxy.stop()
                source.stop()
    finally:
        zygote.stop()
