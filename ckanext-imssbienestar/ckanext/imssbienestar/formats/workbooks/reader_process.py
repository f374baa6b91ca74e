"""Reading a file of a foreign format in a process of its own, bounded in memory and time.

Such files come from anywhere and their readers keep much of them in memory, or end their process
when there is none left. The program that reads leaves its results in a folder, or ``error.json``
with the reason why not.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError, limit

_ERROR = "error.json"


def run_reader(program: str, path: Path, folder: Path) -> None:
    """Run ``python -m PROGRAM PATH FOLDER`` to its end.

    :raises WorkbookError: the program refused the file, was stopped, or stumbled over it.
    """
    command = [_python(), "-m", program, str(path.resolve()), str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # What a dying reader prints may quote the file.
            stderr=subprocess.DEVNULL,
            timeout=limit("seconds"),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_slow() from error
    if done.returncode == 0:
        return
    if (folder / _ERROR).exists():
        reason = json.loads((folder / _ERROR).read_bytes())
        raise WorkbookError(reason["code"], **reason["facts"])
    if done.returncode > 0:  # its reader stumbled over something no office program writes
        raise WorkbookError("workbook-damaged")
    raise _too_slow() if _ran_out_of_time(done.returncode) else _too_large()


def bound_resources() -> None:
    """Bound this process; for the program that reads."""
    memory, seconds = limit("memory_bytes"), limit("processor_seconds")
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def leave_error(folder: Path, code: str, facts: Mapping[str, str]) -> None:
    """Tell whoever started this process why the file cannot be read."""
    reason = {"code": code, "facts": dict(facts)}
    (folder / _ERROR).write_text(json.dumps(reason), encoding="utf-8")


def _python() -> str:
    """The interpreter; inside an application server ``sys.executable`` is the server."""
    if "python" in os.path.basename(sys.executable):
        return sys.executable
    return str(Path(sys.prefix) / "bin" / "python3")


def _ran_out_of_time(code: int) -> bool:
    return code in (-signal.SIGXCPU, -signal.SIGKILL)


def _too_slow() -> WorkbookError:
    seconds = str(limit("processor_seconds"))
    return WorkbookError("workbook-too-large", variant="time", limit=seconds)


def _too_large() -> WorkbookError:
    """The reader ended without a word: it asks for memory in one piece and dies without it."""
    return WorkbookError("workbook-too-large", variant="memory")
