"""What a table of units would change: a dry run, row by row, that touches nothing.

A row is one period of one unit. A unit that is not known is created; one that is known gets a new
period when the row begins later than its latest one, or has the period of that day corrected. An
empty last day says nothing: what had ended stays so.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.problems import Problem, Wording
from ckanext.imssbienestar.domain.units import (
    UnitPeriod,
    UnitProblem,
    UnitProblemKey,
    UnitRefused,
    UnitRegister,
    UnitRules,
    told,
    unit_problems,
)
from ckanext.imssbienestar.formats.units.table import UnitRow, headers, limit

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A problem of the register -> the cell to look at first.
_CELL_OF = {
    "unit-kind-under": "kind",
    "unit-without-parent": "parent_id",
    "unit-parent-unknown": "parent_id",
    "unit-cycle": "parent_id",
    "unit-outside-parent": "valid_from",
    "unit-dates-backwards": "valid_to",
    "unit-periods-overlap": "valid_to",
    "unit-change-not-later": "valid_from",
}


class RowOutcome(StrEnum):
    """What would become of a row."""

    CREATED = "created"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class UnitChange:
    """One row of the dry run.

    :ivar row: its number in the file.
    :ivar before: the unit's period that the row was compared with.
    :ivar after: the period it would be; None when refused.
    :ivar problems: why it is refused, with row and cell.
    """

    row: int
    unit_id: str
    outcome: RowOutcome
    before: UnitPeriod | None = None
    after: UnitPeriod | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def differences(self) -> tuple[tuple[str, str, str], ...]:
        """Property, text before and text after, for each that differs."""
        if self.before is None or self.after is None:
            return ()
        texts = [
            (name, str(getattr(self.before, name) or ""), str(getattr(self.after, name) or ""))
            for name in headers()
        ]
        return tuple((name, old, new) for name, old, new in texts if old != new)


@dataclass(frozen=True)
class UnitsPlan:
    """The dry run of a file.

    :ivar register: the units as they would be, refused rows left out.
    """

    changes: tuple[UnitChange, ...]
    register: UnitRegister

    @property
    def counts(self) -> dict[RowOutcome, int]:
        """How many rows have each outcome."""
        counted = Counter(change.outcome for change in self.changes)
        return {outcome: counted[outcome] for outcome in RowOutcome}


def plan_units(rows: Iterable[UnitRow], register: UnitRegister) -> UnitsPlan:
    """What the rows would make of the register. A row that breaks a rule is refused alone."""
    kinds = _kind_by_word(register.rules)
    read = [(row, *_period_of(row, register.rules, kinds)) for row in rows]
    known = frozenset(found.key for found in unit_problems(register))
    # A row that was refused stays so: what it stood in the way of is not tried again.
    refused = {row.number: problems for row, _, problems in read if problems}
    while True:
        draft = _Draft(register)
        changes = tuple(draft.apply(row, period, refused) for row, period, _ in read)
        made = draft.made
        blamed = _blamed(unit_problems(made), known, changes)
        if not blamed:
            return UnitsPlan(changes, made)
        refused |= {change.row: change.problems for change in changes if change.problems}
        refused |= {
            row.number: tuple(_placed(problem, row) for problem in blamed[row.number])
            for row, _, _ in read
            if row.number in blamed
        }


@dataclass
class _Draft:
    """The register while rows are put in, unit by unit: a big one is not copied for each row."""

    register: UnitRegister
    units: dict[str, UnitRegister] = field(default_factory=dict)
    first_rows: dict[tuple[str, datetime.date], int] = field(default_factory=dict)

    @property
    def made(self) -> UnitRegister:
        """The whole register with what was put in."""
        kept = (p for p in self.register.periods if p.unit_id not in self.units)
        new = (period for unit in self.units.values() for period in unit.periods)
        return replace(self.register, periods=(*kept, *new))

    def apply(
        self,
        row: UnitRow,
        period: UnitPeriod | None,
        refused: Mapping[int, tuple[Problem, ...]],
    ) -> UnitChange:
        """The row's outcome; what it changes is in the draft from now on."""
        unit_id = row.texts["unit_id"]
        if period is None or row.number in refused:
            problems = refused[row.number]
            return UnitChange(row.number, unit_id, RowOutcome.REFUSED, problems=problems)
        first = self.first_rows.setdefault((unit_id, period.valid_from), row.number)
        if first != row.number:
            problem = _placed(Problem("units-row-twice", facts={"first": first}), row)
            return UnitChange(row.number, unit_id, RowOutcome.REFUSED, problems=(problem,))
        try:
            return self._put(row, period)
        except UnitRefused as refusal:
            problem = _placed(refusal.problem, row)
            return UnitChange(row.number, unit_id, RowOutcome.REFUSED, problems=(problem,))

    def _put(self, row: UnitRow, period: UnitPeriod) -> UnitChange:
        unit = self.units.get(period.unit_id) or replace(
            self.register, periods=self.register.history(period.unit_id)
        )
        history = unit.history(period.unit_id)
        written = next((p for p in history if p.valid_from == period.valid_from), None)
        before = written or (history[-1] if history else None)
        if before and "parent_id" not in row.texts:
            period = replace(period, parent_id=before.parent_id)
        if written:
            period = replace(period, valid_to=period.valid_to or written.valid_to)
        if written == period:
            return UnitChange(row.number, period.unit_id, RowOutcome.SAME, period, period)
        if len(history) >= limit("periods"):
            raise UnitRefused(Problem("units-too-many-periods", facts={"limit": limit("periods")}))
        changed = unit.corrected(period) if written else unit.with_period(period)
        self.units[period.unit_id] = changed
        outcome = RowOutcome.CHANGED if before else RowOutcome.CREATED
        return UnitChange(row.number, period.unit_id, outcome, before, period)


