"""Copies of files that nobody judged yet: private, wiped, and never taken from a living process."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ckanext.imssbienestar import private_files
from ckanext.imssbienestar.private_files import private_folder, wipe_abandoned

# The whole program of another process: it makes a folder, says so, and waits to be killed.
HOLDER = """
import importlib.util, pathlib, sys, time
place = importlib.util.spec_from_file_location("private_files", sys.argv[1])
private_files = importlib.util.module_from_spec(place)
place.loader.exec_module(private_files)
with private_files.private_folder("upload", parent=pathlib.Path(sys.argv[2])) as folder:
    (folder / "candidate").write_text("planted")
    print(folder, flush=True)
    time.sleep(60)
"""


def _holder(parent: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(private_files.__file__), str(parent)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


@pytest.mark.req("R-180", "R-202")
def test_what_a_killed_process_left_is_wiped_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    living, in_use = _holder(tmp_path)
    killed, abandoned = _holder(tmp_path)
    try:
        assert wipe_abandoned(tmp_path) == 0
        with private_folder("check", parent=tmp_path) as own:
            killed.kill()
            killed.wait()
            assert (abandoned / "candidate").read_text() == "planted"
            assert wipe_abandoned(tmp_path) == 1
            assert sorted(tmp_path.iterdir()) == sorted([in_use, own])
        assert (in_use / "candidate").read_text() == "planted"
    finally:
        living.kill()
        living.wait()
    # Whoever needs such a folder next wipes it, without any sweep.
    with private_folder("check", parent=tmp_path) as own:
        assert list(tmp_path.iterdir()) == [own]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.req("R-180")
def test_only_its_user_opens_it_and_it_goes_with_whatever_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(private_files.ENVIRONMENT, str(tmp_path / "new" / "private"))

    def fails() -> None:
        with private_folder("guard") as folder:
            for made in (folder, folder.parent):
                assert stat.S_IMODE(made.stat().st_mode) == 0o700
            (folder / "upload").write_text("x")
            raise ZeroDivisionError

    old = os.umask(0)
    try:
        with pytest.raises(ZeroDivisionError):
            fails()
    finally:
        os.umask(old)
    assert list((tmp_path / "new" / "private").iterdir()) == []


def test_what_is_not_such_a_folder_is_left_alone(tmp_path: Path) -> None:
    other, file = tmp_path / "imss-other", tmp_path / "imss-private-file"
    other.mkdir()
    file.write_text("x")
    link = tmp_path / "imss-private-link"
    link.symlink_to(other)
    assert wipe_abandoned(tmp_path) == 0
    assert wipe_abandoned(tmp_path / "nowhere") == 0
    assert sorted(tmp_path.iterdir()) == sorted([other, file, link])
