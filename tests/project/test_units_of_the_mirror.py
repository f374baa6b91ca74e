"""The unit files of docs/operations.md are ones that systemd takes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


def unit_files() -> dict[str, str]:
    """Every file of the page by its name, as it is named right before it."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(
        r"`(?:/etc/systemd/system/)?([\w-]+\.(?:service|timer))`[^\n]*\n\n```ini\n(.*?)```",
        text,
        re.S,
    )
    return dict(found)


def test_the_page_has_the_worker_the_mirror_and_its_timer() -> None:
    assert set(unit_files()) == {
        "ckan-worker.service",
        "imss-mirror.service",
        "imss-mirror-verify.service",
        "imss-mirror.timer",
    }


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_them(tmp_path: Path) -> None:
    paths = []
    for name, content in unit_files().items():
        # What is started is not installed on this machine, and its account neither.
        here = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", content, flags=re.M)
        here = re.sub(r"^(User|WorkingDirectory)=.*\n", "", here, flags=re.M)
        path = tmp_path / name
        path.write_text(here, encoding="utf-8")
        paths.append(str(path))
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *paths],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )
    ours = [line for line in result.stderr.splitlines() if str(tmp_path) in line]
    assert (result.returncode, ours) == (0, []), result.stderr
