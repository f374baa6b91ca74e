"""The portal as people run it, with everything it can log and mail; and a visitor of it."""

from __future__ import annotations

import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from bs4 import BeautifulSoup

PROJECT = Path(__file__).parents[1]
PATIENCE = 120.0

_LOGGING = """
[loggers]
keys = root, statements
[handlers]
keys = file
[formatters]
keys = generic
[logger_root]
level = DEBUG
handlers = file
[logger_statements]
qualname = sqlalchemy.engine
level = INFO
handlers =
[handler_file]
class = FileHandler
args = ({log!r}, "a", "utf-8")
level = NOTSET
formatter = generic
[formatter_generic]
format = %(asctime)s %(levelname)s [%(name)s] %(message)s
"""


@dataclass
class Mailbox:
    """A mail server that keeps every byte it is sent."""

    received: list[bytes] = field(default_factory=list)

    @contextmanager
    def open(self) -> Iterator[int]:
        """Takes mail on the port it gives."""
        received = self.received

        class Taker(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 here\r\n")
                for line in self.rfile:
                    received.append(line)
                    word = line[:4].upper()
                    if word == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        for text in self.rfile:
                            received.append(text)
                            if text == b".\r\n":
                                break
                    self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 yes\r\n")
                    if word == b"QUIT":
                        return

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Taker) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield int(server.server_address[1])
            server.shutdown()


@dataclass
class WebServer:
    """A web process of its own, in a group of its own, over the database of the tests.

    :ivar folder: its files, temporary files and logs.
    """

    folder: Path
    ini: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        program = Path(sys.executable).with_name("gunicorn")
        with (self.folder / "web.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(program, "--bind", f"127.0.0.1:{self.port}", "--workers", "1"),
                    *("--threads", "2", "--timeout", "300", "--no-control-socket"),
                    *("--chdir", PROJECT / "scripts" / "lib", "wsgi:application"),
                ],
                env=self._environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self._answers)

    def run(self, *command: str) -> None:
        """Run a command of ``ckan`` to its end."""
        with (self.folder / "commands.log").open("ab") as log:
            subprocess.run(
                [Path(sys.executable).with_name("ckan"), "-c", self.ini, *command],
                env=self._environment(),
                stdout=log,
                stderr=log,
                check=True,
                timeout=PATIENCE,
            )

    def kill(self) -> None:
        """As ``kill -9`` of everything it started."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CKAN_INI": str(self.ini), "TMPDIR": str(self.folder / "tmp")}

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/api/3/action/status_show", timeout=60).ok
        except requests.ConnectionError:
            return False


def make_server(folder: Path, based_on: Path, mail_port: int, content: Path) -> WebServer:
    """A server not started yet, which logs at DEBUG and mails its errors."""
    (folder / "tmp").mkdir(parents=True)
    port = free_port()
    ini = folder / "web.ini"
    ini.write_text(
        f"[app:main]\nuse = config:{based_on}\n"
        f"ckan.site_url = http://127.0.0.1:{port}\n"
        f"ckanext.imssbienestar.content_path = {content}\n"
        f"email_to = operator@example.org\nerror_email_from = portal@example.org\n"
        f"smtp.server = 127.0.0.1:{mail_port}\n" + _LOGGING.format(log=str(folder / "debug.log"))
    )
    return WebServer(folder, ini, port)


@dataclass
class Visitor:
    """Somebody with a browser, or with a token."""

    server: WebServer
    session: requests.Session

    def log_in(self, name: str, password: str) -> None:
        """Begin a session."""
        page = self._get("/user/login")
        self._send_form(page, "login", {"login": name, "password": password})

    def upload(self, path: str, fields: dict[str, str], name: str, content: bytes) -> str:
        """Fill in the form of a resource with a file, and give the page that answers."""
        page = self._get(path)
        return self._send_form(page, "upload", fields, {"upload": (name, content)})

    def call(self, action: str, files: dict[str, Any], **data: Any) -> requests.Response:
        address = f"{self.server.url}/api/3/action/{action}"
        return self.session.post(address, data=data, files=files, timeout=300)

    def _send_form(
        self, page: requests.Response, field: str, fields: dict[str, str], files: Any = None
    ) -> str:
        found = BeautifulSoup(page.text, "html.parser").select_one(f"form:has([name={field}])")
        assert found is not None, f"no form with {field} at {page.url}"
        values = {
            str(one["name"]): str(one.get("value", ""))
            for one in found.select("input[name]")
            if one.get("type") not in {"file", "checkbox", "radio"}
        }
        address = requests.compat.urljoin(page.url, str(found.get("action") or page.url))
        answer = self.session.post(address, data=values | fields, files=files, timeout=300)
        return answer.text

    def _get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.server.url}{path}", timeout=60)


def until(true: Callable[[], object]) -> None:
    """Wait for something."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def free_port() -> int:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        return int(server.server_address[1])
