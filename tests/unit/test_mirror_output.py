"""Where results go: a disk without room, a terminal without accents."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ckanext.imssbienestar.mirror.command import main
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.logs import Call, call_log
from ckanext.imssbienestar.mirror.output import OutputError, put
from ckanext.imssbienestar.mirror.texts import say

FULL = Path("/dev/full")
NEEDS_ONE = pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
CALL = Call("POST", "host", "package_show", 200, 12, 0, 1)


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "mirror.toml"
    path.write_text(
        'contact = "datos@example.gob.mx"\n'
        '[source]\nurl = "http://127.0.0.1:9"\n'
        '[target]\nurl = "http://127.0.0.1:8"\norganization = "salud"\ngroup = "salud"\n',
        encoding="utf-8",
    )
    return path


@NEEDS_ONE
def test_no_room_for_what_is_told_is_a_sentence() -> None:
    with FULL.open("w", encoding="utf-8") as out, pytest.raises(OutputError) as told:
        put(out, "x" * 10_000)
    assert told.value.sentence.code == "output-unwritable"


@NEEDS_ONE
def test_no_room_for_the_log_of_calls_is_a_sentence() -> None:
    with pytest.raises(MirrorConfigurationError) as told, call_log(str(FULL), "run") as on_call:
        on_call(CALL)
    assert told.value.sentence.code == "log-full"
    assert "nada se envió" not in told.value.sentence.full("es")


def test_accents_go_out_as_numbers_where_there_are_none(
    profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    terminal = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    monkeypatch.setattr("sys.stdout", terminal)
    assert main(["health", "--profile", str(profile)]) == 1
    words = say("health-never").full("es")
    assert raw.getvalue().decode("unicode_escape").strip() == words
    assert not words.isascii()
