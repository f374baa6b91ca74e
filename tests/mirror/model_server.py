"""The model of CKAN behind HTTP, with the shapes and statuses of the answers of a version of it.

Quick enough for thousands of calls; ``test_model_follows_ckan.py`` holds it against a real one.
"""

from __future__ import annotations

import copy
import io
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from mirror.http_server import HttpServer, Reply, Request, json_reply
from mirror.model_target import ORGANIZATION, ModelTarget
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from ckanext.imssbienestar.mirror.errors import EditedMeanwhileError, RejectedError

GROUP = "salud"
_UPLOAD = re.compile(r"update__resources__(\d+)__upload")
_DOWNLOAD = re.compile(r"/dataset/[^/]+/resource/([^/]+)/download/")

# As a fault of fault_proxy.py: the request, its number from 1, and what CKAN would answer.
Fault = Callable[[Request, int, Callable[[], Reply]], Reply]


class NotFoundHereError(Exception):
    """There is no such dataset."""


class ModelServer:
    """Serves a :class:`ModelTarget`, through ``fault``.

    :param version: of CKAN, from 2.9 on; 2.8 as far as it is told which it is.
    :ivar hides_version: whether ``status_show`` keeps the version to itself.
    :ivar delay: seconds every call takes, as with a catalogue far away.
    :ivar writes: (action, dataset) of each write that reached CKAN.
    """

    def __init__(self, version: str = "2.12.0") -> None:
        self.version = version
        self.hides_version = False
        self._numbers = tuple(int(number) for number in version.split(".")[:2])
        self.model = ModelTarget()
        self.model.touches_unchanged = self._numbers < (2, 12)
        self.fault: Fault = lambda _request, _number, forward: forward()
        self.delay = 0.0
        self.calls: list[str] = []
        self.writes: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self._server = HttpServer(self._answer)
        self.url = self._server.url

    def stop(self) -> None:
        self._server.stop()

    def reset(self, fault: Fault | None = None) -> None:
        """Start counting anew."""
        self.calls.clear()
        self.writes.clear()
        self.fault = fault or (lambda _request, _number, forward: forward())

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            self.calls.append(request.path.rsplit("/", 1)[-1])
            number = len(self.calls)
        if self.delay:
            time.sleep(self.delay)
        return self.fault(request, number, lambda: self._forward(request))

    def _forward(self, request: Request) -> Reply:
        with self._lock:
            path = urlsplit(request.path).path
            download = _DOWNLOAD.match(path)
            if download:
                return self._file(download[1])
            name = path.rsplit("/", 1)[-1]
            action = getattr(self, f"_{name}", None)
            if action is None:
                return json_reply(f"Bad request - Action name not known: {name}", 400)
            return self._act(action, request)

    def _act(self, action: Callable[[Request], Any], request: Request) -> Reply:
        try:
            return json_reply({"success": True, "result": action(request)})
        except RejectedError as error:
            return _failure(409, {"__type": "Validation Error", **error.fields})
        except EditedMeanwhileError:
            return _failure(409, {"__type": "Validation Error", **self._unmatched()})
        except (KeyError, NotFoundHereError):
            return _failure(404, {"__type": "Not Found Error", "message": "Not found"})

    def _unmatched(self) -> dict[str, Any]:
        """2.9 gives what ``package_revise`` finds as a list, which its API calls "message"."""
        unmatched = {"match": ["metadata_modified"]}
        return {"message": [unmatched]} if self._numbers < (2, 10) else unmatched

    def _file(self, resource_id: str) -> Reply:
        content = self.model.bytes.get(resource_id)
        listed = any(
            resource["id"] == resource_id and resource.get("url_type") == "upload"
            for package in self.model.stored.values()
            for resource in package["resources"]
        )
        if content is None or not listed:
            return Reply(404, b"<html>404</html>", {"Content-Type": "text/html"})
        return Reply(200, content, {"Content-Type": "text/csv"})

    # -- actions that read -----------------------------------------------------------------

    def _status_show(self, _request: Request) -> Any:
        told = {} if self.hides_version else {"ckan_version": self.version}
        return {**told, "site_url": self.url, "site_title": "Modelo"}

    def _organization_list_for_user(self, _request: Request) -> Any:
        return [{**ORGANIZATION, "capacity": "editor"}]

    def _group_list(self, _request: Request) -> Any:
        return [GROUP]

    def _license_list(self, _request: Request) -> Any:
        return [{"id": "CC-BY-4.0"}]

    def _package_show(self, request: Request) -> Any:
        return copy.deepcopy(self._package(request.json()["id"]))

    def _package_search(self, request: Request) -> Any:
        asked = request.json()
        found = [one for one in self.model.stored.values() if one["state"] == "active"]
        if asked["fq"].startswith("name:"):
            names = set(re.findall(r'"([^"]+)"', asked["fq"]))
            found = [one for one in found if one["name"] in names]
        found.sort(key=lambda one: str(one["id"]))
        page = found[asked["start"] : asked["start"] + asked["rows"]]
        return {"count": len(found), "results": copy.deepcopy(page)}

    # -- actions that write ----------------------------------------------------------------

    def _package_create(self, request: Request) -> Any:
        fields = request.json()
        made = self.model.package_create(fields)
        self.writes.append(("package_create", str(fields["name"])))
        return made

    def _package_revise(self, request: Request) -> Any:
        fields, sent = _revision(request)
        package = self._package(fields["match"]["id"])
        self.model.package_revise(fields["match"], fields["filter"], fields["update"], sent)
        self.writes.append(("package_revise", str(package["name"])))
        return {"package": {"id": package["id"]}}

    def _package_delete(self, request: Request) -> Any:
        package = self._package(request.json()["id"])
        self.model.package_delete(package["id"])
        self.writes.append(("package_delete", str(package["name"])))
        return None

    def _resource_delete(self, request: Request) -> Any:
        """Nothing the mirror calls: what a person there does, in the order of a real CKAN."""
        asked = request.json()["id"]
        for package in self.model.stored.values():
            ids = [resource["id"] for resource in package["resources"]]
            if asked in ids:
                self.model.delete_resource(package["id"], ids.index(asked))
                self.model.edit(package["id"])
                return None
        raise NotFoundHereError(asked)

    def _package(self, name_or_id: str) -> dict[str, Any]:
        found = self.model.show(name_or_id)
        if found is None:
            raise NotFoundHereError(name_or_id)
        return self.model.stored[found.id]


def _failure(status: int, error: Mapping[str, Any]) -> Reply:
    return json_reply({"success": False, "error": dict(error)}, status)


def _revision(request: Request) -> tuple[dict[str, Any], dict[int, bytes]]:
    headers = {name.lower(): value for name, value in request.headers.items()}
    media_type, options = parse_options_header(headers.get("content-type", ""))
    if media_type != "multipart/form-data":
        return request.json(), {}
    stream = io.BytesIO(request.body)
    _, form, files = FormDataParser().parse(stream, media_type, len(request.body), options)
    sent = {
        int(found[1]): file.read()
        for name, file in files.items()
        if (found := _UPLOAD.fullmatch(name))
    }
    return {name: json.loads(value) for name, value in form.items()}, sent
