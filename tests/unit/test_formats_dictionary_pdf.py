"""The printed Anexo IV: two columns, every letter, the same bytes each time."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.formats import dump_dictionary_pdf

TITLE = "Atención médica en Nuevo León «2026» – niñez"


def printed(fields: list[dict[str, str]], **options: str) -> tuple[bytes, PdfReader]:
    dictionary = DataDictionary.from_table_schema({"fields": fields})
    content = dump_dictionary_pdf(dictionary, dataset_title=TITLE, **options)
    return content, PdfReader(io.BytesIO(content))


def words(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.mark.req("R-099", "R-100", "R-101")
def test_two_columns_and_the_name_of_the_dataset() -> None:
    fields = [
        {
            "name": "clave_clues",
            "description": "Clave única de la unidad (ñandú, Ü, ¿qué?).",
        },
        {"name": "numero_de_camas", "type": "integer", "unit": "camas"},
    ]
    content, reader = printed(fields)
    text = words(reader)
    assert f"Nombre del Conjunto de Datos: {TITLE} Campo Descripción" in text
    assert "clave_clues Clave única de la unidad (ñandú, Ü, ¿qué?)." in text
    assert "numero_de_camas (sin descripción)" in text
    assert "entero" not in text
    assert "Página 1 de 1" in text
    assert reader.metadata is not None
    assert TITLE in str(reader.metadata.title)
    assert reader.trailer["/Root"]["/Lang"] == "es-MX"
    assert printed(fields)[0] == content


def test_in_english() -> None:
    _content, reader = printed([{"name": "a", "description": "Algo."}], language="en")
    assert "Name of the dataset" in words(reader)
    assert reader.trailer["/Root"]["/Lang"] == "en"


def test_long_texts_are_wrapped_and_continued_on_the_next_page() -> None:
    fields = [
        {"name": "x" * 200, "description": f"{'palabra ' * 2000}fin"},
        {"name": "b", "description": "y" * 500},
    ]
    _content, reader = printed(fields, file_title="El segundo archivo")
    text = words(reader)
    assert len(reader.pages) > 2
    assert text.count("palabra") == 2000
    assert text.count("Campo Descripción") == len(reader.pages)
    assert text.replace(" ", "").count("y" * 500) == 1
    assert f"Página {len(reader.pages)} de {len(reader.pages)}" in text


def test_a_letter_that_the_font_lacks_is_told_and_not_lost() -> None:
    _content, reader = printed(
        [{"name": "a", "description": "Agua H₂O → 漢 \U0001f600 \x00 ≥ 5 €"}]
    )
    assert "Agua H2O (U+2192) (U+6F22) (U+1F600) (U+0000) ≥ 5 €" in words(reader)
