"""The fields of Formato 1 as a page asks for them: names, help, lists, and what is wrong.

All of it comes from the layout, which is data; the templates know no field by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ckanext.imssbienestar.domain.inventory_layout import (
    DERIVED_FROM,
    IDENTIFIER,
    MARK,
    InventoryField,
    ValueKind,
)
from ckanext.imssbienestar.domain.inventory_values import read_value
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.procedure.inventory import WHOSE

Control = Literal["line", "lines", "list"]

# What is longer is written in several lines.
_LINE = 300
_PREFIX = "field-"

HEADER_TYPED = tuple(field.name for field in inventory_layout().header if field.name not in WHOSE)
ENTRY_TYPED = tuple(
    field.name
    for field in (*inventory_layout().columns, *inventory_layout().system_columns)
    if field.name not in (IDENTIFIER, MARK)
)


@dataclass(frozen=True)
class FormField:
    """One field of a form.

    :ivar group: the double heading of Anexo I it stands under, or empty.
    :ivar fixed: it is shown and not typed.
    :ivar options: stored value and word of each choice.
    :ivar findings: what stands against what is written in it.
    """

    name: str
    key: str
    title: str
    help: str
    group: str
    control: Control
    required: bool
    fixed: bool
    value: str
    length: int
    options: tuple[tuple[str, str], ...]
    findings: tuple[Mapping[str, Any], ...]


def form_fields(
    fields: Iterable[InventoryField],
    values: Mapping[str, str],
    findings: Sequence[Mapping[str, Any]] = (),
) -> list[FormField]:
    """The fields with what is written in each and what stands against it."""
    language = texts.language()
    groups = inventory_layout().groups
    return [
        FormField(
            name=field.name,
            key=_PREFIX + field.name,
            title=field.title.label(language),
            help=field.help.label(language),
            group=groups[field.group].label(language) if field.group else "",
            control=_control(field),
            required=field.required,
            fixed=field.name in WHOSE,
            value=_written(field, values.get(field.name, "")),
            length=field.length,
            options=tuple((choice.code, choice.label(language)) for choice in field.choices),
            findings=tuple(
                found for found in findings if found.get("column") == field.title.label(language)
            ),
        )
        for field in fields
    ]


def entry_fields() -> list[InventoryField]:
    """The columns of an entry that people write, that of its original too (A-06)."""
    layout = inventory_layout()
    columns = [field for field in layout.columns if field.name != IDENTIFIER]
    return [*columns, layout.fields[DERIVED_FROM]]


def typed_values(form: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """What was typed in a form, by the names of the fields; those it did not have are left out."""
    return {name: form[_PREFIX + name] for name in names if _PREFIX + name in form}


def _control(field: InventoryField) -> Control:
    if field.choices:
        return "list"
    long = field.kind is ValueKind.TEXT and field.length > _LINE
    return "lines" if long else "line"


def _written(field: InventoryField, value: str) -> str:
    """A word of a list as its stored value, so that the list shows it chosen."""
    if not field.choices or value in field.labels:
        return value
    read = read_value(field, value, inventory_layout())
    return value if read.problem else read.value
