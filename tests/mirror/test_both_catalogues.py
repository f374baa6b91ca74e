"""Both real catalogues: what the institutional one publishes is what the federal one shows."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from mirror.catalogue import Catalogue
from mirror.programs import Mirror, write_profile

from ckanext.imssbienestar.demo.__main__ import main as demonstrate


@pytest.fixture(scope="module")
def state(federal: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample tables taken the whole way once, as the demonstration does."""
    url = os.environ.get("IMSS_TEST_INSTITUTIONAL_URL")
    if not url:
        pytest.skip("needs the catalogues that scripts/test mirror starts")
    token = Path(os.environ["IMSS_TEST_INSTITUTIONAL_TOKEN_FILE"]).read_text(encoding="utf-8")
    folder = tmp_path_factory.mktemp("state")
    write_profile(
        folder,
        source_url=url,
        target_url=federal.url,
        source_token=token.strip(),
        target_token=federal.token,
    )
    shutil.copy(folder / "source.token", folder / "institutional.token")
    shutil.copy(folder / "target.token", folder / "federal.token")
    return folder


@pytest.mark.slow
@pytest.mark.req("R-105", "R-107")
def test_the_samples_are_published_mirrored_and_equal(
    state: Path, samples: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    assert demonstrate(["--state-dir", str(state), "--samples", str(samples)]) == 0
    mirror = Mirror(state)
    again = mirror("run")
    assert again.code == 0
    assert again.summary["none"] == again.summary["datasets"] >= 14
    assert again.summary["calls_write"] == 0
    assert again.summary["calls_read"] <= 2 + 3
    compared = mirror("verify")
    assert compared.code == 0
    assert all(line["private"] is False for line in compared.lines[:-1])
    mirror.forget()
    adopted = mirror("run")
    assert (adopted.code, adopted.summary["calls_write"]) == (0, 0)
