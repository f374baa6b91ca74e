"""The versions of a Formato 1: a draft, and closed ones that nobody can change (R-068, R-093).

A closed version is known by its digest: the SHA-256 of the RFC 8785 form of all that it says,
which holds the digest of the version before it. A later version supersedes it; it is never edited.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.findings import Finding, any_blocking
from ckanext.imssbienestar.domain.inventory import (
    MISSING,
    InventoryEntry,
    InventoryHeader,
    entry_problems,
    header_problems,
    inventory_problems,
)
from ckanext.imssbienestar.domain.inventory_layout import InventoryLayout
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.release import Document, digest, has_digest
from ckanext.imssbienestar.errors import GateError, TerminalError

DOCUMENT_VERSION = 1


class VersionState(StrEnum):
    """Where a version of a Formato 1 stands."""

    DRAFT = "draft"
    CLOSED = "closed"
    SUPERSEDED = "superseded"


class DifferenceKind(StrEnum):
    """What happened to an entry between two versions."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class ValueChange:
    """One value that is not what it was; both are stored values."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class EntryDifference:
    """What became of one entry; ``changes`` are empty for one that was removed."""

    kind: DifferenceKind
    identifier: str
    name: str
    changes: tuple[ValueChange, ...] = ()


@dataclass(frozen=True)
class InventoryDraft:
    """What the group is working on.

    :ivar declared_empty: the coordination says that it has no database at all: only so may a
        version without entries be closed (R-001).
    """

    header: InventoryHeader
    entries: tuple[InventoryEntry, ...] = ()
    declared_empty: bool = False


@dataclass(frozen=True)
class ClosedInventory:
    """A closed version.

    :ivar number: 1 for the first.
    :ivar previous: digest of the version it supersedes; empty for the first.
    :ivar digest: SHA-256 of its :meth:`document`, lower-case hexadecimal.
    """

    number: int
    header: InventoryHeader
    entries: tuple[InventoryEntry, ...]
    closed_on: datetime.date
    declared_empty: bool
    previous: str
    digest: str

    def document(self) -> Document:
        """All that the digest covers, as JSON."""
        return _document(
            InventoryDraft(self.header, self.entries, self.declared_empty),
            number=self.number,
            closed_on=self.closed_on,
            previous=self.previous,
        )

    def is_unaltered(self) -> bool:
        """Whether it still says what was closed."""
        return has_digest(self.document(), self.digest)

    def next_draft(self) -> InventoryDraft:
        """A draft that begins with what this version says."""
        return InventoryDraft(self.header, self.entries, self.declared_empty)


class AlteredInventory(TerminalError):
    """A stored version is not what was closed."""

    def __init__(self, number: object) -> None:
        super().__init__(
            f"Version {number} of the Formato 1 is not what was closed: its digest differs.",
            next_step="Restore it from a backup; a closed version is never edited.",
        )


def draft_problems(
    draft: InventoryDraft,
    layout: InventoryLayout,
    today: datetime.date,
    *,
    elsewhere: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[InventoryEntry | None, Problem]]:
    """Everything that the rules have against a draft; None stands for the whole of it.

    :param elsewhere: identifiers of the other inventories of the organism -> their coordination.
    """
    for problem in header_problems(draft.header, layout, today):
        yield None, problem
    if not draft.entries and not draft.declared_empty:
        yield None, Problem("inventory-empty")
    if draft.entries and draft.declared_empty:
        yield None, Problem("inventory-empty", "declared", facts={"count": len(draft.entries)})
    for entry in draft.entries:
        if not entry.identifier:
            yield entry, Problem(MISSING, column=layout.fields[names.IDENTIFIER].title)
        for problem in entry_problems(entry, layout, today):
            yield entry, problem
    yield from inventory_problems(draft.entries, layout, elsewhere=elsewhere)


def close_inventory(
    draft: InventoryDraft,
    layout: InventoryLayout,
    *,
    closed_on: datetime.date,
    findings_of: Callable[[Iterable[Problem]], Sequence[Finding]],
    previous: ClosedInventory | None = None,
    elsewhere: Mapping[str, str] = MappingProxyType({}),
) -> ClosedInventory:
    """The next version, closed.

    :param closed_on: today, in Mexico City.
    :param findings_of: gives problems their severity and words: ``checks.texts.problem_findings``.
    :param previous: the version that this one supersedes.
    :raises GateError: a rule of R-045 to R-068 stands against it.
    :raises AlteredInventory: the previous version is not what was closed.
    """
    problems = draft_problems(draft, layout, closed_on, elsewhere=elsewhere)
    findings = findings_of([problem for _, problem in problems])
    if any_blocking(findings):
        raise GateError(
            "The Formato 1 cannot be closed yet.",
            findings=findings,
            next_step="Correct what each finding says, and close it again.",
        )
    if previous is not None and not previous.is_unaltered():
        raise AlteredInventory(previous.number)
    number = previous.number + 1 if previous else 1
    before = previous.digest if previous else ""
    document = _document(draft, number=number, closed_on=closed_on, previous=before)
    return ClosedInventory(
        number=number,
        header=draft.header,
        entries=draft.entries,
        closed_on=closed_on,
        declared_empty=draft.declared_empty,
        previous=before,
        digest=digest(document),
    )


def restore_closed(document: Document, expected: str) -> ClosedInventory:
    """A closed version from its stored document.

    :param expected: the digest that was stored with it.
    :raises AlteredInventory: the document is not the one of that digest.
    """
    try:
        closed = ClosedInventory(
            number=document["number"],
            header=InventoryHeader(document["header"]),
            entries=tuple(
                InventoryEntry(entry[names.IDENTIFIER], entry) for entry in document["entries"]
            ),
            closed_on=datetime.date.fromisoformat(document["closed_on"]),
            declared_empty=document["declared_empty"],
            previous=document["previous"],
            digest=expected,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AlteredInventory(_number_of(document)) from error
    # What the record cannot hold would be dropped above: the stored document itself is compared.
    if closed.document() != document or not closed.is_unaltered():
        raise AlteredInventory(closed.number)
    return closed


def version_state(version: ClosedInventory, versions: Iterable[ClosedInventory]) -> VersionState:
    """Closed, or superseded by one of the others."""
    superseded = any(other.previous == version.digest for other in versions)
    return VersionState.SUPERSEDED if superseded else VersionState.CLOSED


def entry_changes(
    before: InventoryEntry, after: InventoryEntry, layout: InventoryLayout
) -> tuple[ValueChange, ...]:
    """The values of an entry that differ, in the order of the form."""
    return tuple(
        ValueChange(name, before.value(name), after.value(name))
        for name in layout.fields
        if before.value(name) != after.value(name)
    )


def version_differences(
    before: Sequence[InventoryEntry], after: Sequence[InventoryEntry], layout: InventoryLayout
) -> tuple[EntryDifference, ...]:
    """What became of each entry: those that are in ``after`` in its order, then those removed."""
    earlier = {entry.identifier: entry for entry in before}
    kept = {entry.identifier for entry in after}
    found = []
    for entry in after:
        was = earlier.get(entry.identifier)
        changes = entry_changes(was or InventoryEntry(""), entry, layout)
        if was is None:
            kind = DifferenceKind.ADDED
        elif changes:
            kind = DifferenceKind.CHANGED
        else:
            continue
        found.append(EntryDifference(kind, entry.identifier, entry.name, changes))
    removed = (
        EntryDifference(DifferenceKind.REMOVED, entry.identifier, entry.name)
        for entry in before
        if entry.identifier not in kept
    )
    return (*found, *removed)


def _document(
    draft: InventoryDraft, *, number: int, closed_on: datetime.date, previous: str
) -> dict[str, Any]:
    return {
        "document": "formato-1",
        "version": DOCUMENT_VERSION,
        "number": number,
        "closed_on": closed_on.isoformat(),
        "declared_empty": draft.declared_empty,
        "previous": previous,
        "header": dict(draft.header.values),
        "entries": [entry.document() for entry in draft.entries],
    }


def _number_of(document: object) -> object:
    return document.get("number", "?") if isinstance(document, dict) else "?"
