"""A small organism on one real CKAN: its units, a person in each post, and working groups.

    Dirección General
    ├── Unidad de Atención a la Salud            (ua-salud)
    │   ├── Coordinación de Hospitales           (coordinacion-de-hospitales)
    │   │   ├── División de Hospitales Rurales
    │   │   └── División de Hospitales Urbanos
    │   ├── Coordinación de Primer Nivel         (coordinacion-de-primer-nivel)
    │   │   └── División de Unidades Médicas
    │   └── División de Enlace con Estados
    ├── Unidad de Administración y Finanzas      (ua-finanzas)
    └── Coordinación de Transparencia            (coordinacion-de-transparencia)
        └── División de Datos Abiertos

Tests use the fixture ``organism``.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, fields
from io import BytesIO
from typing import Any

from catalogue_cast import Person, designate, file_storage, make_person, register_unit
from ckan import model
from pypdf import PdfWriter

from ckanext.imssbienestar.model import WorkingGroup

SINCE = datetime.date(2026, 1, 1)

_UA = "administrative_unit"
_CENTRAL = "central_coordination"
_DIVISION = "division"
# Key, which is the id of the organization; name; title; kind; key of the unit above.
_UNITS: tuple[tuple[str, str, str, str, str | None], ...] = (
    ("DG", "direccion-general", "Dirección General", "general_direction", None),
    ("UA1", "ua-salud", "Unidad de Atención a la Salud", _UA, "DG"),
    ("UA2", "ua-finanzas", "Unidad de Administración y Finanzas", _UA, "DG"),
    ("C1", "coordinacion-de-hospitales", "Coordinación de Hospitales", _CENTRAL, "UA1"),
    ("C2", "coordinacion-de-primer-nivel", "Coordinación de Primer Nivel", _CENTRAL, "UA1"),
    ("C3", "coordinacion-de-transparencia", "Coordinación de Transparencia", _CENTRAL, "DG"),
    ("D1", "division-de-hospitales-rurales", "División de Hospitales Rurales", _DIVISION, "C1"),
    ("D2", "division-de-hospitales-urbanos", "División de Hospitales Urbanos", _DIVISION, "C1"),
    ("D3", "division-de-unidades-medicas", "División de Unidades Médicas", _DIVISION, "C2"),
    ("D4", "division-de-datos-abiertos", "División de Datos Abiertos", _DIVISION, "C3"),
    ("D5", "division-de-enlace-con-estados", "División de Enlace con Estados", _DIVISION, "UA1"),
)


@dataclass(frozen=True)
class Organism:
    """Who is who: ``liaison`` to ``representative`` belong to the unit UA1, the group is of C1.

    :ivar units: key -> the organization's ``id``, ``name`` and ``title``.
    :ivar member: of C1, represents D1 only; ``second_member`` is of C2 and represents D3.
    :ivar other_liaison: of the unit UA2; ``other_head`` is of C3, directly under DG, whose
        ``liaison_of_transparency`` it also has.
    :ivar stranger: an account without any designation; ``sysadmin`` holds no post either.
    """

    units: Mapping[str, dict[str, Any]]
    liaison: Person
    member: Person
    second_member: Person
    representative: Person
    delegate: Person
    head: Person
    transparency: Person
    operator: Person
    administrator: Person
    other_liaison: Person
    other_head: Person
    liaison_of_transparency: Person
    stranger: Person
    sysadmin: Person

    @property
    def coordination(self) -> str:
        """Name of the organization of C1, whose group has a liaison and a member."""
        return str(self.units["C1"]["name"])

    @property
    def other_coordination(self) -> str:
        """Name of the organization of C3, whose group belongs to other people."""
        return str(self.units["C3"]["name"])

    def people(self) -> dict[str, Person]:
        """Everybody, by what they are called here."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: person for name, person in found.items() if isinstance(person, Person)}


def small_pdf(text: str = "") -> bytes:
    """A real PDF of one empty page; other text, other bytes."""
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    writer.add_metadata({"/Title": text})
    content = BytesIO()
    writer.write(content)
    return content.getvalue()


def make_units() -> dict[str, dict[str, Any]]:
    """The units as organizations of CKAN, whose ids are their keys."""
    made: dict[str, dict[str, Any]] = {}
    for key, name, title, kind, parent in _UNITS:
        organization = model.Group(name=name, title=title, type="organization")
        organization.id = key
        organization.is_organization = True
        model.Session.add(organization)
        made[key] = {"id": key, "name": name, "title": title}
        register_unit(made[key], kind, made[parent] if parent else None)
    return made


def make_groups(*coordinations: str) -> None:
    """Working groups of these coordinations, by key."""
    for key in coordinations:
        model.Session.add(WorkingGroup(coordination_id=key, valid_from=SINCE))
    model.Session.commit()


def make_organism() -> Organism:
    """The units, the people with their letters, and the groups of C1, C2 and C3."""
    people = {
        name: make_person(name.replace("_", "-"), sysadmin=name == "sysadmin")
        for name in (field.name for field in fields(Organism) if field.name != "units")
    }
    organism = Organism(make_units(), **people)
    letter = designate(
        organism.transparency,
        "transparency_unit",
        upload=file_storage("oficio.pdf", small_pdf()),
        oficio_number="UT/001/2026",
        oficio_date="2026-01-01",
    )["oficio_id"]

    def hold(person: Person, role: str, unit: str | None = None, **other: Any) -> None:
        designate(person, role, unit, oficio_id=letter, **other)

    hold(organism.operator, "transparency_operator")
    hold(organism.administrator, "administrator")
    hold(organism.head, "unit_head", "UA1")
    hold(organism.liaison, "liaison", "UA1")
    hold(organism.representative, "head_representative", "UA1")
    hold(organism.delegate, "administrator_delegate", "C1")
    hold(organism.member, "member", "C1", level="Divisionario", represents=["D1"])
    hold(organism.second_member, "member", "C2", level="Divisionario", represents=["D3"])
    hold(organism.other_liaison, "liaison", "UA2")
    hold(organism.other_head, "unit_head", "C3")
    hold(organism.liaison_of_transparency, "liaison", "C3")
    make_groups("C1", "C2", "C3")
    return organism
