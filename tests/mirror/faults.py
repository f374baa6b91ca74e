"""Faults between the mirror and a catalogue, and what must be so after them."""

from __future__ import annotations

from collections.abc import Callable

from mirror.catalogue import Tenant
from mirror.fake_source import Dataset
from mirror.fault_proxy import FaultProxy
from mirror.http_server import Reply, Request
from mirror.programs import Finished, Mirror

HTML = Reply(200, b"<html>Acceso denegado</html>", {"Content-Type": "text/html"})
WRITES = ("package_create", "package_revise", "package_delete")

Forward = Callable[[], Reply]


def called(request: Request, name: str) -> bool:
    return request.path.endswith(f"/{name}")


def once(name: str, fault: Callable[[Forward], Reply]) -> Callable[[Request, int, Forward], Reply]:
    """Spoil the first call of a kind."""
    seen: list[str] = []

    def spoil(request: Request, _number: int, forward: Forward) -> Reply:
        if called(request, name) and not seen:
            seen.append(name)
            return fault(forward)
        return forward()

    return spoil


def applied_then(reply: Reply) -> Callable[[Forward], Reply]:
    """The call reaches the catalogue; its answer does not come back."""

    def fault(forward: Forward) -> Reply:
        forward()
        return reply

    return fault


def assert_ends_well(mirror: Mirror, proxy: FaultProxy, one: Dataset, tenant: Tenant) -> None:
    """Equal, without duplicates, and a run without news after it."""
    proxy.reset()
    assert mirror("verify").code == 0
    again = mirror("run")
    assert (again.code, again.summary["calls_write"]) == (0, 0)
    found = tenant.editor.call(
        "package_search", fq=f"organization:{tenant.organization}", include_private=True
    )
    assert [package["name"] for package in found["results"]] == [one.name]
    assert [row["state"] for row in mirror("status").lines[:-1]] == ["confirmed"]


def assert_told(done: Finished, code: int, *words: str) -> None:
    """A sentence on stderr, no traceback."""
    assert done.code == code, done
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err
