"""The Oficio de Validación: made from closed forms, numbered, dated, and held to what it covers."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from formato_cases import (
    MEETINGS,
    SETTINGS,
    SIGNATORY,
    TEMPLATE,
    TODAY,
    concentrado,
    oficio,
    request,
)
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.analysis import DocumentRefused
from ckanext.imssbienestar.domain.concentrado import Totals
from ckanext.imssbienestar.domain.kept_documents import AlteredDocument
from ckanext.imssbienestar.domain.oficio import (
    CoveredRelease,
    Folio,
    Oficio,
    OficioSettings,
    Post,
    make_oficio,
    outdated_problems,
)
from ckanext.imssbienestar.domain.oficio_template import (
    OficioTemplate,
    parse_oficio_template,
    template_problems,
)
from ckanext.imssbienestar.errors import ConfigurationError

DAY = datetime.date


def refused(
    changed: dict[str, Any],
    settings: OficioSettings = SETTINGS,
    template: OficioTemplate = TEMPLATE,
) -> list[str]:
    with pytest.raises(DocumentRefused) as raised:
        make_oficio(request(**changed), settings, template, today=TODAY)
    findings = problem_findings(raised.value.problems)
    assert all(found.blocks and found.fix for found in findings)
    return [found.code for found in findings]


@pytest.mark.req("R-084", "R-085", "R-086", "R-088", "R-089", "R-090")
def test_its_lines_are_filled_in() -> None:
    made = oficio()
    assert made.number_line == "Oficio No. IB-UAS-0012/2026"
    assert made.subject == "Asunto: Datos Abiertos"
    assert made.date_line == "Ciudad de México, a 31 de marzo de 2026"
    assert "Metodología para la integración" in made.paragraphs[0]
    assert "Política de Transparencia, Gobierno Abierto y Datos Abiertos" in made.paragraphs[0]
    assert "en formato digital e impreso" in made.paragraphs[1]
    assert "los días 3 de febrero y 5 y 12 de marzo de 2026" in made.paragraphs[1]
    assert "la Coordinación de Abasto" in made.paragraphs[1]
    assert not any("{" in text for text in made.paragraphs)


@pytest.mark.req("R-010", "R-082")
def test_it_counts_what_its_forms_count() -> None:
    other = replace(concentrado(), coordination="Coordinación de Compras")
    made = oficio(forms=(concentrado(), other))
    assert made.totals == Totals(databases=10, personal=2, open=4, public_interest=8)
    assert "Coordinación de Abasto y Coordinación de Compras" in made.paragraphs[1]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param(
            {"folio": Folio(" ", 2026)}, "oficio-no-folio", marks=pytest.mark.req("R-084")
        ),
        ({"folio": Folio("9" * 101, 2026)}, "oficio-no-folio"),
        ({"folio": Folio("IB/2026", 2026)}, "oficio-year-twice"),
        ({"folio": Folio("IB/0012/2025", 2026)}, "oficio-year-twice"),
        pytest.param(
            {"folio": Folio("1", 2023)}, "oficio-other-year", marks=pytest.mark.req("R-084")
        ),
        pytest.param(
            {"issued": [Folio("ib-uas- 0012", 2026)]},
            "oficio-folio-used",
            marks=pytest.mark.req("R-084"),
        ),
        ({"date": DAY(2026, 3, 30)}, "oficio-wrong-date"),
        ({"date": DAY(2026, 4, 1)}, "oficio-wrong-date"),
        pytest.param({"meetings": ()}, "oficio-no-meetings", marks=pytest.mark.req("R-090")),
        pytest.param(
            {"meetings": (DAY(2025, 3, 1), DAY(2026, 4, 1))},
            "oficio-no-meetings",
            marks=pytest.mark.req("R-090"),
        ),
        pytest.param({"forms": ()}, "oficio-no-forms", marks=pytest.mark.req("R-082")),
        ({"forms": (concentrado(), concentrado())}, "oficio-coordination-twice"),
        ({"signatory": replace(SIGNATORY, name="…")}, "oficio-no-signatory"),
        ({"signatory": replace(SIGNATORY, post="\x01x")}, "oficio-unwritable-text"),
        pytest.param(
            {"signatory": replace(SIGNATORY, unit="Otra")},
            "oficio-other-signatory",
            marks=pytest.mark.req("R-082"),
        ),
    ],
)
def test_it_is_not_made(changed: dict[str, Any], code: str) -> None:
    assert refused(changed) == [code]


@pytest.mark.req("R-084")
def test_a_number_of_four_digits_is_no_year() -> None:
    made = oficio(folio=Folio("IMSS-BIENESTAR/DG/UAF/0123", 2026))
    assert made.number_line == "Oficio No. IMSS-BIENESTAR/DG/UAF/0123/2026"
    assert Folio.parse("IMSS-BIENESTAR/DG/UAF/0123/2026") == made.folio


def test_forms_of_two_units_make_two_letters() -> None:
    other = replace(concentrado(), unit="Otra", coordination="Otra")
    assert refused({"forms": (concentrado(), other)}) == ["oficio-forms-of-units"]


@pytest.mark.req("R-087", "R-091")
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"place": ""}, "oficio-no-place"),
        ({"addressee": Post("Nombre", " ")}, "oficio-no-addressee"),
        ({"copies": ()}, "oficio-no-copies"),
    ],
)
def test_it_needs_its_settings(changed: dict[str, Any], code: str) -> None:
    assert refused({}, replace(SETTINGS, **changed)) == [code]


@pytest.mark.req("R-069", "R-082")
def test_a_form_of_an_earlier_formato_1_is_not_signed() -> None:
    form = concentrado()
    assert refused({"inventories": {form.coordination: "9" * 64}}) == ["oficio-form-outdated"]
    assert oficio(inventories={form.coordination: form.inventory_digest, "Otra": "9" * 64})


def test_every_problem_is_told_at_once() -> None:
    changed = {"folio": Folio("", 2020), "meetings": (), "signatory": Post("", "")}
    assert len(refused(changed, replace(SETTINGS, copies=(), place=""))) == 6


@pytest.mark.req("R-093")
def test_it_covers_exactly_these_versions() -> None:
    form = concentrado()
    made = oficio(releases=(CoveredRelease("donativos", 1, "3" * 64),))
    assert made.digests == (form.inventory_digest, form.digest, "3" * 64)
    assert outdated_problems(made, [form]) == ()
    newer = concentrado(header={"version": 2})
    other = replace(form, coordination="Coordinación de Compras")
    problems = outdated_problems(made, [newer, other])
    assert [found.code for found in problem_findings(problems)] == [
        "oficio-outdated",
        "oficio-not-covering",
    ]
    # Another Formato 1 was closed, and its Formato 2 is still to come.
    closed = {form.coordination: "9" * 64, "Otra": "8" * 64}
    assert [p.code for p in outdated_problems(made, [form], closed)] == ["oficio-inventory-newer"]
    assert [p.code for p in outdated_problems(made, [newer], closed)] == ["oficio-outdated"]
    assert not outdated_problems(made, [form], {form.coordination: form.inventory_digest})
    assert oficio().digest == oficio().digest
    assert Oficio.restored(json.loads(json.dumps(made.document())), made.digest) == made
    with pytest.raises(AlteredDocument):
        Oficio.restored(form.document(), form.digest)
    assert made.digest not in (oficio().digest, oficio(forms=(newer,)).digest)


@pytest.mark.req("R-084")
@given(st.text(max_size=12), st.integers(1000, 9999))
def test_a_folio_that_is_read_is_the_one_that_was_written(number: str, year: int) -> None:
    folio = Folio(number.strip() or "x", year)
    read = Folio.parse(str(folio))
    assert read is None or (read.is_same(folio) and str(read) == str(folio))
    if "\n" not in number and number.isalnum():
        assert read == folio


@pytest.mark.req("R-090")
@given(st.lists(st.dates(DAY(2026, 1, 1), DAY(2026, 12, 31)), min_size=1, max_size=9))
def test_meetings_are_said_once_and_in_order(days: list[DAY]) -> None:
    said = TEMPLATE.meeting_days(days)
    assert said.endswith(" de 2026")
    assert said.startswith("el día ") is (len(set(days)) == 1)
    numbers = [int(word.strip(",")) for word in said.split()[:-1] if word.strip(",").isdigit()]
    assert numbers == [day.day for day in sorted(set(days))]


class TestTemplate:
    """An institution may write its own words (A-18); a letter never goes out with a hole."""

    def change(self, edit: Callable[[dict[str, Any]], None]) -> OficioTemplate:
        data = read_yaml("oficio.yaml")
        letter = {**data["letter"], "paragraphs": [*data["letter"]["paragraphs"]]}
        edit(letter)
        return parse_oficio_template({**data, "letter": letter})

    @pytest.mark.req("R-088")
    def test_other_words_are_used(self) -> None:
        template = self.change(
            lambda letter: letter["paragraphs"].append("Firma {unit}, {organism}.")
        )
        made = make_oficio(request(), SETTINGS, template, today=TODAY)
        assert made.paragraphs[-1] == "Firma Unidad de Atención a la Salud, IMSS-BIENESTAR."

    @pytest.mark.parametrize(
        ("part", "text", "code"),
        [
            pytest.param(
                "subject", "Asunto: Otro", "oficio-other-subject", marks=pytest.mark.req("R-085")
            ),
            ("number", "Oficio No. 12", "oficio-missing-placeholder"),
            ("number", "Oficio {folio} de {coordinations}", "oficio-unknown-placeholder"),
            ("place_and_date", "{place}, 2023", "oficio-missing-placeholder"),
            ("paragraphs", ["Sin reuniones"], "oficio-missing-placeholder"),
            ("paragraphs", ["{meetings} {nombre}"], "oficio-unknown-placeholder"),
            ("paragraphs", ["{meetings} {unit.__class__}"], "oficio-unknown-placeholder"),
            ("inventory", "Formato 1, {coordination}", "oficio-missing-placeholder"),
            ("release", "{dataset}, {version}, {sha}", "oficio-unknown-placeholder"),
            ("page", "{page} de {pages} {total}", "oficio-unknown-placeholder"),
            ("page", "Página {page", "oficio-missing-placeholder"),
            pytest.param("attention", " ", "oficio-part-empty", marks=pytest.mark.req("R-092")),
        ],
    )
    def test_a_wrong_one_is_told(self, part: str, text: object, code: str) -> None:
        template = self.change(lambda letter: letter.update({part: text}))
        assert {problem.code for problem in template_problems(template)} == {code}
        assert set(refused({}, template=template)) == {code}

    @pytest.mark.req("R-090")
    def test_words_that_would_leave_out_the_meetings_are_told(self) -> None:
        data = read_yaml("oficio.yaml")
        template = parse_oficio_template({**data, "several_days": "varios días"})
        assert refused({}, template=template) == ["oficio-missing-placeholder"]

    def test_a_year_of_eleven_months_is_told(self) -> None:
        data = read_yaml("oficio.yaml")
        with pytest.raises(ConfigurationError, match="months"):
            parse_oficio_template({**data, "months": data["months"][:11]})

    def test_what_is_filled_in_is_not_filled_in_again(self) -> None:
        form = replace(concentrado(), coordination="{folio} y {nombre}")
        assert "la {folio} y {nombre}, de" in oficio(forms=(form,)).paragraphs[1]

    def test_a_part_that_is_missing_or_too_much_is_told(self) -> None:
        for edit in (
            lambda letter: letter.pop("farewell"),
            lambda letter: letter.update(extra="x"),
        ):
            with pytest.raises(ConfigurationError, match="letter"):
                self.change(edit)
        assert len(TEMPLATE.months) == 12
        assert [day.year for day in oficio().meetings] == [2026] * 3
        assert MEETINGS[0] not in oficio().meetings
