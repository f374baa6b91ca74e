"""The federal platform: snake_case names and the frequency in words on each resource."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ckanext.imssbienestar.mirror.projection.base import Projection, ascii_letters


class PndaProjection(Projection):
    """datos.gob.mx; its rules and their sources are in ``schemas/federal/pnda.yaml``."""

    def make_name(self, name: str) -> str:
        """Lower-case ASCII words joined by underscores."""
        return re.sub(r"[^a-z0-9]+", "_", ascii_letters(name)).strip("_")

    def make_file_name(self, name: str) -> str:
        """Lower-case ASCII words joined by underscores, then the extension."""
        stem, dot, extension = super().make_file_name(name).rpartition(".")
        words = re.sub(r"[^a-z0-9]+", "_", stem if dot else extension).strip("_")
        return f"{words or 'archivo'}.{extension}" if dot else words

    def resource_fields(
        self, resource: Mapping[str, Any], dataset: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The table's fields and ``update_frequency``."""
        fields = super().resource_fields(resource, dataset)
        rule = self.rules.resource.update_frequency
        if rule is not None:
            fields[rule.field] = self.frequency_word(dataset, str(dataset.get("name", "")))
        return fields
