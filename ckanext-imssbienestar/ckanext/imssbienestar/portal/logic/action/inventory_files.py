"""Formato 1 as workbooks: looked at, imported as it was shown, and out again."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict
from werkzeug.datastructures import FileStorage

from ckanext.imssbienestar import config
from ckanext.imssbienestar.checks.personal_data import scan_file_name
from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.formats.inventory.ods import dump_inventory_ods
from ckanext.imssbienestar.formats.inventory.reading import read_inventory
from ckanext.imssbienestar.formats.inventory.workbook import dump_inventory_xlsx
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.identification import inventory_shown
from ckanext.imssbienestar.portal.logic import inventory_schema as schema
from ckanext.imssbienestar.portal.logic.inventory_group import (
    Desk,
    coordination_for,
    desk_for,
    kept,
)
from ckanext.imssbienestar.procedure import (
    closed_inventories,
    inventory,
    inventory_entries,
    inventory_imports,
)
from ckanext.imssbienestar.procedure.inventory import Coordination
from ckanext.imssbienestar.procedure.inventory_imports import GivenWorkbook

MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_DUMPS = {"xlsx": dump_inventory_xlsx, "ods": dump_inventory_ods}
_LONGEST_NAME = 200


@tk.validate_action_data(schema.inventory_import)
def imss_inventory_import(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Import a workbook of Formato 1 (XLSX, ODS): first shown row by row, then done as shown.

    Without ``confirm`` nothing of the draft changes. Send ``upload``; look at what it would do;
    then send the ``id`` with ``confirm``: all of it is written, or nothing, and nothing when it
    would do something else by now. Rows that are refused are left out; an import never removes.
    What was looked at waits a day, for the person who sent it alone.

    :param coordination: id or name of the organization of the *coordinación central*
    :type coordination: string
    :param upload: the workbook
    :type upload: FileStorage
    :param id: of an import that was looked at
    :type id: string
    :param confirm: do what was shown (default: false)
    :type confirm: boolean
    :param again: say what it would do on what is stored now (default: false)
    :type again: boolean
    :param cancel: forget it (default: false)
    :type cancel: boolean
    :param kind: only the rows that are ``created``, ``changed``, ``same`` or ``refused``
    :type kind: string
    :param limit: rows in a page, at most 1000 (default: 50)
    :type limit: integer
    :param offset: rows to pass over (default: 0)
    :type offset: integer

    :returns: ``id``, ``file_name``, ``sha256``, ``done``, ``sheet``, ``counts`` of each kind,
        ``absent`` (databases that the workbook does not hold, and that stay), ``refusals`` (why
        the whole workbook is refused), ``notes``, ``header_changes``, ``count`` and ``results``:
        of each row ``row``, ``kind``, ``identifier``, ``name``, ``proposed`` (the system gives the
        identifier), ``changes`` (``field``, ``title``, ``before``, ``after``), ``reasons`` and
        ``notes`` (findings with ``cell``), ``meanwhile`` (what somebody else changed)
    :rtype: dictionary
    """
    desk = desk_for(context, data_dict["coordination"], "imss_inventory_import", "edit_inventory")
    if data_dict["confirm"] and not data_dict.get("id"):
        sentence = tk._("Look at what the workbook would change first, and confirm that by its id.")
        raise tk.ValidationError({"id": [sentence]})
    session = model.Session
    with inventory_shown.refusals("upload"):
        if data_dict.get("id"):
            waiting = _waiting(desk, data_dict["id"])
        else:
            given = _given(data_dict.get("upload"))
            waiting = inventory_imports.look_at(session, desk.coordination, given, desk.writer)
            session.commit()
        if data_dict["again"]:
            inventory_imports.look_again(session, desk.coordination, waiting, desk.writer)
            session.commit()
        plan = inventory_imports.shown_plan(waiting)
        shown = {
            "id": waiting.id,
            "file_name": waiting.file_name,
            "sha256": waiting.sha256,
            "done": data_dict["confirm"],
            **inventory_shown.plan_dict(
                plan,
                kind=data_dict["kind"],
                limit=data_dict["limit"],
                offset=data_dict["offset"],
            ),
        }
        if data_dict["cancel"]:
            inventory_imports.forget(session, waiting)
            session.commit()
        elif data_dict["confirm"]:
            _do(desk, waiting)
    return shown


