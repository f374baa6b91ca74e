"""The one door to the data files under ``schemas/``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def read_yaml(name: str) -> Any:
    """A YAML file of ``schemas/`` by its path there (``vocabularies/frequencies.yaml``).

    The value is shared between callers: treat it as read-only.
    """
    source = files("ckanext.imssbienestar.schemas").joinpath(name)
    return yaml.safe_load(source.read_text(encoding="utf-8"))
