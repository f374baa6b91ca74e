"""A real CKAN as tests prepare and look at it: plain API calls, none of the mirror's code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

_TIMEOUT = 60


class CatalogueError(Exception):
    """The catalogue refused a call of the test itself."""


class Catalogue:
    """Calls with one token; ``token=""`` is an anonymous visitor."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def call(self, action: str, **fields: Any) -> Any:
        response = requests.post(
            f"{self.url}/api/3/action/{action}",
            json=fields,
            headers=self._headers(),
            timeout=_TIMEOUT,
        )
        return self._result(action, response)

    def upload(self, action: str, path: Path, **fields: str) -> Any:
        with path.open("rb") as file:
            response = requests.post(
                f"{self.url}/api/3/action/{action}",
                data=fields,
                files={"upload": (path.name, file)},
                headers=self._headers(),
                timeout=_TIMEOUT,
            )
        return self._result(action, response)

    def show(self, name: str) -> dict[str, Any]:
        return dict(self.call("package_show", id=name))

    def status_of(self, url: str) -> int:
        return requests.get(url, headers=self._headers(), timeout=_TIMEOUT).status_code

    def sha256_of(self, url: str) -> str:
        response = requests.get(url, headers=self._headers(), timeout=_TIMEOUT)
        response.raise_for_status()
        return hashlib.sha256(response.content).hexdigest()

    def as_user(self, token: str) -> Catalogue:
        return Catalogue(self.url, token)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": self.token} if self.token else {}

    def _result(self, action: str, response: requests.Response) -> Any:
        body = response.json()
        if not body.get("success"):
            raise CatalogueError(f"{action}: {response.status_code} {body.get('error')}")
        return body["result"]


@dataclass(frozen=True)
class Tenant:
    """An organization of the federal catalogue with an editor and a group."""

    organization: str
    group: str
    token: str = field(repr=False)
    editor: Catalogue
