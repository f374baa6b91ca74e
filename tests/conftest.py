"""What every suite has in common. Each suite's own fixtures live in its folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import requirements_trace

PROJECT = Path(__file__).parent.parent
SAMPLES = PROJECT / "tests" / "data" / "samples"


def pytest_configure(config: pytest.Config) -> None:
    """Ties tests to the rows of docs/requirements.csv, see requirements_trace."""
    config.pluginmanager.register(requirements_trace.from_environment(), "requirements-trace")


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root."""
    return PROJECT


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the real sample tables, each with its dictionary and metadata."""
    return SAMPLES
