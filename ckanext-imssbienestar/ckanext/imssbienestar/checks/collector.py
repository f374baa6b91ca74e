"""Gathers findings: exact counts of all, a bounded number of them in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ckanext.imssbienestar.checks.reading import ByteFacts
from ckanext.imssbienestar.checks.texts import finding, severity_of
from ckanext.imssbienestar.checks.word_list import WordList, word_list
from ckanext.imssbienestar.domain.findings import CheckReport, Finding, FindingGroup, Severity


class FindingCollector:
    """What one check of one file found so far.

    :param limit: how many findings are kept in full; all are counted.
    :param accepted_terms: short forms that are accepted besides the word list's (A-35).
    """

    def __init__(self, *, limit: int, language: str, accepted_terms: Sequence[str] = ()) -> None:
        self.limit = limit
        self.language = language
        self.accepted_terms = tuple(accepted_terms)
        self._kept: list[Finding] = []
        self._counts: Counter[tuple[str, str | None]] = Counter()

    @property
    def words(self) -> WordList:
        """The words that names and values are judged by."""
        return word_list(self.accepted_terms)

    @property
    def room(self) -> int:
        """How many more findings can be kept."""
        return max(0, self.limit - len(self._kept))

    @property
    def codes(self) -> frozenset[str]:
        """The codes found so far."""
        return frozenset(code for code, _column in self._counts)

    def add(self, code: str, **facts: Any) -> None:
        """Count one finding, and keep it if there is room."""
        self._counts[code, facts.get("column")] += 1
        self.show(code, **facts)

    def show(self, code: str, **facts: Any) -> None:
        """Keep a finding that is already counted, if there is room."""
        if self.room:
            self._kept.append(finding(code, language=self.language, **facts))

    def extend(self, findings: Iterable[Finding]) -> None:
        """Count findings that are already made, and keep those there is room for."""
        for made in findings:
            self._counts[made.code, made.column] += 1
            if self.room:
                self._kept.append(made)

    def adopt(self, other: FindingCollector, told: Callable[[Finding], Finding]) -> None:
        """Take over all that another collector counted, and what it kept as told here."""
        self._counts.update(other._counts)
        self._kept += [told(made) for made in other._kept][: self.room]

    def count(self, code: str, total: int, column: str | None = None) -> None:
        """Count findings, some of which may be shown later."""
        if total:
            self._counts[code, column] += total

    def report(self, *, file_name: str, facts: ByteFacts, rows: int) -> CheckReport:
        """The whole result."""
        counts: Counter[str] = Counter()
        for (code, _column), number in self._counts.items():
            counts[code] += number
        blocking = any(severity_of(code) is Severity.BLOCKING for code in counts)
        return CheckReport(
            file=file_name,
            sha256=facts.sha256,
            bytes=facts.size,
            rows=rows,
            publishable=not blocking,
            findings=tuple(self._kept),
            counts=dict(sorted(counts.items())),
            groups=tuple(
                FindingGroup(code=code, column=column, count=number)
                for (code, column), number in self._counts.items()
            ),
            shown=len(self._kept),
            total=self._counts.total(),
        )
