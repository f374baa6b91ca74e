"""The preview of a published table: loaded by the worker, searched, and used without a mouse."""

from __future__ import annotations

from typing import Any

import pytest
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.test_accessibility import violations


@pytest.fixture(scope="module")
def resource(cast: Cast) -> dict[str, Any]:
    """A published file whose table the worker has loaded."""
    dataset = cast.make_draft("vista_previa")
    cast.publish(dataset)
    return cast.wait_for_table(dataset["resources"][0]["id"])


def test_the_table_is_shown_and_searched_beside_its_dictionary(
    open_window: OpenWindow, resource: dict[str, Any]
) -> None:
    visitor = open_window()
    visitor.go(f"/dataset/{resource['package_id']}/resource/{resource['id']}")
    frame = visitor.page.frame_locator("iframe[title='Vista previa de la tabla']")
    rows = frame.locator("#dtprv tbody tr")
    frame.get_by_text("Mostrando registros del 1 al 5 de un total de 5 registros").wait_for()
    visitor.page.get_by_role("heading", name="Vista previa de la tabla").wait_for()
    visitor.page.get_by_role("heading", name="Diccionario de datos").wait_for()
    # The words of the buttons are Spanish, and every box has a name.
    frame.get_by_role("button", name="Copiar al portapapeles").wait_for()
    box = frame.get_by_label("Buscar:")
    box.fill("cirugía")
    box.press("Enter")
    frame.get_by_text("filtrado de un total de 5 registros").wait_for()
    assert [row for row in rows.all_inner_texts() if "Cirugía" not in row] == []
    box.fill("")
    box.press("Enter")
    column = frame.get_by_role("searchbox", name="Filas con esto en «Número consecutivo»").first
    column.fill("5")
    column.press("Enter")
    frame.get_by_text("Mostrando registros del 1 al 1").wait_for()
    assert rows.count() == 1


def test_what_is_downloaded_is_the_signed_file_and_nobody_edits_the_copy(
    cast: Cast, open_window: OpenWindow, resource: dict[str, Any]
) -> None:
    visitor = open_window(cast.liaison)
    visitor.go(f"/dataset/{resource['package_id']}/resource/{resource['id']}")
    links = [link.get_attribute("href") or "" for link in visitor.page.locator("a").all()]
    assert any(link.endswith(f"/download/{resource['url'].rsplit('/', 1)[1]}") for link in links)
    assert not [link for link in links if "/datastore/dump/" in link]
    assert not [link for link in links if f"/dictionary/{resource['id']}" in link]


def test_no_serious_violation_in_the_table(
    cast: Cast, open_window: OpenWindow, resource: dict[str, Any]
) -> None:
    [view] = cast.liaison.client.read("resource_view_list", id=resource["id"])
    page = f"/dataset/{resource['package_id']}/resource/{resource['id']}"
    visitor = open_window()
    visitor.go(f"{page}/view/{view['id']}")
    visitor.page.get_by_text("Mostrando registros del 1 al 5").wait_for()
    assert list(violations(visitor)) == []
    visitor.go(page)
    frame = visitor.page.frame_locator("iframe[title='Vista previa de la tabla']")
    frame.get_by_text("Mostrando registros del 1 al 5").wait_for()
    assert list(violations(visitor)) == []
