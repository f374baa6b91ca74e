"""The words of the Oficio de Validación: a template that an institution may edit (A-18).

Placeholders are words in braces. They are filled in by name only, so that a template can reach
nothing else, and an unknown one is told before a letter goes out with it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.errors import ConfigurationError

SUBJECT = "Asunto: Datos Abiertos"
"""Exact text of the annex (R-085)."""

KNOWN_PLACEHOLDERS = frozenset(
    {
        "organism",
        "unit",
        "coordinations",
        "meetings",
        "folio",
        "place",
        "date",
        "year",
        "databases",
        "personal",
        "open",
        "public_interest",
    }
)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableWords(_Words):
    """The table of number and type (A-17): its column titles and its last row."""

    coordination: str
    databases: str
    personal: str
    open: str
    public_interest: str
    total: str


class LetterWords(_Words):
    """The parts of the letter in order."""

    # It must fit in a QR code with the hashes.
    number: str = Field(max_length=300)
    subject: str
    place_and_date: str
    present: str
    paragraphs: tuple[str, ...]
    table: TableWords
    covered: str
    inventory: str
    concentrado: str
    release: str
    farewell: str
    attention: str
    copies: str
    page: str


class OficioTemplate(_Words):
    """The letter's words and how dates and lists are said in it.

    :ivar months: from January on.
    """

    months: tuple[str, ...] = Field(min_length=12, max_length=12)
    conjunction: str
    one_day: str
    several_days: str
    one_coordination: str
    several_coordinations: str
    letter: LetterWords

    def long_date(self, day: datetime.date) -> str:
        """As a letter writes it (R-086): ``5 de marzo de 2026``."""
        return f"{day.day} de {self.months[day.month - 1]} de {day.year}"

    def meeting_days(self, days: Iterable[datetime.date]) -> str:
        """Days and months of meetings of one year (R-090): ``los días 5 y 12 de marzo de 2026``."""
        known = sorted(set(days))
        months = [
            f"{self.listed([str(day.day) for day in of_month])} de {self.months[month - 1]}"
            for month, of_month in groupby(known, key=lambda day: day.month)
        ]
        words = self.one_day if len(known) == 1 else self.several_days
        return words.replace("{days}", f"{self.listed(months)} de {known[0].year}")

    def coordinations(self, names: Sequence[str]) -> str:
        """The coordinaciones of a letter, each by its name."""
        words = self.one_coordination if len(names) == 1 else self.several_coordinations
        return words.replace("{names}", self.listed(names))

    def listed(self, items: Sequence[str]) -> str:
        """``a``, ``a y b``, ``a, b y c``."""
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])} {self.conjunction} {items[-1]}"


def parse_oficio_template(data: Mapping[str, Any]) -> OficioTemplate:
    """The template in parsed YAML (``schemas/oficio.yaml``, or what an institution made of it).

    :raises ConfigurationError: a part is missing, or there is one that the letter does not have.
    """
    try:
        return OficioTemplate.model_validate(
            {name: data[name] for name in OficioTemplate.model_fields if name in data}
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"The template of the Oficio de Validación is wrong at {place}: {first['msg']}.",
            next_step="Compare it with schemas/oficio.yaml.",
        ) from error


def template_problems(template: OficioTemplate) -> tuple[Problem, ...]:
    """What a letter by this template would lack or say wrongly."""
    return tuple(_template_problems(template))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in; what is filled in is not looked at again."""
    return _PLACEHOLDER.sub(lambda found: values.get(found.group(1), found.group()), text)


def _template_problems(template: OficioTemplate) -> Iterator[Problem]:
    letter = template.letter
    if letter.subject.strip() != SUBJECT:
        yield Problem("oficio-other-subject", facts={"subject": SUBJECT})
    said = {**letter.model_dump(exclude={"table", "paragraphs"}), **letter.table.model_dump()}
    for part, text in said.items():
        if not text.strip():
            yield Problem("oficio-part-empty", facts={"part": part})
    for place in _places(template):
        asked = dict.fromkeys(name for text in place.texts for name in _PLACEHOLDER.findall(text))
        for name in asked:
            if name not in place.known:
                known = ", ".join(sorted(place.known))
                yield Problem("oficio-unknown-placeholder", facts={"name": name, "known": known})
        for name in place.needed:
            if name not in asked:
                yield Problem("oficio-missing-placeholder", facts={"name": name})


class _Place(NamedTuple):
    """Texts that are filled in together.

    :ivar needed: what at least one of them must say.
    :ivar known: what they may say.
    """

    texts: Sequence[str]
    needed: tuple[str, ...]
    known: frozenset[str]


def _places(template: OficioTemplate) -> Iterator[_Place]:
    letter = template.letter
    # A list of coordinaciones in the number would not fit in a QR code.
    yield _Place([letter.number], ("folio",), frozenset({"folio", "year", "unit"}))
    yield _Place([letter.place_and_date], ("date",), KNOWN_PLACEHOLDERS)
    yield _Place(letter.paragraphs, ("meetings",), KNOWN_PLACEHOLDERS)
    for text, *asked in (
        (template.one_day, "days"),
        (template.several_days, "days"),
        (template.one_coordination, "names"),
        (template.several_coordinations, "names"),
        (letter.inventory, "coordination", "version"),
        (letter.concentrado, "coordination", "version"),
        (letter.release, "dataset", "version"),
        (letter.page, "page", "pages"),
    ):
        yield _Place([text], tuple(asked), frozenset(asked))
