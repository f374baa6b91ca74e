"""The submission gate of a CKAN dataset: the rules of ``procedure.gates`` over its real files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dataset import MinimumMetadata
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.portal import reports, texts
from ckanext.imssbienestar.procedure.gates import submission_findings


def findings_of(dataset: dict[str, Any]) -> tuple[Finding, ...]:
    """What stands between this dataset and its review, in the language of the request."""
    language = texts.language()
    return submission_findings(
        dataset,
        minimum=minimum_metadata(),
        labels=field_labels(language),
        report_of=lambda resource: reports.report_of(dict(resource), language),
        language=language,
    )


def minimum_metadata() -> MinimumMetadata:
    """The mandatory fields, from ``schemas/minimum_metadata.yaml``."""
    data = read_yaml("minimum_metadata.yaml")
    return MinimumMetadata(tuple(data["dataset"]), tuple(data["resource"]))


def field_labels(language: str) -> Mapping[str, str]:
    """The forms' words for each field; the dataset's word wins where both have the name."""
    schema = tk.h.scheming_get_dataset_schema("dataset")
    fields = [*schema["resource_fields"], *schema["dataset_fields"]]
    return {field["field_name"]: field["label"][language] for field in fields}
