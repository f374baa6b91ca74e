"""The file host of link mode: files are put there by other means; here they are only read."""

from __future__ import annotations

from urllib.parse import urlsplit

from ckanext.imssbienestar.mirror.addresses import is_address
from ckanext.imssbienestar.mirror.catalogues.spool import Received, measure
from ckanext.imssbienestar.mirror.catalogues.transport import Transport
from ckanext.imssbienestar.mirror.errors import NotThereError, ReleaseError
from ckanext.imssbienestar.mirror.planning.desired import DesiredFile


class FileHost:
    """Reads files as anybody can: no token is ever sent there."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def serves(self, address: str) -> bool:
        """Whether an address is of this host; only those are read."""
        if not is_address(address):
            return False
        own, other = urlsplit(self._transport.base_url), urlsplit(address)
        return (own.scheme, own.netloc) == (other.scheme, other.netloc)

    def measure(self, address: str) -> Received | None:
        """Hash and size of what is served at an address; None if nothing is."""
        try:
            return measure(lambda consume: self._transport.download(address, consume))
        except NotThereError:
            return None

    def demand(self, file: DesiredFile) -> None:
        """Read a file and make sure it is the signed one.

        :raises ReleaseError: when it is not there, or other bytes are.
        """
        found = self.measure(file.link)
        if found is None:
            raise ReleaseError("file-host-absent", file=file.name, address=file.link)
        if found.sha256 != file.sha256:
            raise ReleaseError(
                "file-host-differs",
                file=file.name,
                address=file.link,
                expected=file.sha256[:12],
                found=found.sha256[:12],
                size=found.size,
            )


def origin_of(pattern: str) -> str:
    """The host of an address, as the base of a transport."""
    parts = urlsplit(pattern)
    return f"{parts.scheme}://{parts.netloc}"
