"""The page of the mirror in a browser: from before any run to a copy that somebody changed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.test_accessibility import violations
from browser.visitor import Visitor

from ckanext.imssbienestar.demo.client import Client

PATIENCE = 90.0


@pytest.fixture
def federal() -> Client:
    """The federal catalogue as its administrator."""
    token = Path(os.environ["IMSS_TEST_FEDERAL_TOKEN_FILE"]).read_text(encoding="utf-8").strip()
    return Client(os.environ["IMSS_TEST_FEDERAL_URL"], token)


def wait_for_end(visitor: Visitor) -> str:
    """What the page says of the newest activity once it is over, without being asked again."""
    newest = visitor.page.locator(".imss-activities > li").first
    deadline = time.monotonic() + PATIENCE
    while newest.locator("progress").count():
        assert time.monotonic() < deadline, newest.inner_text()
        visitor.page.wait_for_timeout(250)
    return newest.inner_text()


def row_of(visitor: Visitor, title: str, name: str) -> Any:
    """The line of a dataset, found by the search of the page."""
    visitor.page.fill("#imss-mirror-q", name)
    with visitor.page.expect_navigation():
        visitor.page.press("#imss-mirror-q", "Enter")
    return visitor.page.locator("tbody tr").filter(has_text=title)


def test_the_administrator_sees_why_a_dataset_is_not_public_there(
    cast: Cast, open_window: OpenWindow, federal: Client
) -> None:
    dataset = cast.make_draft("espejo")
    title, name = dataset["title"], dataset["name"]
    keeper, visitor = open_window(cast.administrator), open_window()
    keeper.go("/")
    keeper.page.locator("a[href$='/mirror']").first.click()
    keeper.page.locator("h1").filter(has_text="Espejo").wait_for()
    nothing_ran = federal.find("organization_show", id="imss-bienestar") is None
    assert "Nunca ha corrido" in keeper.text or not nothing_ran
    assert "Nadie lo ha enviado a revisión" in row_of(keeper, title, name).inner_text()
    keeper.look("80-espejo-antes")
    assert list(violations(keeper)) == []

    cast.publish(dataset)
    if nothing_ran:
        keeper.go("/mirror")
        keeper.press("Correr ahora")
        assert "Se pidió" in keeper.messages
        said = wait_for_end(keeper)
        assert "se negó" in said
        assert "imss-bienestar" in said
        keeper.look("81-espejo-fallo")
        assert list(violations(keeper)) == []
        federal.write("organization_create", name="imss-bienestar")
    for group in ("salud", "presupuesto"):
        if federal.find("group_show", id=group) is None:
            federal.write("group_create", name=group)
    # Datasets of other tests are mirrored too, whatever becomes of them.
    keeper.go("/mirror")
    keeper.press("Correr ahora")
    assert "Hecho" in wait_for_end(keeper)
    assert "espera desde" in row_of(keeper, title, name).inner_text()
    keeper.look("82-espejo-revision")

    # The federal reviewer makes it public, and somebody there replaces the file.
    copy = federal.read("package_show", id=name)
    federal.write("package_patch", id=copy["id"], private=False)
    keeper.go("/mirror")
    keeper.press("Correr ahora")
    wait_for_end(keeper)
    assert "igual a lo que se firmó" in row_of(keeper, title, name).inner_text()
    visitor.go(f"/dataset/{name}")
    visitor.page.get_by_role("link", name="¿Es igual la copia federal?").click()
    assert "byte por byte" in visitor.text
    visitor.look("83-igualdad")
    assert list(violations(visitor)) == []
    other = Path(__file__).parent.parent / "data" / "samples" / "donativos_otorgados.dictionary.csv"
    federal.upload("resource_patch", {"id": copy["resources"][0]["id"]}, other)
    row_of(keeper, title, name).get_by_role("button", name="Verificar").click()
    assert "1 de 1 fallaron o son distintos" in wait_for_end(keeper)
    row = row_of(keeper, title, name)
    assert "no es lo que se firmó" in row.inner_text()
    keeper.look("84-espejo-distinto")
    visitor.go(f"/dataset/{name}/equality")
    assert "No es igual desde" in visitor.text
    row.get_by_role("button", name="Reintentar").click()
    assert "todo está como debe" in wait_for_end(keeper)
    assert "igual a lo que se firmó" in row_of(keeper, title, name).inner_text()
    keeper.look("85-espejo-igual")


def test_without_scripts_and_with_the_keyboard(cast: Cast, open_window: OpenWindow) -> None:
    keeper = open_window(cast.administrator)
    keeper.go("/mirror")
    keeper.page.focus("#imss-mirror-q")
    keeper.page.keyboard.type("no existe ninguno así")
    keeper.page.keyboard.press("Enter")
    keeper.page.get_by_text("Ningún conjunto de datos coincide").wait_for()
    button = keeper.page.get_by_role("button", name="Ver qué haría una corrida")
    button.focus()
    keeper.page.keyboard.press("Enter")
    assert "Se pidió: Plan de todo" in keeper.messages
    assert '<noscript><meta http-equiv="refresh"' in keeper.page.content()
    wait_for_end(keeper)
