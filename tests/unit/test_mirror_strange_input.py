"""What nobody should write, and somebody does one day: a sentence about one thing, and the rest
goes on.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mirror.fake_source import dataset
from mirror.http_server import HttpServer, Reply
from pydantic import SecretStr

from ckanext.imssbienestar.domain.release import digest
from ckanext.imssbienestar.mirror.catalogues.answers import Answer, read_result
from ckanext.imssbienestar.mirror.catalogues.releases import BadRelease, parse_release
from ckanext.imssbienestar.mirror.catalogues.retry import RetryPolicy, parse_retry_after
from ckanext.imssbienestar.mirror.catalogues.spool import spool_folder, sweep
from ckanext.imssbienestar.mirror.catalogues.tally import Counters
from ckanext.imssbienestar.mirror.catalogues.transport import Transport, TransportOptions
from ckanext.imssbienestar.mirror.errors import (
    CatalogueUnusableError,
    MirrorConfigurationError,
    MirrorTransientError,
)
from ckanext.imssbienestar.mirror.planning.remote import parse_package
from ckanext.imssbienestar.mirror.running.session import ledger_of
from ckanext.imssbienestar.mirror.settings import load_settings, target_token

RELEASE = dataset("gasto", b"a\n1\n").release("https://source.example.org")
LINK = 'files = "link"\nfile_host = "{}"'
PROFILE = """
contact = "datos@example.gob.mx"
{ledger}
[source]
url = "https://source.example.org"
[target]
url = "{url}"
organization = "imss-bienestar"
group = "salud"
{target}
"""


def signed(**changes: Any) -> dict[str, Any]:
    """A release whose digest is that of the changed document."""
    document = {**RELEASE["document"], **changes}
    return {**RELEASE, "document": document, "digest": digest(document)}


@pytest.mark.parametrize(
    "release",
    [
        signed(resources=None),
        signed(resources=[None]),
        signed(dataset=None),
        signed(dataset={**RELEASE["document"]["dataset"], "tags": None}),
        {**RELEASE, "document": {**RELEASE["document"], "number": 12345678901234567890123}},
        {**RELEASE, "files": [{**RELEASE["files"][0], "url": "https://[x"}]},
        {**RELEASE, "files": [{**RELEASE["files"][0], "url": "https://x:99999/a.csv"}]},
    ],
)
def test_a_release_of_another_shape_is_left_out_alone(release: Mapping[str, Any]) -> None:
    assert isinstance(parse_release(release), BadRelease)


@pytest.mark.parametrize("url", ["http://[", "https://x:99999/a.csv", "//", "\ud800", "a b"])
def test_any_text_may_be_the_address_of_a_resource_at_the_target(url: str) -> None:
    resource = {"id": "r", "url": url}
    package = parse_package({"id": "one", "name": "one", "resources": [resource]})
    assert package.resources[0].fingerprint.as_text()


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, b"[" * 100_000),
        # Not CKAN's words: a gateway that lost its way says nothing of any dataset.
        (404, b'{"message": "no Route matched with those values"}'),
    ],
)
def test_an_answer_that_is_not_the_catalogues_is_no_result(status: int, content: bytes) -> None:
    answer = Answer("host", "package_show", status, "text/plain", None, None, 1, content)
    with pytest.raises(CatalogueUnusableError):
        read_result(answer)


def test_a_file_that_moved_to_no_address_fails_alone() -> None:
    places = iter(
        ["https://[x", "https://a..b/x", f"https://{'a' * 70}.mx/x", "https://x:0/x?key=7"]
    )
    server = HttpServer(lambda _request: Reply(302, b"", {"Location": next(places)}))
    options = TransportOptions("agent", (5, 5), RetryPolicy(attempts=1), 0, 1)
    transport = Transport(server.url, SecretStr("token"), options, Counters())
    for _ in range(4):
        with pytest.raises(CatalogueUnusableError) as caught:
            transport.download(f"{server.url}/file.csv", lambda chunks: None)
        assert caught.value.sentence.code == "no-address"
        assert "key=7" not in str(caught.value)
    server.stop()


def test_an_encrypted_connection_that_breaks_off_is_tried_again() -> None:
    calls: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def slam() -> None:
            for _ in range(2):
                caller, _ = door.accept()
                calls.append("")
                caller.recv(1024)
                caller.close()

        thread = threading.Thread(target=slam, daemon=True)
        thread.start()
        options = TransportOptions("agent", (5, 5), RetryPolicy(2, 0.0, 0.0), 0, 1)
        url = f"https://127.0.0.1:{door.getsockname()[1]}"
        with pytest.raises(MirrorTransientError):
            Transport(url, SecretStr(""), options, Counters()).read("status_show", {})
        thread.join()
    assert len(calls) == 2


@pytest.mark.parametrize("header", ["²", "Mon, 05 Jan 2026 00:00:00 +999999999999999999"])
def test_a_retry_after_that_is_none_is_not_heeded(header: str) -> None:
    assert parse_retry_after(header, datetime(2026, 11, 23, tzinfo=UTC)) is None


def test_folders_of_others_with_a_name_like_ours_are_left_alone(tmp_path: Path) -> None:
    with spool_folder(tmp_path) as own:
        start = own.name.rpartition("-")[0].rpartition("-")[0]
    for process in ("²", "9" * 30, str(2**40)):
        (tmp_path / f"{start}-{process}-x").mkdir()
    sweep(tmp_path)


@pytest.mark.parametrize(
    ("code", "changes", "environment"),
    [
        ("profile-setting", {"url": "https://target.example.org:99999"}, {}),
        ("profile-setting", {"target": LINK.format("https://h:99999/{dataset}/{file}")}, {}),
        ("profile-setting", {"target": LINK.format("https://h/{dataset!x}/{file}")}, {}),
        ("profile-setting", {}, {"IMSS_MIRROR_TARGET__GROUPS": "salud"}),
        ("ledger-unusable", {"ledger": 'ledger = {url = "postgresql://host:port/name"}'}, {}),
        ("ledger-unusable", {"ledger": 'ledger = {url = "mysql+asyncmy://host/name"}'}, {}),
        ("token-unreadable", {"target": 'token_file = "~nobody-of-this-name/token"'}, {}),
        ("token-letters", {}, {"IMSS_MIRROR_TARGET__TOKEN": "two words"}),
        ("token-letters", {}, {"IMSS_MIRROR_TARGET__TOKEN": "señal"}),
    ],
)
def test_a_profile_that_cannot_work_is_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    changes: Mapping[str, str],
    environment: Mapping[str, str],
) -> None:
    profile = tmp_path / "mirror.toml"
    parts = {"url": "https://target.example.org", "target": "", "ledger": ""} | changes
    profile.write_text(PROFILE.format(**parts), encoding="utf-8")
    if "token_file" not in parts["target"]:
        environment = {"IMSS_MIRROR_TARGET__TOKEN": "token"} | dict(environment)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(MirrorConfigurationError) as caught:
        _use(profile)
    assert caught.value.sentence.code == code


def _use(profile: Path) -> None:
    settings = load_settings(profile)
    target_token(settings)
    ledger_of(settings)
