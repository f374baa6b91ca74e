"""A small organism for tests: its units, its rules and designations in one line."""

from __future__ import annotations

import datetime
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.capabilities import parse_capability_rules
from ckanext.imssbienestar.domain.designations import (
    Designation,
    Oficio,
    Post,
    parse_designation_rules,
)
from ckanext.imssbienestar.domain.units import UnitPeriod, UnitRegister, parse_unit_rules

UNIT_RULES = parse_unit_rules(read_yaml("units.yaml"))
DESIGNATION_RULES = parse_designation_rules(
    read_yaml("capabilities.yaml"), read_yaml("levels.yaml")
)
CAPABILITY_RULES = parse_capability_rules(read_yaml("capabilities.yaml"), DESIGNATION_RULES)

START = datetime.date(2024, 1, 1)
TODAY = datetime.date(2026, 11, 23)
DAY = datetime.timedelta(days=1)


def period(
    unit_id: str, kind: str, parent: str | None, since: datetime.date = START, **other: Any
) -> UnitPeriod:
    other.setdefault("name", f"Unidad {unit_id}")
    return UnitPeriod(unit_id, kind, other.pop("name"), parent, since, **other)


UNITS = UnitRegister(
    (
        period("DG", "general_direction", None),
        period("U1", "administrative_unit", "DG"),
        period("C1", "central_coordination", "U1"),
        period("T1", "technical_coordination", "C1"),
        period("D1", "division", "C1"),
        period("D2", "division", "T1"),
        period("C2", "central_coordination", "U1"),
        period("D3", "division", "C2"),
        period("U2", "administrative_unit", "DG"),
        period("C3", "central_coordination", "U2"),
        period("C4", "central_coordination", "DG"),
    ),
    UNIT_RULES,
)
TREE = UNITS.on(TODAY)


def designation(post: Post, unit_id: str | None = None, **other: Any) -> Designation:
    """One in force since :data:`START`, by an *oficio* that has all it needs."""
    oficio = other.pop("oficio", Oficio("IB/001/2024", START, "a" * 64))
    least = DESIGNATION_RULES.levels.least(post)
    values = {
        "id": f"{post}-{unit_id}-{other.get('person', 'ana')}",
        "person": "ana",
        "valid_from": START,
        "level": least.code if least else "",
    } | other
    return Designation(post=post, unit_id=unit_id, oficio=oficio, **values)
