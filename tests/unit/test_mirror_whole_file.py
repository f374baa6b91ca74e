"""Files of the mirror's own are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from ckanext.imssbienestar.mirror.whole_file import write_whole


@pytest.mark.parametrize("fault", [OSError, KeyboardInterrupt])
def test_what_breaks_off_leaves_what_was_there(
    fault: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plan.json"
    write_whole(path, b"before")

    def break_off(_file: int) -> None:
        raise fault

    monkeypatch.setattr("os.fsync", break_off)
    with pytest.raises(fault):
        write_whole(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
