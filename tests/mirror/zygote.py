"""Runs the mirror in processes that start at once and really die.

A process that has imported everything and forks one child for each order it reads: ``kill -9`` in
a child is a real one, at an exact step, and costs no start of Python.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from ckanext.imssbienestar.mirror.command import main as mirror
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase
from ckanext.imssbienestar.mirror.ledger.standstill import QuietLedger


@dataclass(frozen=True)
class Ended:
    """How a child ended; ``killed`` by its own hand, at the step it was told."""

    code: int
    killed: bool
    out: str


class Zygote:
    """The parent of the children, as the tests see it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._children = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mirror.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )

    def stop(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(timeout=30)

    def start(
        self, *arguments: str, kill_at: int = 0, environment: Mapping[str, str] | None = None
    ) -> tuple[int, Path]:
        """Begin a run; it kills itself at a step, if ``kill_at`` is not 0."""
        self._children += 1
        out = self._folder / f"run-{self._children}.txt"
        order = {
            "arguments": arguments,
            "kill_at": kill_at,
            "environment": dict(environment or {}),
            "out": str(out),
        }
        return int(self._ask(order)["process"]), out

    def wait(self, started: tuple[int, Path]) -> Ended:
        process, out = started
        status = int(self._ask({"wait": process})["status"])
        code = os.waitstatus_to_exitcode(status)
        return Ended(code, code == -signal.SIGKILL, out.read_text(encoding="utf-8"))

    def __call__(self, *arguments: str, **options: Any) -> Ended:
        return self.wait(self.start(*arguments, **options))

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))


class Steps:
    """Counts the moments at which a kill leaves something different behind.

    Before and after each commit of the ledger, before and after each HTTP call.
    """

    def __init__(self, kill_at: int) -> None:
        self._kill_at = kill_at
        self._count = 0

    def step(self) -> None:
        self._count += 1
        if self._count == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def _watch(steps: Steps) -> None:
    transaction = LedgerDatabase.transaction
    call: Callable[..., requests.Response] = requests.Session.request

    @contextmanager
    def watched_transaction(self: LedgerDatabase) -> Iterator[sa.Connection]:
        with transaction(self) as connection:
            yield connection
            steps.step()
        steps.step()

    quiet_transaction = QuietLedger._transaction

    @contextmanager
    def watched_quiet(self: QuietLedger) -> Iterator[sqlite3.Connection]:
        with quiet_transaction(self) as connection:
            yield connection
            steps.step()
        steps.step()

    def watched_call(*arguments: Any, **options: Any) -> requests.Response:
        steps.step()
        response = call(*arguments, **options)
        steps.step()
        return response

    LedgerDatabase.transaction = watched_transaction  # type: ignore[method-assign]
    QuietLedger._transaction = watched_quiet  # type: ignore[method-assign]
    requests.Session.request = watched_call  # type: ignore[method-assign,assignment]


def _child(order: dict[str, Any]) -> None:
    out = os.open(order["out"], os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.update(order["environment"])
    if order["kill_at"]:
        _watch(Steps(order["kill_at"]))
    code = 99
    try:
        code = mirror(order["arguments"])
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = {"status": os.waitpid(order["wait"], 0)[1]}
        else:
            process = os.fork()
            if process == 0:
                _child(order)
            answer = {"process": process}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve()
