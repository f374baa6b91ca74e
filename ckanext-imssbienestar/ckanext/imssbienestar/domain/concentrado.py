"""Formato 2, the *Concentrado General*: generated from a closed Formato 1 and its analysis.

Nobody types in it: the rows are those of Formato 1 (R-069), the marks follow from the analysis
(R-076 to R-078) and the totals are counted (R-079).
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ckanext.imssbienestar.domain.analysis import (
    AnalysisRules,
    Decision,
    DocumentRefused,
    Exclusion,
    analysis_problems,
    is_open,
)
from ckanext.imssbienestar.domain.inventory import InventoryEntry
from ckanext.imssbienestar.domain.inventory_versions import ClosedInventory
from ckanext.imssbienestar.domain.kept_documents import kept_document, restored_document
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.release import Document, digest
from ckanext.imssbienestar.domain.written_text import is_writable, says_something

FORM = "formato_2"


@dataclass(frozen=True)
class Marks:
    """The three marks of a row."""

    personal: bool
    open: bool
    public_interest: bool


class NoteKind(StrEnum):
    """What a note of a row says; its words are in ``schemas/formato_2.yaml``."""

    RESERVED = "reserved"
    RESERVED_GROUND = "reserved_ground"
    PERSONAL = "personal"
    NO_PUBLIC_INTEREST = "no_public_interest"
    NOT_OPEN = "not_open"
    REMARK = "remark"
    DERIVED = "derived"


@dataclass(frozen=True)
class Note:
    """One note of a row.

    :ivar text: the ground, the reason or the original that it quotes; empty when it quotes none.
    """

    kind: NoteKind
    text: str = ""


@dataclass(frozen=True)
class ConcentradoRow:
    """One database; ``name`` and ``identifier`` are those of Formato 1 (R-075)."""

    identifier: str
    name: str
    marks: Marks
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Totals:
    """The last row (R-079, A-05): how many databases, and how many marks in each column."""

    databases: int = 0
    personal: int = 0
    open: int = 0
    public_interest: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.databases + other.databases,
            self.personal + other.personal,
            self.open + other.open,
            self.public_interest + other.public_interest,
        )


@dataclass(frozen=True)
class ConcentradoHeader:
    """What stands above the table and is not in Formato 1.

    :ivar organism: name of the institution, from the settings (R-071, A-08).
    :ivar made_on: the day on which the version closes (R-073).
    :ivar attributions: articles or powers of the unit, at least one (R-074).
    :ivar version: 1, or one more than the version it supersedes.
    """

    organism: str
    made_on: datetime.date
    attributions: tuple[str, ...]
    version: int = 1


@dataclass(frozen=True)
class Concentrado:
    """A closed version of Formato 2. It is superseded by a next one, never changed (R-093)."""

    unit: str
    coordination: str
    header: ConcentradoHeader
    inventory_version: int
    inventory_digest: str
    rows: tuple[ConcentradoRow, ...]

    @property
    def totals(self) -> Totals:
        """Counted from the rows each time: there is no place to type them."""
        marks = [row.marks for row in self.rows]
        return Totals(
            databases=len(self.rows),
            personal=sum(mark.personal for mark in marks),
            open=sum(mark.open for mark in marks),
            public_interest=sum(mark.public_interest for mark in marks),
        )

    def document(self) -> Document:
        """Everything that is signed, as plain values; the totals follow from it."""
        return kept_document(FORM, self)

    @classmethod
    def restored(cls, document: Document, expected: str) -> Concentrado:
        """The form again from its kept document.

        :raises AlteredDocument: the document is not the one of the digest ``expected``.
        """
        return restored_document(cls, FORM, document, expected)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form (RFC 8785) of :meth:`document`, in hexadecimal."""
        return digest(self.document())


def generate_concentrado(
    inventory: ClosedInventory,
    decisions: Sequence[Decision],
    header: ConcentradoHeader,
    rules: AnalysisRules,
    *,
    today: datetime.date,
) -> Concentrado:
    """Formato 2 of a closed Formato 1: those with public interest first, each part in its order.

    :param today: no decision and no date of the header may be after it.
    :raises DocumentRefused: the analysis or the header is not complete.
    """
    problems = (
        *analysis_problems(inventory, decisions, rules, today=today),
        *_header_problems(inventory, decisions, header, rules, today),
    )
    if problems:
        raise DocumentRefused("Formato 2", problems)
    decided = {decision.entry: decision for decision in decisions}
    rows = [_row(entry, decided[entry.identifier], rules) for entry in inventory.entries]
    return Concentrado(
        unit=inventory.header.unit,
        coordination=inventory.header.coordination,
        header=header,
        inventory_version=inventory.number,
        inventory_digest=inventory.digest,
        rows=tuple(sorted(rows, key=lambda row: not row.marks.public_interest)),
    )


def mark_problems(row: ConcentradoRow) -> tuple[Problem, ...]:
    """The truth table of the three marks (R-080, R-081).

    Open data must be of public interest and hold no personal data; what is of public interest and
    not open says why in a note. Every other combination may be.
    """
    marks, problems = row.marks, []
    if marks.open and not marks.public_interest:
        problems.append("open-without-public-interest")
    if marks.open and marks.personal:
        problems.append("open-but-personal")
    if marks.public_interest and not marks.open and not any(_says_why(note) for note in row.notes):
        problems.append("analysis-not-open-no-reason")
    return tuple(Problem(code, facts={"entry": row.identifier}) for code in problems)


