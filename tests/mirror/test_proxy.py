"""Calls go through the proxy that the environment names, and no name and password of a .netrc."""

from __future__ import annotations

from pathlib import Path

import pytest
from mirror.http_server import HttpServer, Reply, Request, json_reply
from pydantic import SecretStr

from ckanext.imssbienestar.mirror.catalogues.tally import Counters
from ckanext.imssbienestar.mirror.catalogues.transport import Transport, TransportOptions
from ckanext.imssbienestar.mirror.settings import LimitSettings


def call(port: int) -> object:
    options = TransportOptions.of(LimitSettings(attempts=1), "tests")
    transport = Transport(f"http://localhost:{port}", SecretStr("secret"), options, Counters())
    return transport.read("status_show", {})


def test_the_proxy_of_the_environment_carries_a_call_unless_told_not_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return json_reply({"success": True, "result": len(seen)})

    server = HttpServer(answer)
    (tmp_path / ".netrc").write_text("default login somebody password other\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", server.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    try:
        assert call(9) == 1  # nobody listens at port 9
        assert seen[0].path == "http://localhost:9/api/3/action/status_show"
        monkeypatch.setenv("no_proxy", "localhost")
        own = int(server.url.rpartition(":")[2])
        assert call(own) == 2
        assert seen[1].path == "/api/3/action/status_show"
        assert {request.headers["Authorization"] for request in seen} == {"secret"}
    finally:
        server.stop()
