"""The second profile on older CKANs, played by the model with the answers that real ones gave.

``scripts/older_ckan`` brings up a real one; ``test_model_follows_ckan.py`` and
``test_second_profile.py`` then hold model and mirror against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mirror.fake_source import FakeSource, dataset
from mirror.http_server import Reply, Request
from mirror.model_server import ModelServer
from mirror.programs import Mirror, write_profile

VERSIONS = ("2.9.11", "2.10.11", "2.11.6")


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[ModelServer]:
    """The model of the version that the test is parametrized with."""
    made = ModelServer(request.param)
    yield made
    made.stop()


@pytest.fixture
def mirror(server: ModelServer, source: FakeSource, tmp_path: Path) -> Mirror:
    """A mirror with the second profile and a published dataset."""
    source.datasets = [dataset("gasto", b"a,b\n1,2\n", b"c\n3\n")]
    return write_profile(tmp_path, source_url=source.url, target_url=server.url, profile="ckan")


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("server", VERSIONS, indirect=True)
def test_updates_end_equal(
    mirror: Mirror, server: ModelServer, source: FakeSource, hidden: bool
) -> None:
    server.hides_version = hidden
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


@pytest.mark.parametrize("server", VERSIONS, indirect=True)
def test_an_edit_at_the_same_moment_is_seen_in_the_answer(
    mirror: Mirror, server: ModelServer, source: FakeSource
) -> None:
    assert mirror("run").code == 0
    (package_id,) = server.model.stored
    source.datasets[0].fields["title"] = "Otro"
    source.datasets[0].number += 1
    edits = [lambda: server.model.edit(package_id, notes="A mano")]

    def meanwhile(request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
        if request.path.endswith("/package_revise") and edits:
            edits.pop()()
        return forward()

    server.reset(meanwhile)
    done = mirror("run")
    assert (done.code, done.of("gasto")["state"]) == (0, "confirmed")
    assert server.model.stored[package_id]["title"] == "Otro"
    assert server.model.stored[package_id]["notes"] != "A mano"
    assert mirror("verify").code == 0


@pytest.mark.parametrize("server", VERSIONS, indirect=True)
def test_an_answer_that_was_lost_is_not_taken_for_an_edit_by_hand(
    mirror: Mirror, server: ModelServer, source: FakeSource
) -> None:
    """Before 2.12 the date moves with each update; ours must not look like somebody else's."""
    assert mirror("run").code == 0
    source.datasets[0].fields["title"] = "Otro"
    source.datasets[0].number += 1
    losses = [Reply(502, b"<html>", {"Content-Type": "text/html"})]

    def lost(request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
        reply = forward()
        return losses.pop() if request.path.endswith("/package_revise") and losses else reply

    server.reset(lost)
    done = mirror("run")
    assert (done.code, done.of("gasto")["state"]) == (0, "confirmed")
    assert done.summary["calls_write"] == 1
    again = mirror("run")
    assert (again.summary["calls_write"], again.of("gasto")["drift"]) == (0, False)


@pytest.mark.parametrize("server", ["2.8.12", "2.9.0"], indirect=True)
def test_a_catalogue_without_package_revise_is_refused_before_anything_is_written(
    mirror: Mirror, server: ModelServer
) -> None:
    """In 2.8 there is none; in 2.9.0 it ends with 500 for everybody but administrators."""
    refused = mirror("run")
    assert refused.code == 3
    assert server.version in refused.err
    assert "2.9.1" in refused.err
    assert server.writes == []
