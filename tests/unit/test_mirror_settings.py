"""The profile: what is refused, with which sentence, and where tokens may come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from ckanext.imssbienestar.mirror.command import main
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.settings import load_settings, source_token, target_token

GOOD = """\
contact = "datos@example.gob.mx"
[source]
url = "https://datos.example.gob.mx/"
token_file = "secret/source.token"
[target]
url = "https://federal.example.gob.mx"
token_file = "target.token"
organization = "imss-bienestar"
group = "salud"
[target.groups]
presupuesto = "gasto"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mirror.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "secret").mkdir()
    for path, token in {"secret/source.token": "source", "target.token": "target"}.items():
        (tmp_path / path).write_text(f"{token}-secret\n", encoding="utf-8")
        (tmp_path / path).chmod(0o600)
    return tmp_path


def change(folder: Path, old: str, new: str) -> Path:
    path = folder / "mirror.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_paths_are_relative_to_the_profile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    settings = load_settings(folder / "mirror.toml")
    assert source_token(settings).get_secret_value() == "source-secret"
    assert target_token(settings).get_secret_value() == "target-secret"
    assert settings.source.url == "https://datos.example.gob.mx"
    assert settings.ledger.url == f"sqlite:///{folder}/mirror.ledger.sqlite"
    assert settings.target.groups == {"presupuesto": "gasto"}


def test_the_environment_wins_over_the_profile(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMSS_MIRROR_TARGET__TOKEN", " from-environment ")
    monkeypatch.setenv("IMSS_MIRROR_TARGET__ORGANIZATION", "otra")
    monkeypatch.setenv("IMSS_MIRROR_LIMITS__ATTEMPTS", "2")
    settings = load_settings(folder / "mirror.toml")
    assert target_token(settings).get_secret_value() == "from-environment"
    assert settings.target.organization == "otra"
    assert settings.limits.attempts == 2


def test_no_token_is_ever_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMSS_MIRROR_TARGET__TOKEN", "very-secret")
    settings = load_settings(folder / "mirror.toml")
    assert "very-secret" not in f"{settings!r} {settings} {settings.model_dump()}"
    assert "source-secret" not in repr(source_token(settings))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('contact = "datos@example.gob.mx"', "", ["contact"]),
        ('"datos@example.gob.mx"', '"nadie"', ["contact"]),
        ("https://datos.example.gob.mx/", "datos.example.gob.mx", ["source.url", "https://"]),
        ("https://datos.example.gob.mx/", "https://u:p@example.org", ["source.url"]),
        ('organization = "imss-bienestar"', "", ["target.organization"]),
        ('group = "salud"', 'grupo = "salud"', ["target.grupo"]),
        ('group = "salud"', "", ["group"]),
        ('group = "salud"', 'group = "salud"\nprofile = "pdna"', ["pdna", "ckan, pnda"]),
        ('group = "salud"', 'group = "salud"\ntoken = "abc123"', ["token_file"]),
        ("[target.groups]", "[limits]\nattempts = 0\n[target.groups]", ["limits.attempts"]),
        ("[target.groups]", '[notice]\npassword = "abc123"\n[target.groups]', ["NOTICE__PASSWORD"]),
        ("[target.groups]", "[target.groups", ["TOML"]),
        ('"target.token"', '"no-hay.token"', ["no-hay.token"]),
        ('"target.token"', '"."', ["token"]),
        ('token_file = "target.token"', "", ["IMSS_MIRROR_TARGET__TOKEN"]),
    ],
)
def test_a_fault_is_one_sentence_and_exit_code_2(
    old: str, new: str, words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = change(folder, old, new)
    for language in ("es", "en"):
        assert main(["plan", "--profile", str(path), "--lang", language]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert "Traceback" not in said.err
        assert "abc123" not in said.err
        for word in words:
            assert word in said.err


@pytest.mark.parametrize("content", ["", "two words\n"])
def test_a_token_file_holds_one_word(content: str, folder: Path) -> None:
    (folder / "target.token").write_text(content, encoding="utf-8")
    with pytest.raises(MirrorConfigurationError):
        target_token(load_settings(folder / "mirror.toml"))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_token_that_others_can_read_is_refused(
    mode: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "target.token"
    path.chmod(mode)
    assert main(["plan", "--profile", str(folder / "mirror.toml")]) == 2
    assert f"chmod 600 {path}" in capsys.readouterr().err
    path.chmod(0o400)
    assert target_token(load_settings(folder / "mirror.toml"))


@pytest.mark.parametrize(
    "address", ["https://DATOS.example.gob.mx:443", "https://datos.example.gob.mx"]
)
def test_a_catalogue_is_no_mirror_of_itself(
    address: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = change(folder, "https://federal.example.gob.mx", address)
    assert main(["run", "--profile", str(path)]) == 2
    assert "mismo catálogo" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "uno"],
        ["adopt", "uno"],
        ["adopt", "--reason", "x"],
        ["repair"],
        ["plan", "--plan", "x"],
        ["run", "--out", "x"],
        ["run", "--plan", "x", "--only", "uno"],
    ],
)
def test_what_cannot_be_meant_is_usage(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words[:1], "--profile", str(folder / "mirror.toml"), *words[1:]])
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_plan_that_is_none_is_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, word in (
        (folder / "mirror.toml", "no es un plan"),
        (folder / "no-hay", "plan --out"),
    ):
        assert main(["run", "--profile", str(folder / "mirror.toml"), "--plan", str(path)]) == 2
        assert word in capsys.readouterr().err


