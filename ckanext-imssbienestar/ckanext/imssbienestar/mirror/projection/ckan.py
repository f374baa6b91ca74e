"""A plain CKAN: everything the document has, in core fields where there is one, else in extras."""

from __future__ import annotations

import re

from ckanext.imssbienestar.mirror.projection.base import Projection, ascii_letters


class CkanProjection(Projection):
    """Any CKAN without rules of its own; see ``schemas/federal/ckan.yaml``."""

    def make_name(self, name: str) -> str:
        """The same name, inside what CKAN allows."""
        return re.sub(r"[^a-z0-9_-]+", "-", ascii_letters(name)).strip("-")
