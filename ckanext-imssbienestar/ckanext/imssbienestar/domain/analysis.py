"""The analysis of public interest: which databases of a closed Formato 1 become open data (R-046).

One decision for each entry. The answer is "publish" unless somebody writes why not (R-006); what
holds personal data or is reserved is never published as it stands (R-081, A-06, A-07), and its
safe derivative is an entry of its own that names the original.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ckanext.imssbienestar.domain.inventory import InventoryEntry, derived_in_circles
from ckanext.imssbienestar.domain.inventory_versions import ClosedInventory, InventoryDraft
from ckanext.imssbienestar.domain.problems import Problem, Wording
from ckanext.imssbienestar.domain.written_text import is_writable
from ckanext.imssbienestar.errors import TerminalError


class Exclusion(StrEnum):
    """Why a database is not published, whatever was decided about it."""

    NONE = ""
    PERSONAL = "personal"
    RESERVED = "reserved"


@dataclass(frozen=True)
class Decision:
    """What was decided about one entry, by whom and when.

    :ivar relevant_to_society: the first part of the legal definition (R-009).
    :ivar useful_to_understand: its second part; public interest needs both.
    :ivar publish: whether it becomes open data; None, the default, is "as the other answers say".
        A False for what is of public interest needs a reason (R-080).
    :ivar reason: why not, or any remark on why.
    :ivar author: the account of who decided.
    """

    entry: str
    author: str
    decided_on: datetime.date
    relevant_to_society: bool = True
    useful_to_understand: bool = True
    publish: bool | None = None
    reason: str = ""

    @property
    def public_interest(self) -> bool:
        """Whether both parts of the definition hold."""
        return self.relevant_to_society and self.useful_to_understand


class DocumentRefused(TerminalError):
    """A document of the Procedure cannot be made, with every problem found."""

    def __init__(self, document: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        codes = dict.fromkeys(problem.code for problem in self.problems)
        super().__init__(
            f"{document} cannot be made: {', '.join(codes)}.",
            next_step="Correct what each problem says and make it again.",
        )


@dataclass(frozen=True)
class LegalDefinition:
    """The definition that the form shows while somebody decides (R-009), a dated text (A-41).

    :ivar reference: the article, and as whom it is quoted.
    :ivar parts: the two questions, by the name of the answer in :class:`Decision`.
    """

    since: datetime.date
    reference: Wording
    text: Wording
    parts: Mapping[str, Wording]


def legal_definition(data: Mapping[str, Any], day: datetime.date) -> LegalDefinition:
    """The newest definition of the parsed data file whose day has come.

    :raises LookupError: none has.
    """
    come = [found for found in data["definitions"] if found["from"] <= day]
    if not come:
        raise LookupError(f"No definition of public interest is older than {day}.")
    newest = max(come, key=lambda found: found["from"])
    return LegalDefinition(
        since=newest["from"],
        reference=Wording(**newest["reference"]),
        text=Wording(**newest["text"]),
        parts={name: Wording(**text) for name, text in newest["parts"].items()},
    )


@dataclass(frozen=True)
class AnalysisRules:
    """The dated rules of the analysis, from ``schemas/public_interest.yaml``."""

    personal_types: frozenset[str]
    reserved_types: frozenset[str]
    internal_types: frozenset[str]
    shortest_reason: int
    longest_reason: int
    longest_attributions: int
    most_decisions: int

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> AnalysisRules:
        """The rules in the parsed data file."""
        return cls(
            personal_types=frozenset(data["personal_data_types"]),
            reserved_types=frozenset(data["reserved_data_types"]),
            internal_types=frozenset(data["internal_data_types"]),
            shortest_reason=int(data["shortest_reason"]),
            longest_reason=int(data["longest_reason"]),
            longest_attributions=int(data["longest_attributions"]),
            most_decisions=int(data["most_decisions"]),
        )

    def exclusion(self, entry: InventoryEntry) -> Exclusion:
        """Why the entry cannot be published; a reserve goes before personal data (A-07)."""
        if entry.is_reserved or entry.kind_of_data in self.reserved_types:
            return Exclusion.RESERVED
        if entry.contains_personal_data or entry.kind_of_data in self.personal_types:
            return Exclusion.PERSONAL
        return Exclusion.NONE

    def is_reason(self, text: str) -> bool:
        """Whether a text says why, and is not a dash or a dot."""
        letters = sum(character.isalnum() for character in text)
        return letters >= self.shortest_reason


def is_open(entry: InventoryEntry, decision: Decision, rules: AnalysisRules) -> bool:
    """Whether the database becomes open data."""
    return (
        decision.public_interest
        and decision.publish is not False
        and rules.exclusion(entry) is Exclusion.NONE
    )


def analysis_problems(
    inventory: ClosedInventory | InventoryDraft,
    decisions: Sequence[Decision],
    rules: AnalysisRules,
    *,
    today: datetime.date,
) -> tuple[Problem, ...]:
    """Everything that keeps the analysis from being complete (R-046).

    An inventory without entries has nothing to decide: its analysis is complete.
    """
    if isinstance(inventory, InventoryDraft):
        return (Problem("analysis-before-close"),)
    return (
        *_unpaired(inventory, decisions),
        *_of_each(inventory, decisions, rules, today),
        *_of_derivatives(inventory.entries),
    )


def analysis_remarks(
    inventory: ClosedInventory, decisions: Sequence[Decision], rules: AnalysisRules
) -> tuple[Problem, ...]:
    """What somebody should look at again, and nothing waits for."""
    entries = {entry.identifier: entry for entry in inventory.entries}
    return tuple(
        _of("open-but-internal", decision.entry)
        for decision in decisions
        if (entry := entries.get(decision.entry)) is not None
        and entry.kind_of_data in rules.internal_types
        and is_open(entry, decision, rules)
    )


def _unpaired(inventory: ClosedInventory, decisions: Sequence[Decision]) -> Iterator[Problem]:
    decided = Counter(decision.entry for decision in decisions)
    known = Counter(entry.identifier for entry in inventory.entries)
    for identifier, count in known.items():
        if count > 1:
            yield _of("analysis-entry-twice", identifier)
        if identifier not in decided:
            yield _of("analysis-missing", identifier)
    for identifier, count in decided.items():
        if identifier not in known:
            yield _of("analysis-unknown-entry", identifier)
        elif count > 1:
            yield _of("analysis-decided-twice", identifier)


def _of_each(
    inventory: ClosedInventory,
    decisions: Sequence[Decision],
    rules: AnalysisRules,
    today: datetime.date,
) -> Iterator[Problem]:
    entries = {entry.identifier: entry for entry in inventory.entries}
    for decision in decisions:
        entry = entries.get(decision.entry)
        if entry is None:
            continue
        if not decision.author.strip():
            yield _of("analysis-no-author", decision.entry)
        if not inventory.closed_on <= decision.decided_on <= today:
            facts = {
                "date": decision.decided_on.isoformat(),
                "closed": inventory.closed_on.isoformat(),
                "today": today.isoformat(),
            }
            yield _of("analysis-wrong-date", decision.entry, **facts)
        yield from answer_problems(entry, decision, rules)


def answer_problems(
    entry: InventoryEntry, decision: Decision, rules: AnalysisRules
) -> Iterator[Problem]:
    """What the rules have against the answers about one entry (R-006, R-080, R-081)."""
    exclusion = rules.exclusion(entry)
    given = rules.is_reason(decision.reason)
    if len(decision.reason) > rules.longest_reason:
        longest = str(rules.longest_reason)
        yield _of("analysis-long-reason", entry.identifier, longest=longest)
    if not is_writable(decision.reason):
        yield _of("analysis-unwritable-reason", entry.identifier)
    if not decision.public_interest:
        if decision.publish:
            yield _of("open-without-public-interest", entry.identifier)
        if not given:
            yield _of("analysis-no-reason", entry.identifier)
    elif exclusion is Exclusion.NONE and decision.publish is False and not given:
        yield _of("analysis-not-open-no-reason", entry.identifier)
    if decision.publish and exclusion is not Exclusion.NONE:
        yield _of(f"open-but-{exclusion}", entry.identifier)


def _of_derivatives(entries: Sequence[InventoryEntry]) -> Iterator[Problem]:
    """Whether the original of each is there at all was asked when Formato 1 was closed."""
    circles = derived_in_circles(entries)
    for entry in entries:
        if entry.identifier.upper() in circles:
            yield _of("derivative-of-itself", entry.identifier)


def _of(code: str, identifier: str, **facts: str) -> Problem:
    return Problem(code, facts={"entry": identifier} | facts)
