"""Which of the files just sent are downloaded again before they are confirmed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from ckanext.imssbienestar.mirror.planning.desired import DesiredFile
from ckanext.imssbienestar.mirror.planning.plan import PlanItem
from ckanext.imssbienestar.mirror.planning.remote import RemoteResource
from ckanext.imssbienestar.mirror.settings import ReadBackMode

OnReadBack = Callable[[PlanItem, RemoteResource, str], None]
"""Told of each file whose bytes were read: its dataset, the copy, their SHA-256 or nothing."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_DRAWS = 2**32


@dataclass(frozen=True)
class ReadBack:
    """The rule of one run.

    :ivar largest: with ``size``, files up to this many bytes are downloaded.
    :ivar share: with ``sample``, this part of the files is downloaded, drawn anew in each run.
    :ivar run_id: what the draw starts from.
    """

    mode: ReadBackMode = "always"
    largest: int = 0
    share: float = 1.0
    run_id: str = ""

    def spares(self, file: DesiredFile, remote: RemoteResource) -> bool:
        """Whether what the target says of a file it took whole is enough.

        It never is where the target names no size, or any other size or SHA-256 than was signed.
        """
        return self._may_spare(file, remote) and says_the_same(file, remote)

    def _may_spare(self, file: DesiredFile, remote: RemoteResource) -> bool:
        if self.mode == "size":
            return file.size > self.largest
        if self.mode == "sample":
            drawn = hashlib.sha256(f"{self.run_id}/{remote.id}".encode()).digest()[:4]
            return int.from_bytes(drawn) >= self.share * _DRAWS
        return False


def says_the_same(file: DesiredFile, remote: RemoteResource) -> bool:
    """Whether the target names the signed size, and the signed SHA-256 if it names one."""
    facts = remote.fingerprint
    named = facts.hash.lower() if _SHA256.fullmatch(facts.hash.lower()) else file.sha256
    return remote.is_upload and facts.size == str(file.size) and named == file.sha256


def nobody_asks(_item: PlanItem, _remote: RemoteResource, _sha256: str) -> None:
    """Nobody keeps what was read."""
