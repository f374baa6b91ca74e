"""What a release becomes on a target: the projection's result, free of catalogue rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ckanext.imssbienestar.mirror.texts import Sentence


@dataclass(frozen=True)
class DesiredFile:
    """The bytes a resource must have.

    :ivar name: file name as the target will keep it.
    :ivar url: where the institutional catalogue serves them.
    :ivar encoding: how its letters must be written; empty where that is not looked at.
    :ivar link: where the file host serves them; empty when they are uploaded.
    """

    name: str
    sha256: str
    size: int
    url: str
    link: str = ""
    encoding: str = ""


@dataclass(frozen=True)
class DesiredResource:
    """One resource of the target.

    :ivar identifier: the source's identifier, stable between releases.
    :ivar chosen_id: the id it gets if the target has none for it yet.
    :ivar fields: resource fields under the target's names.
    """

    identifier: str
    chosen_id: str
    fields: Mapping[str, Any]
    file: DesiredFile


@dataclass(frozen=True)
class DesiredPackage:
    """One dataset of the target.

    :ivar dataset_id: id on the source, key of the ledger.
    :ivar fields: plain dataset fields under the target's names; empty text means "empty there".
    :ivar extras: managed extras; None when the target takes none. A managed key that is absent
        here is removed there.
    :ivar managed_extras: keys that are ours to write or remove.
    :ivar private_at_creation: visibility of the first call.
    :ivar private: visibility afterwards; None leaves it to the target.
    :ivar remove_foreign: whether resources that no release names are removed.
    """

    dataset_id: str
    dataset_name: str
    name: str
    release_id: str
    digest: str
    organization: str
    fields: Mapping[str, str]
    tags: tuple[str, ...] | None
    groups: tuple[str, ...] | None
    resources: tuple[DesiredResource, ...]
    extras: Mapping[str, str] | None = None
    managed_extras: frozenset[str] = frozenset()
    private_at_creation: bool = True
    private: bool | None = None
    remove_foreign: bool = True
    warnings: tuple[Sentence, ...] = field(default=())
