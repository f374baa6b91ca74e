"""Answers that look like success and are none: on every path they fail, and confirm nothing."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mirror.fake_source import Dataset, FakeSource, dataset
from mirror.faults import assert_told
from mirror.http_server import HttpServer, Reply, Request, json_reply
from mirror.model_server import ModelServer
from mirror.programs import Mirror, write_profile

from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.ledger.ledger import open_ledger

HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json"}
FALSE_ANSWERS = {
    "page": Reply(200, b"<html>Request rejected. Support ID 1</html>", HTML),
    "page that says JSON": Reply(200, b"<html>Request rejected</html>", JSON),
    "page with a refusal": Reply(403, b"<html>403</html>", HTML),
    "nothing": Reply(200, b"", JSON),
    "short": Reply(200, b'{"success": true, "result": {"id', JSON),
    "cut": Reply(200, b'{"success": true, "result": {}}', JSON, cut_after=9),
    "no success": json_reply({"success": False, "error": {"message": "no"}}),
    "success in words": json_reply({"success": "true", "result": {}}),
    "another shape": json_reply([True]),
    "no result": json_reply({"success": True}),
    "text": Reply(200, b"OK", {"Content-Type": "text/plain"}),
}
FALSE_FILES = {
    "page": FALSE_ANSWERS["page"],
    "short": Reply(200, b"a,b", {"Content-Type": "text/csv"}),
    "nothing": Reply(200, b"", {"Content-Type": "text/csv"}),
    "cut": Reply(200, b"a,b\n1,2\n", {"Content-Type": "text/csv"}, cut_after=4),
    "refusal": FALSE_ANSWERS["page with a refusal"],
}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A catalogue that can be made to lie."""
    one = ModelServer()
    yield one
    one.stop()


@pytest.fixture
def one(source: FakeSource) -> Dataset:
    """A published dataset."""
    made = dataset("gasto", b"a,b\n1,2\n")
    source.datasets = [made]
    return made


@pytest.fixture
def mirror(server: ModelServer, source: FakeSource, one: Dataset, tmp_path: Path) -> Mirror:
    """The mirror between the two."""
    limits = {"attempts": 2, "first_delay": 0.001, "longest_delay": 0.002}
    return write_profile(tmp_path, source_url=source.url, target_url=server.url, limits=limits)


def states(mirror: Mirror, server: ModelServer) -> list[State]:
    key = f"{server.url} imss-bienestar"
    entries = open_ledger(f"sqlite:///{mirror.ledger}", key).entries()
    return [entry.state for entry in entries.values()]


def assert_recovers(mirror: Mirror, server: ModelServer, source: FakeSource) -> None:
    """Once the answers are true again, everything is."""
    server.reset()
    source.spoil = None
    assert mirror("run").code == 0
    assert states(mirror, server) == [State.CONFIRMED]
    server.reset()
    assert mirror("verify").code == 0
    assert mirror("run").summary["calls_write"] == 0


