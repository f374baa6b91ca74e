"""The guard's report as findings of a check."""

from __future__ import annotations

from ckanext.imssbienestar.checks.languages import DEFAULT_LANGUAGE
from ckanext.imssbienestar.checks.personal.files_places import is_place, place, place_in_words
from ckanext.imssbienestar.checks.personal.report import PersonalDataColumn, PersonalDataReport
from ckanext.imssbienestar.checks.personal.rules import Decision
from ckanext.imssbienestar.checks.texts import finding, word
from ckanext.imssbienestar.domain.findings import Finding


def personal_data_findings(
    report: PersonalDataReport, language: str = DEFAULT_LANGUAGE
) -> tuple[Finding, ...]:
    """The report as findings: one for each column or place that does not pass."""
    return tuple(
        finding(
            _code_of(found),
            language=language,
            variant=found.evidence[0] if found.kind == "unreadable" else "",
            column=place_in_words(found.column, language),
            kind=word("kinds", found.kind, language),
        )
        for found in report.columns
        if found.decision is not Decision.PASS
    )


def _code_of(found: PersonalDataColumn) -> str:
    code = "personal-data"
    if found.kind in ("unreadable", "image"):
        code += f"-{found.kind}"
    elif is_place(found.column):
        code += "-properties" if found.column.endswith(place("properties")) else "-text"
    review = found.decision is Decision.REVIEW and found.kind != "image"
    return f"{code}-review" if review else code
