"""What tells, without reading its bytes, that a file of the target may have been replaced.

None of these facts is proof: CKAN leaves ``hash`` alone when a person uploads another file, and
loaders rewrite it afterwards. So a changed fingerprint raises a doubt, and the bytes decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class FileFingerprint:
    """The facts a target keeps about an uploaded file, as text; empty when it keeps none."""

    address: str
    last_modified: str
    size: str
    hash: str

    def as_text(self) -> str:
        """One line for the ledger."""
        return "\n".join(astuple(self))


def fingerprint_of(resource: Mapping[str, Any]) -> FileFingerprint:
    """The fingerprint of a resource dictionary.

    The host is left out of the address: the same catalogue may be reached under several.
    """
    url = str(resource.get("url") or "")
    address = file_name_of(url) if resource.get("url_type") == "upload" else f"link {url}"
    return FileFingerprint(
        address=address,
        last_modified=str(resource.get("last_modified") or ""),
        size=str(resource.get("size") or ""),
        hash=str(resource.get("hash") or ""),
    )


def file_name_of(url: str) -> str:
    """The last part of an address; all of a text that is no address, as people may write there."""
    try:
        path = urlsplit(url).path
    except ValueError:
        path = url
    return path.rsplit("/", 1)[-1]
