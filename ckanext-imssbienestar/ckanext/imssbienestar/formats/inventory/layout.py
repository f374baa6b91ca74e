"""The layout of Formato 1 as its files give it: ``schemas/formato_1.yaml`` and two catalogues."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from ckanext.imssbienestar.datafiles import read_table, read_yaml
from ckanext.imssbienestar.domain.inventory_layout import (
    Choice,
    InventoryLayout,
    parse_inventory_layout,
)
from ckanext.imssbienestar.domain.problems import Wording
from ckanext.imssbienestar.formats.inventory.people import names_person


@cache
def inventory_layout() -> InventoryLayout:
    """The layout, with INEGI's states and municipalities (R-049, R-050)."""
    states = [
        Choice(code=term["code"], es=term["es"], en=term["en"])
        for term in read_yaml("vocabularies/states.yaml")["values"]
        if term["code"] != "00"  # the whole country is none of its states
    ]
    municipalities: dict[str, list[str]] = {}
    for row in read_table("catalogues/municipalities.csv"):
        municipalities.setdefault(row["cve_ent"], []).append(row["nom_mun"])
    data = read_yaml("formato_1.yaml")
    rules = data["rules"]
    return parse_inventory_layout(
        data,
        states=states,
        municipalities=municipalities,
        names_person=partial(
            names_person,
            separator=rules["separator"],
            named_after_people=frozenset(rules["named_after_people"]),
        ),
    )


@cache
def template_texts() -> dict[str, Wording]:
    """What the workbook says besides its fields, by its name in ``template``."""
    data: dict[str, Any] = read_yaml("formato_1.yaml")["template"]
    return {name: Wording(**said) for name, said in data.items() if isinstance(said, dict)}


@cache
def spare_rows() -> int:
    """Rows under the last entry that have drop-downs too."""
    return int(read_yaml("formato_1.yaml")["template"]["spare_rows"])
