"""What must be true before a dataset is sent to review: findings, never a bare no.

These rules need the whole dataset. CKAN's validators see only the resources that a write changes,
so a rule over all of them would have a way round if it were a validator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ckanext.imssbienestar.checks.language_lint import title_findings
from ckanext.imssbienestar.checks.texts import finding
from ckanext.imssbienestar.domain.dataset import MinimumMetadata, MissingField, missing_metadata
from ckanext.imssbienestar.domain.findings import CheckReport, Finding

ReportOf = Callable[[Mapping[str, Any]], CheckReport | None]
"""Gives the check report of a resource, None when the resource has no file of ours."""


@dataclass(frozen=True)
class FieldLabels:
    """People's words for the metadata fields; ``url`` and ``name`` mean one thing in a dataset
    and another in a resource."""

    dataset: Mapping[str, str]
    resource: Mapping[str, str]

    def of(self, missing: MissingField) -> str:
        """The word for a field, its own name when there is none."""
        labels = self.dataset if missing.resource is None else self.resource
        return labels.get(missing.name, missing.name)


def submission_findings(
    dataset: Mapping[str, Any],
    *,
    minimum: MinimumMetadata,
    labels: FieldLabels,
    report_of: ReportOf,
    language: str,
    accepted_terms: Sequence[str] = (),
) -> tuple[Finding, ...]:
    """Everything that stands between a dataset and its review, warnings included.

    :param dataset: as ``package_show`` gives it, with all its resources.
    :param accepted_terms: short forms that a title may hold besides the word list's.
    """
    findings = [
        finding(
            "metadata-missing",
            language=language,
            column=missing.name,
            field=labels.of(missing),
            resource=missing.resource,
        )
        for missing in missing_metadata(dataset, minimum)
    ]
    title = str(dataset.get("title") or "")
    findings += title_findings(title, language, accepted_terms=accepted_terms)
    if not dataset.get("resources"):
        findings.append(finding("no-resources", language=language))
    for resource in dataset.get("resources", []):
        findings += _resource_findings(resource, report_of, language)
    return tuple(findings)


def _resource_findings(
    resource: Mapping[str, Any], report_of: ReportOf, language: str
) -> list[Finding]:
    name = str(resource.get("name") or resource.get("url") or resource["id"])
    report = report_of(resource)
    if report is None:
        return [finding("not-uploaded", language=language, resource=name)]
    return [found.model_copy(update={"resource": name}) for found in report.findings]
