"""Writes the corpus to tests/data/personal: ``PYTHONPATH=tests python -m personal_corpus``."""

from __future__ import annotations

import csv
from pathlib import Path

from personal_corpus.cases import Case, corpus

FOLDER = Path(__file__).parent.parent / "data" / "personal"
LABELS = "labels.csv"


def write(folder: Path, *, held_out: bool = False) -> int:
    """Write every case and the table of labels; returns how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    cases: list[Case] = list(corpus(held_out=held_out))
    for case in cases:
        (folder / f"{case.name}.csv").write_bytes(case.content)
    with (folder / LABELS).open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(("file", "label", "kind"))
        writer.writerows((f"{case.name}.csv", case.label, case.kind) for case in cases)
    return len(cases)


if __name__ == "__main__":
    print(f"{write(FOLDER)} files in {FOLDER}")
