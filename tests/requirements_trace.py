"""Which rows of docs/requirements.csv the tests prove, from their ``req`` markers.

A row is proved when at least one test that names it passed and none of them failed. A run of
several parts keeps what each part proved in the folder IMSS_REQUIREMENTS_FOLDER;
IMSS_REQUIREMENTS=record only keeps it, =count also ends the run with the count. Without these
variables nothing is said.
"""

from __future__ import annotations

import csv
import json
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parent.parent / "docs" / "requirements.csv"
MUST = "M"


def read_rows(path: Path = REQUIREMENTS) -> dict[str, str]:
    """Kind of each row by its id."""
    with path.open(encoding="utf-8", newline="") as source:
        return {row["id"]: row["kind"] for row in csv.DictReader(source)}


class RequirementsTrace:
    """The pytest plugin: collects outcomes by row, keeps them, counts them."""

    def __init__(self, rows: dict[str, str], folder: Path | None, *, count: bool) -> None:
        self.rows = rows
        self.folder = folder
        self.count = count
        self._rows_of_test: dict[str, set[str]] = {}
        self._outcomes: defaultdict[str, set[str]] = defaultdict(set)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """A marker that names no row is a mistake, not a requirement nobody knows."""
        for item in items:
            named = {row for marker in item.iter_markers("req") for row in marker.args}
            if unknown := named - self.rows.keys():
                names = ", ".join(sorted(map(str, unknown)))
                raise pytest.UsageError(f"{item.nodeid} names {names}: not in {REQUIREMENTS.name}")
            self._rows_of_test[item.nodeid] = named

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Set-up and tear-down count when they fail; a skipped test proves nothing."""
        if report.when == "call" or report.failed:
            for row in self._rows_of_test.get(report.nodeid, ()):
                self._outcomes[row].add(report.outcome)

    def pytest_sessionfinish(self) -> None:
        """Keeps this part's outcomes for the part that counts."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"part-{os.getpid()}.json"
        outcomes = {row: sorted(found) for row, found in sorted(self._outcomes.items())}
        part.write_text(json.dumps(outcomes), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """One line, just before pytest's own closing line; the uncovered rows go to a file."""
        if not self.count or self.folder is None:
            return
        parts = [json.loads(part.read_text("utf-8")) for part in self.folder.glob("part-*.json")]
        must = {row for row, kind in self.rows.items() if kind == MUST}
        uncovered = sorted(must - proved(parts))
        listing = self.folder / "uncovered.txt"
        listing.write_text("\n".join(uncovered) + "\n", encoding="utf-8")
        terminalreporter.write_line(
            f"Requirements: {len(must) - len(uncovered)} of {len(must)} must rows are covered by "
            f"passing tests, {len(uncovered)} are not ({listing})"
        )


def proved(parts: Iterable[dict[str, list[str]]]) -> set[str]:
    """Rows with a passed test and no failed one, over all parts of a run."""
    merged: defaultdict[str, set[str]] = defaultdict(set)
    for part in parts:
        for row, outcomes in part.items():
            merged[row].update(outcomes)
    return {
        row for row, outcomes in merged.items() if "passed" in outcomes and "failed" not in outcomes
    }


def from_environment() -> RequirementsTrace:
    """The plugin as the environment of the run asks for it."""
    folder = os.environ.get("IMSS_REQUIREMENTS_FOLDER")
    count = os.environ.get("IMSS_REQUIREMENTS") == "count"
    return RequirementsTrace(read_rows(), Path(folder) if folder else None, count=count)
