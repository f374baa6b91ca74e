"""A table of units: what it would change, and doing it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.units import UnitRegister
from ckanext.imssbienestar.formats.units.importing import RowOutcome, UnitsPlan, plan_units
from ckanext.imssbienestar.formats.units.table import UnitRow, UnitsFileError, read_unit_rows
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError
from ckanext.imssbienestar.procedure.refusals import ActRefused

_KEYS = ("unit_id", "parent_id")


class UnitsRefused(ActRefused):
    """A table of units that cannot be read."""


def rows_of(path: Path) -> tuple[UnitRow, ...]:
    """The rows of a file.

    :raises UnitsRefused: it holds no table of units.
    :raises InputFileError: it cannot be opened.
    """
    try:
        return read_unit_rows(path)
    except UnitsFileError as error:
        raise UnitsRefused(error.problem) from error
    except WorkbookError as error:
        facts = dict(error.facts)
        variant = facts.pop("variant", "")
        raise UnitsRefused(Problem(error.code, variant=variant, facts=facts)) from error


def keys_of(rows: Iterable[UnitRow]) -> set[str]:
    """What the rows call units: their own and the ones above them."""
    return {row.texts[name] for row in rows for name in _KEYS if row.texts.get(name)}


def with_ids(
    rows: Iterable[UnitRow], register: UnitRegister, ids: Mapping[str, str]
) -> tuple[UnitRow, ...]:
    """The rows with identifiers for names of organizations that were made by hand.

    :param ids: name of an organization -> its id; a key that a unit has is never taken for a name.
    """
    known = set(register.unit_ids)

    def read(row: UnitRow) -> UnitRow:
        found = {
            name: ids[row.texts[name]]
            for name in _KEYS
            if row.texts.get(name) in ids and row.texts[name] not in known
        }
        return replace(row, texts={**row.texts, **found}) if found else row

    return tuple(map(read, rows))


def planned(rows: Iterable[UnitRow], register: UnitRegister) -> tuple[UnitsPlan, str]:
    """What the rows would change, and a digest of it: a person applies what the person was shown.

    A row may come back under another number, since what is shown is sent again as a table.
    """
    plan = plan_units(rows, register)
    told = [
        (change.unit_id, change.outcome.value, str(change.before), str(change.after))
        for change in plan.changes
        if change.outcome is not RowOutcome.SAME
    ]
    return plan, hashlib.sha256(repr(told).encode()).hexdigest()
