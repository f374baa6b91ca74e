"""What a file can cost, whatever is in it: memory and time of the programs, measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ckanext.imssbienestar.checks import command

Run = Callable[..., tuple[int, str, str]]

# So long that reading it as one row, or as its cells, would break every bound below.
LONG = 40_000_000
PIECE = 1_000_000
LINE = b"a" * 79 + b"\n"

LONG_ROWS = {
    "a line": (b"x,y\n1,", b"a" * PIECE, b"\n2,b\n"),
    "a header": (b"", b"a" * PIECE, b"\n"),
    "cells": (b"x,y\n", b"a," * (PIECE // 2), b"\n2,b\n"),
    "a quoted cell": (b'x,y\n1,"', LINE * (PIECE // 80), b'"\n2,b\n'),
    "a quote left open": (b'x,y\n1,"', LINE * (PIECE // 80), b""),
    "quoted cells": (b"x,y\n", (b'"' + LINE + b'",') * (PIECE // 83), b"\n2,b\n"),
}


@dataclass(frozen=True)
class Measured:
    """How a program ended, what it said and what it took."""

    code: int
    said: str
    seconds: float
    megabytes: float


@pytest.fixture
def measured(project: Path, tmp_path: Path) -> Callable[..., Measured]:
    """Runs a program as a process of its own."""

    def run(program: str, *arguments: str | Path) -> Measured:
        said = tmp_path / "said.txt"
        begun = time.monotonic()
        with said.open("wb") as target:
            process = subprocess.Popen(
                [sys.executable, project / "scripts" / program, *arguments, "--lang", "en"],
                stdout=target,
                stderr=subprocess.STDOUT,
            )
            # Of this child alone: getrusage would give the largest of all there have been.
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        return Measured(
            process.returncode,
            said.read_text(encoding="utf-8"),
            time.monotonic() - begun,
            usage.ru_maxrss / 1024,
        )

    return run


@pytest.mark.parametrize("form", LONG_ROWS)
def test_a_row_without_an_end_is_named_with_the_limit(
    measured: Callable[..., Measured], run: Run, tmp_path: Path, form: str
) -> None:
    before, piece, after = LONG_ROWS[form]
    table = tmp_path / "long.csv"
    with table.open("wb") as target:
        target.write(before)
        target.writelines(piece for _ in range(LONG // len(piece)))
        target.write(after)
    row = 2 if b"\n" in before else 1
    told = measured("check_table.py", table)
    assert told.code == 1, told.said
    assert told.megabytes < 250
    assert told.seconds < 30
    sentence = f"Row {row} is longer than 8000000 bytes"
    assert sentence in told.said
    for main in (command.scan_main, command.infer_main):
        code, out, err = run(main, table, "--lang", "en")
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert sentence in err


@pytest.mark.parametrize("content", ['a,b\n1,2\n3,"x\n4,5\n', 'a;b\n1;2\n"x;3\n'])
def test_a_quote_left_open_is_no_file_to_judge_columns_by(
    run: Run, tmp_path: Path, content: str
) -> None:
    table = tmp_path / "open.csv"
    table.write_text(content, encoding="utf-8")
    for main in (command.scan_main, command.infer_main):
        code, out, err = run(main, table, "--lang", "en")
        assert (code, out) == (2, "")
        assert err.startswith("Row 3 opens a quote that is never closed")


@pytest.mark.slow
def test_a_thousand_columns_are_counted_within_memory(
    measured: Callable[..., Measured], tmp_path: Path
) -> None:
    names = [f"cuantos_en_el_lugar_{place}" for place in range(1000)]
    described = {"type": "integer", "description": "Cuántos hubo en el periodo que se dice."}
    dictionary = tmp_path / "wide.json"
    fields = [{"name": name, **described} for name in names]
    dictionary.write_text(json.dumps({"fields": fields}), encoding="utf-8")
    table = tmp_path / "wide.csv"
    with table.open("w", encoding="utf-8") as target:
        target.write(",".join(names) + "\n")
        target.writelines(
            ",".join(str(row * place) for place in range(1000)) + "\n" for row in range(300)
        )
        target.write("1,x," + ",".join(["2"] * 997) + ",x\n")
    told = measured("check_table.py", table, "--dictionary", dictionary)
    assert told.code == 1, told.said
    assert "type-error · 2 · stops publication" in told.said
    assert told.megabytes < 700
