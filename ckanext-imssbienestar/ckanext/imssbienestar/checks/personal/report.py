"""The guard's report: column names and counts, never a value."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from ckanext.imssbienestar.checks.personal.rules import Decision


class PersonalDataColumn(BaseModel):
    """What the guard says of one column.

    :ivar matches: cells that show it; of a column too large to be judged whole, an estimate.
    :ivar evidence: ``header``, ``format``, ``check-digit``, ``names``, ``context``,
        ``combination``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    kind: str
    sensitive: bool
    matches: int
    cells: int
    ratio: float
    evidence: tuple[str, ...]
    decision: Decision


class PersonalDataReport(BaseModel):
    """The output of ``scan_personal_data.py --json``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    file: str
    rows: int
    blocked: bool
    columns: tuple[PersonalDataColumn, ...]

    @property
    def hidden_columns(self) -> frozenset[str]:
        """Columns whose values no report may show."""
        return frozenset(
            found.column for found in self.columns if found.decision is not Decision.PASS
        )
