"""normalise_table.py: what it prints, what it writes and when, its exit codes; bad files."""

from __future__ import annotations

import gzip
import json
import os
import pty
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from workbook_files import ENTITIES, SHEET, make_messy_xlsx, make_xlsx, rewrite

from ckanext.imssbienestar.checks.check_command import check_main
from ckanext.imssbienestar.checks.command import infer_main, scan_main
from ckanext.imssbienestar.formats.canonical.command import normalise_main

Run = Callable[..., tuple[int, str, str]]
PROGRAMS = [
    check_main,
    scan_main,
    infer_main,
    normalise_main,
]


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    path = tmp_path / "sucio.csv"
    path.write_bytes("año;monto_pesos\n2018;1.234,50\n".encode("cp1252"))
    return path


def test_nothing_is_written_until_somebody_accepts(run: Run, messy: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copia.csv"
    code, out, err = run(normalise_main, messy, "-o", copy)
    assert (code, copy.exists()) == (2, False)
    assert "«1.234,50» → «1234.50»" in out
    assert "--yes" in err
    code, _, err = run(normalise_main, messy, "-o", copy, "--yes")
    assert (code, copy.read_bytes()) == (0, b"anio,monto_pesos\n2018,1234.50\n")
    assert "copia.csv" in err


def test_a_dry_run_writes_nothing_and_needs_no_place(run: Run, messy: Path) -> None:
    before = sorted(messy.parent.iterdir())
    code, out, _ = run(normalise_main, messy, "--dry-run", "--lang", "en")
    assert (code, sorted(messy.parent.iterdir())) == (0, before)
    assert "Encoding: from Windows-1252" in out


def test_no_file_is_replaced_unasked(run: Run, messy: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copia.csv"
    copy.write_text("mío", encoding="utf-8")
    assert run(normalise_main, messy, "-o", copy, "--yes")[0] == 2
    assert copy.read_text(encoding="utf-8") == "mío"
    assert run(normalise_main, messy, "-o", copy, "--yes", "--overwrite")[0] == 0
    assert run(normalise_main, messy, "-o", messy, "--yes", "--overwrite")[0] == 2
    assert messy.read_bytes().startswith(b"a\xf1o;")


def test_the_json_has_changes_questions_and_both_hashes(run: Run, tmp_path: Path) -> None:
    book = make_messy_xlsx(tmp_path / "m.xlsx")
    code, out, err = run(normalise_main, book, "-o", tmp_path / "c.csv", "--yes", "--json")
    report = json.loads(out)
    assert (code, report["written"], report["sheet"]) == (1, True, "Mi hoja")
    assert {"version", "file", "sha256", "output_sha256", "rows", "columns", "output"} <= set(
        report
    )
    merged = next(change for change in report["changes"] if change["kind"] == "merged-cells")
    assert (merged["count"], merged["cells"][0]["cell"]) == (1, "'Mi hoja'!B4")
    assert merged["message"].startswith("«unidad»")
    assert {"code", "severity", "message", "fix"} <= set(report["questions"][0])
    assert err.startswith("Copia escrita")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["-o", "no/existe/c.csv", "--yes"],
        ["--dry-run", "--set", "nada"],
        ["--dry-run", "--set", "mes=1"],
        ["--dry-run", "--dictionary", "nada.csv"],
        ["--lang", "fr"],
    ],
)
def test_usage_errors_are_2_with_a_sentence(run: Run, messy: Path, arguments: list[str]) -> None:
    code, _, err = run(normalise_main, messy, *arguments)
    assert code == 2
    assert err.strip()


@pytest.mark.parametrize(("answer", "expected"), [("s\n", 0), ("n\n", 1), ("\n", 1)])
def test_on_a_terminal_it_asks(messy: Path, project: Path, answer: str, expected: int) -> None:
    copy = messy.with_name("copia.csv")
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, project / "scripts" / "normalise_table.py", messy, "-o", copy],
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.write(leader, answer.encode())
    _, err = process.communicate(timeout=60)
    os.close(leader)
    os.close(follower)
    assert (process.returncode, copy.exists()) == (expected, expected == 0)
    assert "¿Escribir la copia" in err


def test_the_script_is_thin_and_explains_itself(project: Path) -> None:
    script = project / "scripts" / "normalise_table.py"
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 40
    result = subprocess.run(
        [sys.executable, script, "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "copia normalizada" in result.stdout


# --- bad files: each program says one sentence, or one finding, and ends with 1 or 2 -------------


def bomb(path: Path) -> None:
    """A sheet that unpacks to 300 MB from 300 kB."""
    source = make_xlsx(path.with_name("b.xlsx"), [["a"]])
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != SHEET:
                new.writestr(entry.filename, old.read(entry.filename))
        with new.open(SHEET, "w") as stream:
            for _ in range(300):
                stream.write(b" " * (1 << 20))


def attacked(path: Path) -> None:
    """A sheet that declares entities."""
    source = make_xlsx(path.with_name("b.xlsx"), [["a"]])
    rewrite(source, path, {SHEET: lambda content: ENTITIES + content})


def outside(path: Path) -> None:
    """A part whose name leaves the folder."""
    source = make_xlsx(path.with_name("b.xlsx"), [["a"]])
    rewrite(source, path, extra={"../../../fuera.txt": b"x"})


def far(path: Path) -> None:
    """A cell at the far end of its sheet."""
    source = make_xlsx(path.with_name("b.xlsx"), [["a"], [1]])
    rewrite(source, path, {SHEET: lambda c: c.replace(b'r="A2"', b'r="XFD1048576"')})


def protected(path: Path) -> None:
    """What office programs write for a workbook with a password."""
    name = "EncryptedPackage\0".encode("utf-16-le")
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + name + bytes(500))


BAD = {
    "bomba.xlsx": bomb,
    "entidades.xlsx": attacked,
    "fuera.xlsx": outside,
    "lejos.xlsx": far,
    "contraseña.xlsx": protected,
    "cortado.xlsx": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(400)),
    "comprimido.csv": lambda path: path.write_bytes(gzip.compress(b"a,b\n1,2\n")),
    "página.csv": lambda path: path.write_bytes(b"<!doctype html><p>403"),
    "nulo.csv": lambda path: path.write_bytes(b"a,b\n1,\0\n"),
    "columnas.csv": lambda path: path.write_text(",".join("c" * 10_000), encoding="utf-8"),
    "línea.csv": lambda path: path.write_bytes(b"a,b\n" + b"x" * 9_000_000),
}


# The guard looks through any file: what it cannot read is refused, a page is read as text, and a
# table whose rows cannot be told apart is no table.
LOOKED_THROUGH = {"página.csv": 0, "nulo.csv": 2, "columnas.csv": 2, "línea.csv": 2}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_a_sentence_for_every_program(run: Run, tmp_path: Path, name: str) -> None:
    BAD[name](tmp_path / name)
    expected = {check_main: 1, scan_main: LOOKED_THROUGH.get(name, 1)}
    for main in PROGRAMS:
        extra = ["--dry-run"] if main is normalise_main else []
        code, out, err = run(main, tmp_path / name, *extra)
        assert code == expected.get(main, 2)
        assert (err if code == 2 else out).strip()
    assert not (tmp_path.parent / "fuera.txt").exists()
