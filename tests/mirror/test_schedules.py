"""Seeded schedules of faults and kills: whatever breaks, nothing false, nothing double.

``IMSS_MIRROR_SCHEDULES=N`` looks at N seeds; ``IMSS_MIRROR_SEED=N`` at one alone.
"""

from __future__ import annotations

import hashlib
import os
import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mirror.fake_source import FakeSource
from mirror.http_server import Reply, Request
from mirror.model_server import ModelServer
from mirror.programs import write_profile
from mirror.schedules import KINDS, Schedule
from mirror.zygote import Zygote

SEEDS = int(os.environ.get("IMSS_MIRROR_SCHEDULES", "210"))
AT_ONCE = 4
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


def seeds() -> list[int]:
    return [int(ALONE)] if ALONE else list(range(SEEDS))


def carry_out(seed: int, folder: Path, zygotes: queue.SimpleQueue[Zygote]) -> None:
    """One schedule against a model of its own."""
    folder.mkdir()
    source, server, zygote = FakeSource(), ModelServer(), zygotes.get()
    write_profile(folder, source_url=source.url, target_url=server.url, limits=QUICK)
    key = f"{server.url} imss-bienestar"
    try:
        Schedule(seed, folder, source, ModelSide(server), zygote, key).run()
    finally:
        zygotes.put(zygote)
        server.stop()
        source.stop()


@pytest.mark.slow
def test_a_schedule_of_faults_ends_equal_with_nothing_double_or_false(tmp_path: Path) -> None:
    zygotes: queue.SimpleQueue[Zygote] = queue.SimpleQueue()
    born = [Zygote(tmp_path / f"runs-{number}") for number in range(AT_ONCE)]
    for zygote in born:
        zygotes.put(zygote)
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            ends = [pool.submit(carry_out, n, tmp_path / f"seed-{n}", zygotes) for n in seeds()]
        problems = [end.exception() for end in ends]
    finally:
        for zygote in born:
            zygote.stop()
    failed = [str(problem) for problem in problems if problem is not None]
    assert not failed, f"{len(failed)} of {len(ends)} schedules:\n\n" + "\n\n".join(failed[:5])


def test_every_kind_of_fault_has_its_seeds() -> None:
    assert ALONE or 10 * len(KINDS) <= SEEDS
