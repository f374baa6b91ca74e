"""The pages of Formato 1: who sees them, and that nothing typed is lost."""

from __future__ import annotations

import io
from typing import Any

import pytest
from bs4 import BeautifulSoup
from catalogue_cast import Person
from dictionary_browser import Browser
from identification_cast import Organism
from inventory_desk import COMPLETE, PREPARED, InventoryDesk, edited, title_row

pytestmark = pytest.mark.usefixtures("with_plugins")

ROOT = "/working-group/coordinacion-de-hospitales/inventory"


class Pages(Browser):
    """Somebody who fills in the pages of Formato 1."""

    def sees(self, path: str = "", status: int = 200) -> BeautifulSoup:
        return self.get(ROOT + path, status)

    def sends(self, path: str, data: Any) -> BeautifulSoup:
        return self.post(ROOT + path, data)


@pytest.fixture
def pages(app: Any) -> Any:
    return lambda person: Pages(app, person)


@pytest.fixture
def member(organism: Organism) -> InventoryDesk:
    return InventoryDesk(organism.member, organism.coordination)


def typed(**values: str) -> dict[str, str]:
    """A form as a browser sends it."""
    return {f"field-{name}": value for name, value in values.items()}


def shown(page: BeautifulSoup, name: str) -> str:
    """What a field of a form holds."""
    field = page.select_one(f"[name=field-{name}]")
    assert field is not None
    if field.name == "select":
        chosen = field.select_one("option[selected]")
        return str(chosen["value"]) if chosen else ""
    return field.text.removeprefix("\n") if field.name == "textarea" else str(field["value"])


@pytest.mark.req("R-057")
def test_whoever_is_not_of_the_group_finds_nothing(organism: Organism, pages: Any) -> None:
    made = InventoryDesk(organism.member, organism.coordination).add()
    paths = ("", f"/entry/{made['identifier']}", "/version/1", "/import", "/new", "/download")
    for person in (organism.other_liaison, organism.stranger, organism.sysadmin):
        for path in paths:
            pages(person).sees(path, status=404)
    for person in (organism.head, organism.transparency):
        page = pages(person).sees()
        assert "Consultas otorgadas" in page.text
        assert page.select_one("a[href$='/inventory/new']") is None
        pages(person).sees("/import", status=404)


@pytest.mark.req("R-032", "R-040", "R-041")
def test_a_group_fills_it_in_and_the_liaison_closes_it(organism: Organism, pages: Any) -> None:
    member, liaison = pages(organism.member), pages(organism.liaison)
    page = member.sees()
    assert "las bases de datos" in page.select_one(".imss-standing").text
    page = member.sees("/new")
    assert "Nunca se muestra al público" in page.select_one("#field-ubicacion-help").text
    page = member.sends("/new", typed(**{**COMPLETE, "formato": "csv", "acceso": "internal"}))
    assert page.select_one("h1").text.startswith("CH-0001")
    page = member.sends("/header", typed(**PREPARED) | {"mark": header_mark(member)})
    assert "2026-11-02" in page.text
    page = member.sends("/hand-over", {})
    assert "en revisión" in page.select_one(".imss-standing").text.lower()
    assert member.sees("/entry/CH-0001").select_one("button.imss-button[type=submit]") is None
    page = liaison.sends("/give-back", {"remarks": "Falta decir la cobertura."})
    assert "Falta decir la cobertura." in member.sees().select_one(".imss-standing").text
    member.sends("/hand-over", {})
    page = liaison.sends("/close", {})
    assert "1" in page.select_one("h1").text
    assert (
        page.select_one("dd code").text
        == organism.liaison.call("imss_inventory_version_list", coordination=organism.coordination)[
            "results"
        ][0]["digest"]
    )
    assert "Agregada" in liaison.sees("/version/1?show=differences").text


def header_mark(browser: Pages) -> str:
    mark = browser.sees().select_one("form[action$='/header'] input[name=mark]")
    assert mark is not None
    return str(mark["value"])


@pytest.mark.req("R-041")
def test_what_stands_against_closing_is_shown_with_its_databases(
    organism: Organism, pages: Any, member: InventoryDesk
) -> None:
    member.call("entry_create", values={"nombre": "Sin terminar"})
    member.call("hand_over")
    page = pages(organism.liaison).sends("/close", {})
    refusal = page.select_one(".imss-refusal")
    assert refusal is not None
    assert "CH-0001" in refusal.text
    assert "Fecha de elaboración" in refusal.text


def test_a_form_that_is_refused_shows_what_was_typed(
    organism: Organism, pages: Any, member: InventoryDesk
) -> None:
    written = {**COMPLETE, "formato": "csv", "fecha_de_actualizacion": "31/02/2026"}
    page = pages(organism.member).sends("/new", typed(**written))
    for name in ("nombre", "descripcion", "ubicacion", "formato", "fecha_de_actualizacion"):
        assert shown(page, name) == written[name]
    field = page.select_one("#field-fecha_de_actualizacion")
    assert field["aria-invalid"] == "true"
    assert page.select_one("#field-fecha_de_actualizacion-told").text.strip()
    assert member.show()["entries"] == 0


