"""What may become of each column, told by the guard's verdict, its name and its values.

Nothing is kept unless it is known to be safe to count by: a category, an age, a sex, a place, a
date, a coded diagnosis. Everything else is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ckanext.imssbienestar.checks.derivative.rules import (
    Step,
    derivative_rules,
    ladder,
    treatment_of,
)
from ckanext.imssbienestar.checks.personal.column_profile import ColumnProfile
from ckanext.imssbienestar.checks.personal.context import Table
from ckanext.imssbienestar.checks.personal.rules import Decision
from ckanext.imssbienestar.checks.personal.verdicts import Verdict

_MOST = 0.7
_CODED = 0.6


@dataclass(frozen=True)
class Column:
    """A column of the original and the steps it may take; no steps when it is dropped.

    :ivar place: from 0. :ivar label: as it may be shown. :ivar ladder: its name in the rules.
    :ivar reason: why it is dropped, a name of ``texts``. :ivar kind: what the guard found.
    :ivar sensitive: what a person has, and not who the person is.
    """

    place: int
    label: str
    ladder: str = ""
    role: str = ""
    reason: str = ""
    kind: str = ""
    sensitive: bool = False
    is_number: bool = False

    @property
    def steps(self) -> tuple[Step, ...]:
        """From fine to coarse."""
        return ladder(self.ladder) if self.ladder else ()

    def dropped(self, reason: str) -> Column:
        """The same column, left out."""
        return replace(self, ladder="", reason=reason)


def plan_columns(
    table: Table, verdicts: Sequence[Verdict | None], shown: Sequence[str]
) -> list[Column]:
    """What may become of each column, before its values are counted.

    :param verdicts: the guard's, one for each column. :param shown: names as a report shows them.
    """
    columns = [
        _planned(table, place, verdict, label)
        for place, (verdict, label) in enumerate(zip(verdicts, shown, strict=True))
    ]
    return _without_repetition(columns)


def _planned(table: Table, place: int, verdict: Verdict | None, label: str) -> Column:
    profile = table.profiles[place]
    found = verdict if verdict is not None and verdict.decision is not Decision.PASS else None
    column = Column(
        place,
        label,
        kind=found.kind if found else "",
        is_number=profile.share("number") > _MOST,
    )
    if not profile.cells:
        return column.dropped("empty")
    treatment = treatment_of(found.kind) if found else "role"
    if treatment == "drop":
        return column.dropped("sensitive" if found and found.sensitive else "identifies")
    if treatment == "births":
        return replace(column, ladder="births", role="birth")
    placed = _by_role(column, table, place)
    if placed is not None:
        return placed
    if _tells_of_persons(profile):
        return column.dropped("text")
    sensitive = treatment == "sensitive" or "sensitive" in table.roles[place]
    role = "sensitive" if sensitive else "category"
    return replace(column, ladder="category", role=role, sensitive=sensitive)


def _by_role(column: Column, table: Table, place: int) -> Column | None:
    """Columns whose name or values say how they are generalised."""
    roles, profile = table.roles[place], table.profiles[place]
    if _holds_identifiers(profile):
        return column.dropped("text")
    if "sex" in roles:
        return replace(column, ladder="sex", role="sex")
    if "age" in roles or profile.share("age") > _MOST:
        return replace(column, ladder="age", role="age")
    if profile.share("icd") > _CODED:
        return replace(column, ladder="diagnosis", role="sensitive", sensitive=True)
    if profile.share("date") > _MOST:
        return replace(column, ladder="date", role="date")
    if {"place", "narrow-place"} & roles:
        return replace(column, ladder=_ladder_of_place(table.labels[place]), role="place")
    return None


def _ladder_of_place(words: Sequence[str]) -> str:
    for line in derivative_rules()["places"]:
        if not set(words).isdisjoint(line["words"]):
            return str(line["ladder"])
    return "municipality"


def _holds_identifiers(profile: ColumnProfile) -> bool:
    signals = derivative_rules()["not_categories"]["any"]
    return any(profile.weight[signal] for signal in signals)


def _tells_of_persons(profile: ColumnProfile) -> bool:
    rules = derivative_rules()["not_categories"]
    return profile.share(*rules["signals"]) > float(rules["share"])


def _without_repetition(columns: Sequence[Column]) -> list[Column]:
    """An age tells what a birth date tells; a wider place is enough."""
    ladders = {column.ladder for column in columns}
    told = set()
    if "age" in ladders:
        told.add("births")
    if ladders & {"municipality", "state"}:
        told |= {"postal", "place-key"}
    elif "place-key" in ladders:
        told.add("postal")
    return [column.dropped("told") if column.ladder in told else column for column in columns]
