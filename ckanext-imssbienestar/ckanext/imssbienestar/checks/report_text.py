"""The reports as people read them on a terminal: the verdict first, then what to mend."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ckanext.imssbienestar.checks.personal.files_places import place_in_words
from ckanext.imssbienestar.checks.personal.report import PersonalDataReport
from ckanext.imssbienestar.checks.texts import severity_of, word
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.findings import CheckReport, Finding, Severity

# Findings alike are told with this many places; the JSON has them all.
_PLACES = 5


def check_report(report: CheckReport, language: str) -> str:
    """The verdict in one sentence, then the findings by code and column."""
    return "\n".join([verdict(report, language), *_groups(report, language)])


def personal_report(report: PersonalDataReport, language: str) -> str:
    """The verdict in one sentence, then the columns; never a value."""
    verdict = "no_personal"
    if report.blocked:
        verdict = "personal_blocked"
    elif report.hidden_columns:
        verdict = "personal_review"
    lines = [_say(verdict, language, file=report.file, rows=report.rows)]
    for found in report.columns:
        evidence = ", ".join(_say(f"evidence_{item}", language) for item in found.evidence)
        lines.append(
            "  "
            + _say(
                "personal_column",
                language,
                column=place_in_words(found.column, language),
                kind=word("kinds", found.kind, language),
                evidence=evidence,
                matches=found.matches,
                cells=found.cells,
                decision=_say(f"decision_{found.decision}", language),
            )
        )
    return "\n".join(lines)


def as_json(value: Any) -> str:
    """JSON as the programs print it."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def verdict(report: CheckReport, language: str) -> str:
    """One sentence: can the file be published?"""
    warnings = sum(
        number for code, number in report.counts.items() if severity_of(code) is Severity.WARNING
    )
    name = "publishable_with_warnings" if report.total else "publishable"
    if not report.publishable:
        name = "not_publishable"
    return _say(
        name,
        language,
        file=report.file,
        rows=report.rows,
        blocking=report.total - warnings,
        warnings=warnings,
    )


def _groups(report: CheckReport, language: str) -> Iterator[str]:
    codes = sorted(report.counts, key=lambda code: severity_of(code) is Severity.WARNING)
    for code in codes:
        alike = [found for found in report.findings if found.code == code]
        severity = _say(severity_of(code), language)
        yield ""
        yield f"{code} · {report.counts[code]} · {severity}"
        columns = list(dict.fromkeys(found.column for found in alike))
        for column in columns:
            yield from _group([found for found in alike if found.column == column], language)
        hidden = report.counts[code] - len(alike)
        if hidden:
            yield "  " + _say("more", language, count=hidden)


def _group(alike: Sequence[Finding], language: str) -> Iterator[str]:
    for found in alike[:_PLACES]:
        yield f"  {found.message}"
    if len(alike) > _PLACES:
        yield "  " + _say("more", language, count=len(alike) - _PLACES)
    for fix in dict.fromkeys(found.fix for found in alike[:_PLACES]):
        yield "    " + _say("fix", language, fix=fix)


def _say(name: str, language: str, **facts: object) -> str:
    return str(read_yaml("program_texts.yaml")[language][name]).format_map(facts)
