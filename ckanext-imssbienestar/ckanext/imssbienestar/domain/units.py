"""The units of the organism as a hierarchy in time: who hangs from whom, on a day.

A unit is its identifier. Names, kinds and superiors are periods of it with a first and a last day,
both included, so a unit that is renamed or moved stays the same one (R-011, R-176), and the
hierarchy of any day can be asked for.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict

from ckanext.imssbienestar.domain.problems import Problem, Wording
from ckanext.imssbienestar.domain.vocabulary import Term
from ckanext.imssbienestar.errors import TerminalError

_DAY = datetime.timedelta(days=1)


class UnitKind(Term):
    """What a unit can be; see ``schemas/units.yaml``.

    :ivar under: the kinds of unit it may hang from.
    :ivar signs: its head signs Oficios de Validación.
    :ivar signs_under: the same, only where it hangs from a unit of one of these kinds (A-15).
    """

    also: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    root: bool = False
    working_group: bool = False
    represented: bool = False
    signs: bool = False
    signs_under: tuple[str, ...] = ()


class UnitRules(BaseModel):
    """The kinds of units there are."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kinds: tuple[UnitKind, ...]

    def kind(self, code: str) -> UnitKind | None:
        """The kind of a code, or None."""
        return next((kind for kind in self.kinds if kind.code == code), None)

    def codes(self, attribute: str) -> frozenset[str]:
        """The kinds that have an attribute, such as ``working_group``."""
        return frozenset(kind.code for kind in self.kinds if getattr(kind, attribute))


def parse_unit_rules(data: Mapping[str, Any]) -> UnitRules:
    """The rules from the content of ``schemas/units.yaml``."""
    return UnitRules.model_validate(data)


def told(*terms: Term) -> Wording:
    """The names of terms, as an enumeration in each language."""
    return Wording(es=", ".join(t.es for t in terms), en=", ".join(t.en for t in terms))


