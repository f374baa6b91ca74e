"""What ``scripts/bench mirror`` measures against a played catalogue: sharing, a large file."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from mirror.fake_source import FakeSource, dataset
from mirror.model_server import ModelServer
from mirror.programs import Mirror, most_memory, write_profile

MEGABYTE = 1024 * 1024
LARGE = 1024 * MEGABYTE
MOST_MEMORY = 150 * MEGABYTE
DELAY = 0.08  # seconds the played catalogue takes for each call
SHARED_DATASETS = 120
GAIN = 1.7


def sharing() -> dict[str, Any]:
    """Two processes of two workers over one ledger against one, far from a fast catalogue."""
    seconds = {processes: _shared_run(processes) for processes in (1, 2)}
    gain = seconds[1] / seconds[2]
    return {
        "datasets": SHARED_DATASETS,
        "delay": DELAY,
        "one": round(seconds[1], 2),
        "two": round(seconds[2], 2),
        "gain": round(gain, 2),
        "gain_asked": GAIN,
        "good": gain >= GAIN,
    }


def large() -> dict[str, Any]:
    """A file of a gigabyte through the mirror: the most memory its process had."""
    row = b"entidad,municipio,clave\n"
    source, server = FakeSource(), ModelServer()
    try:
        source.datasets = [dataset("grande", row * (LARGE // len(row)))]
        with tempfile.TemporaryDirectory(prefix="bench-mirror-") as folder:
            mirror = write_profile(Path(folder), source_url=source.url, target_url=server.url)
            started = time.monotonic()
            process = mirror.start("run", "--json")
            most = most_memory(process)
            out, err = process.communicate()
            if process.returncode != 0:
                raise SystemExit(f"the mirror ended with {process.returncode}: {out}{err}")
    finally:
        source.stop()
        server.stop()
    return {
        "bytes": LARGE,
        "seconds": round(time.monotonic() - started, 1),
        "megabytes": most // MEGABYTE,
        "megabytes_asked": MOST_MEMORY // MEGABYTE,
        "good": most < MOST_MEMORY,
    }


def told_sharing(result: dict[str, Any]) -> str:
    """The sharing for people."""
    return (
        f"{result['datasets']} datasets, {result['delay']} s a call: one process of 2 workers "
        f"{result['one']} s, two of them over one ledger {result['two']} s: {result['gain']}x "
        f"(asked: {result['gain_asked']}x), nothing written twice"
    )


def told_large(result: dict[str, Any]) -> str:
    """The large file for people."""
    return (
        f"a file of {result['bytes'] // MEGABYTE} MB in {result['seconds']} s with "
        f"{result['megabytes']} MB of memory (asked: under {result['megabytes_asked']} MB)"
    )


def _shared_run(processes: int) -> float:
    source, server = FakeSource(), ModelServer()
    server.delay = DELAY
    try:
        source.datasets = [dataset(f"c{n}", b"a\n%d\n" % n) for n in range(SHARED_DATASETS)]
        with tempfile.TemporaryDirectory(prefix="bench-mirror-") as folder:
            mirror = write_profile(Path(folder), source_url=source.url, target_url=server.url)
            seconds = _timed(mirror, processes)
        twice = [write for write, count in Counter(server.writes).items() if count > 1]
        if twice or len(server.writes) != 2 * SHARED_DATASETS:
            raise SystemExit(f"{len(server.writes)} writes, twice: {twice}")
    finally:
        source.stop()
        server.stop()
    return seconds


def _timed(mirror: Mirror, processes: int) -> float:
    started = time.monotonic()
    running = [mirror.start("run", "--json", "--workers", "2") for _ in range(processes)]
    ends = [process.communicate() for process in running]
    seconds = time.monotonic() - started
    for process, (out, err) in zip(running, ends, strict=True):
        if process.returncode != 0 or json.loads(out.splitlines()[-1])["summary"]["failed"]:
            raise SystemExit(f"a run ended with {process.returncode}: {err}")
    return seconds
