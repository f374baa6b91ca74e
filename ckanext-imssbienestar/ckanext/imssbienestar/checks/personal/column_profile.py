"""One column as counts of signals, and how a value is judged without a word of it getting out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ckanext.imssbienestar.checks.personal.dates import age_of
from ckanext.imssbienestar.checks.personal.errors import GuardFailedError
from ckanext.imssbienestar.checks.personal.values import begins_like_a_post, signals_of


@dataclass
class ColumnProfile:
    """What one column shows, in numbers.

    :ivar cells: filled cells. :ivar different: different values seen, at most the sample.
    :ivar weight: cells by signal. :ivar distinct: different values by signal.
    """

    index: int
    label: str
    cells: int = 0
    different: int = 0
    complete: bool = True
    weight: Counter[str] = field(default_factory=Counter)
    distinct: Counter[str] = field(default_factory=Counter)
    years: Counter[int] = field(default_factory=Counter)
    numbers: Counter[int] = field(default_factory=Counter)

    def share(self, *signals: str) -> float:
        """Part of the filled cells that carry one of these signals (each counted)."""
        return sum(self.weight[signal] for signal in signals) / self.cells if self.cells else 0.0

    def add(self, value: str, cells: int, signals: Sequence[str]) -> None:
        """Count a value that stands in this many cells."""
        self.different += 1
        for signal in signals:
            if signal.startswith("year:"):
                self.years[int(signal[5:])] += cells
            else:
                self.weight[signal] += cells
                self.distinct[signal] += 1
        if "small-number" in signals or "age" in signals:
            self.numbers[age_of(value) or 0] += cells
        if begins_like_a_post(value):
            self.weight["post"] += cells


def judged_value(value: str) -> tuple[str, ...]:
    """The signals of a value.

    :raises GuardFailedError: it cannot be judged; the error holds nothing of it.
    """
    fault = ""
    try:
        return signals_of(value)
    except Exception as error:  # noqa: BLE001 - whatever it is, it may quote the value
        fault = type(error).__name__
    # Raised here, outside: what is raised inside keeps the first error, value and all.
    raise GuardFailedError(fault)
