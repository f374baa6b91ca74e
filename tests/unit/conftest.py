"""How property-based tests run here: a busy machine is no failure, and the suite stays quick.

``HYPOTHESIS_EXAMPLES=2000`` looks harder for trouble. And how a table is checked in one line.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from check_cases import DICTIONARY, Check
from hypothesis import HealthCheck, settings

from ckanext.imssbienestar.checks import check_table
from ckanext.imssbienestar.domain.findings import CheckReport
from ckanext.imssbienestar.formats import parse_dictionary

settings.register_profile(
    "unit",
    deadline=None,
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "25")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unit")


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Checks a text or bytes against a dictionary given as CSV text."""

    def run(
        content: str | bytes, dictionary: str | None = DICTIONARY, **options: Any
    ) -> CheckReport:
        path = tmp_path / "tabla.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        known = parse_dictionary(dictionary.encode()) if dictionary else None
        return check_table(path, known, **options)

    return run
