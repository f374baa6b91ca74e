"""``scan_personal_data.py --derivative``: what it prints and writes, and its exit codes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from personal_corpus.people import Crowd

from ckanext.imssbienestar.checks.command import scan_main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def roll(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("roll") / "padron.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["curp", "nombre_completo", "sexo", "turno"])
        for place, person in enumerate(Crowd(30).people(60)):
            shift = ("matutino", "vespertino")[place % 2]
            writer.writerow([person.curp, person.full, person.sex, shift])
    return path


def test_plan_and_preview_first_then_two_files(run: Run, roll: Path, tmp_path: Path) -> None:
    output, described = tmp_path / "agregado.csv", tmp_path / "agregado.dictionary.csv"
    code, out, err = run(scan_main, roll, "--derivative", output, "--dry-run")
    assert (code, err) == (0, "")
    assert "curp: Se quita" in out
    assert "sexo | turno | numero_de_registros" in out
    assert not output.exists()
    code, out, err = run(scan_main, roll, "--derivative", output, "--json")
    report = json.loads(out)
    assert (code, report["rows"], report["groups"]) == (0, 60, len(report["preview"]) - 1)
    with output.open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream)) == report["preview"]
    assert described.read_text(encoding="utf-8").startswith("campo,")
    people = list(csv.reader(roll.read_text(encoding="utf-8").splitlines()))[1:]
    assert not any(person[0] in out + err or person[1] in out + err for person in people)
    # What is there stays, unless somebody says otherwise; both are looked at before any work.
    output.unlink()
    code, out, err = run(scan_main, roll, "--derivative", output)
    assert (code, out, output.exists()) == (2, "", False)
    assert "agregado.dictionary.csv" in err
    assert run(scan_main, roll, "--derivative", output, "--overwrite")[0] == 0
    assert output.exists()


def test_none_is_1_and_says_why(run: Run, samples: Path, tmp_path: Path) -> None:
    padron = samples / "padron_de_personas_beneficiarias.header_only.csv"
    code, out, err = run(scan_main, padron, "--derivative", tmp_path / "x.csv", "--json")
    assert (code, json.loads(out)["finding"]["code"]) == (1, "no-safe-derivative")
    assert "no tiene filas" in err
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_done_is_2_and_one_sentence(run: Run, roll: Path, tmp_path: Path) -> None:
    before = roll.read_bytes()
    for arguments in (
        ("--derivative", tmp_path / "x.csv", "--k", "2"),
        ("--derivative", roll, "--overwrite"),
        ("--derivative", tmp_path / "no" / "x.csv"),
        ("--derivative", tmp_path / "x.csv", "--dictionary", tmp_path / "d.csv"),
    ):
        code, _, err = run(scan_main, roll, *arguments)
        assert (code, len(err.splitlines())) == (2, 1)
    assert roll.read_bytes() == before
    assert not list(tmp_path.iterdir())


def test_a_fault_of_the_guard_is_said_to_be_one(
    run: Run, roll: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(value: str) -> tuple[str, ...]:
        raise ValueError(value)

    monkeypatch.setattr("ckanext.imssbienestar.checks.personal.column_profile.signals_of", fail)
    code, out, err = run(scan_main, roll, "--derivative", tmp_path / "x.csv")
    assert (code, out) == (2, "")
    assert "falla del programa" in err
    assert not list(tmp_path.iterdir())
