"""A large file goes through the mirror without ever being in memory."""

from __future__ import annotations

import pytest
from mirror.catalogue import Catalogue, Tenant
from mirror.fake_source import FakeSource, dataset
from mirror.programs import Mirror, most_memory

MEGABYTE = 1024 * 1024
SIZE = 200 * MEGABYTE
MOST_MEMORY = 150 * MEGABYTE


@pytest.mark.slow
def test_200_megabytes_are_streamed(
    mirror: Mirror, source: FakeSource, tenant: Tenant, federal: Catalogue, unique: str
) -> None:
    row = b"entidad,municipio,clave\n"
    source.datasets = [dataset(f"grande_{unique}", row * (SIZE // len(row)))]
    process = mirror.start("run", "--json")
    most = most_memory(process)
    out, err = process.communicate()
    assert process.returncode == 0, out + err
    assert MEGABYTE < most < MOST_MEMORY
    print(f"200 MB with {most // MEGABYTE} MB of memory")
    found = tenant.editor.show(f"grande_{unique}")
    assert found["resources"][0]["size"] == len(source.datasets[0].files[0].content)
    federal.call("dataset_purge", id=found["id"])
