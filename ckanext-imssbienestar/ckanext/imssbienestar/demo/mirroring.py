"""Runs the mirror's own program, as an operator would, and reads its JSON lines."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.errors import TerminalError

_LONGEST_RUN = 900


class MirrorFailedError(TerminalError):
    """The mirror ended with an exit code that says something is not good.

    :param exit_code: see ``scripts/mirror_federal.py --help``.
    """

    def __init__(self, command: str, exit_code: int) -> None:
        super().__init__(
            f"The mirror's «{command}» ended with exit code {exit_code}; its own words are above."
        )
        self.exit_code = exit_code


@dataclass(frozen=True)
class MirrorOutput:
    """The JSON lines of one run: one for each item, then the summary."""

    items: Sequence[dict[str, Any]]
    summary: dict[str, Any]


def mirror(command: str, profile: Path) -> MirrorOutput:
    """One run of ``scripts/mirror_federal.py COMMAND --profile PROFILE --json``.

    :raises MirrorFailedError: it did not end well.
    """
    program = Path("scripts") / "mirror_federal.py"
    done = subprocess.run(  # noqa: S603 - our own program, fixed arguments
        [sys.executable, str(program), command, "--profile", str(profile), "--json"],
        stdout=subprocess.PIPE,
        text=True,
        timeout=_LONGEST_RUN,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0 or not lines:
        for line in lines:
            if line.get("error"):
                sys.stderr.write(f"{line.get('dataset', '')}: {line['error']}\n")
        raise MirrorFailedError(command, done.returncode)
    return MirrorOutput(lines[:-1], lines[-1]["summary"])
