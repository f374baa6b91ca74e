"""Closed inventories, decisions and forms for the tests of Formato 2 and of the letter."""

from __future__ import annotations

import datetime
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.analysis import (
    AnalysisRules,
    Decision,
)
from ckanext.imssbienestar.domain.concentrado import (
    Concentrado,
    ConcentradoHeader,
    generate_concentrado,
)
from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.domain.inventory_versions import ClosedInventory
from ckanext.imssbienestar.domain.oficio import (
    Folio,
    Oficio,
    OficioRequest,
    OficioSettings,
    Post,
    make_oficio,
)
from ckanext.imssbienestar.domain.oficio_template import parse_oficio_template

RULES = AnalysisRules.from_data(read_yaml("public_interest.yaml"))
UNIT = "Unidad de Atención a la Salud"
CLOSED = datetime.date(2026, 3, 2)
TODAY = datetime.date(2026, 3, 31)
REASON = "Solo sirve para el control interno del almacén."
HEADER = ConcentradoHeader(
    organism="IMSS-BIENESTAR", made_on=TODAY, attributions=("Estatuto Orgánico, artículo 40",)
)


def entry(
    identifier: str,
    name: str = "",
    *,
    personal: bool = False,
    reserved: bool = False,
    **values: str,
) -> InventoryEntry:
    """An entry with the columns that the analysis looks at."""
    answers = {names.PERSONAL: personal, names.RESERVED: reserved}
    return InventoryEntry(
        identifier,
        {
            names.NAME: name or f"Base {identifier}",
            **{column: names.YES if answer else names.NO for column, answer in answers.items()},
            **values,
        },
    )


def inventory(*entries: InventoryEntry, unit: str = UNIT, **changed: Any) -> ClosedInventory:
    header = InventoryHeader({names.UNIT: unit, names.COORDINATION: "Coordinación de Abasto"})
    facts: dict[str, Any] = {"number": 1, "closed_on": CLOSED, "digest": "1" * 64, "previous": ""}
    return ClosedInventory(
        header=header, entries=entries, declared_empty=not entries, **(facts | changed)
    )


def decision(identifier: str, **changed: Any) -> Decision:
    facts: dict[str, Any] = {"author": "enlace", "decided_on": CLOSED}
    return Decision(identifier, **(facts | changed))


def concentrado(**changed: Any) -> Concentrado:
    """One database of each sort: open, personal, its derivative, reserved, without interest."""
    entries = (
        entry("BD-1", "Donativos recibidos"),
        entry("BD-2", "Expedientes", personal=True),
        entry("BD-3", "Consultas por municipio", **{names.DERIVED_FROM: "BD-2"}),
        entry("BD-4", "Rutas de traslado", reserved=True, **{names.RESERVE: "Art. 113, 5 años"}),
        entry("BD-5", "Llaves de oficina"),
    )
    decisions = [decision(found.identifier) for found in entries[:4]]
    decisions.append(decision("BD-5", relevant_to_society=False, reason=REASON))
    header = ConcentradoHeader(**{**vars(HEADER), **changed.pop("header", {})})
    return generate_concentrado(
        inventory(*entries, **changed), decisions, header, RULES, today=TODAY
    )


TEMPLATE = parse_oficio_template(read_yaml("oficio.yaml"))
SETTINGS = OficioSettings(
    organism="IMSS-BIENESTAR",
    place="Ciudad de México",
    addressee=Post("", read_yaml("oficio.yaml")["default_addressee_post"]),
    copies=(Post("", read_yaml("oficio.yaml")["default_copy_post"]),),
)
SIGNATORY = Post("Persona Titular", "Titular de la Unidad", UNIT)
MEETINGS = (
    datetime.date(2025, 12, 1),
    datetime.date(2026, 3, 12),
    datetime.date(2026, 2, 3),
    datetime.date(2026, 3, 5),
    datetime.date(2026, 3, 5),
    datetime.date(2026, 12, 1),
)


def request(**changed: Any) -> OficioRequest:
    facts: dict[str, Any] = {
        "folio": Folio("IB-UAS-0012", 2026),
        "date": TODAY,
        "signatory": SIGNATORY,
        "forms": (concentrado(),),
        "meetings": MEETINGS,
    }
    return OficioRequest(**(facts | changed))


def oficio(**changed: Any) -> Oficio:
    return make_oficio(request(**changed), SETTINGS, TEMPLATE, today=TODAY)
