"""What is kept of a Formato 1, as the API and the pages show it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.inventory import InventoryEntry, header_problems
from ckanext.imssbienestar.domain.inventory_gaps import Gap
from ckanext.imssbienestar.domain.inventory_layout import MARK, InventoryField
from ckanext.imssbienestar.domain.inventory_plan import ImportOutdated
from ckanext.imssbienestar.domain.inventory_values import shown_value
from ckanext.imssbienestar.domain.inventory_versions import (
    AlteredInventory,
    EntryDifference,
    ValueChange,
)
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.formats.inventory.page import UnwritableInventory
from ckanext.imssbienestar.model import Inventory
from ckanext.imssbienestar.portal import permissions, problems, texts
from ckanext.imssbienestar.portal.people_names import names_of
from ckanext.imssbienestar.procedure import inventory
from ckanext.imssbienestar.procedure.closed_inventories import InventoryVersion
from ckanext.imssbienestar.procedure.inventory import Coordination, InventoryRefused
from ckanext.imssbienestar.procedure.inventory_entries import EntryEvent
from ckanext.imssbienestar.procedure.inventory_list import Gaps, ListedEntry
from ckanext.imssbienestar.procedure.inventory_plans import KeptPlan, restored_problem

Shown = dict[str, Any]


def draft_dict(draft: Inventory | None, coordination: Coordination, known: Gaps) -> Shown:
    """The draft without its entries: where it stands and what is missing in it."""
    header = inventory.header_of(draft, coordination)
    missing = header_problems(header, inventory_layout(), today())
    handed_by = draft.handed_by if draft is not None else ""
    return {
        "state": draft.state if draft is not None else inventory.DRAFT,
        "handed": moment(draft.handed) if draft is not None else None,
        "handed_by": names_of([handed_by])[handed_by] if handed_by else "",
        "remarks": draft.remarks if draft is not None else "",
        "modified": moment(draft.modified) if draft is not None else None,
        "header": dict(header.completed(inventory_layout()).values),
        "header_mark": inventory.header_mark(draft),
        "header_findings": problems.told(missing),
        "declared_empty": draft is not None and draft.declared_empty,
        "entries": known.entries,
        "incomplete": known.incomplete,
        "missing": [{**gap_dict(counted.gap), "count": counted.count} for counted in known.counts],
    }


def listed_dict(listed: ListedEntry) -> Shown:
    """One entry of a list."""
    return {
        **entry_dict(listed.entry),
        "mark": listed.mark,
        "missing": [gap_dict(gap) for gap in listed.gaps],
        "modified": moment(listed.modified),
        "modified_by": listed.modified_by,
    }


def entry_dict(entry: InventoryEntry) -> Shown:
    """An entry: its stored values, and those of lists in words."""
    fields, language = inventory_layout().fields, texts.language()
    return {
        "identifier": entry.identifier,
        "name": entry.name,
        "values": dict(entry.values),
        "shown": {
            name: shown_value(fields[name], value, language)
            for name, value in entry.values.items()
            if name in fields
        },
    }


def gap_dict(gap: Gap) -> Shown:
    """What is missing, in words; ``key`` is what the list is asked by."""
    (finding,) = problem_findings([gap.problem(inventory_layout())], texts.language())
    return {
        "key": gap.key,
        "field": gap.field,
        "title": inventory_layout().fields[gap.field].title.label(texts.language()),
        "severity": finding.severity.value,
        "message": finding.message,
        "fix": finding.fix,
    }


def changes_list(changes: Iterable[ValueChange | Sequence[str]]) -> list[Shown]:
    """What changed, in the words of the form."""
    layout, language = inventory_layout(), texts.language()
    shown = []
    for change in changes:
        name, before, after = (
            (change.field, change.before, change.after)
            if isinstance(change, ValueChange)
            else change
        )
        field = layout.fields.get(name) or layout.header_fields.get(name)
        if name == MARK:
            continue
        shown.append(
            {
                "field": name,
                "title": field.title.label(language) if field else _other_title(name),
                "before": _said(field, before, language),
                "after": _said(field, after, language),
            }
        )
    return shown


def difference_dict(difference: EntryDifference) -> Shown:
    """What became of an entry between two versions."""
    return {
        "kind": difference.kind.value,
        "identifier": difference.identifier,
        "name": difference.name,
        "changes": changes_list(difference.changes),
    }


def events_list(events: Sequence[EntryEvent]) -> list[Shown]:
    """What became of an entry, and by whom."""
    people = names_of(event.person for event in events)
    return [
        {
            "at": moment(event.at),
            "person": people[event.person],
            "removed": event.removed,
            "changes": changes_list(event.changes),
        }
        for event in events
    ]


def version_dict(version: InventoryVersion, people: Mapping[str, str]) -> Shown:
    """A closed version without what it says."""
    return {
        "number": version.number,
        "digest": version.digest,
        "closed": moment(version.closed),
        "closed_by": people.get(version.closed_by, version.closed_by),
    }


def plan_dict(plan: KeptPlan, *, kind: str, limit: int, offset: int) -> Shown:
    """A page of what an import would do."""
    rows = [row for row in plan["rows"] if not kind or row["kind"] == kind]
    return {
        "sheet": plan["sheet"],
        "counts": plan["counts"],
        "absent": plan["absent"],
        "header_changes": changes_list(plan["header_changes"]),
        "notes": problems.told(map(restored_problem, plan["notes"])),
        "refusals": problems.told(map(restored_problem, plan["refusals"])),
        "count": len(rows),
        "results": [
            {
                **row,
                "changes": changes_list(row["changes"]),
                "meanwhile": changes_list(row["meanwhile"]),
                "reasons": problems.told(map(restored_problem, row["reasons"])),
                "notes": problems.told(map(restored_problem, row["notes"])),
            }
            for row in rows[offset : offset + limit]
        ],
    }


@contextmanager
def refusals(field: str = "message") -> Iterator[None]:
    """Turn what the Procedure refuses into what CKAN's API says; nothing stays half-written.

    :param field: under which a file that cannot be used is told.
    :raises toolkit.ValidationError: with ``message``, and ``findings`` that say how to mend it.
    """
    try:
        yield
    except InventoryRefused as error:
        model.Session.rollback()
        told = problems.refusal(error.problems).error_dict
        if error.current_mark:
            told |= {"current_mark": error.current_mark, "meanwhile": changes_list(error.meanwhile)}
        raise tk.ValidationError(told) from error
    except ImportOutdated as error:
        model.Session.rollback()
        raise problems.refusal([Problem("inventory-import-outdated")]) from error
    except ImssError as error:
        model.Session.rollback()
        raise tk.ValidationError({field: [_sentence(error)]}) from error


def _sentence(error: ImssError) -> str:
    match error:
        case AlteredInventory():
            return str(
                tk._(
                    "A closed version of this Formato 1 is not what was closed: its digest "
                    "differs. Tell the administrator; it is restored from a backup."
                )
            )
        case UnwritableInventory():
            return str(
                tk._(
                    "A text of {identifier} does not fit in a workbook (column {column}): "
                    "shorten it and download again."
                )
            ).format(identifier=error.identifier or tk._("the header"), column=error.column)
        case _:
            return texts.sentence(error)


def today() -> datetime.date:
    """The day in Mexico City."""
    return permissions.today()


def moment(value: datetime.datetime | None) -> str | None:
    """A moment as answers show it: ISO 8601, UTC."""
    return value.astimezone(datetime.UTC).isoformat(timespec="seconds") if value else None


def _said(field: InventoryField | None, value: str, language: str) -> str:
    if field is not None:
        return shown_value(field, value, language)
    answers = {"yes": tk._("Yes"), "no": tk._("No")}
    return str(answers.get(value, value))


def _other_title(name: str) -> str:
    return str(tk._("It has no databases")) if name == "declared_empty" else name