class UnitRefused(TerminalError):
    """A change to the units that the rules do not allow.

    :ivar problem: which one.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(f"The unit cannot be changed so: {problem.code}.")


@dataclass(frozen=True)
class UnitPeriod:
    """What a unit is called and where it hangs, from one day to another.

    :ivar unit_id: who the unit is, always.
    :ivar kind: code of a :class:`UnitKind`.
    :ivar valid_to: the last day, included; None while it lasts.
    """

    unit_id: str
    kind: str
    name: str
    parent_id: str | None
    valid_from: datetime.date
    valid_to: datetime.date | None = None

    @property
    def last(self) -> datetime.date:
        """The last day, far in the future while the period lasts."""
        return self.valid_to or datetime.date.max

    def holds_on(self, day: datetime.date) -> bool:
        """Whether the period includes the day."""
        return self.valid_from <= day <= self.last

    def meets(self, other: UnitPeriod) -> bool:
        """Whether both hold on some day."""
        return self.valid_from <= other.last and other.valid_from <= self.last


@dataclass(frozen=True)
class UnitTree:
    """The units that exist on one day."""

    day: datetime.date
    units: Mapping[str, UnitPeriod]
    rules: UnitRules

    @cached_property
    def _children(self) -> dict[str | None, tuple[UnitPeriod, ...]]:
        found: dict[str | None, list[UnitPeriod]] = {}
        for unit in self.units.values():
            found.setdefault(unit.parent_id, []).append(unit)
        return {parent: tuple(units) for parent, units in found.items()}

    def children(self, unit_id: str | None) -> tuple[UnitPeriod, ...]:
        """The units that hang directly from one; of None, those that hang from none."""
        return self._children.get(unit_id, ())

    def ancestors(self, unit_id: str) -> tuple[UnitPeriod, ...]:
        """The units above one, the nearest first; ends where a cycle would begin again."""
        found: dict[str, UnitPeriod] = {}
        unit = self.units.get(unit_id)
        while unit is not None and unit.parent_id not in (None, unit_id, *found):
            unit = self.units.get(str(unit.parent_id))
            if unit is not None:
                found[unit.unit_id] = unit
        return tuple(found.values())

    def descendants(self, unit_id: str) -> tuple[UnitPeriod, ...]:
        """All units below one, each after the one it hangs from."""
        found: dict[str, UnitPeriod] = {}
        waiting = list(reversed(self.children(unit_id)))
        while waiting:
            unit = waiting.pop()
            if unit.unit_id in found or unit.unit_id == unit_id:
                continue
            found[unit.unit_id] = unit
            waiting += reversed(self.children(unit.unit_id))
        return tuple(found.values())

    def within(self, unit_id: str) -> tuple[UnitPeriod, ...]:
        """The unit, when it exists on the day, and all below it."""
        unit = self.units.get(unit_id)
        return (unit, *self.descendants(unit_id)) if unit else ()

    def signs(self, unit_id: str) -> bool:
        """Whether the head of this unit signs Oficios de Validación (R-082, A-15)."""
        unit = self.units.get(unit_id)
        kind = self.rules.kind(unit.kind) if unit else None
        if unit is None or kind is None:
            return False
        above = self.units.get(unit.parent_id or "")
        return kind.signs or (above is not None and above.kind in kind.signs_under)

    def signing_unit(self, unit_id: str) -> UnitPeriod | None:
        """The unit whose head signs for this one: itself or the nearest above it."""
        above = (unit.unit_id for unit in self.ancestors(unit_id))
        return next((self.units[unit] for unit in (unit_id, *above) if self.signs(unit)), None)

    def with_working_group(self, unit_id: str | None = None) -> tuple[UnitPeriod, ...]:
        """The coordinaciones centrales of the organism, or of one unit (R-019)."""
        return self._of("working_group", unit_id)

    def to_represent(self, unit_id: str | None = None) -> tuple[UnitPeriod, ...]:
        """The divisiones of the organism, or of one unit, which somebody must represent (R-037)."""
        return self._of("represented", unit_id)

    def outside_groups(self, unit_id: str | None = None) -> tuple[UnitPeriod, ...]:
        """The divisiones in no coordinación central: any group of their unit may represent them."""
        grouped = {
            unit.unit_id
            for coordination in self.with_working_group(unit_id)
            for unit in self.descendants(coordination.unit_id)
        }
        return tuple(unit for unit in self.to_represent(unit_id) if unit.unit_id not in grouped)

    def _of(self, attribute: str, unit_id: str | None) -> tuple[UnitPeriod, ...]:
        kinds = self.rules.codes(attribute)
        among = self.units.values() if unit_id is None else self.within(unit_id)
        return tuple(unit for unit in among if unit.kind in kinds)


@dataclass(frozen=True)
class UnitRegister:
    """All periods of all units; changing it gives another register."""

    periods: tuple[UnitPeriod, ...]
    rules: UnitRules

    @cached_property
    def _by_unit(self) -> dict[str, tuple[UnitPeriod, ...]]:
        found: dict[str, list[UnitPeriod]] = {}
        for period in self.periods:
            found.setdefault(period.unit_id, []).append(period)
        return {
            unit_id: tuple(sorted(periods, key=lambda period: period.valid_from))
            for unit_id, periods in found.items()
        }

    @property
    def unit_ids(self) -> tuple[str, ...]:
        """Every unit there ever was, in the order they came."""
        return tuple(self._by_unit)

    def history(self, unit_id: str) -> tuple[UnitPeriod, ...]:
        """The periods of a unit, the oldest first."""
        return self._by_unit.get(unit_id, ())

    def at(self, unit_id: str, day: datetime.date) -> UnitPeriod | None:
        """What a unit is on a day, or None when it does not exist then."""
        periods = self.history(unit_id)
        place = bisect_right(periods, day, key=lambda period: period.valid_from)
        found = periods[place - 1] if place else None
        return found if found and found.holds_on(day) else None

    def on(self, day: datetime.date) -> UnitTree:
        """The hierarchy of a day."""
        units = {unit_id: self.at(unit_id, day) for unit_id in self._by_unit}
        return UnitTree(day, {key: unit for key, unit in units.items() if unit}, self.rules)

    def with_period(self, period: UnitPeriod) -> UnitRegister:
        """A new unit, or a new name, kind or superior of one from a day on.

        The period before it ends the day before; nothing that held is overwritten.

        :raises UnitRefused: it does not begin after the unit's latest period.
        """
        earlier = self.history(period.unit_id)
        if not earlier:
            return replace(self, periods=(*self.periods, period))
        latest = earlier[-1]
        if period.valid_from <= latest.valid_from:
            raise UnitRefused(
                Problem(
                    "unit-change-not-later",
                    facts={"unit": latest.name, "since": latest.valid_from.isoformat()},
                )
            )
        ended = replace(latest, valid_to=min(latest.last, period.valid_from - _DAY))
        return replace(self, periods=(*_replaced(self.periods, latest, ended), period))

    def corrected(self, period: UnitPeriod) -> UnitRegister:
        """The period of the unit that begins on the same day, written anew: a slip of the pen.

        :raises UnitRefused: the unit has none that begins on that day.
        """
        for written in self.history(period.unit_id):
            if written.valid_from == period.valid_from:
                return replace(self, periods=_replaced(self.periods, written, period))
        raise UnitRefused(Problem("unit-unknown", facts={"unit": period.unit_id}))

    def ended(self, unit_id: str, last_day: datetime.date) -> UnitRegister:
        """The register in which a unit exists until a day, included.

        :raises UnitRefused: there is no such unit, it has ended, or began later.
        """
        latest = self.history(unit_id)[-1:]
        if not latest:
            raise UnitRefused(Problem("unit-unknown", facts={"unit": unit_id}))
        if latest[0].valid_to is not None or last_day < latest[0].valid_from:
            facts = {"unit": latest[0].name, "since": latest[0].valid_from.isoformat()}
            raise UnitRefused(Problem("unit-change-not-later", facts=facts))
        ended = replace(latest[0], valid_to=last_day)
        return replace(self, periods=_replaced(self.periods, latest[0], ended))


UnitProblemKey = tuple[str, UnitPeriod, str | None]


@dataclass(frozen=True)
class UnitProblem:
    """A problem and the period it is about.

    :ivar parent_id: the unit above, when it is the reason.
    """

    problem: Problem
    period: UnitPeriod
    parent_id: str | None = None

    @property
    def key(self) -> UnitProblemKey:
        """What makes it the same problem in another register."""
        return self.problem.code, self.period, self.parent_id


def unit_problems(register: UnitRegister) -> tuple[UnitProblem, ...]:
    """Everything in the register that is against the rules."""
    return tuple(
        found
        for unit_id in register.unit_ids
        for position, period in enumerate(register.history(unit_id))
        for found in (
            *_own_problems(register, period, register.history(unit_id)[position + 1 :]),
            *_parent_problems(register, period),
        )
    )


def _own_problems(
    register: UnitRegister, period: UnitPeriod, later: tuple[UnitPeriod, ...]
) -> Iterator[UnitProblem]:
    facts = {"unit": period.name or period.unit_id}
    if not period.name.strip() or not period.unit_id.strip():
        yield UnitProblem(Problem("unit-without-name", facts=facts), period)
    if period.last < period.valid_from:
        yield UnitProblem(Problem("unit-dates-backwards", facts=facts | _dates(period)), period)
    if later and period.meets(later[0]):
        yield UnitProblem(Problem("unit-periods-overlap", facts=facts | _dates(later[0])), period)
    if register.rules.kind(period.kind) is None:
        known = told(*register.rules.kinds)
        problem = Problem("unit-kind-unknown", facts={**facts, "kind": period.kind, "known": known})
        yield UnitProblem(problem, period)


def _parent_problems(register: UnitRegister, period: UnitPeriod) -> Iterator[UnitProblem]:
    kind = register.rules.kind(period.kind)
    facts = {"unit": period.name, "parent": period.parent_id or ""}
    if period.parent_id is None:
        if kind is not None and not kind.root:
            yield UnitProblem(
                Problem("unit-without-parent", facts={**facts, "kind": told(kind)}), period
            )
        return
    parents = register.history(period.parent_id)
    if not parents:
        yield UnitProblem(Problem("unit-parent-unknown", facts=facts), period, period.parent_id)
        return
    facts["parent"] = parents[-1].name
    if not _cover(parents, period):
        problem = Problem("unit-outside-parent", facts=facts | _dates(period))
        yield UnitProblem(problem, period, period.parent_id)
    for parent in parents:
        above = register.rules.kind(parent.kind)
        if kind and above and parent.meets(period) and above.code not in kind.under:
            problem = Problem(
                "unit-kind-under", facts={**facts, "kind": told(kind), "parent_kind": told(above)}
            )
            yield UnitProblem(problem, period, period.parent_id)
            break
    if _returns_to_itself(register, period):
        yield UnitProblem(Problem("unit-cycle", facts=facts), period, period.parent_id)


def _cover(parents: tuple[UnitPeriod, ...], period: UnitPeriod) -> bool:
    """Whether the parent exists on every day of the period."""
    day = period.valid_from
    for parent in parents:
        if parent.holds_on(day):
            if parent.last >= period.last:
                return True
            day = parent.last + _DAY
    return period.last < period.valid_from  # told as what it is


def _returns_to_itself(register: UnitRegister, period: UnitPeriod) -> bool:
    """Whether the way up from the period, on its first day, comes back to the unit.

    A cycle begins on the first day of one of its periods, so it is found from that one.
    """
    seen: set[str] = set()
    above = period.parent_id
    while above is not None and above not in seen:
        if above == period.unit_id:
            return True
        seen.add(above)
        unit = register.at(above, period.valid_from)
        above = unit.parent_id if unit else None
    return False


def _dates(period: UnitPeriod) -> dict[str, str]:
    return {
        "since": period.valid_from.isoformat(),
        "until": period.valid_to.isoformat() if period.valid_to else "…",
    }


def _replaced(
    periods: tuple[UnitPeriod, ...], before: UnitPeriod, after: UnitPeriod
) -> tuple[UnitPeriod, ...]:
    return tuple(after if period is before else period for period in periods)
