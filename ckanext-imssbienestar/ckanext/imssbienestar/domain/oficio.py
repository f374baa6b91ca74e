"""The Oficio de Validación (Anexo III): how many databases a unit keeps, and of what type (R-010).

It is made from closed versions of Formato 2, one for each coordinación central of the unit (A-10),
and holds the SHA-256 of each form and release that it covers, so that what was signed stays
recognisable (R-093).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field

from ckanext.imssbienestar.domain.analysis import DocumentRefused
from ckanext.imssbienestar.domain.concentrado import Concentrado, Totals
from ckanext.imssbienestar.domain.kept_documents import kept_document, restored_document
from ckanext.imssbienestar.domain.oficio_template import (
    OficioTemplate,
    fill,
    template_problems,
)
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.release import Document, digest
from ckanext.imssbienestar.domain.written_text import is_writable, says_something

FORM = "oficio_de_validacion"
LONGEST_FOLIO = 100
"""Characters; it must fit in a QR code with the hashes."""

_WITH_YEAR = re.compile(r"(?P<number>.*\S)\s*/\s*(?P<year>[0-9]{4})")


@dataclass(frozen=True)
class Folio:
    """Number and year of a letter (R-084).

    :ivar number: as the unit writes it, with its own letters, without the year.
    """

    number: str
    year: int

    @classmethod
    def parse(cls, text: str) -> Folio | None:
        """The folio in ``NUMBER/YEAR``; None when the text is no such thing."""
        found = _WITH_YEAR.fullmatch(text.strip())
        return cls(found["number"], int(found["year"])) if found else None

    def __str__(self) -> str:
        return f"{self.number.strip()}/{self.year}"

    @property
    def key(self) -> str:
        """What is the same in two that people would take for one: case and spaces do not count."""
        return _plain(str(self))

    def is_same(self, other: Folio) -> bool:
        """Whether people would take the two for one."""
        return self.key == other.key


@dataclass(frozen=True)
class Post:
    """Who signs, receives or is given a copy.

    :ivar post: the cargo; the letter is addressed to it (A-16).
    """

    name: str
    post: str
    unit: str = ""


@dataclass(frozen=True)
class OficioSettings:
    """What is the same in every letter of the organism; nothing of it stands in code (A-40).

    :ivar place: where letters are dated.
    :ivar copies: at least the Administrador de Datos Abiertos (R-091).
    """

    organism: str
    place: str
    addressee: Post
    copies: tuple[Post, ...]


@dataclass(frozen=True)
class CoveredForm:
    """A Formato 2, and the Formato 1 that it was made from, as a letter covers them (R-093)."""

    coordination: str
    inventory_version: int
    inventory_digest: str
    concentrado_version: int
    concentrado_digest: str
    totals: Totals


@dataclass(frozen=True)
class CoveredRelease:
    """A release of a dataset, by the digest that is signed."""

    dataset: str
    number: int
    digest: str


@dataclass(frozen=True)
class OficioRequest:
    """What is asked for when a letter is made.

    :ivar meetings: days of the working groups' meetings, of any year.
    :ivar issued: folios in use already.
    :ivar inventories: coordinación -> digest of its newest closed Formato 1, for those known.
    """

    folio: Folio
    date: datetime.date
    signatory: Post
    forms: tuple[Concentrado, ...]
    meetings: tuple[datetime.date, ...]
    releases: tuple[CoveredRelease, ...] = ()
    issued: Collection[Folio] = ()
    inventories: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Oficio:
    """A letter ready to be signed; it never changes.

    :ivar paragraphs: as they are printed, with everything filled in.
    :ivar meetings: those it names, in order.
    """

    folio: Folio
    date: datetime.date
    unit: str
    settings: OficioSettings
    signatory: Post
    number_line: str
    subject: str
    date_line: str
    paragraphs: tuple[str, ...]
    meetings: tuple[datetime.date, ...]
    forms: tuple[CoveredForm, ...]
    releases: tuple[CoveredRelease, ...] = ()

    @property
    def totals(self) -> Totals:
        """The sum of its forms' totals (R-010, A-17)."""
        return sum((form.totals for form in self.forms), Totals())

    @property
    def digests(self) -> tuple[str, ...]:
        """SHA-256 of everything it covers, in the order in which it is printed."""
        forms = (
            value
            for form in self.forms
            for value in (form.inventory_digest, form.concentrado_digest)
        )
        return (*forms, *(release.digest for release in self.releases))

    def document(self) -> Document:
        """Everything that the letter says and covers, as plain values."""
        return kept_document(FORM, self)

    @classmethod
    def restored(cls, document: Document, expected: str) -> Oficio:
        """The letter again from its kept document.

        :raises AlteredDocument: the document is not the one of the digest ``expected``.
        """
        return restored_document(cls, FORM, document, expected)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form (RFC 8785) of :meth:`document`, in hexadecimal."""
        return digest(self.document())


def make_oficio(
    request: OficioRequest,
    settings: OficioSettings,
    template: OficioTemplate,
    *,
    today: datetime.date,
) -> Oficio:
    """The letter of a unit.

    :raises DocumentRefused: something is missing or does not agree, with every problem found.
    """
    problems = (
        *template_problems(template),
        *_folio_problems(request),
        *_form_problems(request, today),
        *_people_problems(request, settings),
    )
    if problems:
        raise DocumentRefused("The Oficio de Validación", problems)
    forms = tuple(_covered(form) for form in request.forms)
    meetings = meetings_named(request.meetings, request.date)
    values = _values(request, settings, template, forms, meetings)
    letter = template.letter
    return Oficio(
        folio=request.folio,
        date=request.date,
        unit=request.forms[0].unit,
        settings=settings,
        signatory=request.signatory,
        number_line=fill(letter.number, values),
        subject=letter.subject.strip(),
        date_line=fill(letter.place_and_date, values),
        paragraphs=tuple(fill(text, values) for text in letter.paragraphs),
        meetings=meetings,
        forms=forms,
        releases=request.releases,
    )


def meetings_named(
    meetings: Iterable[datetime.date], day: datetime.date
) -> tuple[datetime.date, ...]:
    """The meetings that a letter of this day names (R-090): of its year, held by then, in order."""
    return tuple(sorted({held for held in meetings if held.year == day.year and held <= day}))


def outdated_problems(
    oficio: Oficio, forms: Iterable[Concentrado], inventories: Mapping[str, str] | None = None
) -> tuple[Problem, ...]:
    """What a signed letter does not cover of the forms that hold now (R-093).

    Each needs a new or a complementary letter.

    :param inventories: coordinación -> digest of its newest closed Formato 1; it may be newer than
        any Formato 2.
    """
    covered = {form.coordination: form for form in oficio.forms}
    problems = []
    for form in forms:
        known = covered.get(form.coordination)
        facts = {
            "folio": str(oficio.folio),
            "coordination": form.coordination,
            "present": str(form.header.version),
        }
        if known is None:
            problems.append(Problem("oficio-not-covering", facts=facts))
        elif known.concentrado_digest != form.digest:
            facts["covered"] = str(known.concentrado_version)
            problems.append(Problem("oficio-outdated", facts=facts))
    told = {problem.facts["coordination"] for problem in problems}
    for name, digest_of in (inventories or {}).items():
        if name in covered and name not in told and covered[name].inventory_digest != digest_of:
            facts = {"folio": str(oficio.folio), "coordination": name}
            problems.append(Problem("oficio-inventory-newer", facts=facts))
    return tuple(problems)


def _folio_problems(request: OficioRequest) -> Iterator[Problem]:
    folio = request.folio
    facts = {"folio": str(folio), "year": str(request.date.year)}
    named = any(character.isalnum() for character in folio.number)
    if not named or len(folio.number) > LONGEST_FOLIO:
        yield Problem("oficio-no-folio", facts={"longest": LONGEST_FOLIO})
    elif _ends_in_year(folio.number, request.date.year):
        yield Problem("oficio-year-twice", facts=facts)
    if folio.year != request.date.year:
        yield Problem("oficio-other-year", facts=facts)
    if any(folio.is_same(other) for other in request.issued):
        yield Problem("oficio-folio-used", facts=facts)


def _ends_in_year(number: str, year: int) -> bool:
    """Whether the year was written with the number; ``UAF/0123`` ends in a consecutive one."""
    found = Folio.parse(number)
    return found is not None and abs(found.year - year) <= 1


def _form_problems(request: OficioRequest, today: datetime.date) -> Iterator[Problem]:
    if not request.forms:
        yield Problem("oficio-no-forms")
    units = dict.fromkeys(form.unit for form in request.forms)
    if len(units) > 1:
        yield Problem("oficio-forms-of-units", facts={"units": ", ".join(units)})
    names = [form.coordination for form in request.forms]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield Problem("oficio-coordination-twice", facts={"coordination": name})
    for form in request.forms:
        if request.inventories.get(form.coordination, form.inventory_digest) != (
            form.inventory_digest
        ):
            yield Problem("oficio-form-outdated", facts={"coordination": form.coordination})
    earliest = max((form.header.made_on for form in request.forms), default=request.date)
    if not earliest <= request.date <= today:
        facts = {"date": request.date.isoformat(), "earliest": earliest.isoformat()}
        yield Problem("oficio-wrong-date", facts=facts)
    if not meetings_named(request.meetings, request.date):
        yield Problem("oficio-no-meetings", facts={"year": str(request.date.year)})


def _people_problems(request: OficioRequest, settings: OficioSettings) -> Iterator[Problem]:
    signatory, addressee = request.signatory, settings.addressee
    people = (text for post in (signatory, addressee, *settings.copies) for text in astuple(post))
    written = (settings.organism, settings.place, request.folio.number, *people)
    if not all(map(is_writable, written)):
        yield Problem("oficio-unwritable-text")
    if not says_something(settings.organism) or not says_something(settings.place):
        yield Problem("oficio-no-place")
    if not says_something(addressee.post):
        yield Problem("oficio-no-addressee")
    if not any(says_something(copy.post) for copy in settings.copies):
        yield Problem("oficio-no-copies")
    if not says_something(signatory.name) or not says_something(signatory.post):
        yield Problem("oficio-no-signatory")
    elif request.forms and signatory.unit != request.forms[0].unit:
        facts = {"unit": request.forms[0].unit, "signatory": signatory.unit}
        yield Problem("oficio-other-signatory", facts=facts)


def _covered(form: Concentrado) -> CoveredForm:
    return CoveredForm(
        coordination=form.coordination,
        inventory_version=form.inventory_version,
        inventory_digest=form.inventory_digest,
        concentrado_version=form.header.version,
        concentrado_digest=form.digest,
        totals=form.totals,
    )


def _values(
    request: OficioRequest,
    settings: OficioSettings,
    template: OficioTemplate,
    forms: Sequence[CoveredForm],
    meetings: Sequence[datetime.date],
) -> dict[str, str]:
    totals = sum((form.totals for form in forms), Totals())
    return {
        "organism": settings.organism,
        "place": settings.place,
        "unit": request.forms[0].unit,
        "coordinations": template.coordinations([form.coordination for form in forms]),
        "meetings": template.meeting_days(meetings),
        "folio": str(request.folio),
        "date": template.long_date(request.date),
        "year": str(request.date.year),
    } | {name: str(count) for name, count in asdict(totals).items()}


def _plain(text: str) -> str:
    return "".join(text.casefold().split())
