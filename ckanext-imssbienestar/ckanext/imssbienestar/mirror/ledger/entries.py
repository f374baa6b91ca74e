"""What the ledger knows about one dataset on one target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from ckanext.imssbienestar.mirror.texts import Sentence


class State(StrEnum):
    """How far the last work on a dataset got.

    ``planned`` is written before a call leaves, ``sent`` when it was answered, ``confirmed`` when
    the target was read back and found equal.
    """

    PLANNED = "planned"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"


# ``bytes`` were downloaded and hashed; ``size`` is what the target says of a file it took whole.
Proof = Literal["bytes", "size"]


@dataclass(frozen=True)
class FileEntry:
    """A file as last confirmed.

    :ivar remote_id: id of its resource on the target.
    :ivar fingerprint: what the target said of it when its bytes were known to be right; empty
        while they are not.
    :ivar proof: how they were known to be right.
    """

    identifier: str
    remote_id: str
    sha256: str
    size: int
    fingerprint: str
    proof: Proof = field(default="bytes", compare=False)


@dataclass(frozen=True)
class Adoption:
    """A difference at the target that a person accepted, for one release and one value.

    :ivar field: dotted, as in a plan's changes.
    :ivar digest: of the release it was accepted for.
    :ivar mark: of the accepted value, see ``planning.drift.mark``.
    """

    field: str
    digest: str
    mark: str
    person: str
    reason: str
    adopted: datetime


@dataclass(frozen=True)
class LedgerEntry:
    """A dataset as last confirmed, and what was under way since.

    :ivar error: why the last work on it failed; None when it did not.
    :ivar shown: marks of what the target showed when it was confirmed; empty once a write of ours
        has left since.
    :ivar adopted: differences that people accepted, oldest first.
    """

    dataset_id: str
    dataset_name: str
    remote_name: str
    remote_id: str | None
    release_id: str
    digest: str
    action: str
    state: State
    private: bool | None = None
    withdrawn: bool = False
    error: Sentence | None = None
    confirmed: datetime | None = None
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    shown: str = ""
    adopted: tuple[Adoption, ...] = ()


@dataclass(frozen=True)
class RunEntry:
    """A run that is under way."""

    id: str
    host: str
    process: int
    started: datetime
    heartbeat: datetime
