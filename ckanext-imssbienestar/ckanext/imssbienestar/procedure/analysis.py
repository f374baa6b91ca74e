"""The analysis of public interest over the newest closed Formato 1 of a group (R-046).

Decisions are only ever added; the newest of each database counts, and who decided what and when
stays. Everything of one call is kept or nothing is.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.domain.analysis import (
    Decision,
    analysis_problems,
    analysis_remarks,
    answer_problems,
)
from ckanext.imssbienestar.domain.calendar import day_of
from ckanext.imssbienestar.domain.inventory import InventoryEntry
from ckanext.imssbienestar.domain.inventory_versions import ClosedInventory
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.procedure import closed_inventories
from ckanext.imssbienestar.procedure.closed_inventories import InventoryVersion
from ckanext.imssbienestar.procedure.rules import analysis_rules

_TABLE = model.AnalysisDecision


class AnalysisRefused(TerminalError):
    """Nothing can be decided now: the Formato 1 is not the one that somebody had before them."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(
            f"The analysis is refused: {problem.code}.",
            next_step="Look at the analysis again.",
        )


class DecisionsRefused(TerminalError):
    """Some decisions cannot be kept, so none of them was.

    :ivar problems: by the identifier of the database.
    """

    def __init__(self, problems: Mapping[str, Sequence[Problem]]) -> None:
        self.problems = problems
        super().__init__(
            f"{len(problems)} decisions cannot be kept; nothing was saved.",
            next_step="Correct what each problem says and save again.",
        )


@dataclass(frozen=True)
class KeptDecision:
    """A decision as it was kept.

    :ivar id: grows with each decision.
    """

    id: int
    decided: datetime.datetime
    decision: Decision


@dataclass(frozen=True)
class Answers:
    """What somebody says of one database.

    :ivar based_on: id of the decision that the person had before them; 0 for none.
    """

    entry: str
    relevant_to_society: bool = True
    useful_to_understand: bool = True
    publish: bool | None = None
    reason: str = ""
    based_on: int = 0