def concentrado_problems(
    concentrado: Concentrado, inventory: ClosedInventory, rules: AnalysisRules
) -> tuple[Problem, ...]:
    """What a stored Formato 2 has otherwise than its Formato 1 or than the truth table.

    For a form that comes from a file or from a database; a generated one has no problem.
    """
    return (
        *_other_inventory(concentrado, inventory),
        *_other_rows(concentrado.rows, inventory.entries),
        *_other_marks(concentrado.rows, inventory.entries, rules),
        *(problem for row in concentrado.rows for problem in mark_problems(row)),
    )


def _header_problems(
    inventory: ClosedInventory,
    decisions: Iterable[Decision],
    header: ConcentradoHeader,
    rules: AnalysisRules,
    today: datetime.date,
) -> Iterator[Problem]:
    if not inventory.header.unit.strip():
        yield Problem("concentrado-no-unit")
    if not says_something(header.organism):
        yield Problem("concentrado-no-organism")
    if not any(map(says_something, header.attributions)):
        yield Problem("concentrado-no-attributions")
    if sum(map(len, header.attributions)) > rules.longest_attributions:
        facts = {"longest": str(rules.longest_attributions)}
        yield Problem("concentrado-long-attributions", facts=facts)
    if not all(map(is_writable, (header.organism, *header.attributions))):
        yield Problem("concentrado-unwritable-text")
    if header.version < 1:
        yield Problem("concentrado-wrong-version", facts={"version": str(header.version)})
    earliest = max((decision.decided_on for decision in decisions), default=inventory.closed_on)
    if not earliest <= header.made_on <= today:
        facts = {"date": header.made_on.isoformat(), "earliest": earliest.isoformat()}
        yield Problem("concentrado-wrong-date", facts=facts)


def _row(entry: InventoryEntry, decision: Decision, rules: AnalysisRules) -> ConcentradoRow:
    exclusion = rules.exclusion(entry)
    marks = Marks(
        # A reserved one is shown as neither open nor personal, with a note.
        personal=exclusion is Exclusion.PERSONAL,
        open=is_open(entry, decision, rules),
        public_interest=decision.public_interest,
    )
    notes = tuple(_notes(entry, decision, exclusion, marks))
    return ConcentradoRow(entry.identifier, entry.name, marks, notes)


def _notes(
    entry: InventoryEntry, decision: Decision, exclusion: Exclusion, marks: Marks
) -> Iterator[Note]:
    if exclusion is Exclusion.RESERVED:
        ground = entry.reserve_ground.strip()
        yield Note(NoteKind.RESERVED_GROUND, ground) if ground else Note(NoteKind.RESERVED)
    elif exclusion is Exclusion.PERSONAL:
        yield Note(NoteKind.PERSONAL)
    reason = decision.reason.strip()
    if reason and not marks.public_interest:
        yield Note(NoteKind.NO_PUBLIC_INTEREST, reason)
    elif reason:
        yield Note(NoteKind.REMARK if marks.open else NoteKind.NOT_OPEN, reason)
    if entry.derived_from:
        yield Note(NoteKind.DERIVED, entry.derived_from)


def _says_why(note: Note) -> bool:
    return note.kind not in (NoteKind.REMARK, NoteKind.DERIVED)


def _other_inventory(concentrado: Concentrado, inventory: ClosedInventory) -> Iterator[Problem]:
    if concentrado.inventory_digest != inventory.digest:
        facts = {
            "version": str(concentrado.inventory_version),
            "present": str(inventory.number),
        }
        yield Problem("concentrado-other-inventory", facts=facts)


def _other_rows(
    rows: Sequence[ConcentradoRow], entries: Sequence[InventoryEntry]
) -> Iterator[Problem]:
    listed = Counter(row.identifier for row in rows)
    known = {entry.identifier: entry.name for entry in entries}
    for identifier in known:
        if identifier not in listed:
            yield Problem("concentrado-row-missing", facts={"entry": identifier})
    for identifier, count in listed.items():
        if identifier not in known or count > 1:
            yield Problem("concentrado-row-not-in-inventory", facts={"entry": identifier})
    for row in rows:
        if row.name != known.get(row.identifier, row.name):
            yield Problem("concentrado-other-name", facts={"entry": row.identifier})


def _other_marks(
    rows: Sequence[ConcentradoRow], entries: Sequence[InventoryEntry], rules: AnalysisRules
) -> Iterator[Problem]:
    """Marks that Formato 1 says the contrary of (R-067, R-076, R-081)."""
    known = {entry.identifier: entry for entry in entries}
    for row in rows:
        entry = known.get(row.identifier)
        if entry is None:
            continue
        exclusion = rules.exclusion(entry)
        if row.marks.personal is not (exclusion is Exclusion.PERSONAL):
            yield Problem("concentrado-other-marks", facts={"entry": row.identifier})
        if row.marks.open and exclusion is Exclusion.RESERVED:
            yield Problem("open-but-reserved", facts={"entry": row.identifier})