def _period_of(
    row: UnitRow, rules: UnitRules, kinds: Mapping[str, str]
) -> tuple[UnitPeriod | None, tuple[Problem, ...]]:
    """The period that a row says, or everything that keeps it from being one."""
    texts = row.texts
    problems: list[Problem] = []

    def wrong(code: str, name: str, **facts: Wording | str | int) -> None:
        said = {"value": texts.get(name, "")[:60], **facts}
        problems.append(_placed(Problem(code, facts=said), row, name))

    longest = limit("cell_characters")
    for name, text in texts.items():
        if len(text) > longest:
            wrong("units-cell-too-long", name, value="", limit=longest)
        elif not text.isprintable():
            wrong("units-cell-invisible", name, value="")
    for name in read_yaml("units.yaml")["needed_columns"]:
        if not texts[name]:
            wrong("units-cell-empty", name)
    kind = kinds.get(plain_words(texts["kind"]))
    if texts["kind"] and kind is None:
        wrong("units-kind-unknown", "kind", known=told(*rules.kinds))
    dates: dict[str, datetime.date | None] = {}
    for name in ("valid_from", "valid_to"):
        dates[name] = _date(texts.get(name, ""))
        if texts.get(name) and dates[name] is None:
            wrong("units-date", name)
    since = dates["valid_from"]
    if problems or kind is None or since is None:
        return None, tuple(problems)
    parent = texts.get("parent_id") or None
    made = UnitPeriod(texts["unit_id"], kind, texts["name"], parent, since, dates["valid_to"])
    return made, ()


def _date(text: str) -> datetime.date | None:
    """An ISO 8601 date of ten characters, or None."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _kind_by_word(rules: UnitRules) -> dict[str, str]:
    return {
        plain_words(word): kind.code
        for kind in rules.kinds
        for word in (kind.code, kind.es, kind.en, *kind.also)
    }


def _blamed(
    problems: Iterable[UnitProblem], known: frozenset[UnitProblemKey], changes: Iterable[UnitChange]
) -> dict[int, list[Problem]]:
    """Row -> what is wrong with the register because of it; what was wrong before is no row's."""
    rows: dict[tuple[str, datetime.date], int] = {}
    rows_of_unit: dict[str, int] = {}
    for change in changes:
        if change.after and change.outcome is not RowOutcome.SAME:
            rows[change.unit_id, change.after.valid_from] = change.row
            rows_of_unit[change.unit_id] = change.row
    blamed: dict[int, list[Problem]] = {}
    for found in problems:
        if found.key in known:
            continue
        row = _row_of(found, rows, rows_of_unit)
        if row is not None:
            blamed.setdefault(row, []).append(found.problem)
    return blamed


def _row_of(
    found: UnitProblem,
    rows: Mapping[tuple[str, datetime.date], int],
    rows_of_unit: Mapping[str, int],
) -> int | None:
    """The row that made the period, else one that changed its unit or the unit above it."""
    own = rows.get((found.period.unit_id, found.period.valid_from))
    if own is not None:
        return own
    return rows_of_unit.get(found.period.unit_id, rows_of_unit.get(found.parent_id or ""))


def _placed(problem: Problem, row: UnitRow, name: str | None = None) -> Problem:
    name = name or _CELL_OF.get(problem.code, "unit_id")
    return replace(problem, row=row.number, column=headers()[name], cell=row.address(name))
