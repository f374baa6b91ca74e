"""What leaves the program: a text or a JSON line, whole or with a sentence why not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TextIO

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError


class OutputError(MirrorConfigurationError):
    """What is told cannot be written where it was to go (exit code 2)."""


def put(out: TextIO, text: str) -> None:
    """Write at once; a reader who closed the pipe is no fault of ours and passes as it is.

    :raises OutputError: when there is no room for it.
    """
    try:
        out.write(text)
        out.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        cause = error.strerror or type(error).__name__
        raise OutputError("output-unwritable", cause=cause) from None


def json_line(content: Mapping[str, Any]) -> str:
    """An object as one line, with its line break."""
    text = json.dumps(content, ensure_ascii=False)
    if not text.isascii() and text != text.encode(errors="replace").decode():
        text = json.dumps(content)  # half a character of the target's goes out as its number
    return text + "\n"


def settled_line(dataset: str, reason: str) -> dict[str, Any]:
    """The promised keys of ``plan`` and ``run`` for a dataset that needs nothing."""
    return {
        "dataset": dataset,
        "action": "none",
        "reason": reason,
        "changes": [],
        "state": "confirmed",
        "calls": 0,
        "bytes": 0,
        "error": None,
        "drift": False,
    }
