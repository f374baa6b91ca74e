"""The pages of the analysis and of Formato 2: filled in, refused, and shown as in the files."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import closed_forms
import pytest
from bs4 import BeautifulSoup
from catalogue_cast import Person
from dictionary_browser import Browser
from identification_cast import Organism
from written_forms import from_ods, from_xlsx, pdf_text, squeezed, trimmed

from ckanext.imssbienestar.domain.inventory_versions import ClosedInventory

pytestmark = pytest.mark.usefixtures("with_plugins")

ANALYSIS = "/working-group/coordinacion-de-hospitales/analysis"
FORMATO_2 = "/working-group/coordinacion-de-hospitales/formato-2"
WHY = "Solo sirve para el control interno del almacén."
Opens = Callable[[Person], Browser]


@pytest.fixture
def form(organism: Organism) -> ClosedInventory:
    """A closed Formato 1 of C1 with one database of each sort."""
    return closed_forms.close("C1", closed_forms.one_of_each(), closed_by=organism.liaison.id)


def sent(page: BeautifulSoup, **changed: str) -> dict[str, str]:
    """What a browser would send of the form of the analysis."""
    (form,) = page.select("form[method=post]:has(table.imss-analysis)")
    values: dict[str, str] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name = field["name"]
        if name == "_csrf_token" or (
            field.get("type") == "checkbox" and not field.has_attr("checked")
        ):
            continue
        if field.name == "textarea":
            values[name] = field.text.removeprefix("\n").replace("\n", "\r\n")
        elif field.name == "select":
            values[name] = field.select_one("option[selected]")["value"]
        else:
            values[name] = field.get("value", "")
    return values | {"-".join(name.rsplit("_", 1)): value for name, value in changed.items()}


def said(page: BeautifulSoup) -> str:
    """The text of a page, spaces as one."""
    return " ".join(page.get_text(" ").split())


def decided(person: Person, **asked: Any) -> dict[str, Any]:
    answer = person.call("imss_analysis_show", coordination="C1", **asked)
    return {row["identifier"]: row["decision"] for row in answer["results"]}


@pytest.mark.req("R-009", "R-046")
def test_the_definition_is_in_view_and_every_database_has_a_row(
    organism: Organism, form: ClosedInventory, browser: Opens
) -> None:
    page = browser(organism.member).get(ANALYSIS)
    text = said(page)
    assert "relevante o beneficiosa para la sociedad y no simplemente de interés individual" in text
    assert "Artículo 3, fracción XII" in text
    assert len(page.select("table.imss-analysis tbody tr")) == 5
    assert "0 de 5 bases de datos" in text
    assert "Falta: la decisión sobre 5 bases de datos" in text
    rows = page.select("table.imss-analysis tbody tr")
    assert "Contiene datos personales: no se publica tal como está." in said(rows[1])
    assert "Es información reservada" in said(rows[3])
    assert closed_forms.RESERVE in said(rows[3])


@pytest.mark.req("R-006", "R-046")
def test_marked_and_changed_rows_are_saved_in_one_go(
    organism: Organism, form: ClosedInventory, browser: Opens
) -> None:
    person = browser(organism.member)
    page = person.get(ANALYSIS)
    values = sent(page, publish_5="no", reason_5=WHY) | {"decide-1": "1"}
    after = person.post(ANALYSIS, values)
    assert "Se guardaron 2 decisiones. Faltan 3 bases de datos." in said(after)
    found = decided(organism.member)
    assert [name for name, decision in found.items() if decision] == ["CH-0001", "CH-0005"]
    assert found["CH-0005"]["reason"] == WHY
    assert found["CH-0005"]["public_interest"]
    assert found["CH-0001"]["open"]
    rest = person.get(f"{ANALYSIS}?show=undecided")
    assert len(rest.select("table.imss-analysis tbody tr")) == 3
    done = person.post(f"{ANALYSIS}?show=undecided", sent(rest) | {"all": "1"})
    assert "El análisis está completo." in said(done)
    assert all(decided(organism.member).values())
    unmarked = person.post(ANALYSIS, sent(person.get(ANALYSIS)))
    assert "Marque al menos una base de datos" in said(unmarked)


@pytest.mark.req("R-006", "R-080")
def test_one_wrong_row_loses_nothing_of_what_was_typed(
    organism: Organism, form: ClosedInventory, browser: Opens
) -> None:
    person = browser(organism.member)
    typed = sent(
        person.get(ANALYSIS),
        relevant_to_society_1="no",
        reason_1="",
        publish_3="no",
        reason_3="Primera línea del motivo\r\ny la segunda «ñ» <b>",
        reason_5="Observación que no debe perderse.",
    )
    page = person.post(ANALYSIS, typed)
    assert "No se guardó nada: 1 fila tiene algo que corregir." in said(page)
    assert not any(decided(organism.member).values())
    again = sent(page)
    assert {name: again[name] for name in typed if not name.startswith("decide")} == typed
    rows = page.select("table.imss-analysis tbody tr")
    (alert,) = rows[0].select("[role=alert]")
    assert "Escriba el motivo" in said(alert)
    assert rows[0].select("textarea")[0]["aria-describedby"] == alert["id"]
    assert not rows[2].select("[role=alert]")
    saved = person.post(ANALYSIS, again | {"reason-1": WHY})
    assert "Se guardaron 3 decisiones" in said(saved)
    reason = decided(organism.member)["CH-0003"]["reason"]
    assert reason == "Primera línea del motivo\ny la segunda «ñ» <b>"


def test_the_second_of_two_people_is_told_and_may_insist(
    organism: Organism, form: ClosedInventory, browser: Opens
) -> None:
    first, second = browser(organism.member), browser(organism.liaison)
    late = sent(second.get(ANALYSIS), publish_1="no", reason_1=WHY)
    first.post(ANALYSIS, sent(first.get(ANALYSIS)) | {"decide-1": "1"})
    told = second.post(ANALYSIS, late)
    assert "ya decidió sobre CH-0001" in said(told)
    assert decided(organism.member)["CH-0001"]["open"]
    again = sent(told)
    assert again["reason-1"] == WHY
    assert "Se guardó 1 decisión" in said(second.post(ANALYSIS, again))
    assert not decided(organism.member)["CH-0001"]["open"]


def test_a_formato_1_closed_meanwhile_keeps_what_was_typed(
    organism: Organism, form: ClosedInventory, browser: Opens
) -> None:
    person = browser(organism.member)
    typed = sent(person.get(ANALYSIS), publish_1="no", reason_1=WHY)
    closed_forms.close("C1", form.entries[:3])
    told = person.post(ANALYSIS, typed)
    assert "Mientras tanto se cerró la versión 2 del Formato 1" in said(told)
    assert "CH-0004, CH-0005" in said(told)
    again = sent(told)
    assert again["reason-1"] == WHY
    assert "Se guardó 1 decisión" in said(person.post(ANALYSIS, again))


def test_spoiled_forms_get_a_sentence(
    organism: Organism, form: ClosedInventory, browser: Opens
) -> None:
    person = browser(organism.member)
    good = sent(person.get(ANALYSIS)) | {"decide-1": "1"}
    spoiled: list[dict[str, str]] = [
        {},
        {"inventory": form.digest},
        good | {"inventory": ""},
        good | {"inventory": "0" * 64},
        good | {"entry-1": "NADA"},
        good | {"seen-1": "7"},
        good | {"seen-1": "-1", "reason-1": "x" * 5000},
    ]
    for values in spoiled:
        page = person.post(ANALYSIS, values)
        assert page.select("[role=alert]"), values
    assert not any(decided(organism.member).values())
    for query in ("page=99999999999999999999", "page=-3", "show=x&q=%00", "page=7"):
        person.get(f"{ANALYSIS}?{query}")


@pytest.mark.req("R-046")
def test_earlier_decisions_are_confirmed_page_by_page(
    organism: Organism, form: ClosedInventory, browser: Opens
) -> None:
    person = browser(organism.member)
    person.post(ANALYSIS, sent(person.get(ANALYSIS)) | {"all": "1"})
    no = sent(person.get(ANALYSIS), relevant_to_society_5="no", reason_5=WHY)
    person.post(ANALYSIS, no)
    closed_forms.close("C1", [*form.entries, closed_forms.entry("CH-0006")])
    liaison = browser(organism.liaison)
    first = liaison.get(ANALYSIS)
    assert "5 bases de datos no cambiaron" in said(first)
    assert "Versión anterior: Sin interés público" in said(first)
    assert sent(first)["relevant_to_society-5"] == "no"
    assert sent(first)["reason-5"] == WHY
    page = liaison.get(f"{ANALYSIS}/repeat")
    boxes = [box["value"] for box in page.select("input[name=entry][checked]")]
    assert boxes == [entry.identifier for entry in form.entries]
    inventory = page.select_one("input[name=inventory]")
    assert inventory is not None
    none = liaison.post(f"{ANALYSIS}/repeat", {"inventory": inventory["value"]})
    assert "Marque al menos una base de datos" in said(none)
    done = liaison.post(f"{ANALYSIS}/repeat", {"inventory": inventory["value"], "entry": boxes[:4]})
    assert "Se repitieron las decisiones anteriores." in said(done)
    found = decided(organism.liaison)
    assert [name for name, decision in found.items() if decision] == boxes[:4]


@pytest.mark.req("R-057")
def test_for_everybody_else_there_is_no_such_page(
    organism: Organism, form: ClosedInventory, browser: Opens
) -> None:
    for name in ("stranger", "sysadmin", "other_liaison", "second_member", "other_head"):
        person = browser(organism.people()[name])
        for address in (
            ANALYSIS,
            f"{ANALYSIS}/repeat",
            FORMATO_2,
            f"{FORMATO_2}/1",
            f"{FORMATO_2}/1/pdf",
        ):
            person.get(address, status=404)
        person.post(ANALYSIS, {"inventory": form.digest}, status=404)
        person.post(FORMATO_2, {"attributions": "Artículo 40"}, status=404)
    reader = browser(organism.head)
    page = reader.get(ANALYSIS)
    assert not page.select("table.imss-analysis select, table.imss-analysis textarea")
    assert "designación vigente" in said(reader.post(ANALYSIS, {"inventory": form.digest}))
    reader.get(f"{ANALYSIS}/repeat", status=404)


class TestFormato2:
    """On screen, XLSX, ODS and PDF say the same; what is missing to generate it is said."""

    def test_it_says_what_is_missing(self, organism: Organism, browser: Opens) -> None:
        person = browser(organism.liaison)
        assert "Falta: un Formato 1 cerrado" in said(person.get(FORMATO_2))
        assert "Falta: un Formato 1 cerrado" in said(person.get(ANALYSIS))
        closed_forms.close("C1", closed_forms.one_of_each())
        page = person.get(FORMATO_2)
        assert "Falta: la decisión sobre 5 bases de datos" in said(page)
        assert not page.select("textarea[name=attributions]")
        refused = person.post(FORMATO_2, {"attributions": "Artículo 40"})
        assert "Falta decidir si CH-0001" in said(refused)

    @pytest.mark.req("R-070", "R-072", "R-073", "R-074", "R-079", "R-041")
    def test_it_is_previewed_generated_and_downloaded(
        self, organism: Organism, form: ClosedInventory, browser: Opens
    ) -> None:
        member, liaison = browser(organism.member), browser(organism.liaison)
        member.post(ANALYSIS, sent(member.get(ANALYSIS)) | {"all": "1"})
        typed = {"attributions": "Estatuto Orgánico, artículo 40\r\nReglamento, artículo 7"}
        preview = member.post(FORMATO_2, typed | {"preview": "1"})
        assert "Es una vista previa: no se cerró nada." in said(preview)
        assert "TOTAL: 5" in said(preview)
        assert "designación vigente" in said(member.post(FORMATO_2, typed))
        empty = liaison.post(FORMATO_2, {"attributions": "  "})
        assert "Falta al menos una atribución" in said(empty)
        page = liaison.post(FORMATO_2, typed)
        text = said(page)
        assert "Se cerró la versión 1 del Formato 2." in text
        assert "Concentrado General de Bases de Datos" in text
        assert "Bases de datos abiertas: sí, 3." in text
        assert "Bases con datos personales: sí, 1." in text
        again = liaison.post(FORMATO_2, typed)
        assert "ya dice exactamente lo mismo" in said(again)
        old = liaison.get(f"{FORMATO_2}/1")
        assert "TOTAL: 5" in said(old)
        liaison.get(f"{FORMATO_2}/2", status=404)
        liaison.get(f"{FORMATO_2}/0", status=404)
        for kind in ("xlsx", "ods", "pdf"):
            file = liaison.bytes(f"{FORMATO_2}/1/{kind}")
            assert file.headers["X-Content-Type-Options"] == "nosniff"
            assert file.headers["Content-Disposition"].startswith("attachment;")
            exported = organism.head.call("imss_concentrado_export", coordination="C1", format=kind)
            assert file.get_data() == base64.b64decode(exported["base64"])
        liaison.get(f"{FORMATO_2}/1/docx", status=404)

    @pytest.mark.req("R-069", "R-071", "R-075", "R-076", "R-077", "R-078", "R-079")
    def test_the_page_and_the_three_files_have_the_same_cells(
        self, organism: Organism, form: ClosedInventory, browser: Opens, tmp_path: Any
    ) -> None:
        member, liaison = browser(organism.member), browser(organism.liaison)
        values = sent(
            member.get(ANALYSIS),
            useful_to_understand_5="no",
            reason_5="=1+1 no es fórmula; «comillas», <b>negritas</b> & {llaves}\r\notra línea",
        )
        member.post(ANALYSIS, values | {"all": "1"})
        page = liaison.post(FORMATO_2, {"attributions": "Artículo 40\r\n  Artículo 7 <i>  "})
        lines = _page_lines(page)
        files = {
            kind: liaison.bytes(f"{FORMATO_2}/1/{kind}").get_data()
            for kind in ("xlsx", "ods", "pdf")
        }
        assert from_xlsx(files["xlsx"]) == lines
        assert from_ods(files["ods"], tmp_path) == lines
        printed = pdf_text(files["pdf"])
        assert [cell for line in lines for cell in line if squeezed([cell]) not in printed] == []
        assert lines[-1][:4] == ("TOTAL: 5", "1", "2", "4")
        assert len(lines) == 3 + 7 + 1 + 1 + 5 + 1


def _page_lines(page: BeautifulSoup) -> list[tuple[str, ...]]:
    """Every line of the form on screen, empty cells at its end left out."""
    box = page.select_one(".imss-formato-2")
    assert box is not None
    found: list[list[str]] = [[each.text] for each in box.select("p")]
    header, rows = box.select("table")
    found += [[cell.text for cell in line.select("th, td")] for line in header.select("tr")]
    caption = rows.select_one("caption")
    assert caption is not None
    found.append([caption.text])
    found += [[cell.text for cell in line.select("th, td")] for line in rows.select("tr")]
    return trimmed(found)
