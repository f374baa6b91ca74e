"""The import of units in the portal: a file in, what it changes out, and the change itself."""

from __future__ import annotations

import datetime
import io
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from werkzeug.datastructures import FileStorage

from ckanext.imssbienestar.canonical_csv import CanonicalWriter
from ckanext.imssbienestar.domain.units import UnitRegister
from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.formats.units.importing import RowOutcome, UnitChange, UnitsPlan
from ckanext.imssbienestar.formats.units.table import UnitRow, headers, limit
from ckanext.imssbienestar.portal import (
    acting,
    memberships,
    permissions,
    problems,
    texts,
    unit_organizations,
)
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_in_record
from ckanext.imssbienestar.private_files import private_folder
from ckanext.imssbienestar.procedure import unit_import, units
from ckanext.imssbienestar.procedure.people import Acting
from ckanext.imssbienestar.procedure.unit_import import UnitsRefused

_UNITS_TOLD = 50
"""As many changed units stand in one event of the history; the table has them all."""


def run(context: Any, data_dict: dict[str, Any]) -> dict[str, Any]:
    """See ``imss_unit_import``.

    :raises tk.NotAuthorized: the person does not keep the units.
    :raises tk.ValidationError: there is no table, or it would change something else than what the
        person was shown; nothing was written.
    """
    keeper = acting.require_keeper(context, "keep_units")
    sent = _received(data_dict)
    before = units.register(model.Session, lock=data_dict["confirm"])
    ids = unit_organizations.ids_by_name(unit_import.keys_of(sent))
    rows = unit_import.with_ids(sent, before, ids)
    plan, digest = unit_import.planned(rows, before)
    if data_dict["confirm"]:
        if data_dict.get("digest") not in (None, "", digest):
            model.Session.rollback()
            raise tk.ValidationError(
                {
                    "digest": [
                        tk._(
                            "The units changed after you were shown what the file would do; "
                            "nothing was applied. Look at it again."
                        )
                    ]
                }
            )
        _apply(keeper, before, plan)
    return {
        "counts": {outcome.value: count for outcome, count in plan.counts.items()},
        "changes": [_change(change) for change in plan.changes],
        "digest": digest,
        "applied": data_dict["confirm"],
        "content": _table(sent),
    }


def _apply(keeper: Acting, before: UnitRegister, plan: UnitsPlan) -> None:
    changed = [change for change in plan.changes if change.after and _writes(change)]
    _refuse_people(changed)
    units.save(model.Session, before, plan.register)
    renamed = unit_organizations.keep(plan.register, permissions.today())
    memberships.apply()
    if changed:
        counts = {outcome.value: count for outcome, count in plan.counts.items()}
        told = [change.unit_id for change in changed[:_UNITS_TOLD]]
        at = datetime.datetime.now(datetime.UTC).date().isoformat()
        acting.record(keeper, "units.imported", f"units:{at}", {"counts": counts, "units": told})
    model.Session.commit()
    unit_organizations.show_titles(renamed)


def _writes(change: UnitChange) -> bool:
    return change.outcome in (RowOutcome.CREATED, RowOutcome.CHANGED)


def _refuse_people(changed: list[UnitChange]) -> None:
    """A unit is not called after a person.

    :raises tk.ValidationError: a name shows personal data; nothing was written.
    """
    names = sorted({change.after.name for change in changed if change.after})
    try:
        refuse_in_record("\n".join(names), field="nombre")
    except tk.ValidationError:
        model.Session.rollback()
        raise


def _received(data_dict: dict[str, Any]) -> tuple[UnitRow, ...]:
    upload, content = data_dict.get("upload"), data_dict.get("content")
    if not content and not (isinstance(upload, FileStorage) and upload.filename):
        raise tk.ValidationError({"upload": [tk._("Choose a file with the table of units.")]})
    try:
        if isinstance(upload, FileStorage) and upload.filename:
            with content_store().receive(upload.stream, limit("bytes")) as candidate:
                return unit_import.rows_of(candidate.path)
        with private_folder("units") as folder:
            path = folder / "units.csv"
            path.write_text(str(content), encoding="utf-8", newline="")
            return unit_import.rows_of(path)
    except UnitsRefused as error:
        raise problems.refusal(error.problems, "upload") from error
    except ImssError as error:
        raise tk.ValidationError({"upload": [texts.sentence(error)]}) from error


def _table(rows: tuple[UnitRow, ...]) -> str:
    """What was sent, as CSV text: a page sends it again when a person confirms."""
    names = [name for name in headers() if rows and name in rows[0].texts]
    text = io.StringIO(newline="")
    writer = CanonicalWriter(text)
    writer.writerow([headers()[name] for name in names])
    writer.writerows([row.texts[name] for name in names] for row in rows)
    return text.getvalue()


def _change(change: UnitChange) -> dict[str, Any]:
    return {
        "row": change.row,
        "unit_id": change.unit_id,
        "title": change.after.name if change.after else "",
        "outcome": change.outcome.value,
        "differences": [
            {"column": headers()[name], "before": before, "after": after}
            for name, before, after in change.differences
        ],
        "findings": problems.told(change.problems),
    }
