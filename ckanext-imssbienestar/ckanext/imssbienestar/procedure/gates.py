"""What must be true before a dataset is sent to review: findings, never a bare no.

These rules need the whole dataset. CKAN's validators see only the resources that a write changes,
so a rule over all of them would have a way round if it were a validator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ckanext.imssbienestar.checks.texts import finding
from ckanext.imssbienestar.domain.dataset import MinimumMetadata, missing_metadata
from ckanext.imssbienestar.domain.findings import CheckReport, Finding

ReportOf = Callable[[Mapping[str, Any]], CheckReport | None]
"""Gives the check report of a resource, None when the resource has no file of ours."""


def submission_findings(
    dataset: Mapping[str, Any],
    *,
    minimum: MinimumMetadata,
    labels: Mapping[str, str],
    report_of: ReportOf,
    language: str,
) -> tuple[Finding, ...]:
    """Everything that stands between a dataset and its review, warnings included.

    :param dataset: as ``package_show`` gives it, with all its resources.
    :param labels: people's words for the metadata fields.
    """
    findings = [
        finding(
            "metadata-missing",
            language=language,
            column=missing.name,
            field=missing.name,
            label=labels.get(missing.name, missing.name),
            resource=missing.resource,
        )
        for missing in missing_metadata(dataset, minimum)
    ]
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
