"""Two reports of one resource side by side: what was solved, what stays, what is new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ckanext.imssbienestar.domain.findings import FindingGroup


@dataclass(frozen=True)
class GroupChange:
    """The findings of one code and column, before and now.

    The numbers are of findings, not of the same findings: 3 before and 2 now are 1 solved and 2
    that remain, whichever cells they are in.
    """

    code: str
    column: str | None
    before: int
    now: int

    @property
    def solved(self) -> int:
        """How many fewer there are."""
        return max(0, self.before - self.now)

    @property
    def remaining(self) -> int:
        """How many there are in both."""
        return min(self.before, self.now)

    @property
    def new(self) -> int:
        """How many more there are."""
        return max(0, self.now - self.before)


@dataclass(frozen=True)
class ReportComparison:
    """Every code and column that either report has, in the order they came."""

    changes: tuple[GroupChange, ...]

    @property
    def solved(self) -> int:
        """Findings solved in all."""
        return sum(change.solved for change in self.changes)

    @property
    def remaining(self) -> int:
        """Findings that remain in all."""
        return sum(change.remaining for change in self.changes)

    @property
    def new(self) -> int:
        """New findings in all."""
        return sum(change.new for change in self.changes)


def compare_reports(
    before: Iterable[FindingGroup], now: Iterable[FindingGroup]
) -> ReportComparison:
    """Put the groups of two reports side by side."""
    counts: dict[tuple[str, str | None], list[int]] = {}
    for place, groups in enumerate((before, now)):
        for group in groups:
            counts.setdefault((group.code, group.column), [0, 0])[place] += group.count
    return ReportComparison(
        tuple(GroupChange(code, column, *both) for (code, column), both in counts.items())
    )
