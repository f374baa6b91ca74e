"""Everything the portal says exists in Spanish, and the catalogues are those of these sources."""

from __future__ import annotations

import gettext
import io
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "ckanext-imssbienestar" / "ckanext" / "imssbienestar"
TEMPLATE = PACKAGE / "i18n" / "ckanext-imssbienestar.pot"
SPANISH = PACKAGE / "i18n" / "es" / "LC_MESSAGES" / "ckanext-imssbienestar.po"

# The same word in both languages; any other text equal to its English was forgotten.
SAME_IN_BOTH = {
    "no",
    "No",
    "oficio",
    "Formato 2",
    "Oficio de Validación",
    "Oficio de Validación {folio}",
    "Oficio {number}",
    "Oficios de Validación",
    "{count} bytes",
    "{file}: {name}",
}

# The Procedure's words for its parties, steps and papers.
OFFICIAL = {
    "Transparency liaison": "Enlace de Transparencia",
    "Head of the unit": "Titular de la Unidad",
    "Transparency Unit": "Unidad de Transparencia",
    "Open data administrator": "Administrador de Datos Abiertos",
    "Draft": "Borrador",
    "In review": "En revisión",
    "Signed": "Firmado",
    "Published": "Publicado",
    "Withdrawn": "Retirado",
    "Send to review": "Enviar a revisión",
    "Sign": "Firmar",
    "Publish": "Publicar",
    "Return to draft": "Devolver a borrador",
    "Data dictionary": "Diccionario de datos",
    "Findings": "Hallazgos",
}


def read(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale=None if path.suffix == ".pot" else "es")


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def words_of(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


TRANSLATED = messages(read(SPANISH))


def one_line(message: Message) -> str:
    return words_of(message.id)[0][:60]


def extracted() -> set[tuple[str, ...]]:
    """The texts marked in the sources, as setup.py asks for them."""
    methods = [("**.py", "python"), ("**.html", "ckan.lib.extract:extract_ckan")]
    found = extract_from_dir(PACKAGE, method_map=methods)
    return {words_of(text) for _file, _line, text, _comments, _context in found}


def test_the_template_holds_exactly_the_texts_of_the_sources() -> None:
    kept = {words_of(message.id) for message in messages(read(TEMPLATE))}
    found = extracted()
    assert found - kept == set(), "run scripts/translate"
    assert kept - found == set(), "run scripts/translate"


def test_the_spanish_catalogue_holds_every_text_and_no_other() -> None:
    kept = {words_of(message.id) for message in messages(read(TEMPLATE))}
    assert {words_of(message.id) for message in TRANSLATED} == kept


@pytest.mark.parametrize("message", TRANSLATED, ids=one_line)
def test_every_text_is_translated(message: Message) -> None:
    assert not message.fuzzy, "look at it and take the mark 'fuzzy' away"
    spanish = words_of(message.string)
    assert all(words.strip() for words in spanish)
    if message.pluralizable:
        assert len(spanish) == 2
    for english, words in zip(words_of(message.id), spanish, strict=True):
        assert words != english or english in SAME_IN_BOTH
        assert ends_of(words) == ends_of(english)


@pytest.mark.parametrize("message", TRANSLATED, ids=one_line)
def test_a_translation_has_the_placeholders_of_its_text(message: Message) -> None:
    expected = {name for words in words_of(message.id) for name in placeholders(words)}
    for words in words_of(message.string):
        assert set(placeholders(words)) == expected


def test_the_compiled_catalogue_is_the_one_of_the_text() -> None:
    compiled = io.BytesIO()
    write_mo(compiled, read(SPANISH))
    assert SPANISH.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run scripts/translate"


@pytest.mark.parametrize(("english", "spanish"), OFFICIAL.items())
def test_the_official_words_are_the_ones_used(english: str, spanish: str) -> None:
    with SPANISH.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext(english) == spanish


def placeholders(text: str) -> list[str]:
    return [name for _words, name, _spec, _conversion in string.Formatter().parse(text) if name]


def ends_of(text: str) -> str:
    """A sentence stays a sentence and a label a label."""
    return text[-1] if text[-1] in ".:;" else ""
