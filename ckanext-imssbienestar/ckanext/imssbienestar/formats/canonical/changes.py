"""What a normalised copy changed, and what only a person can decide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.formats.canonical.layout import limit, settings


class ChangedCell(BaseModel):
    """One cell that was changed.

    :ivar cell: its reference in the file as it was sent: ``C17``, or ``Datos!C17`` in a workbook.
    :ivar before: None in a column flagged as personal, where no report holds a value.
    """

    cell: str
    before: str | None = None
    after: str | None = None


class Change(BaseModel):
    """One kind of change to one column, or to the file.

    :ivar column: the column's name in the copy; None when the change is not to one column.
    :ivar count: cells, rows or columns changed; exact.
    :ivar cells: the first ones. The file as it was sent stays as it is and holds the rest.
    """

    kind: str
    column: str | None = None
    count: int = 1
    detail: str = ""
    cells: tuple[ChangedCell, ...] = ()

    def text(self, language: str) -> str:
        """The change as a sentence."""
        known = {"column": self.column or "", "count": self.count, "detail": self.detail}
        return str(settings()["changes"][self.kind][language]).format_map(known)


class NormalisedCopy(BaseModel):
    """The canonical copy of a file and how it came to be.

    :ivar sha256: of the file as it was sent.
    :ivar output_sha256: of the canonical copy.
    :ivar questions: findings about what was left as it is, because nothing proves what it means.
    """

    version: int = 1
    file: str
    sheet: str | None = None
    sha256: str
    output_sha256: str
    rows: int
    columns: tuple[str, ...]
    changes: tuple[Change, ...]
    questions: tuple[Finding, ...]


class ChangeLog:
    """Gathers changes by kind and column: exact counts, the first cells in full."""

    def __init__(self) -> None:
        self._changes: dict[tuple[str, str | None, str], dict[str, Any]] = {}

    def note(
        self, kind: str, *, column: str | None = None, count: int = 1, detail: str = ""
    ) -> None:
        """A change that is told without cells."""
        self._entry(kind, column, detail)["count"] += count

    def cell(
        self,
        kind: str,
        column: str | None,
        reference: str,
        *,
        before: str | None = None,
        after: str | None = None,
        detail: str = "",
    ) -> None:
        """One changed cell."""
        entry = self._entry(kind, column, detail)
        entry["count"] += 1
        if len(entry["cells"]) < limit("examples"):
            entry["cells"].append(ChangedCell(cell=reference, before=before, after=after))

    @property
    def holds_values(self) -> bool:
        """Whether some change names a cell with what it said or says."""
        cells = (cell for entry in self._changes.values() for cell in entry["cells"])
        return any(cell.before or cell.after for cell in cells)

    def __bool__(self) -> bool:
        return bool(self._changes)

    def _entry(self, kind: str, column: str | None, detail: str) -> dict[str, Any]:
        return self._changes.setdefault((kind, column, detail), {"count": 0, "cells": []})

    def changes(self, hidden: Iterable[str] = ()) -> tuple[Change, ...]:
        """All changes, in the order of the texts; no value of the hidden columns."""
        order = list(settings()["changes"])
        withheld = set(hidden)
        found = [
            Change(
                kind=kind,
                column=column,
                count=entry["count"],
                detail=detail,
                # A row that was left out has cells of every column.
                cells=_shown(
                    entry["cells"], bool(withheld) if column is None else column in withheld
                ),
            )
            for (kind, column, detail), entry in self._changes.items()
        ]
        return tuple(sorted(found, key=lambda change: order.index(change.kind)))


def _shown(cells: list[ChangedCell], withheld: bool) -> tuple[ChangedCell, ...]:
    if not withheld:
        return tuple(cells)
    return tuple(ChangedCell(cell=cell.cell) for cell in cells)
