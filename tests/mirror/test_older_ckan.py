"""The second profile on an older CKAN: its answers as the sources of 2.8 and 2.9 make them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mirror.fake_source import FakeSource, dataset
from mirror.http_server import Reply, Request, json_reply
from mirror.model_server import ModelServer
from mirror.programs import Mirror, write_profile

Forward = Callable[[], Reply]


class OlderCkan:
    """Changes the answers of the model into those of an older version.

    :ivar version: what ``status_show`` tells; nothing when it is hidden.
    :ivar meanwhile: called once, right before the next ``package_revise``.
    """

    def __init__(self, version: str) -> None:
        self.version = version
        self.meanwhile: Callable[[], None] | None = None

    def __call__(self, request: Request, _number: int, forward: Forward) -> Reply:
        if request.path.endswith("/status_show"):
            told = {"ckan_version": self.version} if self.version else {}
            return json_reply({"success": True, "result": told})
        if request.path.endswith("/package_revise") and self.meanwhile is not None:
            change, self.meanwhile = self.meanwhile, None
            change()
        reply = forward()
        return self._wrapped(reply) if reply.status == 409 else reply

    def _wrapped(self, reply: Reply) -> Reply:
        """2.9 gives the errors of ``package_revise`` as a list, which its API calls "message"."""
        error: dict[str, Any] = json.loads(reply.body)["error"]
        kind = error.pop("__type")
        wrapped = {"message": [error], "__type": kind}
        return json_reply({"success": False, "error": wrapped}, 409)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """The model of CKAN."""
    made = ModelServer()
    yield made
    made.stop()


@pytest.fixture
def mirror(server: ModelServer, source: FakeSource, tmp_path: Path) -> Mirror:
    """A mirror with the second profile and a published dataset."""
    source.datasets = [dataset("gasto", b"a,b\n1,2\n", b"c\n3\n")]
    return write_profile(tmp_path, source_url=source.url, target_url=server.url, profile="ckan")


@pytest.mark.parametrize("version", ["2.9.11", "2.10.10", ""])
def test_updates_end_equal(
    mirror: Mirror, server: ModelServer, source: FakeSource, version: str
) -> None:
    server.reset(OlderCkan(version))
    assert mirror("run").code == 0
    (before,) = server.model.stored.values()
    ids = [resource["id"] for resource in before["resources"]]
    assert before["private"] is False
    source.datasets[0].files[1].content = b"c\n4\n"
    source.datasets[0].fields["title"] = "Otro"
    source.datasets[0].number += 1
    assert mirror("run").summary["calls_write"] == 1
    (after,) = server.model.stored.values()
    assert [resource["id"] for resource in after["resources"]] == ids
    assert mirror("verify").code == 0
    assert mirror("run").summary["calls_write"] == 0


def test_an_edit_at_the_same_moment_is_seen_in_the_answer_of_2_9(
    mirror: Mirror, server: ModelServer, source: FakeSource
) -> None:
    older = OlderCkan("2.9.11")
    server.reset(older)
    assert mirror("run").code == 0
    (package_id,) = server.model.stored
    source.datasets[0].fields["title"] = "Otro"
    source.datasets[0].number += 1
    older.meanwhile = lambda: server.model.edit(package_id, notes="A mano")
    done = mirror("run")
    assert (done.code, done.of("gasto")["state"]) == (0, "confirmed")
    assert server.model.stored[package_id]["title"] == "Otro"
    assert server.model.stored[package_id]["notes"] != "A mano"
    assert mirror("verify").code == 0


def test_a_catalogue_without_package_revise_is_refused_before_anything_is_written(
    mirror: Mirror, server: ModelServer
) -> None:
    server.reset(OlderCkan("2.8.12"))
    refused = mirror("run")
    assert refused.code == 3
    assert "2.8.12" in refused.err
    assert server.writes == []
