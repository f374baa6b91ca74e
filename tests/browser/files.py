"""Files as people send them: the sample table, whole and with something wrong in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from browser.cast import SAMPLE, SAMPLES

GOOD = SAMPLES / f"{SAMPLE}.csv"
DICTIONARY = SAMPLES / f"{SAMPLE}.dictionary.csv"
ORIGINAL = SAMPLES / f"{SAMPLE}.original.csv"
PADRON = SAMPLES / "padron_de_personas_beneficiarias.header_only.csv"


def sent(name: str, content: bytes, media_type: str = "text/csv") -> dict[str, Any]:
    """A file that exists in the browser only."""
    return {"name": name, "mimeType": media_type, "buffer": content}


def defective(folder: Path) -> Path:
    """The sample with a date and an amount that are none (``B3``, ``I4``), and a total row."""
    lines = GOOD.read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].replace("2018-12-31", "31/12/2018")
    lines[3] = lines[3].rpartition(",")[0] + ",doce millones"
    lines.append("TOTAL,,,,,,,,17000000")
    file = folder / f"{SAMPLE}.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file
