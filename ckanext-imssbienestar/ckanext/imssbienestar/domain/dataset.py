"""The minimum metadata of a dataset (R-108, A-20) as a rule over data.

The set of fields is configuration with its source (``schemas/minimum_metadata.yaml``): the
Procedure never lists it and the federal guide changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class MinimumMetadata:
    """Names of the fields that must be filled before a release is sent to review."""

    dataset: tuple[str, ...]
    resource: tuple[str, ...]


@dataclass(frozen=True)
class MissingField:
    """An empty mandatory field; ``resource`` is the resource's name, None for the dataset."""

    name: str
    resource: str | None = None


def missing_metadata(
    dataset: Mapping[str, Any], minimum: MinimumMetadata
) -> tuple[MissingField, ...]:
    """The mandatory fields left empty, dataset first, then each resource in order."""
    missing = [MissingField(name) for name in _empty(dataset, minimum.dataset)]
    for position, resource in enumerate(dataset.get("resources", []), start=1):
        label = str(resource.get("name") or "").strip() or f"#{position}"
        missing += [MissingField(name, label) for name in _empty(resource, minimum.resource)]
    return tuple(missing)


def _empty(source: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    return [name for name in names if not str(source.get(name) or "").strip()]
