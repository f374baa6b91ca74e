"""The last lines of the demonstration."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.demo.cast import CredentialFile


class Row:
    """One published dataset in the closing table."""

    def __init__(self, name: str, release: Mapping[str, Any], samples: Path) -> None:
        self.name = name
        self.state = str(release["state"])
        self.digest = str(release["digest"])
        with (samples / f"{name}.csv").open(encoding="utf-8", newline="") as source:
            self.rows = sum(1 for _row in csv.reader(source)) - 1


def table(
    rows: Sequence[Row], equal: Mapping[str, bool], searchable: Mapping[str, int]
) -> Iterator[str]:
    """Datasets with state, rows in the file and in the DataStore, digest and federal copy."""
    width = max(len(row.name) for row in rows)
    heads = f"{'rows':>5}  {'DataStore':>9}  {'digest':<12}"
    yield ""
    yield f"{'dataset':<{width}}  {'state':<10} {heads}  federal copy"
    for row in rows:
        verdict = {True: "equal", False: "DIFFERENT", None: "not found"}[equal.get(row.name)]
        loaded = searchable.get(row.name, "waiting")
        cells = f"{row.rows:>5}  {loaded:>9}  {row.digest[:12]:<12}"
        yield f"{row.name:<{width}}  {row.state:<10} {cells}  {verdict}"


def addresses(
    institutional: str,
    federal: str,
    credentials: CredentialFile,
    people: Sequence[Mapping[str, Any]],
) -> Iterator[str]:
    """Where the catalogues are and who can log in; passwords of the demonstration only."""
    yield ""
    yield f"Institutional catalogue: {institutional}"
    yield f"Federal catalogue:       {federal}"
    yield f"Log in at {institutional}/user/login as:"
    for person in people:
        known = credentials.get(person["name"])
        password = known.password if known else "?"
        yield f"  {person['name']:<22} {password:<14} {person['fullname']}"
    yield f"Tokens and passwords are kept in {credentials.path}"
