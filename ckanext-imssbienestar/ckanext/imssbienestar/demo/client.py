"""One person's calls to one catalogue."""

from __future__ import annotations

import mimetypes
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ckanext.imssbienestar.mirror.catalogues.parts import UploadPart
from ckanext.imssbienestar.mirror.catalogues.tally import Counters
from ckanext.imssbienestar.mirror.catalogues.transport import (
    Transport,
    TransportOptions,
)
from ckanext.imssbienestar.mirror.errors import NotThereError
from ckanext.imssbienestar.mirror.settings import LimitSettings

_AGENT = "imss-bienestar-demo"


class Client:
    """The API of a catalogue with one person's token; over the mirror's own transport."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        limits = LimitSettings(minimum_interval_seconds=0)
        options = TransportOptions.of(limits, _AGENT)
        self._transport = Transport(url, SecretStr(token), options, Counters())

    def read(self, action: str, **payload: Any) -> Any:
        """Result of an action that changes nothing."""
        return self._transport.read(action, payload)

    def find(self, action: str, **payload: Any) -> Any | None:
        """Like :meth:`read`, None when there is no such thing."""
        try:
            return self.read(action, **payload)
        except NotThereError:
            return None

    def write(self, action: str, **payload: Any) -> Any:
        """Result of an action that changes something."""
        return self._transport.write(action, payload)

    def upload(self, action: str, fields: Mapping[str, str], path: Path) -> Any:
        """Result of an action that takes a file in the field ``upload``."""
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        part = UploadPart("upload", path, path.name, media_type)
        return self._transport.upload(action, fields, [part])

    def upload_text(self, action: str, fields: Mapping[str, str], name: str, text: str) -> Any:
        """Like :meth:`upload`, with a text made on the spot."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_text(text, encoding="utf-8")
            return self.upload(action, fields, path)
