"""The submission gate of a CKAN dataset: the rules of ``procedure.gates`` over its real files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar import config
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dataset import MinimumMetadata
from ckanext.imssbienestar.domain.findings import CheckReport, Finding
from ckanext.imssbienestar.portal import personal_data, personal_data_metadata, reports, texts
from ckanext.imssbienestar.procedure.gates import FieldLabels, submission_findings


def findings_of(dataset: dict[str, Any]) -> tuple[Finding, ...]:
    """What stands between this dataset and its review, in the language of the request."""
    language = texts.language()
    labels = field_labels(language)
    found = submission_findings(
        dataset,
        minimum=minimum_metadata(),
        labels=labels,
        report_of=lambda resource: _report_of(dict(resource), language),
        language=language,
        accepted_terms=config.accepted_terms(),
    )
    return (
        *found,
        *_guarded(dataset, language),
        *personal_data_metadata.findings_of(dataset, labels, language),
    )


def _report_of(resource: dict[str, Any], language: str) -> CheckReport | None:
    report = reports.report_of(resource, language)
    subject = reports.subject_of(resource)
    if report is None or subject is None:
        return report
    return personal_data.without_guard(report, subject.stored.sha256)


def _guarded(dataset: dict[str, Any], language: str) -> Iterator[Finding]:
    for resource in dataset["resources"]:
        subject = reports.subject_of(resource)
        if subject is not None:
            name = str(resource.get("name") or resource.get("url") or resource["id"])
            yield from personal_data.findings_of(subject.stored.sha256, name, language)


def minimum_metadata() -> MinimumMetadata:
    """The mandatory fields, from ``schemas/minimum_metadata.yaml``."""
    data = read_yaml("minimum_metadata.yaml")
    return MinimumMetadata(tuple(data["dataset"]), tuple(data["resource"]))


def field_labels(language: str) -> FieldLabels:
    """The forms' words for each field."""
    schema = tk.h.scheming_get_dataset_schema("dataset")

    def words(part: str) -> dict[str, str]:
        return {field["field_name"]: field["label"][language] for field in schema[part]}

    return FieldLabels(words("dataset_fields"), words("resource_fields"))