@pytest.mark.req("R-068")
def test_the_second_of_two_editors_is_told_and_loses_nothing(
    organism: Organism, pages: Any, member: InventoryDesk
) -> None:
    entry = member.add()
    second = pages(organism.liaison)
    form = second.sees(f"/entry/{entry['identifier']}")
    opened = {
        f"field-{name}": shown(form, name) for name in (*COMPLETE, "cobertura", "derivada_de")
    }
    mark = form.select_one(".imss-entry input[name=mark]")["value"]
    member.change(entry, cobertura="Nacional", descripcion="Otra descripción.")
    page = second.sends(
        f"/entry/{entry['identifier']}",
        opened | typed(nombre="Consultas por unidad", cobertura="Jalisco") | {"mark": mark},
    )
    told = page.select_one(".imss-refusal").text
    assert "Nacional" in told
    assert "Otra descripción." in told
    # What both wrote stays as typed; what only the other changed is as it is now.
    assert shown(page, "nombre") == "Consultas por unidad"
    assert shown(page, "cobertura") == "Jalisco"
    assert shown(page, "descripcion") == "Otra descripción."
    newer = page.select_one(".imss-entry input[name=mark]")["value"]
    again = {f"field-{name}": shown(page, name) for name in (*COMPLETE, "cobertura")}
    second.sends(f"/entry/{entry['identifier']}", again | {"mark": newer})
    values = member.call("entry_show", identifier=entry["identifier"])["values"]
    assert (values["cobertura"], values["descripcion"]) == ("Jalisco", "Otra descripción.")


def test_what_was_typed_for_a_database_that_is_gone_is_kept(
    organism: Organism, pages: Any, member: InventoryDesk
) -> None:
    entry = member.add()
    member.call("entry_delete", identifier=entry["identifier"], mark=entry["mark"])
    page = pages(organism.liaison).sends(
        f"/entry/{entry['identifier']}", typed(nombre="Mi trabajo") | {"mark": entry["mark"]}
    )
    assert shown(page, "nombre") == "Mi trabajo"
    assert page.select_one(".imss-entry")["action"].endswith("/new")


def upload(content: bytes, name: str = "formato-1.xlsx") -> dict[str, Any]:
    return {"upload": (io.BytesIO(content), name)}


@pytest.mark.req("R-068")
def test_a_workbook_is_shown_before_anything_is_saved(
    organism: Organism, pages: Any, member: InventoryDesk
) -> None:
    member.add()
    book = member.exported()
    row = title_row(book) + 1
    book = edited(book, {f"B{row}": "Otro nombre", f"B{row + 1}": "Nueva", f"E{row + 1}": "Papiro"})
    page = pages(organism.member).sends("/import", upload(book))
    assert "Otro nombre" in page.text
    assert f"E{row + 1}" in page.text
    counts = [one.text for one in page.select(".imss-tally strong")]
    assert counts == ["0", "1", "0", "1"]
    assert member.show()["results"][0]["name"] == "Consultas otorgadas"
    address = page.select_one("form.imss-buttons")["action"]
    refused = pages(organism.member).get(address + "?kind=refused")
    assert len(refused.select("tbody tr")) == 1
    # Nobody else answers for it.
    other = pages(organism.liaison).post(address, {"what": "confirm"})
    assert "ya no espera" in other.text
    member.change(member.show()["results"][0], cobertura="Nacional")
    page = pages(organism.member).post(address, {"what": "confirm"})
    assert page.select_one(".imss-refusal") is not None
    assert member.show()["results"][0]["name"] == "Consultas otorgadas"


def test_a_file_that_is_no_workbook_is_told(organism: Organism, pages: Any) -> None:
    browser = pages(organism.member)
    page = browser.sends("/import", {})
    assert page.select_one(".imss-refusal") is not None
    page = browser.sends("/import", upload(b"nombre,formato\na,b\n", "formato.csv"))
    assert "no se puede importar" in page.select_one(".imss-standing").text
    assert page.select_one("button[value=confirm]") is None


def test_my_work_says_who_acts_next(organism: Organism, app: Any, member: InventoryDesk) -> None:
    def work(person: Person) -> list[str]:
        links = Browser(app, person).get("/my-work").select(f".imss-work a[href$='{ROOT}']")
        return [link.text for link in links]

    assert work(organism.member) == ["Llenar el Formato 1 y entregarlo al Enlace."]
    member.add()
    member.call("hand_over")
    assert work(organism.member) == []
    assert work(organism.liaison) == ["Revisar el Formato 1 y cerrarlo o devolverlo."]
    organism.liaison.call(
        "imss_inventory_give_back", coordination=organism.coordination, remarks="Falta algo."
    )
    assert work(organism.member) == ["Corregir el Formato 1: el Enlace lo devolvió."]
    assert work(organism.stranger) == []


def test_workbooks_are_downloaded_by_those_who_may(
    organism: Organism, pages: Any, member: InventoryDesk
) -> None:
    member.add()
    response = pages(organism.head).bytes(ROOT + "/download?format=ods")
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.data == member.exported("ods")