@dataclass(frozen=True)
class Analysis:
    """Where the analysis of a closed Formato 1 stands.

    :ivar kept: the decision that counts, by the identifier of the database.
    """

    version: InventoryVersion
    inventory: ClosedInventory
    kept: Mapping[str, KeptDecision]

    @cached_property
    def entries(self) -> Mapping[str, InventoryEntry]:
        """The databases by their identifier, in the order of the form."""
        return {entry.identifier: entry for entry in self.inventory.entries}

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The decisions that count."""
        return tuple(kept.decision for kept in self.kept.values())

    @cached_property
    def undecided(self) -> tuple[InventoryEntry, ...]:
        """The databases that nobody has decided about."""
        return tuple(e for e in self.inventory.entries if e.identifier not in self.kept)

    def problems(self, today: datetime.date) -> tuple[Problem, ...]:
        """Everything that keeps it from being complete."""
        return analysis_problems(self.inventory, self.decisions, analysis_rules(), today=today)

    def remarks(self) -> tuple[Problem, ...]:
        """What somebody should look at again."""
        return analysis_remarks(self.inventory, self.decisions, analysis_rules())


def analysis(session: Session, coordination_id: str, *, lock: bool = False) -> Analysis | None:
    """The analysis of the newest closed Formato 1; None while none was closed.

    :param lock: nobody else decides until the transaction ends.
    :raises AlteredInventory: the stored version is not what was closed.
    """
    version = closed_inventories.newest(session, coordination_id, lock=lock)
    return analysis_of(session, version) if version else None


def analysis_of(session: Session, version: InventoryVersion) -> Analysis:
    """The analysis of one version of Formato 1."""
    query = (
        sa.select(_TABLE)
        .distinct(_TABLE.entry)
        .where(_TABLE.inventory_digest == version.digest)
        .order_by(_TABLE.entry, _TABLE.id.desc())
    )
    kept = {found.decision.entry: found for found in _kept(session, query)}
    return Analysis(version, closed_inventories.content(session, version), kept)


def decisions_about(
    session: Session, version: InventoryVersion, entries: Iterable[str]
) -> Mapping[str, tuple[KeptDecision, ...]]:
    """Every decision that was ever taken about some databases, the newest first."""
    query = (
        sa.select(_TABLE)
        .where(_TABLE.inventory_digest == version.digest, _TABLE.entry.in_(list(entries)))
        .order_by(_TABLE.id.desc())
    )
    found: dict[str, tuple[KeptDecision, ...]] = {}
    for kept in _kept(session, query):
        found[kept.decision.entry] = (*found.get(kept.decision.entry, ()), kept)
    return found


def decide(
    session: Session,
    coordination_id: str,
    answers: Sequence[Answers],
    *,
    inventory_digest: str,
    author: str,
    now: datetime.datetime,
) -> Analysis:
    """Keep decisions about the newest closed Formato 1; flushes, does not commit.

    :param inventory_digest: the version that the person had before them.
    :param author: CKAN's id of the user.
    :returns: the analysis as it was before.
    :raises AnalysisRefused: none is closed, or a newer one than the person saw.
    :raises DecisionsRefused: some answers are wrong, or somebody else decided meanwhile.
    """
    before = _shown(session, coordination_id, inventory_digest)
    refused = {
        entry: tuple(problems)
        for entry, group in _by_entry(answers).items()
        if (problems := list(_problems(before, group, author, now)))
    }
    if refused:
        raise DecisionsRefused(refused)
    _keep(session, before.version, answers, author, now)
    return before


def repeatable(session: Session, present: Analysis) -> Mapping[str, KeptDecision]:
    """Decisions of an earlier version about databases that did not change and have none yet.

    The earlier version is the newest one that anybody has decided about. What the rules of today
    have something against is not offered.
    """
    if not present.undecided:
        return {}
    for version in closed_inventories.earlier(session, present.version):
        decided = sa.exists().where(_TABLE.inventory_digest == version.digest)
        if session.scalar(sa.select(decided)):
            return _unchanged(present, analysis_of(session, version))
    return {}


def repeat(
    session: Session,
    coordination_id: str,
    entries: Sequence[str] | None,
    *,
    inventory_digest: str,
    author: str,
    now: datetime.datetime,
) -> tuple[Analysis, Mapping[str, KeptDecision]]:
    """Decide again as an earlier version was decided; flushes, does not commit.

    :param entries: the databases, or None for all that can be repeated.
    :returns: the analysis as it was before, and the earlier decisions that were repeated.
    :raises AnalysisRefused: see :func:`decide`; also when there is nothing to repeat.
    :raises DecisionsRefused: there is nothing to repeat for some of the databases.
    """
    before = _shown(session, coordination_id, inventory_digest)
    offered = repeatable(session, before)
    wanted = list(offered) if entries is None else list(dict.fromkeys(entries))
    if refused := {
        entry: (Problem("analysis-not-repeatable", facts={"entry": entry}),)
        for entry in wanted
        if entry not in offered
    }:
        raise DecisionsRefused(refused)
    if not wanted:
        raise AnalysisRefused(Problem("analysis-nothing-to-repeat"))
    repeated = {entry: offered[entry] for entry in wanted}
    answers = [_answers(kept.decision) for kept in repeated.values()]
    _keep(session, before.version, answers, author, now)
    return before, repeated


def undecided_count(session: Session, version: InventoryVersion) -> int:
    """How many databases of a version nobody has decided about, without reading them."""
    query = sa.select(sa.func.count(_TABLE.entry.distinct())).where(
        _TABLE.inventory_digest == version.digest
    )
    decided = session.scalars(query).one()
    return closed_inventories.entry_count(session, version.digest) - decided


def _shown(session: Session, coordination_id: str, inventory_digest: str) -> Analysis:
    """The analysis under its lock, when it is of the version that the person had before them."""
    found = analysis(session, coordination_id, lock=True)
    if found is None:
        raise AnalysisRefused(Problem("analysis-before-close"))
    if found.version.digest != inventory_digest:
        facts = {"version": found.version.number}
        raise AnalysisRefused(Problem("analysis-other-version", facts=facts))
    return found


def _by_entry(answers: Sequence[Answers]) -> Mapping[str, list[Answers]]:
    found: dict[str, list[Answers]] = {}
    for one in answers:
        found.setdefault(one.entry, []).append(one)
    return found


def _problems(
    before: Analysis, group: Sequence[Answers], author: str, now: datetime.datetime
) -> Iterator[Problem]:
    answers, facts = group[-1], {"entry": group[-1].entry}
    entry = before.entries.get(answers.entry)
    if entry is None:
        yield Problem("analysis-unknown-entry", facts=facts)
        return
    if len(group) > 1:
        yield Problem("analysis-decided-twice", facts=facts)
    kept = before.kept.get(answers.entry)
    if (kept.id if kept else 0) != answers.based_on:
        yield _meanwhile(answers.entry, kept)
    yield from answer_problems(entry, _decision(answers, author, now), analysis_rules())


def _meanwhile(entry: str, kept: KeptDecision | None) -> Problem:
    """The person had another decision before them, or none."""
    if kept is None:
        return Problem("analysis-decided-meanwhile", "none", facts={"entry": entry})
    facts = {
        "entry": entry,
        "person": kept.decision.author,
        "moment": kept.decided.isoformat(timespec="minutes"),
    }
    return Problem("analysis-decided-meanwhile", facts=facts)


def _decision(answers: Answers, author: str, now: datetime.datetime) -> Decision:
    return Decision(
        entry=answers.entry,
        author=author,
        decided_on=day_of(now),
        relevant_to_society=answers.relevant_to_society,
        useful_to_understand=answers.useful_to_understand,
        publish=answers.publish,
        reason=answers.reason,
    )


def _answers(decision: Decision) -> Answers:
    return Answers(
        entry=decision.entry,
        relevant_to_society=decision.relevant_to_society,
        useful_to_understand=decision.useful_to_understand,
        publish=decision.publish,
        reason=decision.reason,
    )


def _unchanged(present: Analysis, before: Analysis) -> Mapping[str, KeptDecision]:
    return {
        entry.identifier: kept
        for entry in present.undecided
        if (kept := before.kept.get(entry.identifier)) is not None
        and before.entries.get(entry.identifier) == entry
        and not list(answer_problems(entry, kept.decision, analysis_rules()))
    }


def _keep(
    session: Session,
    version: InventoryVersion,
    answers: Sequence[Answers],
    author: str,
    now: datetime.datetime,
) -> None:
    rows = [
        {
            "inventory_digest": version.digest,
            "entry": one.entry,
            "relevant_to_society": one.relevant_to_society,
            "useful_to_understand": one.useful_to_understand,
            "publish": one.publish,
            "reason": one.reason,
            "author": author,
            "decided": now,
        }
        for one in answers
    ]
    session.execute(sa.insert(_TABLE), rows)


def _kept(
    session: Session, query: sa.Select[tuple[model.AnalysisDecision]]
) -> Iterator[KeptDecision]:
    columns = (
        _TABLE.id,
        _TABLE.decided,
        _TABLE.entry,
        _TABLE.author,
        _TABLE.relevant_to_society,
        _TABLE.useful_to_understand,
        _TABLE.publish,
        _TABLE.reason,
    )
    # Columns and not objects: thousands of them are read for one page.
    for row in session.execute(query.with_only_columns(*columns)):
        yield KeptDecision(
            id=row.id,
            decided=row.decided,
            decision=Decision(
                entry=row.entry,
                author=row.author,
                decided_on=day_of(row.decided),
                relevant_to_society=row.relevant_to_society,
                useful_to_understand=row.useful_to_understand,
                publish=row.publish,
                reason=row.reason,
            ),
        )
