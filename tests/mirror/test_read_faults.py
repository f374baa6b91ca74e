"""Faults before the mirror writes: what it asks, fetches and sends is checked first."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from mirror.catalogue import Catalogue, Tenant
from mirror.fake_source import Dataset, FakeSource, dataset
from mirror.fault_proxy import FaultProxy
from mirror.faults import HTML, WRITES, assert_ends_well, assert_told
from mirror.http_server import HttpServer, Reply, Request
from mirror.programs import Mirror


@pytest.fixture
def mirror(make_mirror: Callable[..., Mirror], proxy: FaultProxy) -> Mirror:
    """The mirror of the tenant, through the proxy."""
    return make_mirror(target_url=proxy.url)


def test_a_file_cut_short_on_its_way_is_fetched_again(
    mirror: Mirror, source: FakeSource, proxy: FaultProxy, one: Dataset, tenant: Tenant
) -> None:
    cut: list[str] = []

    def spoil(request: Request, reply: Reply) -> Reply:
        if request.path.startswith("/files/") and not cut:
            cut.append(request.path)
            return Reply(200, reply.body, reply.headers, cut_after=3)
        return reply

    source.spoil = spoil
    assert mirror("run").code == 0
    assert cut
    assert_ends_well(mirror, proxy, one, tenant)


@pytest.mark.parametrize("status", [200, 403])
def test_a_refusal_page_in_place_of_a_file_is_never_sent(
    status: int, mirror: Mirror, source: FakeSource, proxy: FaultProxy, one: Dataset
) -> None:
    page = Reply(status, HTML.body, HTML.headers)
    source.spoil = lambda request, reply: page if request.path.startswith("/files/") else reply
    done = mirror("run")
    assert done.code == 1
    assert done.of(one.name)["state"] == "failed"
    assert done.of(one.name)["error"]
    assert "package_revise" not in proxy.calls
    source.spoil = None
    assert mirror("run").code == 0
    assert mirror("verify").code == 0


def test_a_document_that_is_not_what_was_signed_is_refused_alone(
    mirror: Mirror, source: FakeSource, one: Dataset, tenant: Tenant, unique: str
) -> None:
    other = dataset(f"otro_{unique}", b"a\n1\n")
    source.datasets.append(other)

    def spoil(request: Request, reply: Reply) -> Reply:
        title = f"Título de {one.name}".encode("unicode_escape").replace(b"\\xed", b"\\u00ed")
        return Reply(reply.status, reply.body.replace(title, b"Cambiado"), reply.headers)

    source.spoil = spoil
    done = mirror("run")
    assert done.code == 1
    assert "digest" in done.of(one.name)["error"]
    assert done.of(other.name)["state"] == "confirmed"


class TestPreflight:
    """What is wrong before anything is done."""

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"organization": "no-hay"}, ("no-hay",)),
            ({"group": "no-hay"}, ("no-hay",)),
            ({"target": {"license": "no-hay"}}, ("no-hay", "CC-BY-4.0")),
            ({"target_token": "no-es-un-token"}, ("token",)),
        ],
    )
    def test_the_other_side_refuses(
        self,
        changes: dict[str, object],
        words: tuple[str, ...],
        make_mirror: Callable[..., Mirror],
        one: Dataset,
        proxy: FaultProxy,
    ) -> None:
        mirror = make_mirror(target_url=proxy.url, **changes)
        done = mirror("run")
        assert_told(done, 3, *words)
        assert "no-es-un-token" not in done.err
        assert not set(proxy.calls) & set(WRITES)

    @pytest.mark.parametrize(
        ("reply", "words"),
        [
            (HTML, ("HTML", "JSON")),
            (Reply(404, HTML.body, HTML.headers), ("HTML",)),
            (Reply(500, HTML.body, HTML.headers), ("500",)),
            (Reply(301, b"", {"Location": "https://otro.example.org/x"}), ("otro.example.org",)),
            (Reply(200, b"[]", {"Content-Type": "application/json"}), ("JSON",)),
            (Reply(drop=True), ("respuesta",)),
        ],
    )
    def test_what_answers_is_not_the_catalogue(
        self, reply: Reply, words: tuple[str, ...], mirror: Mirror, one: Dataset, proxy: FaultProxy
    ) -> None:
        proxy.fault = lambda _request, _n, _forward: reply
        assert_told(mirror("run"), 2, *words)
        assert_told(mirror("plan"), 2, *words)
        assert_told(mirror("verify"), 2, *words)

    def test_nobody_answers(self, make_mirror: Callable[..., Mirror], one: Dataset) -> None:
        mirror = make_mirror(target_url="http://127.0.0.1:9")
        assert_told(mirror("run"), 2, "127.0.0.1:9", "Revise la dirección")

    def test_the_source_is_another_program(
        self, make_mirror: Callable[..., Mirror], federal: Catalogue, proxy: FaultProxy
    ) -> None:
        mirror = make_mirror(source_url=federal.url, target_url=proxy.url)
        assert_told(mirror("run"), 2, "imss_release_list")


def test_the_token_stays_with_its_own_address(
    mirror: Mirror, proxy: FaultProxy, source: FakeSource, one: Dataset, tenant: Tenant
) -> None:
    strangers: list[Request] = []

    def answer(request: Request) -> Reply:
        strangers.append(request)
        path = request.path.removeprefix("/elsewhere")
        return source._plain(request, path)

    elsewhere = HttpServer(answer)
    location = f"{elsewhere.url}/elsewhere"
    source.spoil = lambda request, reply: (
        Reply(302, b"", {"Location": location + request.path})
        if request.path.startswith("/files/")
        else reply
    )
    try:
        assert mirror("run").code == 0
    finally:
        elsewhere.stop()
    assert strangers
    assert not any("authorization" in map(str.lower, one.headers) for one in strangers)
    agent = strangers[0].headers["User-Agent"]
    assert agent.startswith("imss-bienestar-mirror/")
    assert "+mailto:datos@example.gob.mx" in agent
    sent = {request.headers.get("Authorization") for request in proxy.requests}
    assert sent == {tenant.token}


def test_no_room_for_the_temporary_file_is_a_sentence(
    make_mirror: Callable[..., Mirror], source: FakeSource, unique: str, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    mirror = make_mirror(limits={"spool": "spool"})
    source.datasets = [dataset(f"grande_{unique}", b"a\n" + b"1\n" * 500_000)]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, before[1]))
    try:
        done = mirror("run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert done.code == 1
    assert "espacio" in done.lines[0]["error"]
    assert list(spool.iterdir()) == []
    assert mirror("run").code == 0
