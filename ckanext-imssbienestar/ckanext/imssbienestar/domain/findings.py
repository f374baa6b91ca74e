"""A finding: one result of a check, the same in the command line, the API and the page.

The JSON form is promised in ``programs.md``; texts come from ``schemas/findings.yaml`` through
:mod:`ckanext.imssbienestar.checks.texts`, never from code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Severity(StrEnum):
    """Does the finding stop publication?"""

    BLOCKING = "blocking"
    WARNING = "warning"


class Finding(BaseModel):
    """One thing that is not as it should be.

    :ivar code: frictionless' own type name where frictionless has one, else ours.
    :ivar row: as frictionless' ``rowNumber``: the header is 1, the first data row is 2.
    :ivar column: the header's name, or the metadata field's name when there is no file.
    :ivar cell: a spreadsheet reference such as ``C17``.
    :ivar message: what happened and where, in the language asked for; never the value of a
        column flagged as personal.
    :ivar fix: how to mend it.
    :ivar rule: the requirement (``R-098``) or the specification that asks for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    severity: Severity
    row: int | None = None
    column: str | None = None
    cell: str | None = None
    message: str
    fix: str
    rule: str = ""
    resource: str | None = None

    @property
    def blocks(self) -> bool:
        """Whether this finding alone stops publication."""
        return self.severity is Severity.BLOCKING


class FindingGroup(BaseModel):
    """How many findings of one code one column has.

    :ivar column: None where the code is not about one column.
    :ivar count: exact, however many findings are kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    column: str | None
    count: int


class CheckReport(BaseModel):
    """What a check of one file found; its JSON is the output of ``check_table.py --json``.

    ``counts``, ``groups`` and ``total`` are exact however many findings are kept in ``findings``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    file: str
    sha256: str
    bytes: int
    rows: int
    publishable: bool
    findings: tuple[Finding, ...]
    counts: dict[str, int]
    groups: tuple[FindingGroup, ...] = ()
    shown: int
    total: int


def any_blocking(findings: Iterable[Finding]) -> bool:
    """Whether at least one finding stops publication."""
    return any(finding.blocks for finding in findings)


def count_by_code(findings: Iterable[Finding]) -> dict[str, int]:
    """Number of findings of each code, codes in alphabetical order."""
    return dict(sorted(Counter(finding.code for finding in findings).items()))
