"""A disk that fills up under the ledger: a sentence, and nothing lost or sent twice."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mirror.catalogue import Catalogue, Tenant
from mirror.fake_source import TOKEN, FakeSource, dataset
from mirror.fault_proxy import FaultProxy
from mirror.faults import assert_told, called
from mirror.http_server import Reply, Request
from mirror.programs import Mirror, write_profile

_ROOM = "1m"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with little room; needs the right to mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_ROOM}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the room that is left."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 512):
                pass
        except OSError:
            pass
    return path


@pytest.mark.parametrize("moment", ["before", "package_create", "package_revise"])
def test_a_full_disk_is_a_sentence_and_the_next_run_finishes(
    moment: str,
    small_disk: Path,
    source: FakeSource,
    federal: Catalogue,
    tenant: Tenant,
    proxy: FaultProxy,
    tmp_path: Path,
    unique: str,
) -> None:
    mirror: Mirror = write_profile(
        small_disk,
        source_url=source.url,
        target_url=proxy.url,
        source_token=TOKEN,
        target_token=tenant.token,
        organization=tenant.organization,
        group=tenant.group,
        limits={"spool": str(tmp_path)},
    )
    source.datasets = [dataset(f"n{n}_{unique}", b"a\n%d\n" % n) for n in range(3)]
    if moment == "before":
        fill(small_disk)

    def fill_then(request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
        if called(request, moment):
            fill(small_disk)
        return forward()

    proxy.reset(fill_then)
    process = mirror.start("run", "--workers", "1")
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 2, err
    assert "bitácora" in err
    assert "espacio en disco" in err
    assert "Traceback" not in err
    (small_disk / "filler").unlink()
    proxy.reset()
    done = mirror("run")
    assert done.code == 0, done.err
    assert mirror("verify").code == 0
    found = tenant.editor.call(
        "package_search", fq=f"organization:{tenant.organization}", include_private=True
    )
    assert sorted(one["name"] for one in found["results"]) == [one.name for one in source.datasets]
    assert [len(one["resources"]) for one in found["results"]] == [1, 1, 1]
    assert_told(mirror("status"), 0)
