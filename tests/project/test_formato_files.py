"""Formato 2 and the letter as files: every format says the same; a signed letter comes back."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import inventory_cases
import pytest
import python_calamine
from formato_cases import HEADER as FORM_HEADER
from formato_cases import (
    REASON,
    RULES,
    SETTINGS,
    TEMPLATE,
    TODAY,
    concentrado,
    decision,
    entry,
    inventory,
    request,
)
from formato_cases import oficio as letter
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)
from written_forms import from_ods, from_xlsx, pdf_text, squeezed, trimmed

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.analysis import Decision
from ckanext.imssbienestar.domain.concentrado import Concentrado, generate_concentrado
from ckanext.imssbienestar.domain.inventory_versions import InventoryDraft, close_inventory
from ckanext.imssbienestar.domain.oficio import (
    CoveredRelease,
    Folio,
    Oficio,
    Post,
    make_oficio,
    outdated_problems,
)
from ckanext.imssbienestar.formats.concentrado.layout import show_concentrado
from ckanext.imssbienestar.formats.concentrado.ods import dump_concentrado_ods
from ckanext.imssbienestar.formats.concentrado.pdf import dump_concentrado_pdf
from ckanext.imssbienestar.formats.concentrado.workbook import dump_concentrado_workbook
from ckanext.imssbienestar.formats.oficio.document import dump_oficio_document
from ckanext.imssbienestar.formats.oficio.layout import show_oficio
from ckanext.imssbienestar.formats.oficio.pdf import dump_oficio_pdf
from ckanext.imssbienestar.formats.oficio.signed import check_signed_copy, signed_copy
from ckanext.imssbienestar.formats.oficio.signed_facts import SignedFacts


def page_numbers(content: bytes) -> list[list[tuple[str, str]]]:
    """What each page says about its number."""
    pages = PdfReader(io.BytesIO(content)).pages
    return [re.findall(r"Página (\d+) de (\d+)", page.extract_text()) for page in pages]


def numbered(count: int) -> list[list[tuple[str, str]]]:
    return [[(str(number), str(count))] for number in range(1, count + 1)]


def many(count: int) -> Concentrado:
    entries = [entry(f"BD-{number}", f"Base número {number}") for number in range(count)]
    decided = [
        decision(found.identifier, relevant_to_society=bool(number % 3), reason=REASON)
        for number, found in enumerate(entries)
    ]
    return generate_concentrado(inventory(*entries), decided, FORM_HEADER, RULES, today=TODAY)


@pytest.mark.req("R-070", "R-071", "R-072", "R-073", "R-074", "R-079")
@pytest.mark.parametrize("language", ["es", "en"])
def test_screen_xlsx_ods_and_pdf_are_identical(tmp_path: Path, language: str) -> None:
    form = concentrado()
    shown = show_concentrado(form, language)
    lines = trimmed(shown.lines)
    assert from_xlsx(dump_concentrado_workbook(form, language=language)) == lines
    assert from_ods(dump_concentrado_ods(form, language=language), tmp_path) == lines
    pdf = PdfReader(io.BytesIO(dump_concentrado_pdf(form, language=language)))
    (page,) = pdf.pages
    written = squeezed(page.extract_text()).replace("Page1of1", "").replace("Página1de1", "")
    assert written == squeezed(text for line in lines for text in line)
    if language == "es":
        assert lines[0] == ("IMSS-BIENESTAR",)
        assert ("Concentrado General de Bases de Datos",) in lines
        assert ("FORMATO 2 Concentrado General",) in lines
        assert lines[-1] == ("TOTAL: 5", "1", "2", "4")
        assert form.digest in {text for line in lines for text in line}


@pytest.mark.req("R-069")
@pytest.mark.parametrize("count", [0, 1, 120])
def test_any_number_of_rows(tmp_path: Path, count: int) -> None:
    form = many(count)
    lines = trimmed(show_concentrado(form).lines)
    assert len(form.rows) == count
    assert from_xlsx(dump_concentrado_workbook(form)) == lines
    assert from_ods(dump_concentrado_ods(form), tmp_path) == lines
    pdf = dump_concentrado_pdf(form)
    titles = squeezed(column.title for column in show_concentrado(form).columns)
    # The column titles stand on each page.
    assert pdf_text(pdf).replace(titles, "") == squeezed(
        text for line in lines for text in line
    ).replace(titles, "")
    assert page_numbers(pdf) == numbered(len(page_numbers(pdf)))
    assert dump_concentrado_pdf(form) == pdf
    assert dump_concentrado_ods(form) == dump_concentrado_ods(form)
    assert dump_concentrado_workbook(form) == dump_concentrado_workbook(form)


words = st.one_of(
    st.just("_x0041_"),
    st.text(
        st.one_of(
            st.sampled_from(" \n\t=+-@'\"<>&{}áñü00🙂"),
            st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]),
        ),
        min_size=1,
        max_size=12,
    ),
)


@settings(max_examples=10, deadline=None)
@given(texts=st.lists(st.tuples(words, words), min_size=20, max_size=20))
def test_texts_stay_what_they_are(texts: list[tuple[str, str]]) -> None:
    known = [entry(str(number), name) for number, (name, _) in enumerate(texts)]
    decided = [
        decision(str(number), useful_to_understand=False, reason=REASON + reason)
        for number, (_, reason) in enumerate(texts)
    ]
    form = generate_concentrado(inventory(*known), decided, FORM_HEADER, RULES, today=TODAY)
    lines = trimmed(show_concentrado(form).lines)
    # openpyxl gives coded letters as they are written; Excel and this reader decode them.
    for content in (dump_concentrado_workbook(form), dump_concentrado_ods(form)):
        sheet = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0)
        assert trimmed(sheet.to_python(skip_empty_area=False)) == lines


def test_texts_longer_than_a_page_are_all_printed() -> None:
    known = inventory(entry("1", "Nombre muy largo " * 20))
    decided = decision("1", useful_to_understand=False, reason="palabra\n" * 490)
    form = generate_concentrado(known, [decided], FORM_HEADER, RULES, today=TODAY)
    assert pdf_text(dump_concentrado_pdf(form)).count("palabra") == 490


def docx_texts(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    texts: list[str] = []
    for part in document.iter_inner_content():
        if isinstance(part, docx.text.paragraph.Paragraph):
            texts.append(part.text)
        else:
            texts += [cell.text for row in part.rows for cell in row.cells]
    return squeezed(texts)


@pytest.mark.req("R-084", "R-085", "R-086", "R-087", "R-088", "R-089", "R-091", "R-092")
@pytest.mark.parametrize("forms", [1, 6])
def test_the_letter_says_the_same_in_docx_and_pdf(forms: int) -> None:
    covered = tuple(
        replace(concentrado(), coordination=f"Coordinación número {number}")
        for number in range(forms)
    )
    made = letter(forms=covered, releases=(CoveredRelease("donativos", 3, "3" * 64),))
    shown = show_oficio(made, TEMPLATE)
    expected = squeezed(shown.texts)
    document, pdf = dump_oficio_document(made, TEMPLATE), dump_oficio_pdf(made, TEMPLATE)
    assert docx_texts(document) == expected
    assert pdf_text(pdf) == expected
    assert page_numbers(pdf) == numbered(2)
    assert dump_oficio_document(made, TEMPLATE) == document
    assert dump_oficio_pdf(made, TEMPLATE) == pdf
    opened = docx.Document(io.BytesIO(document))
    assert (opened.core_properties.author, opened.core_properties.comments) == (
        "IMSS-BIENESTAR",
        "",
    )
    codes = forms + 1
    assert len(docx.Document(io.BytesIO(document)).inline_shapes) == codes
    assert sum(len(page.images) for page in PdfReader(io.BytesIO(pdf)).pages) == codes
    assert "Sin otro particular" in shown.farewell
    assert "Persona Titular" in shown.signature


@pytest.mark.req("R-010", "R-093")
def test_the_letter_has_the_table_and_every_hash_as_text_and_as_code() -> None:
    made = letter()
    shown = show_oficio(made, TEMPLATE)
    assert shown.table[1:] == (
        ("Coordinación de Abasto", "5", "1", "2", "4"),
        ("TOTAL", "5", "1", "2", "4"),
    )
    assert tuple(found.digest for found in shown.digests) == made.digests
    said = "\n".join(code.payload for code in shown.codes)
    assert all(digest in said for digest in made.digests)
    assert all(code.png().startswith(b"\x89PNG") for code in shown.codes)


@pytest.mark.req("R-046", "R-069", "R-082", "R-093")
def test_from_a_closed_formato_1_to_a_signed_letter_and_a_new_version(tmp_path: Path) -> None:
    """A real closed inventory: one database of each kind, its letter, and what a change does."""
    day = inventory_cases.TODAY
    known = (
        inventory_cases.entry("CE-0001"),
        inventory_cases.entry(
            "CE-0002",
            nombre="Expedientes",
            tipo_de_datos="personal",
            contiene_datos_personales="yes",
        ),
    )
    draft = InventoryDraft(inventory_cases.HEADER, known)
    layout = inventory_cases.inventory_layout()
    closed = close_inventory(draft, layout, closed_on=day, findings_of=problem_findings)
    decided = [Decision(found.identifier, "enlace", day) for found in known]
    header = replace(FORM_HEADER, made_on=day)
    form = generate_concentrado(closed, decided, header, RULES, today=day)
    assert (form.totals.databases, form.totals.personal, form.totals.open) == (2, 1, 1)
    assert form.inventory_digest == closed.digest

    asked = request(
        forms=(form,),
        date=day,
        signatory=Post("Persona Titular", "Titular", closed.header.unit),
    )
    made = make_oficio(asked, SETTINGS, TEMPLATE, today=day)
    signed = tmp_path / "oficio.pdf"
    signed.write_bytes(dump_oficio_pdf(made, TEMPLATE))
    assert check_signed_copy(signed, made).problems == ()

    renamed = replace(known[0], values={**known[0].values, names.NAME: "Consultas"})
    after = close_inventory(
        InventoryDraft(closed.header, (renamed, known[1])),
        layout,
        closed_on=day,
        findings_of=problem_findings,
        previous=closed,
    )
    newer = generate_concentrado(after, decided, replace(header, version=2), RULES, today=day)
    assert outdated_problems(made, [form]) == ()
    assert [problem.code for problem in outdated_problems(made, [newer])] == ["oficio-outdated"]


class TestSignedCopy:
    """What came back is looked at before anybody believes it."""

    @pytest.fixture
    def made(self) -> Oficio:
        return letter()

    def codes(self, content: bytes, made: Oficio, folder: Path) -> list[str]:
        path = folder / "firmado.pdf"
        path.write_bytes(content)
        self.seen = check_signed_copy(path, made)
        assert self.seen.size == len(content)
        assert len(self.seen.sha256) == 64
        return [found.code for found in problem_findings(self.seen.problems)]

    @pytest.mark.req("R-092", "R-093")
    def test_the_letter_itself_has_no_problem(self, made: Oficio, tmp_path: Path) -> None:
        assert self.codes(dump_oficio_pdf(made, TEMPLATE), made, tmp_path) == []
        assert self.seen.has_text
        assert self.seen.pages == len(PdfReader(tmp_path / "firmado.pdf").pages)

    @pytest.mark.req("R-093")
    def test_the_letter_of_another_form(self, made: Oficio, tmp_path: Path) -> None:
        other = letter(forms=(concentrado(header={"version": 2}),))
        assert self.codes(dump_oficio_pdf(other, TEMPLATE), made, tmp_path) == [
            "signed-other-digest"
        ]

    @pytest.mark.req("R-084", "R-093")
    def test_a_second_letter_of_the_same_forms_is_not_this_one(
        self, made: Oficio, tmp_path: Path
    ) -> None:
        other = letter(folio=Folio("ÑU № 13/b", 2026))
        second = dump_oficio_pdf(other, TEMPLATE)
        assert self.codes(second, made, tmp_path) == ["signed-other-folio"]
        assert self.codes(second, other, tmp_path) == []

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "signed-not-pdf"),
            (b"PK\x03\x04 a letter", "signed-not-pdf"),
            (b"%PDF-1.7\nand then nothing", "signed-damaged"),
        ],
    )
    def test_no_pdf(self, made: Oficio, tmp_path: Path, content: bytes, code: str) -> None:
        assert self.codes(content, made, tmp_path) == [code]
        assert self.seen.pages == 0

    def test_a_cut_one_a_locked_one_and_an_empty_one(self, made: Oficio, tmp_path: Path) -> None:
        whole = dump_oficio_pdf(made, TEMPLATE)
        assert self.codes(whole[: len(whole) // 3], made, tmp_path) == ["signed-damaged"]
        assert self.codes(written(lambda to: to.encrypt("x")), made, tmp_path) == [
            "signed-encrypted"
        ]
        assert self.codes(written(lambda to: None, pages=0), made, tmp_path) == ["signed-no-pages"]

    def test_a_scan_and_another_text(self, made: Oficio, tmp_path: Path) -> None:
        assert self.codes(written(lambda to: None), made, tmp_path) == ["signed-no-text"]
        assert not self.seen.has_text
        form = dump_concentrado_pdf(many(1))
        text = self.codes(form, made, tmp_path)
        assert text == ["signed-other-digest"]

    @pytest.mark.req("R-093")
    def test_a_hash_over_two_lines_is_found_and_a_misread_one_is_told(self, made: Oficio) -> None:
        def codes(text: str) -> list[str]:
            facts = SignedFacts(pages=1, text=f"{'palabra ' * 50}{text}", signatures=())
            return [found.code for found in signed_copy(1, "0" * 64, facts, made).problems]

        broken = "\n".join(f"{digest[:40]}\n{digest[40:].upper()}" for digest in made.digests)
        assert codes(f"{made.number_line}\n{broken}") == []
        assert codes(broken) == ["signed-other-folio"]
        assert codes(made.digests[0].replace("1", "l")) == ["signed-digest-missing"]
        assert codes(f"{made.digests[0]} {'a' * 64}") == ["signed-other-digest"]

    def test_a_signature_is_seen_and_not_believed(self, made: Oficio, tmp_path: Path) -> None:
        assert self.codes(written(add_signature), made, tmp_path) == [
            "signed-no-text",
            "signed-not-verified",
            "signed-changed-after",
        ]
        (signature,) = self.seen.signatures
        assert signature.kind == "ETSI.CAdES.detached"


def written(change: Any, pages: int = 1) -> bytes:
    """A PDF of blank pages, changed."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    change(writer)
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def add_signature(writer: PdfWriter) -> None:
    """The field and the value of an electronic signature over the first hundred bytes."""
    value = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Sig"),
            NameObject("/SubFilter"): NameObject("/ETSI.CAdES.detached"),
            NameObject("/ByteRange"): ArrayObject(map(NumberObject, (0, 40, 60, 40))),
        }
    )
    field = DictionaryObject(
        {
            NameObject("/FT"): NameObject("/Sig"),
            NameObject("/T"): TextStringObject("Firma"),
            NameObject("/V"): writer._add_object(value),
        }
    )
    writer._root_object[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/Fields"): ArrayObject([writer._add_object(field)])}
    )
