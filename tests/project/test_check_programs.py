"""The programs of checks/: what they print, their exit codes, and bad input without a traceback."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ckanext.imssbienestar.checks import check_command, command

Run = Callable[..., tuple[int, str, str]]


def test_publishable_is_0(run: Run, samples: Path) -> None:
    dictionary = samples / "donativos_otorgados.dictionary.csv"
    code, out, _ = run(
        check_command.check_main, samples / "donativos_otorgados.csv", "--dictionary", dictionary
    )
    assert code == 0
    assert out.startswith("Se puede publicar: donativos_otorgados.csv cumple")


def test_not_publishable_is_1_and_says_how_to_mend_it(run: Run, samples: Path) -> None:
    code, out, _ = run(check_command.check_main, samples / "donativos_otorgados.original.csv")
    assert code == 1
    first, *rest = out.splitlines()
    assert first.startswith("No se puede publicar todavía")
    assert "total-row · 1 · impide publicar" in rest
    assert any("TOTAL" in line and "A16" in line for line in rest)
    assert any(line.strip().startswith("Cómo se arregla") for line in rest)


def test_json_is_the_promised_form(run: Run, samples: Path) -> None:
    dictionary = samples / "donativos_otorgados.dictionary.csv"
    code, out, err = run(
        check_command.check_main,
        samples / "donativos_otorgados.original.csv",
        "--dictionary",
        dictionary,
        "--json",
        "--limit",
        "3",
        "--lang",
        "en",
    )
    report = json.loads(out)
    assert (code, err) == (1, "")
    assert {
        "version",
        "file",
        "sha256",
        "bytes",
        "rows",
        "publishable",
        "findings",
        "counts",
        "groups",
        "shown",
        "total",
    } == set(report)
    assert (report["shown"], report["total"]) == (3, sum(report["counts"].values()))
    assert {"code", "severity", "row", "column", "cell", "message", "fix", "rule"} <= set(
        report["findings"][0]
    )


@pytest.mark.parametrize("main", [check_command.check_main, command.scan_main, command.infer_main])
@pytest.mark.parametrize("name", ["nada.csv", "carpeta", "tubo", "x" * 300])
def test_no_file_is_2_and_one_sentence(run: Run, tmp_path: Path, main: object, name: str) -> None:
    (tmp_path / "carpeta").mkdir()
    os.mkfifo(tmp_path / "tubo")
    code, out, err = run(main, tmp_path / name)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1


def test_zero_bytes_is_a_finding(run: Run, tmp_path: Path) -> None:
    (tmp_path / "vacio.csv").touch()
    code, out, _ = run(check_command.check_main, tmp_path / "vacio.csv")
    assert code == 1
    assert "empty-file" in out


def test_an_unusable_dictionary_is_2_and_says_why(run: Run, samples: Path) -> None:
    table = samples / "donativos_otorgados.csv"
    code, out, err = run(check_command.check_main, table, "--dictionary", table)
    assert (code, out) == (2, "")
    assert "campo" in err


@pytest.mark.parametrize("arguments", [["--limit", "-1"], ["--limit", "x"], ["--lang", "fr"], []])
def test_usage_errors_are_2(run: Run, arguments: list[str]) -> None:
    extra = ["x.csv"] if arguments else []
    assert run(check_command.check_main, *extra, *arguments)[0] == 2


def test_the_guard_is_1_when_it_blocks(run: Run, samples: Path) -> None:
    padron = samples / "padron_de_personas_beneficiarias.header_only.csv"
    code, out, _ = run(command.scan_main, padron, "--json")
    report = json.loads(out)
    assert (code, report["blocked"], report["rows"]) == (1, True, 0)
    assert report["columns"][0] == {
        "column": "clave_unica_de_registro_de_poblacion",
        "kind": "curp",
        "sensitive": False,
        "matches": 0,
        "cells": 0,
        "ratio": 0.0,
        "evidence": ["header"],
        "decision": "block",
    }
    code, out, _ = run(command.scan_main, samples / "donativos_otorgados.csv")
    assert (code, out.startswith("Sin datos personales")) == (0, True)


def test_a_proposed_dictionary_fits_its_file(run: Run, samples: Path, tmp_path: Path) -> None:
    table = samples / "juicios_fiscales_por_sentido_de_la_resolucion.csv"
    proposed = tmp_path / "d.csv"
    assert run(command.infer_main, table, "-o", proposed)[0] == 0
    rows = list(csv.DictReader(proposed.open(encoding="utf-8")))
    kinds = {row["campo"]: (row["tipo"], row["unidad"]) for row in rows}
    assert kinds["periodo_inicio"] == ("fecha", "")
    assert kinds["cuantia_pesos"] == ("entero", "pesos mexicanos")
    assert {row["descripcion"] for row in rows} == {""}
    code, out, _ = run(check_command.check_main, table, "--dictionary", proposed, "--json")
    assert json.loads(out)["counts"] == {"description-missing": len(rows)}
    assert code == 1


def test_a_proposal_keeps_codes_as_texts_and_shows_no_personal_value(
    run: Run, tmp_path: Path
) -> None:
    table = tmp_path / "t.csv"
    rows = "".join(f"{n % 3:02d},20{n},true,1.5,BOXW310820HNERXN09\n" for n in range(10, 20))
    table.write_text(f"entidad,anio,activo,gasto_pesos,dato\n{rows}", encoding="utf-8")
    _, out, _ = run(command.infer_main, table, "--json")
    fields = {field["name"]: field for field in json.loads(out)["fields"]}
    assert [field["type"] for field in fields.values()] == [
        "string",
        "year",
        "boolean",
        "number",
        "string",
    ]
    assert fields["entidad"]["constraints"]["enum"] == ["00", "01", "02"]
    assert "BOXW" not in out


def test_nothing_to_propose_from(run: Run, tmp_path: Path) -> None:
    (tmp_path / "vacio.csv").touch()
    assert run(command.infer_main, tmp_path / "vacio.csv")[0] == 2


@pytest.mark.parametrize(
    ("program", "language", "word"),
    [
        ("check_table", "es", "archivo"),
        ("infer_dictionary", "en", "file"),
        ("scan_personal_data", "es", "archivo"),
    ],
)
def test_the_scripts_are_thin_and_explain_themselves(
    project: Path, program: str, language: str, word: str
) -> None:
    script = project / "scripts" / f"{program}.py"
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 40
    result = subprocess.run(
        [sys.executable, script, "--lang", language, "--help"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert word in result.stdout


def _wait_until_open(process_id: int, path: Path) -> None:
    """Until the program reads the file: earlier, it is still importing."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for link in Path(f"/proc/{process_id}/fd").iterdir():
            # The program opens and closes files while we look at its list of them.
            with contextlib.suppress(FileNotFoundError):
                if link.readlink() == path:
                    return
        time.sleep(0.01)
    raise AssertionError(f"{path} was never opened")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("program", ["check_table", "scan_personal_data", "infer_dictionary"])
def test_a_full_output_is_2_and_not_the_fault_of_the_file(
    project: Path, samples: Path, program: str
) -> None:
    command = [sys.executable, project / "scripts" / f"{program}.py"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, samples / "donativos_otorgados.csv"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("No se pudo escribir el resultado:")
    assert done.stderr.count("\n") == 1


def test_interrupted_is_130(project: Path, tmp_path: Path) -> None:
    table = tmp_path / "grande.csv"
    with table.open("w", encoding="utf-8") as target:
        target.write("a,b\n\n")  # the blank row asks for the exact reader, which takes longer
        target.writelines(f"{n},texto\n" for n in range(2_000_000))
    process = subprocess.Popen(
        [sys.executable, project / "scripts" / "check_table.py", table],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _wait_until_open(process.pid, table)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "Interrumpido.\n")
