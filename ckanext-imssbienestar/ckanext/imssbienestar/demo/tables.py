"""The tables that the background worker of the institutional catalogue loads after publication."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ckanext.imssbienestar.demo.client import Client

_BETWEEN_LOOKS = 0.5


def loaded_rows(reader: Client, names: Iterable[str], *, patience: float) -> dict[str, int]:
    """Rows of each dataset that can be searched, as anybody would ask; waits for the worker.

    :param patience: seconds to wait for all of them together; those not loaded then are left out.
    """
    deadline = time.monotonic() + patience
    waiting = {name: _resources(reader, name) for name in names}
    loaded: dict[str, int] = {}
    while waiting:
        for name, resources in list(waiting.items()):
            counts = [reader.find("datastore_search", resource_id=id, limit=0) for id in resources]
            found = [int(count["total"]) for count in counts if count is not None]
            if len(found) == len(resources):
                loaded[name] = sum(found)
                del waiting[name]
        if waiting and time.monotonic() > deadline:
            break
        if waiting:
            time.sleep(_BETWEEN_LOOKS)
    return loaded


def _resources(reader: Client, name: str) -> list[str]:
    return [resource["id"] for resource in reader.read("package_show", id=name)["resources"]]
