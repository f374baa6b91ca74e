"""What an import of Formato 1 begins with, and what it comes to: the rows read, the plan of each.

Plain records: :mod:`~ckanext.imssbienestar.domain.inventory_import` makes one of the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.domain.inventory_versions import ValueChange
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.errors import TransientError


@dataclass(frozen=True)
class ReadRow:
    """One row of a workbook under its headings.

    :ivar row: as the sheet numbers it.
    :ivar written: name of the column -> what stands in its cell.
    :ivar problems: why its cells cannot be believed: a formula, merged cells.
    """

    row: int
    written: Mapping[str, str]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class ReadInventory:
    """What was read of a workbook.

    :ivar sheet: the name of the sheet that was taken.
    :ivar letters: name of the column -> its letters in that sheet.
    :ivar header: name of the header's field -> what stands beside it.
    :ivar header_cells: name of the header's field -> the cell of that.
    :ivar notes: what the person should know, though it was read.
    :ivar refusals: why nothing of it can be imported; empty when it can.
    """

    sheet: str = ""
    letters: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    header_cells: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[ReadRow, ...] = ()
    notes: tuple[Problem, ...] = ()
    refusals: tuple[Problem, ...] = ()


class RowKind(StrEnum):
    """What an import does with a row."""

    CREATED = "created"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class RowOutcome:
    """What an import does with one row.

    :ivar entry: what the entry becomes; None for a row that is refused.
    :ivar proposed: the identifier was proposed by the system.
    :ivar changes: before and after, for a row that creates or changes.
    :ivar reasons: why it is refused, each with its cell.
    :ivar notes: what is still missing, or how something was read.
    :ivar meanwhile: what somebody else changed since the workbook was exported; where that
        version is no longer known, how the stored entry differs from the row.
    """

    row: int
    kind: RowKind
    identifier: str
    name: str
    entry: InventoryEntry | None = None
    proposed: bool = False
    changes: tuple[ValueChange, ...] = ()
    reasons: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    meanwhile: tuple[ValueChange, ...] = ()


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do; nothing is done yet.

    :ivar refusals: why the whole workbook is refused; then there are no rows.
    :ivar header: the header after the import.
    :ivar absent: identifiers of entries that the workbook does not hold: they stay.
    :ivar based_on: identifier -> version mark of every entry the plan was made on.
    """

    sheet: str
    rows: tuple[RowOutcome, ...]
    header: InventoryHeader
    header_changes: tuple[ValueChange, ...] = ()
    notes: tuple[Problem, ...] = ()
    refusals: tuple[Problem, ...] = ()
    absent: tuple[str, ...] = ()
    based_on: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> Mapping[RowKind, int]:
        """How many rows of each kind, all kinds told."""
        counted = Counter(outcome.kind for outcome in self.rows)
        return {kind: counted[kind] for kind in RowKind}


class ImportOutdated(TransientError):
    """Entries changed between the plan and its application."""

    def __init__(self, identifiers: Sequence[str]) -> None:
        self.identifiers = tuple(identifiers)
        super().__init__(
            f"Meanwhile somebody changed {len(self.identifiers)} of the entries of this import.",
            next_step="Look at the import again: nothing was written.",
        )


@dataclass(frozen=True)
class Inventory:
    """What is stored at the moment of an import.

    :ivar elsewhere: identifiers of the other inventories of the organism -> their coordination.
    :ivar retired: identifiers once given and no longer in any inventory: not given again.
    :ivar earlier: version mark -> the entry as it was, for as many as are still known.
    :ivar prefix: short form of the coordination, for the identifiers that are proposed.
    """

    header: InventoryHeader
    entries: tuple[InventoryEntry, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()
    earlier: Mapping[str, InventoryEntry] = field(default_factory=dict)
    prefix: str = ""
