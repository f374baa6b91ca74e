"""The mirror as people run it: a profile, a program, its lines and its exit code."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.mirror.command import main

PROJECT = Path(__file__).parents[2]
PROGRAM = PROJECT / "scripts" / "mirror_federal.py"


@dataclass(frozen=True)
class Finished:
    """How a program ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        return dict(self.lines[-1]["summary"])

    def of(self, dataset: str) -> dict[str, Any]:
        return next(line for line in self.lines if line.get("dataset") == dataset)


@dataclass
class Mirror:
    """A profile on disk and the ways to use it."""

    folder: Path

    @property
    def profile(self) -> Path:
        return self.folder / "mirror.toml"

    @property
    def ledger(self) -> Path:
        return self.folder / "mirror.ledger.sqlite"

    def __call__(self, command: str, *options: str) -> Finished:
        """In this process, with JSON lines; quicker than a process of its own."""
        return self._main([command, "--profile", str(self.profile), "--json", *options])

    def approve(self, *options: str) -> str:
        """A stored plan that somebody looked at: its path."""
        path = self.folder / "approved.json"
        done = self("plan", "--out", str(path), *options)
        assert done.code == 0, done.err
        assert done.summary["calls_write"] == 0
        return str(path)

    def receipt(self, action: str, *options: str) -> Finished:
        """``receipt record`` or ``receipt list``, likewise."""
        return self._main(["receipt", action, "--profile", str(self.profile), "--json", *options])

    def _main(self, arguments: list[str]) -> Finished:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
        return Finished(code, out.getvalue(), err.getvalue())

    def start(self, command: str, *options: str) -> subprocess.Popen[str]:
        """As a process that can be killed."""
        return subprocess.Popen(
            [sys.executable, str(PROGRAM), command, "--profile", str(self.profile), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def forget(self) -> None:
        """Lose the ledger."""
        for path in self.folder.glob("mirror.ledger.sqlite*"):
            path.unlink()


def write_profile(
    folder: Path,
    *,
    source_url: str,
    target_url: str,
    source_token: str = "institutional-token",
    target_token: str = "federal-token",
    organization: str = "imss-bienestar",
    group: str = "salud",
    profile: str = "pnda",
    limits: dict[str, Any] | None = None,
    target: dict[str, Any] | None = None,
    **others: dict[str, Any],
) -> Mirror:
    """A profile with its token files; quick retries, so that tests are quick.

    :param others: sections of the profile by name.
    """
    for name, token in {"source.token": source_token, "target.token": target_token}.items():
        (folder / name).write_text(token + "\n")
        (folder / name).chmod(0o600)
    quick = {"first_delay": 0.01, "longest_delay": 0.05, "read_timeout": 30}
    sections = {
        "source": {"url": source_url, "token_file": "source.token"},
        "target": {
            "url": target_url,
            "token_file": "target.token",
            "organization": organization,
            "group": group,
            "profile": profile,
            **(target or {}),
        },
        "limits": {**quick, **(limits or {})},
        **others,
    }
    text = 'contact = "datos@example.gob.mx"\n'
    for name, values in sections.items():
        text += f"\n[{name}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in values.items())
    (folder / "mirror.toml").write_text(text)
    return Mirror(folder)


def most_memory(process: subprocess.Popen[str]) -> int:
    """Largest resident size until the process ends, in bytes.

    Read from /proc: ``ru_maxrss`` of a child starts with what its parent had when it was made.
    """
    most = 0
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"))
        most = max(most, int(found[1]) * 1024 if found else 0)
        time.sleep(0.01)
    return most
