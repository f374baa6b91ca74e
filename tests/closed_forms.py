"""Closed versions of Formato 1 in the database of a test, without the pages that close them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import inventory_cases
from ckan import model

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.calendar import day_of
from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.domain.inventory_versions import (
    ClosedInventory,
    InventoryDraft,
    close_inventory,
)
from ckanext.imssbienestar.domain.release import canonical
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.model import ClosedInventory as StoredInventory
from ckanext.imssbienestar.procedure import closed_inventories

UNIT = "Unidad de Atención a la Salud"
COORDINATION = "Coordinación de Hospitales"
HEADER = InventoryHeader(
    {names.UNIT: UNIT, names.COORDINATION: COORDINATION, names.PREPARED: "2026-03-02"}
)
RESERVE = "Artículo 113 de la LGTAIP; reserva por un plazo de 5 años"


def entry(identifier: str, name: str = "", **values: str) -> InventoryEntry:
    """A complete entry, open data but for what is said."""
    return inventory_cases.entry(identifier, nombre=name or f"Base {identifier}", **values)


def personal(identifier: str, name: str = "") -> InventoryEntry:
    """One that holds personal data."""
    return entry(identifier, name, **{names.KIND_OF_DATA: "personal", names.PERSONAL: names.YES})


def reserved(identifier: str, name: str = "") -> InventoryEntry:
    """One that is reserved."""
    values = {names.KIND_OF_DATA: "reserved", names.RESERVED: names.YES, names.RESERVE: RESERVE}
    return entry(identifier, name, **values)


def one_of_each() -> tuple[InventoryEntry, ...]:
    """Open, personal, its derivative, reserved, and one of no interest."""
    return (
        entry("CH-0001", "Donativos recibidos"),
        personal("CH-0002", "Expedientes"),
        entry("CH-0003", "Consultas por municipio", **{names.DERIVED_FROM: "CH-0002"}),
        reserved("CH-0004", "Rutas de traslado"),
        entry("CH-0005", "Llaves de oficina"),
    )


def close(
    coordination_id: str,
    entries: Sequence[InventoryEntry],
    *,
    closed_by: str = "",
    closed: datetime.datetime | None = None,
    **header: Any,
) -> ClosedInventory:
    """Close the next version of a coordination's Formato 1 and commit."""
    moment = closed or datetime.datetime.now(datetime.UTC)
    last = closed_inventories.newest(model.Session, coordination_id)
    form = close_inventory(
        InventoryDraft(
            InventoryHeader(dict(HEADER.values) | header),
            tuple(entries),
            declared_empty=not entries,
        ),
        inventory_layout(),
        closed_on=day_of(moment),
        findings_of=problem_findings,
        previous=closed_inventories.content(model.Session, last) if last else None,
    )
    model.Session.add(
        StoredInventory(
            digest=form.digest,
            coordination_id=coordination_id,
            number=form.number,
            document=canonical(form.document()).decode(),
            closed=moment,
            closed_by=closed_by,
        )
    )
    model.Session.commit()
    return form
