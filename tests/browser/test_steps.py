"""The buttons of a dataset: whose they are, and what they do when the world has moved on."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.files import DICTIONARY, sent
from browser.visitor import Visitor

FORMER = "Usted ya intervino en esta versión"


def at(visitor: Visitor, dataset: dict[str, Any]) -> Visitor:
    visitor.go(f"/dataset/{dataset['name']}")
    return visitor


def signatures(cast: Cast, dataset: dict[str, Any]) -> int:
    release = cast.liaison.client.read("imss_release_show", id=dataset["id"])
    return sum(event["transition"] == "sign" for event in release["history"])


@pytest.mark.req("R-042", "R-104")
def test_each_person_sees_the_buttons_of_their_own_steps(
    cast: Cast, open_window: OpenWindow
) -> None:
    dataset = cast.make_draft("botones")
    people = {
        "liaison": open_window(cast.liaison),
        "head": open_window(cast.head),
        "transparency": open_window(cast.transparency),
        "administrator": open_window(cast.administrator),
    }

    def seen() -> dict[str, list[str]]:
        return {who: at(visitor, dataset).steps for who, visitor in people.items()}

    back = ["Devolver a borrador"]
    sign = ["Firmar", *back]
    nobody: list[str] = []
    assert seen() == {
        "liaison": ["Enviar a revisión"],
        "head": nobody,
        "transparency": nobody,
        "administrator": nobody,
    }
    release = cast.submit(dataset)
    assert seen() == {
        "liaison": back,
        "head": sign,
        "transparency": back,
        "administrator": back,
    }
    cast.head.client.write("imss_release_sign", id=release["id"], oficio_number="OF/1")
    assert seen() == {
        "liaison": back,
        "head": back,
        "transparency": sign,
        "administrator": back,
    }
    cast.transparency.client.write("imss_release_sign", id=release["id"])
    assert seen()["administrator"] == ["Publicar", *back]
    assert "Publicar" not in seen()["transparency"]


def test_a_double_click_signs_once_and_says_so(cast: Cast, open_window: OpenWindow) -> None:
    dataset = cast.make_draft("doble")
    cast.submit(dataset)
    head = at(open_window(cast.head), dataset)
    head.page.fill("#imss-oficio", "UAF/1/2026")
    head.page.get_by_role("button", name="Firmar", exact=True).dblclick()
    head.page.locator(".flash-messages .alert").first.wait_for()
    assert head.messages.strip() == "Firmado."
    assert signatures(cast, dataset) == 1


def test_the_back_button_does_not_sign_twice(cast: Cast, open_window: OpenWindow) -> None:
    dataset = cast.make_draft("atras")
    cast.submit(dataset)
    head = at(open_window(cast.head), dataset)
    head.page.fill("#imss-oficio", "UAF/2/2026")
    head.press("Firmar")
    assert head.messages.strip() == "Firmado."
    head.page.go_back()
    if "Firmar" in head.steps:
        head.page.fill("#imss-oficio", "UAF/2/2026")
        head.press("Firmar")
        assert "«Firmar»" in head.messages
    assert signatures(cast, dataset) == 1


def test_two_tabs_of_one_person_sign_once(cast: Cast, open_window: OpenWindow) -> None:
    dataset = cast.make_draft("pestanas")
    cast.submit(dataset)
    tabs = [at(open_window(cast.head), dataset) for _ in range(2)]
    for tab in tabs:
        tab.page.fill("#imss-oficio", "UAF/3/2026")
        tab.press("Firmar")
    assert tabs[0].messages.strip() == "Firmado."
    assert "«Firmar»" in tabs[1].messages
    assert signatures(cast, dataset) == 1
    tabs[1].look("22-segunda-pestana")


def test_what_was_on_the_screen_is_what_is_signed(cast: Cast, open_window: OpenWindow) -> None:
    dataset = cast.make_draft("digestion")
    release = cast.submit(dataset)
    head = at(open_window(cast.head), dataset)
    cast.liaison.client.write("imss_release_return", id=release["id"], reason="Falta algo")
    cast.liaison.client.write("package_patch", id=dataset["id"], title="Otro título")
    cast.submit(dataset)

    head.page.fill("#imss-oficio", "UAF/4/2026")
    head.press("Firmar")
    assert "El contenido cambió" in head.messages
    assert signatures(cast, dataset) == 0
    head.look("23-lo-que-se-veia-ya-no-es")


def test_a_change_under_review_is_said_before_somebody_signs(
    cast: Cast, open_window: OpenWindow
) -> None:
    dataset = cast.make_draft("alterado")
    cast.submit(dataset)
    cast.liaison.client.write("package_patch", id=dataset["id"], title="Cambiado en revisión")
    head = at(open_window(cast.head), dataset)
    assert "ya no se puede firmar" in head.page.locator(".imss-panel [role=alert]").inner_text()
    assert head.steps == ["Devolver a borrador"]
    head.look("24-alterado-en-revision")
    head.page.fill("#imss-reason", "Cambió después de enviarse")
    head.press("Devolver a borrador")
    assert head.messages.strip() == "Devuelto a borrador."
    assert head.state == "Borrador"


def test_a_form_that_is_not_ours_any_more_signs_nothing(
    cast: Cast, open_window: OpenWindow, site: str
) -> None:
    dataset = cast.make_draft("caducado")
    # After requests without a session CKAN itself no longer asks these pages for a token.
    for _ in range(8):
        requests.post(f"{site}/dataset/{dataset['name']}/transition/submit", timeout=20)
    liaison = at(open_window(cast.liaison), dataset)
    liaison.page.evaluate(
        "document.querySelectorAll('[name=_csrf_token]').forEach(field => field.value = 'x')"
    )
    liaison.press("Enviar a revisión")
    answer = liaison.page.locator("#error-content").inner_text()
    assert "CSRF" not in answer
    assert "Bad Request" not in answer
    liaison.look("25-formulario-caducado")
    assert cast.liaison.client.find("imss_release_show", id=dataset["id"]) is None


def test_somebody_logged_out_is_told_to_log_in(cast: Cast, open_window: OpenWindow) -> None:
    dataset = cast.make_draft("sin_sesion")
    liaison = at(open_window(cast.liaison), dataset)
    liaison.context.clear_cookies()
    liaison.press("Enviar a revisión")
    content = liaison.page.locator("#content")
    assert content.locator("a[href*='/user/login']").count() == 1
    assert cast.liaison.client.find("imss_release_show", id=dataset["id"]) is None
    liaison.look("26-sin-sesion")


def test_an_update_is_prepared_beside_the_public_page(cast: Cast, open_window: OpenWindow) -> None:
    dataset = cast.make_draft("renovado")
    cast.publish(dataset)
    liaison = at(open_window(cast.liaison), dataset)
    assert liaison.page.locator(".content_action").count() == 0
    liaison.press("Preparar una actualización")
    assert liaison.state == "Borrador"
    assert "copia de trabajo" in liaison.page.locator(".imss-panel").inner_text()
    liaison.look("27-actualizacion")
    liaison.press("Enviar a revisión")
    assert liaison.messages.strip() == "Nada cambió desde la versión 1, que está publicada."

    liaison.page.locator(".imss-tasks a[href*='/dataset/edit/']").click()
    liaison.page.fill("#field-title", "Donativos, segundo trimestre")
    liaison.submit()
    liaison.press("Enviar a revisión")
    assert liaison.state == "En revisión"
    anybody = at(open_window(), dataset)
    assert "segundo trimestre" not in anybody.text
    head = at(open_window(cast.head), dataset)
    assert head.state == "Publicado"
    assert "Firmar" not in head.steps, "a signature in front of the content that is replaced"
    head.page.get_by_text("Ir a la actualización en curso").click()
    assert head.steps == ["Firmar", "Devolver a borrador"]

    release = cast.liaison.client.read("imss_release_show", id=f"{dataset['name']}-actualizacion")
    for signer in (cast.head, cast.transparency):
        signer.client.write("imss_release_sign", id=release["id"], oficio_number="OF/2")
    administrator = open_window(cast.administrator)
    administrator.go(f"/dataset/{dataset['name']}-actualizacion")
    administrator.press("Publicar")
    administrator.confirm()
    administrator.page.locator(".alert-success").wait_for()
    assert administrator.page.url.endswith(f"/dataset/{dataset['name']}")
    assert "segundo trimestre" in at(anybody, dataset).text


def test_an_update_is_discarded_after_asking(cast: Cast, open_window: OpenWindow) -> None:
    dataset = cast.make_draft("descartado")
    cast.publish(dataset)
    liaison = at(open_window(cast.liaison), dataset)
    liaison.press("Preparar una actualización")
    liaison.page.wait_for_load_state()
    liaison.press("Descartar la actualización")
    liaison.page.locator(".modal.show .btn-secondary").click()
    liaison.page.locator(".modal").wait_for(state="detached")
    assert liaison.state == "Borrador"
    liaison.press("Descartar la actualización")
    liaison.confirm()
    liaison.page.locator(".alert-success").wait_for()
    assert liaison.messages.strip() == "La actualización se descartó."
    assert liaison.state == "Publicado"


def test_a_dictionary_that_cannot_be_read_leaves_the_old_one(
    cast: Cast, open_window: OpenWindow
) -> None:
    dataset = cast.make_draft("diccionario")
    resource = dataset["resources"][0]
    liaison = open_window(cast.liaison)
    liaison.go(f"/dataset/{dataset['name']}/resource/{resource['id']}/dictionary")
    liaison.page.set_input_files("#imss-dictionary-file", sent("roto.csv", b"campo,tipo\na,raro\n"))
    liaison.press("Importar")
    wrong = liaison.page.locator(".error-explanation").inner_text()
    assert "El diccionario no se reemplazó" in wrong
    liaison.look("28-diccionario-roto")
    csv = liaison.download(liaison.page.locator(".imss-downloads a[href$='/dictionary.csv']"))
    assert csv == DICTIONARY.read_bytes()
