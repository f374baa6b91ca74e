"""Documents through the bounded process that reads them, and through the program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from document_files import make_planted_docx, make_planted_pdf
from workbook_files import make_xlsx

CURP = "GOHA800101MDFRRL01"


@pytest.mark.req("R-182", "R-201")
def test_the_program_reads_documents_and_says_no_value(project: Path, tmp_path: Path) -> None:
    letter = make_planted_docx(tmp_path / "oficio.docx", CURP)
    paper = make_planted_pdf(tmp_path / "oficio.pdf", CURP)
    clean = make_xlsx(tmp_path / "libro.xlsx", [["clave", "monto"], ["01", 5]])
    broken = tmp_path / "roto.pdf"
    broken.write_bytes(paper.read_bytes()[:300])
    codes = []
    for path in (letter, paper, clean, broken):
        done = subprocess.run(
            [sys.executable, project / "scripts" / "scan_personal_data.py", path, "--json"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        codes.append(done.returncode)
        assert CURP not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert json.loads(done.stdout)["blocked"] == bool(done.returncode)
    assert codes == [1, 1, 0, 1]
