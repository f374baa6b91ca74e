"""The layout of Formato 1: its fields, what may stand in them, and the limits of its rules.

The layout is data (``schemas/formato_1.yaml``), so that a clean copy of Anexo I can replace it
(A-01, A-02); only the names of the fields that rules depend on are known to the code.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.problems import Wording

IDENTIFIER = "identificador"
NAME = "nombre"
DESCRIPTION = "descripcion"
CREATED = "fecha_de_creacion"
UPDATED = "fecha_de_actualizacion"
KIND_OF_DATA = "tipo_de_datos"
PERSONAL = "contiene_datos_personales"
RESERVED = "es_informacion_reservada"
RESERVE = "fundamento_y_plazo_de_la_reserva"
DERIVED_FROM = "derivada_de"
MARK = "marca_de_version"

UNIT = "unidad_administrativa"
COORDINATION = "coordinacion_central"
PREPARED = "fecha_de_elaboracion"
STATE = "estado"
MUNICIPALITY = "municipio"

YES, NO = "yes", "no"


class ValueKind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    DATE_OR_YEAR = "date_or_year"
    WHOLE_NUMBER = "whole_number"
    YES_NO = "yes_no"
    POST_AND_UNIT = "post_and_unit"
    STATE = "state"
    MUNICIPALITY = "municipality"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Choice(_Data):
    """One value of a list: the code that is stored, and what people write for it."""

    code: str
    es: str
    en: str
    also: tuple[str, ...] = ()

    def label(self, language: str) -> str:
        """The word in a language; Spanish for a language we have no words in."""
        return self.en if language == "en" else self.es


class InventoryField(_Data):
    """A column of Formato 1, or a field of its header.

    :ivar group: the double heading it stands under, if any.
    :ivar public: whether it may ever be shown outside of those who work on the inventory (R-057).
    :ivar proposed: our proposal for a heading that cannot be read in the annex (A-02).
    :ivar length: most characters a value may have.
    :ivar also: other headings that are read for it.
    :ivar rule: the rows of the requirements it comes from.
    """

    name: str
    title: Wording
    kind: ValueKind
    help: Wording
    rule: str
    group: str = ""
    required: bool = False
    public: bool = True
    proposed: bool = False
    default: str = ""
    length: int = 60
    width: int = 20
    also: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()

    @cached_property
    def codes(self) -> Mapping[str, str]:
        """Anything that is read, in plain words -> the code of the choice."""
        return {
            plain_words(word): choice.code
            for choice in reversed(self.choices)
            for word in (*choice.also, choice.code, choice.en, choice.es)
        }

    @cached_property
    def labels(self) -> Mapping[str, Choice]:
        """Code -> choice."""
        return {choice.code: choice for choice in self.choices}

    @cached_property
    def allowed(self) -> Wording:
        """The choices as a sentence names them."""
        return Wording(
            es=", ".join(choice.es for choice in self.choices),
            en=", ".join(choice.en for choice in self.choices),
        )

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading that is read for it, the printed ones first."""
        return (self.title.es, self.title.en, self.name, *self.also)


class InventoryRules(_Data):
    """The settings of the rules.

    :ivar small_words: words of a coordination's name that give no letter to its prefix.
    """

    year_alone_after_years: int
    small_words: frozenset[str]
    identifier_pattern: str
    identifier_digits: int
    separator: str
    term_words: frozenset[str]
    ground_words: frozenset[str]
    honorifics: frozenset[str]
    named_after_people: frozenset[str]
    earliest_year: int


class InventoryLimits(_Data):
    """How much of a workbook is read."""

    rows: int
    header_rows: int


class InventoryLayout(_Data):
    """The whole of Formato 1's layout.

    :ivar municipalities: the municipalities of each state, by the state's code.
    :ivar names_person: whether a post names somebody; nobody can say without lists of names.
    """

    version: int
    updated: datetime.date
    source: str
    titles: Mapping[str, Wording]
    header: tuple[InventoryField, ...]
    groups: Mapping[str, Wording]
    columns: tuple[InventoryField, ...]
    system_columns: tuple[InventoryField, ...]
    rules: InventoryRules
    limits: InventoryLimits
    municipalities: Mapping[str, tuple[str, ...]] = {}
    names_person: Callable[[str], bool] = Field(default=lambda text: False, exclude=True)

    @cached_property
    def fields(self) -> Mapping[str, InventoryField]:
        """Every column by its name, those of the system too."""
        return {field.name: field for field in (*self.columns, *self.system_columns)}

    @cached_property
    def header_fields(self) -> Mapping[str, InventoryField]:
        """Every field of the header by its name."""
        return {field.name: field for field in self.header}

    @cached_property
    def municipality_names(self) -> Mapping[str, Mapping[str, str]]:
        """State code -> name in plain words -> name."""
        return {
            state: {plain_words(name): name for name in names}
            for state, names in self.municipalities.items()
        }


def parse_inventory_layout(
    data: Mapping[str, Any],
    *,
    states: Collection[Choice] = (),
    municipalities: Mapping[str, Collection[str]] | None = None,
    names_person: Callable[[str], bool] = lambda text: False,
) -> InventoryLayout:
    """The layout from the content of ``schemas/formato_1.yaml``; its ``template`` is left out.

    :param states: the states of INEGI's catalogue.
    :param municipalities: names of the municipalities of each state, by the state's code.
    :param names_person: whether the text of a post names somebody.
    """
    by_kind = {"yes_no": data["answers"], "state": [choice.model_dump() for choice in states]}
    completed = {
        part: [
            field | ({"choices": by_kind[field["kind"]]} if field["kind"] in by_kind else {})
            for field in data[part]
        ]
        for part in ("header", "columns", "system_columns")
    }
    kept = {name: value for name, value in data.items() if name not in ("answers", "template")}
    return InventoryLayout.model_validate(
        kept | completed | {"municipalities": municipalities or {}, "names_person": names_person}
    )