@tk.side_effect_free
@tk.validate_action_data(schema.inventory_export)
def imss_inventory_export(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A Formato 1 as a workbook with drop-downs and help: the draft, a closed version or a blank.

    A workbook of the draft can be edited and imported again; the round trip is exact (R-047 to
    R-067).

    :param coordination: id or name of the organization of the *coordinación central*
    :type coordination: string
    :param format: ``xlsx`` or ``ods`` (default: ``xlsx``)
    :type format: string
    :param version: number of a closed version (default: the draft)
    :type version: integer
    :param blank: the form without databases, to fill in (default: false)
    :type blank: boolean
    :param lang: ``es`` or ``en`` (default: ``es``)
    :type lang: string

    :returns: ``name`` and ``media_type`` of the file, and its bytes in ``base64``
    :rtype: dictionary
    """
    coordination = coordination_for(context, data_dict["coordination"], "imss_inventory_export")
    number = data_dict.get("version")
    with inventory_shown.refusals():
        header, entries = _said(coordination, number, blank=data_dict["blank"])
        form = data_dict["format"]
        content = _DUMPS[form](header, entries, language=data_dict["lang"])
    organization = model.Group.get(coordination.id)
    part = f"-v{number}" if number else "-en-blanco" if data_dict["blank"] else ""
    return {
        "name": f"formato-1-{organization.name}{part}.{form}",
        "media_type": MEDIA_TYPES[form],
        "base64": base64.b64encode(content).decode("ascii"),
    }


def _said(
    coordination: Coordination, number: int | None, *, blank: bool
) -> tuple[InventoryHeader, tuple[InventoryEntry, ...]]:
    session = model.Session
    if number:
        version = closed_inventories.by_number(session, coordination.id, number)
        if version is None:
            raise tk.ObjectNotFound(tk._("There is no such version of this Formato 1."))
        closed = closed_inventories.content(session, version)
        return closed.header, closed.entries
    if blank:
        draft = inventory.found(session, coordination.id)
        return inventory.header_of(draft, coordination), ()
    whole = inventory_entries.draft_of(session, coordination)
    return whole.header, whole.entries


def _given(upload: object) -> GivenWorkbook:
    """What was sent, read by the bounded process of workbooks; the file is not kept.

    :raises toolkit.ValidationError: there is no file. :raises ImssError: it is too large.
    """
    if not isinstance(upload, FileStorage) or not upload.filename:
        raise tk.ValidationError({"upload": [tk._("Choose the workbook of Formato 1.")]})
    name = "".join(letter for letter in Path(upload.filename).name if letter.isprintable())
    with content_store().receive(upload.stream, config.largest_file()) as candidate:
        read = read_inventory(candidate.path)
        return GivenWorkbook(scan_file_name(name[-_LONGEST_NAME:]).file, candidate.sha256, read)


def _waiting(desk: Desk, import_id: str) -> Any:
    found = inventory_imports.waiting_import(
        model.Session, desk.coordination.id, import_id, desk.writer.user_id
    )
    if found is None:
        raise tk.ObjectNotFound(
            tk._("This import is not waiting any more: it was done, cancelled or is a day old.")
        )
    return found


def _do(desk: Desk, waiting: Any) -> None:
    done = inventory_imports.do(model.Session, desk.coordination, waiting, desk.writer)
    marks = hashlib.sha256("\n".join(done.marks).encode()).hexdigest()
    kept(
        desk,
        "inventory.imported",
        {
            "counts": done.counts,
            "workbook": done.sha256,
            "header_changes": done.header_changes,
            # Of the identifier and mark of each entry it wrote: its versions have the values.
            "entries": marks,
        },
    )
