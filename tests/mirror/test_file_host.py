"""Files as links to a file host, against a real CKAN: nothing is linked that was not read there."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from mirror.catalogue import Catalogue, Tenant
from mirror.fake_source import Dataset
from mirror.http_server import HttpServer, Reply, Request
from mirror.programs import Mirror


class FileServer:
    """Serves ``files`` by path."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[Request] = []
        self._server = HttpServer(self._answer)
        self.url = self._server.url

    def put(self, tenant: Tenant, dataset: Dataset) -> None:
        """What an institution does by other means."""
        for file in dataset.files:
            path = f"/api_update/{tenant.organization}/{dataset.name}/{file.name}"
            self.files[path] = file.content

    def stop(self) -> None:
        self._server.stop()

    def _answer(self, request: Request) -> Reply:
        self.asked.append(request)
        content = self.files.get(urlsplit(request.path).path)
        if content is None:
            return Reply(404, b"no")
        return Reply(200, content, {"Content-Type": "text/csv"})


def stored(resource_id: str) -> Path:
    """Where the federal catalogue keeps an uploaded file."""
    settings = Path(os.environ["IMSS_TEST_FEDERAL_INI"]).read_text(encoding="utf-8")
    found = re.search(r"^ckan\.storage_path\s*=\s*(.+)$", settings, re.MULTILINE)
    assert found
    folder = Path(found[1].strip()) / "resources"
    return folder / resource_id[:3] / resource_id[3:6] / resource_id[6:]


@pytest.fixture
def host() -> Iterator[FileServer]:
    """A file host with nothing on it yet."""
    server = FileServer()
    yield server
    server.stop()


@pytest.fixture
def linking(make_mirror: Callable[..., Mirror], host: FileServer) -> Mirror:
    """A mirror that links."""
    pattern = host.url + "/api_update/{organization}/{dataset}/{file}"
    return make_mirror(target={"files": "link", "file_host": pattern})


def test_a_release_waits_until_its_files_are_at_the_host(
    linking: Mirror, host: FileServer, one: Dataset, tenant: Tenant, federal: Catalogue
) -> None:
    waiting = linking("run")
    assert (waiting.code, waiting.of(one.name)["state"]) == (1, "failed")
    assert host.url in waiting.of(one.name)["error"]
    assert waiting.summary["calls_write"] == 0

    host.put(tenant, one)
    wrong = dict.fromkeys(host.files, b"<html>pronto</html>")
    right, host.files = host.files, wrong
    assert linking("run").summary["calls_write"] == 0
    host.files = right
    done = linking("run")
    assert (done.code, done.of(one.name)["state"]) == (0, "confirmed")
    assert done.summary["calls_write"] == 2
    for resource, file in zip(federal.show(one.name)["resources"], one.files, strict=True):
        assert resource["url"].startswith(host.url + "/api_update/")
        assert resource["url_type"] in ("", None)
        assert resource["hash"] == hashlib.sha256(file.content).hexdigest()
        assert resource["size"] == len(file.content)
    assert linking("run").summary["calls_write"] == 0
    assert linking("verify").code == 0
    assert not any("Authorization" in request.headers for request in host.asked)


def test_a_new_file_is_read_before_and_after_it_is_linked(
    linking: Mirror, host: FileServer, one: Dataset, tenant: Tenant, federal: Catalogue
) -> None:
    host.put(tenant, one)
    assert linking("run").code == 0
    before = federal.show(one.name)["resources"]
    one.files[0].content = b"a,b\n7,8\n"
    one.number += 1
    assert linking("run").code == 1
    assert federal.show(one.name)["resources"] == before
    host.put(tenant, one)
    host.asked.clear()
    done = linking("run")
    assert (done.code, done.summary["calls_write"]) == (0, 1)
    assert [urlsplit(request.path).path.rsplit("/", 1)[-1] for request in host.asked] == [
        one.files[0].name
    ] * 2
    after = federal.show(one.name)["resources"]
    assert [one["id"] for one in after] == [one["id"] for one in before]
    assert after[1] == before[1]
    # Somebody changes the host afterwards: what is served there is no longer what was signed.
    host.files[urlsplit(after[0]["url"]).path] = b"otra cosa"
    assert linking("verify").code == 1
    # And somebody points the resource elsewhere.
    federal.call("resource_patch", id=after[1]["id"], url="https://example.org/x.csv")
    host.put(tenant, one)
    assert linking("run").code == 0
    assert federal.show(one.name)["resources"][1]["url"] == before[1]["url"]


def test_from_uploads_to_links_and_back(
    make_mirror: Callable[..., Mirror],
    host: FileServer,
    one: Dataset,
    tenant: Tenant,
    federal: Catalogue,
) -> None:
    uploading = make_mirror()
    assert uploading("run").code == 0
    before = federal.show(one.name)["resources"]
    assert all(stored(resource["id"]).exists() for resource in before)
    host.put(tenant, one)
    pattern = host.url + "/api_update/{organization}/{dataset}/{file}"
    linking = make_mirror(target={"files": "link", "file_host": pattern})
    assert linking("run").code == 0
    linked = federal.show(one.name)["resources"]
    assert [resource["id"] for resource in linked] == [resource["id"] for resource in before]
    assert all(resource["url"].startswith(host.url) for resource in linked)
    # No copy of ours stays behind where nobody looks after it.
    assert not any(stored(resource["id"]).exists() for resource in before)
    uploading = make_mirror()
    assert uploading("run").code == 0
    assert uploading("verify").code == 0
    again = federal.show(one.name)["resources"]
    assert [resource["url"] for resource in again] == [resource["url"] for resource in before]
