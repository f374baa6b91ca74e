"""Between the mirror and a real catalogue: lets a test spoil, delay or kill at a chosen call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import requests
from mirror.http_server import HttpServer, Reply, Request

_TIMEOUT = 120
_KEPT_HEADERS = ("content-type", "authorization", "user-agent")

# Gets the request, its number from 1, and a function that forwards it and gives the reply.
Fault = Callable[[Request, int, Callable[[], Reply]], Reply]


def pass_on(_request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
    """No fault."""
    return forward()


class FaultProxy:
    """Forwards to ``upstream`` through ``fault``; keeps the name of each call."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.fault: Fault = pass_on
        self.calls: list[str] = []
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._server = HttpServer(self._answer)
        self.url = self._server.url

    def stop(self) -> None:
        self._server.stop()

    def reset(self, fault: Fault = pass_on) -> None:
        """Start counting anew."""
        self.calls.clear()
        self.requests.clear()
        self.fault = fault

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            self.calls.append(request.path.rsplit("/", 1)[-1])
            self.requests.append(request)
            number = len(self.calls)
        return self.fault(request, number, lambda: self._forward(request))

    def _forward(self, request: Request) -> Reply:
        headers: dict[str, Any] = {
            name: value for name, value in request.headers.items() if name.lower() in _KEPT_HEADERS
        }
        response = requests.request(
            request.method,
            self.upstream + request.path,
            data=request.body,
            headers=headers,
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
        kept = {"Content-Type": response.headers.get("Content-Type", "")}
        if "Location" in response.headers:
            kept["Location"] = response.headers["Location"]
        return Reply(response.status_code, response.content, kept)
