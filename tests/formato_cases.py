"""Closed inventories, decisions and forms for the tests of Formato 2 and of the letter."""

from __future__ import annotations

import datetime
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.analysis import (
    AnalysedEntry,
    AnalysedInventory,
    AnalysisRules,
    Decision,
)
from ckanext.imssbienestar.domain.concentrado import (
    Concentrado,
    ConcentradoHeader,
    generate_concentrado,
)

RULES = AnalysisRules.from_data(read_yaml("public_interest.yaml"))
CLOSED = datetime.date(2026, 3, 2)
TODAY = datetime.date(2026, 3, 31)
REASON = "Solo sirve para el control interno del almacén."
HEADER = ConcentradoHeader(
    organism="IMSS-BIENESTAR", made_on=TODAY, attributions=("Estatuto Orgánico, artículo 40",)
)


def entry(identifier: str, name: str = "", **changed: Any) -> AnalysedEntry:
    return AnalysedEntry(identifier, name or f"Base {identifier}", **changed)


def inventory(*entries: AnalysedEntry, **changed: Any) -> AnalysedInventory:
    facts: dict[str, Any] = {
        "unit": "Unidad de Atención a la Salud",
        "coordination": "Coordinación de Abasto",
        "version": 1,
        "digest": "1" * 64,
        "closed_on": CLOSED,
    }
    return AnalysedInventory(entries=entries, **(facts | changed))


def decision(identifier: str, **changed: Any) -> Decision:
    facts: dict[str, Any] = {"author": "enlace", "decided_on": CLOSED}
    return Decision(identifier, **(facts | changed))


def concentrado(**changed: Any) -> Concentrado:
    """One database of each sort: open, personal, its derivative, reserved, without interest."""
    entries = (
        entry("BD-1", "Donativos recibidos"),
        entry("BD-2", "Expedientes", contains_personal_data=True),
        entry("BD-3", "Consultas por municipio", derived_from="BD-2"),
        entry("BD-4", "Rutas de traslado", is_reserved=True, reserve_ground="Art. 113, 5 años"),
        entry("BD-5", "Llaves de oficina"),
    )
    decisions = [decision(found.identifier) for found in entries[:4]]
    decisions.append(decision("BD-5", relevant_to_society=False, reason=REASON))
    header = ConcentradoHeader(**{**vars(HEADER), **changed.pop("header", {})})
    return generate_concentrado(
        inventory(*entries, **changed), decisions, header, RULES, today=TODAY
    )