@pytest.mark.parametrize("answer", FALSE_ANSWERS)
@pytest.mark.parametrize("call", ["package_create", "package_revise", "package_show"])
@pytest.mark.parametrize("moment", ["applied", "not applied"])
def test_a_false_answer_of_the_api_confirms_nothing(
    moment: str,
    call: str,
    answer: str,
    mirror: Mirror,
    server: ModelServer,
    source: FakeSource,
) -> None:
    def lie(request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
        if not request.path.endswith(f"/{call}"):
            return forward()
        if moment == "applied":
            forward()
        return FALSE_ANSWERS[answer]

    server.reset(lie)
    done = mirror("run")
    if done.code == 0:
        # The answer told nothing, the look after it did: what was applied is there.
        assert (moment, call == "package_show") == ("applied", False)
        assert list(server.model.bytes.values()) == [b"a,b\n1,2\n"]
    else:
        assert (done.code, done.lines[0]["state"]) == (1, "failed")
        assert done.lines[0]["error"]
        assert State.CONFIRMED not in states(mirror, server)
    assert_recovers(mirror, server, source)


@pytest.mark.parametrize("answer", FALSE_ANSWERS)
def test_a_false_answer_to_a_search_ends_the_run_before_it_writes(
    answer: str, mirror: Mirror, server: ModelServer, source: FakeSource
) -> None:
    server.reset(
        lambda request, _n, forward: (
            FALSE_ANSWERS[answer] if request.path.endswith("/package_search") else forward()
        )
    )
    assert mirror("run").code in (2, 3)
    assert server.writes == []
    assert_recovers(mirror, server, source)


@pytest.mark.parametrize("answer", FALSE_FILES)
def test_a_false_file_at_the_target_is_not_confirmed(
    answer: str, mirror: Mirror, server: ModelServer, source: FakeSource
) -> None:
    server.reset(
        lambda request, _n, forward: (
            FALSE_FILES[answer] if "/download/" in request.path else forward()
        )
    )
    done = mirror("run")
    assert (done.code, done.lines[0]["state"]) == (1, "failed")
    assert states(mirror, server) == [State.FAILED]
    assert_recovers(mirror, server, source)


@pytest.mark.parametrize("answer", FALSE_FILES)
def test_a_false_file_at_the_source_is_not_sent(
    answer: str, mirror: Mirror, server: ModelServer, source: FakeSource
) -> None:
    source.spoil = lambda request, reply: (
        FALSE_FILES[answer] if request.path.startswith("/files/") else reply
    )
    done = mirror("run")
    assert (done.code, done.lines[0]["state"]) == (1, "failed")
    assert ("package_revise", "gasto") not in server.writes
    assert_recovers(mirror, server, source)


@pytest.mark.parametrize(
    ("limits", "read_back", "downloads"),
    [
        ({}, 8, 1),
        ({"read_back": "size", "read_back_largest_bytes": 8}, 8, 1),
        ({"read_back": "size", "read_back_largest_bytes": 7}, 0, 0),
        ({"read_back": "sample", "read_back_sample": 0.0}, 0, 0),
        ({"read_back": "sample", "read_back_sample": 1.0}, 8, 1),
    ],
)
def test_what_is_read_back_is_a_setting_with_its_cost_in_the_summary(
    limits: dict[str, object],
    read_back: int,
    downloads: int,
    server: ModelServer,
    source: FakeSource,
    one: Dataset,
    tmp_path: Path,
) -> None:
    mirror = write_profile(tmp_path, source_url=source.url, target_url=server.url, limits=limits)
    done = mirror("run")
    assert (done.code, done.summary["bytes_read_back"]) == (0, read_back)
    assert sum(name.endswith(".csv") for name in server.calls) == downloads
    server.reset()
    again = mirror("run")
    assert (again.code, again.summary["calls_write"], again.summary["bytes_read_back"]) == (0, 0, 0)


@pytest.mark.parametrize("fact", ["size", "hash"])
def test_a_target_that_names_another_size_or_hash_is_read_whatever_the_setting(
    fact: str, server: ModelServer, source: FakeSource, one: Dataset, tmp_path: Path
) -> None:
    limits = {"read_back": "sample", "read_back_sample": 0.0}
    mirror = write_profile(tmp_path, source_url=source.url, target_url=server.url, limits=limits)

    def other(request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
        reply = forward()
        if request.path.endswith("/package_revise"):
            for package in server.model.stored.values():
                package["resources"][0][fact] = {"size": None, "hash": "0" * 64}[fact]
        return reply

    server.reset(other)
    assert mirror("run").summary["bytes_read_back"] == 8


class TestEncryptionOnTheWay:
    """Other machines are called by HTTPS, and by a certificate somebody vouches for."""

    def test_an_address_without_it_is_refused_in_the_profile(
        self, source: FakeSource, tmp_path: Path
    ) -> None:
        mirror = write_profile(
            tmp_path, source_url=source.url, target_url="http://catalogo.example.org"
        )
        assert_told(mirror("run"), 2, "target.url", "https://")

    @pytest.mark.parametrize("how", ["listed", "redirected"])
    def test_a_file_address_without_it_is_not_used(
        self, how: str, mirror: Mirror, server: ModelServer, source: FakeSource
    ) -> None:
        elsewhere = "http://archivos.example.org"
        if how == "listed":
            source.url = elsewhere
        else:
            away = Reply(302, b"", {"Location": f"{elsewhere}/gasto.csv"})
            source.spoil = lambda request, reply: (
                away if request.path.startswith("/files/") else reply
            )
        done = mirror("run")
        assert (done.code, done.lines[0]["state"]) == (1, "failed")
        assert "archivos.example.org" in done.lines[0]["error"]
        assert "package_revise" not in server.calls

    def test_a_certificate_nobody_vouches_for_ends_the_run(
        self, server: ModelServer, source: FakeSource, one: Dataset, tmp_path: Path
    ) -> None:
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
        command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        command += ["-keyout", str(key), "-out", str(certificate)]
        subprocess.run(command, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        calls: list[Request] = []

        def answer(request: Request) -> Reply:
            calls.append(request)
            return json_reply({"success": True, "result": []})

        secret = HttpServer(answer, context)
        mirror = write_profile(tmp_path, source_url=source.url, target_url=secret.url)
        try:
            assert_told(mirror("run"), 2, "certificado", "self-signed")
        finally:
            secret.stop()
        assert calls == []


def test_ids_and_addresses_stay_over_five_updates(
    mirror: Mirror, server: ModelServer, one: Dataset
) -> None:
    seen = set()
    for number in range(6):
        one.files[0].content = b"a,b\n%d,%d\n" % (number, number)
        one.fields["title"] = f"Título {number}"
        one.number += 1
        server.reset()
        assert mirror("run").code == 0
        assert len(server.writes) == (2 if number == 0 else 1)
        (package,) = server.model.stored.values()
        (resource,) = package["resources"]
        seen.add((package["id"], package["name"], resource["id"], resource["url"]))
    assert len(seen) == 1


def test_one_bad_dataset_never_stops_the_rest(
    mirror: Mirror, server: ModelServer, source: FakeSource
) -> None:
    source.datasets = [dataset(f"n{number}", b"a\n%d\n" % number) for number in range(9)]
    source.spoil = lambda request, reply: (
        FALSE_FILES["page"] if "/files/n4/" in request.path else reply
    )
    done = mirror("run", "--workers", "3")
    assert (done.code, done.summary["failed"], done.summary["create"]) == (1, 1, 9)
    assert states(mirror, server).count(State.CONFIRMED) == 8
