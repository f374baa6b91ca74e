"""The submission gate of a CKAN dataset: the rules of ``procedure.gates`` over its real files."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar import config
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dataset import MinimumMetadata
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.portal import reports, texts
from ckanext.imssbienestar.procedure.gates import FieldLabels, submission_findings


def findings_of(dataset: dict[str, Any]) -> tuple[Finding, ...]:
    """What stands between this dataset and its review, in the language of the request."""
    language = texts.language()
    return submission_findings(
        dataset,
        minimum=minimum_metadata(),
        labels=field_labels(language),
        report_of=lambda resource: reports.report_of(dict(resource), language),
        language=language,
        accepted_terms=config.accepted_terms(),
    )


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