def test_status_needs_neither_token_nor_network(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "target.token").unlink()
    assert main(["status", "--profile", str(folder / "mirror.toml"), "--json"]) == 0
    assert '"datasets": 0' in capsys.readouterr().out


@pytest.mark.parametrize("url", ["sqlite:////no/hay/carpeta/x.sqlite", "disparate", "sqlite:///."])
def test_a_ledger_that_cannot_be_opened_is_a_sentence(
    url: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = change(folder, "[target.groups]", f'[ledger]\nurl = "{url}"\n[target.groups]')
    assert main(["status", "--profile", str(path)]) == 2
    said = capsys.readouterr().err
    assert "bitácora" in said
    assert "Traceback" not in said


def test_a_password_of_the_ledger_is_not_shown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "postgresql://user:hunter2@127.0.0.1:9/none"
    path = change(folder, "[target.groups]", f'[ledger]\nurl = "{url}"\n[target.groups]')
    assert main(["status", "--profile", str(path)]) == 2
    assert "hunter2" not in capsys.readouterr().err


def test_tables_and_lists_come_from_the_environment_as_json_or_by_their_parts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("imss_mirror_target", '{"groups": {"salud": "otra"}, "organization": "x"}')
    monkeypatch.setenv("IMSS_MIRROR_TARGET__GROUPS__GASTO", "tercera")
    monkeypatch.setenv("IMSS_MIRROR_SOURCE__TOKEN", "[not-json")
    monkeypatch.setenv("IMSS_MIRROR_SOMEBODY_ELSE", "{")
    settings = load_settings(folder / "mirror.toml")
    groups = {"presupuesto": "gasto", "salud": "otra", "gasto": "tercera"}
    assert (settings.target.groups, settings.target.organization) == (groups, "x")
    assert source_token(settings).get_secret_value() == "[not-json"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("IMSS_MIRROR_TARGET", "{half"),
        ("IMSS_MIRROR_TARGET__URLL", "x"),
        ("IMSS_MIRROR_TARGET", "[]"),
    ],
)
def test_a_fault_in_the_environment_is_named_without_its_value(
    variable: str, value: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(MirrorConfigurationError) as raised:
        load_settings(folder / "mirror.toml")
    assert "target" in str(raised.value)
    assert value not in str(raised.value).replace(str(folder), "") or value == "x"
