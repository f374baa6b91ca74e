"""Download the target's copy of every signed file and compare its hash. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ckanext.imssbienestar.mirror.errors import (
    MirrorTerminalError,
    MirrorTransientError,
)
from ckanext.imssbienestar.mirror.planning.plan import PlanItem
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage
from ckanext.imssbienestar.mirror.running.session import MirrorSession, select
from ckanext.imssbienestar.mirror.texts import Sentence

_PROMISED = (
    "dataset",
    "resource",
    "expected_sha256",
    "found_sha256",
    "equal",
    "private",
    "bytes",
)


@dataclass(frozen=True)
class Comparison:
    """One file on both sides.

    :ivar resource: its file name; None for a withdrawn dataset as a whole.
    :ivar found_sha256: None when the target has no such file.
    :ivar private: visibility on the target; None when the dataset is not there.
    :ivar item: the dataset as it was planned.
    :ivar identifier: of the resource, as signed.
    """

    item: PlanItem

    dataset: str
    resource: str | None
    expected_sha256: str | None
    found_sha256: str | None
    equal: bool
    private: bool | None
    bytes: int = 0
    error: Sentence | None = None
    identifier: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The promised keys."""
        return {name: getattr(self, name) for name in _PROMISED}


def verify(
    session: MirrorSession, only: Sequence[str], expect: Callable[[int], None]
) -> Iterator[Comparison]:
    """Compare all that the source publishes, or the datasets named.

    :param expect: told once how many comparisons are to come.
    """
    everything, _wanted = session.plan(session.open_ledger().entries(), to_write=False)
    items = select(everything, only)
    expect(sum(len(item.desired.resources) if item.desired else 1 for item in items))
    for item in items:
        yield from compare_item(session, item)


def compare_item(session: MirrorSession, item: PlanItem) -> Iterator[Comparison]:
    """The comparisons of one dataset; for a withdrawn one, whether it is gone."""
    remote = item.remote if item.remote is not None and not item.remote.deleted else None
    if item.withdrawal is not None:
        private = remote.private if remote else None
        yield Comparison(item, item.dataset, None, None, None, remote is None, private)
    elif item.desired is None or item.error is not None:
        yield Comparison(item, item.dataset, None, None, None, False, None, error=item.error)
    elif remote is None:
        for resource in item.desired.resources:
            expected = resource.file.sha256
            name, identifier = resource.file.name, resource.identifier
            yield Comparison(
                item, item.dataset, name, expected, None, False, None, identifier=identifier
            )
    else:
        yield from _files(session, remote, item)


def _files(session: MirrorSession, remote: RemotePackage, item: PlanItem) -> Iterator[Comparison]:
    for step in item.steps:
        if step.desired is None:
            continue
        file = step.desired.file
        found, size, problem = None, 0, None
        if step.remote is not None:
            try:
                received = session.target.measure(remote, step.remote)
            except (MirrorTerminalError, MirrorTransientError) as error:
                problem = error.sentence
            else:
                found = received.sha256 if received else None
                size = received.size if received else 0
        equal = found == file.sha256
        yield Comparison(
            item,
            item.dataset,
            file.name,
            file.sha256,
            found,
            equal,
            remote.private,
            size,
            problem,
            step.desired.identifier,
        )
