"""The institutional catalogue as a source of releases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.mirror.catalogues.releases import BadRelease, Release, parse_release
from ckanext.imssbienestar.mirror.catalogues.spool import spool
from ckanext.imssbienestar.mirror.catalogues.transport import Transport
from ckanext.imssbienestar.mirror.errors import (
    CatalogueUnusableError,
    NotThereError,
    RefusedError,
    ReleaseError,
)
from ckanext.imssbienestar.mirror.planning.desired import DesiredFile
from ckanext.imssbienestar.mirror.texts import say

_ACTION = "imss_release_list"


class ReleaseSource:
    """Reads the newest published or withdrawn release of each dataset, and its files."""

    def __init__(self, transport: Transport, page_size: int = 1000) -> None:
        self._transport = transport
        self._page_size = page_size

    def releases(self) -> Iterator[Release | BadRelease]:
        """All of them, one call a page; a dataset listed twice by a moving page comes once."""
        offset, seen = 0, set[str]()
        while True:
            page = self._page(offset)
            for raw in page["results"]:
                key = str(raw.get("dataset_id") or raw.get("dataset_name"))
                if key not in seen:
                    seen.add(key)
                    yield parse_release(raw)
            offset += len(page["results"])
            if not page["results"] or offset >= page["count"]:
                return

    def has_organization(self, organization_id: str) -> bool:
        """Whether an organization with this very id is here; no, if that is not told."""
        try:
            found = self._transport.read("organization_show", {"id": organization_id})
        except (NotThereError, RefusedError, CatalogueUnusableError):
            return False
        return isinstance(found, Mapping) and found.get("id") == organization_id

    def fetch(self, file: DesiredFile, path: Path) -> None:
        """Spool a file and make sure it is the signed one."""
        received = spool(
            lambda consume: self._transport.download(file.url, consume), path, file.name
        )
        if received.sha256 != file.sha256:
            html = "html" in received.media_type
            raise ReleaseError(
                "file-differs",
                file=file.name,
                expected=file.sha256[:12],
                found=received.sha256[:12],
                kind=say("kind-html") if html else received.media_type or say("kind-other"),
                size=received.size,
            )

    def _page(self, offset: int) -> dict[str, Any]:
        payload = {
            "state": ["published", "withdrawn"],
            "latest": True,
            "limit": self._page_size,
            "offset": offset,
        }
        page = self._transport.read(_ACTION, payload)
        if (
            not isinstance(page, Mapping)
            or not isinstance(page.get("results"), list)
            or not isinstance(page.get("count"), int)
            or not all(isinstance(raw, Mapping) for raw in page["results"])
        ):
            raise CatalogueUnusableError(
                "answer-broken", host=self._transport.host, call=_ACTION, cause="count, results"
            )
        return dict(page)
