"""Three things that must not go out, and what the system says to each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.demo.client import Client
from ckanext.imssbienestar.demo.journey import Cast, describe, metadata
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.mirror.errors import RejectedError

_SHOWN = 3


class NotRefusedError(TerminalError):
    """Something that must be refused was accepted: the demonstration stops."""


def show(cast: Cast, samples: Path, entry: Mapping[str, Any]) -> Iterator[str]:
    """Lines that tell what was tried and what the answer was.

    :raises NotRefusedError: it was accepted.
    """
    liaison = cast.of("liaison", entry["unit"])
    yield f"Refused: {entry['why']}"
    refuse = _upload if entry.get("personal") else _submit
    yield from refuse(liaison, samples, entry)


def _upload(liaison: Client, samples: Path, entry: Mapping[str, Any]) -> Iterator[str]:
    dataset = liaison.find("package_show", id=entry["name"])
    if dataset is None:
        dataset = liaison.write("package_create", **metadata(samples, entry))
    try:
        liaison.upload(
            "resource_create",
            {"package_id": dataset["id"], "name": entry["title"]},
            samples / entry["file"],
        )
    except RejectedError as error:
        for message in error.fields.get("upload", []):
            yield f"  {message}"
        kept = liaison.read("package_show", id=entry["name"])["resources"]
        yield f"  Files kept in the catalogue: {len(kept)}"
        return
    raise NotRefusedError(f"{entry['file']} was accepted")


def _submit(liaison: Client, samples: Path, entry: Mapping[str, Any]) -> Iterator[str]:
    describe(liaison, samples, entry, entry["name"], entry["file"])
    try:
        liaison.write("imss_release_submit", id=entry["name"])
    except RejectedError as error:
        findings = error.fields["findings"]
        counts = Counter(found["code"] for found in findings)
        yield "  " + ", ".join(f"{code} × {number}" for code, number in counts.most_common())
        for found in [found for found in findings if found["severity"] == "blocking"][:_SHOWN]:
            yield f"  {found['cell'] or found['column'] or ''}: {found['message']}"
        return
    raise NotRefusedError(f"{entry['name']} was sent to review")
