"""The institutional catalogue as the mirror sees it: a release list and files to download."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from mirror.http_server import HttpServer, Reply, Request, json_reply

from ckanext.imssbienestar.checks import RULES_VERSION
from ckanext.imssbienestar.domain.release import digest

TOKEN = "institutional-token"


@dataclass
class FileContent:
    """One file of a dataset that a test publishes."""

    name: str
    content: bytes
    format: str = "CSV"
    mimetype: str = "text/csv"
    title: str = ""
    description: str = "Descripción del recurso"
    identifier: str = ""


def passing_scan() -> dict[str, str]:
    """The guard's record of a file that passed."""
    return {
        "rules_version": RULES_VERSION,
        "scanned": "2026-10-01T00:00:00+00:00",
        "decision": "pass",
    }


@dataclass
class Dataset:
    """A dataset that a test publishes."""

    name: str
    files: list[FileContent] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    state: str = "published"
    number: int = 1
    personal_data: dict[str, str] | None = field(default_factory=passing_scan)
    dataset_id: str = ""

    def document(self) -> dict[str, Any]:
        base = {
            "identifier": self.name,
            "name": self.name,
            "title": f"Título de {self.name}",
            "notes": "Primera línea.\n\nSegunda línea, con «acentos».",
            "modified": "2026-09-30",
            "contact_name": "Unidad de Transparencia",
            "contact_email": "transparencia@example.gob.mx",
            "url": f"https://datos.example.gob.mx/dataset/{self.name}",
            "frequency": "R/P3M",
            "tags": ["gasto", "salud"],
            "license_id": "CC-BY-4.0",
            "language": "es",
        }
        resources = [
            {
                "identifier": file.identifier or f"{self.name}-{index}",
                "name": file.title or file.name,
                "description": file.description,
                "format": file.format,
                "mimetype": file.mimetype,
                "schema": {"fields": [{"name": "a", "type": "integer"}]},
                "file": {
                    "name": file.name,
                    "sha256": hashlib.sha256(file.content).hexdigest(),
                    "size": len(file.content),
                },
            }
            for index, file in enumerate(self.files)
        ]
        return {
            "version": 1,
            "dataset": {**base, **self.fields},
            "organization": {"name": "unidad"},
            "resources": resources,
        }

    def release(self, base_url: str) -> dict[str, Any]:
        document = self.document()
        return {
            "id": f"release-{self.name}-{self.number}",
            "dataset_id": self.dataset_id or f"id-{self.name}",
            "dataset_name": self.name,
            "number": self.number,
            "state": self.state,
            "digest": digest(document),
            "published": "2026-10-01T00:00:00+00:00",
            "document": document,
            "files": [
                {
                    "resource": resource["identifier"],
                    **resource["file"],
                    "url": f"{base_url}/files/{self.name}/{index}/{resource['file']['name']}",
                    "personal_data": self.personal_data,
                }
                for index, resource in enumerate(document["resources"])
            ],
        }


def dataset(name: str, *contents: bytes, **fields: Any) -> Dataset:
    """A dataset with one CSV for each content."""
    files = [
        FileContent(f"{name}_{index}.csv", content, identifier=f"{name}-{index}")
        for index, content in enumerate(contents)
    ]
    return Dataset(name, files, fields)


class FakeSource:
    """Serves ``datasets``; ``spoil`` may change or replace any answer."""

    def __init__(self) -> None:
        self.datasets: list[Dataset] = []
        self.calls: list[str] = []
        self.spoil: Callable[[Request, Reply], Reply] | None = None
        self._server = HttpServer(self._answer)
        self.url = self._server.url

    def stop(self) -> None:
        self._server.stop()

    def find(self, name: str) -> Dataset:
        return next(one for one in self.datasets if one.name == name)

    def _answer(self, request: Request) -> Reply:
        path = urlsplit(request.path).path
        self.calls.append(path)
        reply = self._plain(request, path)
        return self.spoil(request, reply) if self.spoil else reply

    def _plain(self, request: Request, path: str) -> Reply:
        if path.endswith("/imss_release_list"):
            asked = request.json()
            found = [one.release(self.url) for one in self.datasets if one.state in asked["state"]]
            page = found[asked["offset"] : asked["offset"] + asked["limit"]]
            result = {"count": len(found), "results": copy.deepcopy(page)}
            return json_reply({"success": True, "result": result})
        if path.startswith("/files/"):
            _, _, name, index, _ = path.split("/", 4)
            content = self.find(name).files[int(index)].content
            return Reply(200, content, {"Content-Type": "text/csv"})
        return json_reply({"success": False, "error": {"__type": "Not Found Error"}}, 404)
