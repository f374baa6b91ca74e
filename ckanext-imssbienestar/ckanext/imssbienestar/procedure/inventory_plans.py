"""A plan of an import as JSON, so that it can be shown page by page and done as it was shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ckanext.imssbienestar.domain.inventory_plan import ImportPlan, ReadInventory, ReadRow
from ckanext.imssbienestar.domain.inventory_versions import ValueChange
from ckanext.imssbienestar.domain.problems import Problem, Wording

KeptPlan = dict[str, Any]


def kept_plan(plan: ImportPlan) -> KeptPlan:
    """A plan as plain values; problems stay in no language."""
    return {
        "sheet": plan.sheet,
        "counts": {kind.value: count for kind, count in plan.counts.items()},
        "rows": [
            {
                "row": outcome.row,
                "kind": outcome.kind.value,
                "identifier": outcome.identifier,
                "name": outcome.name,
                "proposed": outcome.proposed,
                "changes": _changes(outcome.changes),
                "reasons": _problems(outcome.reasons),
                "notes": _problems(outcome.notes),
                "meanwhile": _changes(outcome.meanwhile),
            }
            for outcome in plan.rows
        ],
        "header_changes": _changes(plan.header_changes),
        "notes": _problems(plan.notes),
        "refusals": _problems(plan.refusals),
        "absent": len(plan.absent),
    }


def plan_digest(kept: KeptPlan) -> str:
    """SHA-256 of what a plan would write; notes do not change what is done."""
    rows = [
        [row["row"], row["kind"], row["identifier"], row["changes"]]
        + [[problem["code"], problem["cell"]] for problem in row["reasons"]]
        for row in kept["rows"]
    ]
    said = [kept["sheet"], rows, kept["header_changes"], bool(kept["refusals"])]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def restored_problem(kept: Mapping[str, Any]) -> Problem:
    """The problem again, to be said in a language."""
    return Problem(
        kept["code"],
        kept["variant"],
        row=kept["row"],
        column=_worded(kept["column"]),
        cell=kept["cell"],
        facts={name: _worded(value) for name, value in kept["facts"].items()},
    )


def kept_reading(read: ReadInventory) -> str:
    """JSON of what was read of a workbook."""
    return json.dumps(
        {
            "sheet": read.sheet,
            "letters": dict(read.letters),
            "header": dict(read.header),
            "header_cells": dict(read.header_cells),
            "rows": [[row.row, dict(row.written), _problems(row.problems)] for row in read.rows],
            "notes": _problems(read.notes),
            "refusals": _problems(read.refusals),
        },
        ensure_ascii=False,
    )


def restored_reading(text: str) -> ReadInventory:
    """What was read of a workbook, from :func:`kept_reading`."""
    kept = json.loads(text)
    return ReadInventory(
        sheet=kept["sheet"],
        letters=kept["letters"],
        header=kept["header"],
        header_cells=kept["header_cells"],
        rows=tuple(
            ReadRow(row, written, tuple(map(restored_problem, problems)))
            for row, written, problems in kept["rows"]
        ),
        notes=tuple(map(restored_problem, kept["notes"])),
        refusals=tuple(map(restored_problem, kept["refusals"])),
    )


def _changes(changes: Iterable[ValueChange]) -> list[list[str]]:
    return [[change.field, change.before, change.after] for change in changes]


def _problems(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    return [
        {
            "code": problem.code,
            "variant": problem.variant,
            "row": problem.row,
            "column": _plain(problem.column),
            "cell": problem.cell,
            "facts": {name: _plain(value) for name, value in problem.facts.items()},
        }
        for problem in problems
    ]


def _plain(value: Any) -> Any:
    return {"es": value.es, "en": value.en} if isinstance(value, Wording) else value


def _worded(value: Any) -> Any:
    return Wording(**value) if isinstance(value, dict) else value
