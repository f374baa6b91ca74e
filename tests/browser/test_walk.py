"""A dataset from an empty form to the public, each step by the person whose step it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.files import DICTIONARY, GOOD, defective
from browser.visitor import Visitor

DESCRIPTION = {
    "#field-notes": "Donativos que se entregaron en 2018: beneficiario, propósito y monto.",
    "#field-modified": "2019-01-21",
    "#field-temporal_start": "2018-01-01",
    "#field-temporal_end": "2018-12-31",
    "#field-contact_name": "Unidad de Transparencia",
    "#field-contact_email": "transparencia.opd@imssbienestar.gob.mx",
    "#field-url": "https://www.gob.mx/imss-bienestar",
}


@pytest.mark.req("R-042", "R-098", "R-104", "R-111")
def test_from_an_empty_form_to_the_public(
    cast: Cast, open_window: OpenWindow, tmp_path: Path
) -> None:
    title = f"Donativos otorgados, corrida {cast.run}"

    liaison = open_window(cast.liaison, log_in=False)
    liaison.log_in(cast.liaison)
    liaison.look("01-entrar")
    describe(liaison, title)
    upload_with_defects(liaison, defective(tmp_path))
    import_dictionary(liaison)
    upload_corrected(liaison)
    send_to_review(liaison, cast)
    liaison.log_out()

    sign_as_head(liaison, cast, title)
    liaison.log_out()
    sign_as_transparency_unit(liaison, cast, title)
    liaison.log_out()
    publish(liaison, cast, title)
    liaison.log_out()

    see_as_anybody(open_window(), title)


def describe(visitor: Visitor, title: str) -> None:
    visitor.go("/dataset/new")
    visitor.look("02-formulario")
    visitor.page.fill("#field-title", title)
    for field, value in DESCRIPTION.items():
        visitor.page.fill(field, value)
    visitor.page.select_option("#field-frequency", label="Trimestral")
    visitor.page.select_option("#field-spatial_coverage", label="Todo el país")
    visitor.submit()
    visitor.page.locator("#resource-edit").wait_for()


def upload_with_defects(visitor: Visitor, file: Path) -> None:
    visitor.look("03-archivo")
    visitor.choose_file(file)
    visitor.page.fill("#field-name", "Donativos de 2018")
    visitor.submit("#resource-edit")
    assert visitor.state == "Borrador"
    assert "Enlace de Transparencia" in visitor.page.locator(".imss-next").inner_text()
    visitor.look("04-hallazgos-sin-diccionario")
    assert visitor.page.get_by_role("button", name="Enviar a revisión").is_disabled()


def import_dictionary(visitor: Visitor) -> None:
    visitor.page.locator(".imss-tasks a[href$='/dictionary']").click()
    visitor.page.set_input_files("#imss-dictionary-file", DICTIONARY)
    visitor.look("05-importar-diccionario")
    visitor.press("Importar")
    assert visitor.messages.strip() == "El diccionario de datos se reemplazó."
    visitor.look("06-diccionario")
    visitor.page.locator(".breadcrumb a[href*='/dataset/']").first.click()
    findings = visitor.page.locator(".imss-findings tbody tr")
    for cell, column in (("B3", "periodo_fin"), ("I4", "monto_otorgado_pesos")):
        row = findings.filter(has=visitor.page.get_by_text(cell, exact=True))
        assert column in row.inner_text()
        assert "Impide publicar" in row.inner_text()
        assert row.locator("td").nth(2).inner_text().strip(), "no word on how to fix it"
    assert findings.filter(has_text="TOTAL").count() == 1
    visitor.look("07-hallazgos")


def upload_corrected(visitor: Visitor) -> None:
    visitor.page.locator(".imss-tasks a[href$='/edit']").click()
    visitor.look("08-reemplazar-archivo")
    visitor.choose_file(GOOD)
    visitor.submit("#resource-edit")
    visitor.page.locator(".imss-verdict-good").wait_for()
    visitor.look("09-revision-del-archivo")
    visitor.page.locator(".breadcrumb a[href*='/dataset/']").first.click()
    assert visitor.page.locator(".imss-findings").count() == 0
    visitor.look("10-nada-falta")


def send_to_review(visitor: Visitor, cast: Cast) -> None:
    assert visitor.steps == ["Enviar a revisión"]
    visitor.press("Enviar a revisión")
    assert visitor.messages.strip() == "Enviado a revisión."
    assert visitor.state == "En revisión"
    assert cast.head.fullname in visitor.page.locator(".imss-next").inner_text()
    assert visitor.steps == ["Devolver a borrador"]
    assert visitor.page.locator(".content_action").count() == 0, "an invitation to edit"
    visitor.look("11-en-revision")


def sign_as_head(visitor: Visitor, cast: Cast, title: str) -> None:
    visitor.log_in(cast.head)
    visitor.find_dataset(title)
    assert visitor.steps == ["Firmar", "Devolver a borrador"]
    visitor.look("12-titular")
    visitor.press("Firmar")
    assert visitor.page.evaluate("document.activeElement.id") == "imss-oficio", "not asked for"
    visitor.page.fill("#imss-oficio", f"UAF/123/{cast.run}")
    visitor.press("Firmar")
    assert visitor.messages.strip() == "Firmado."
    assert visitor.state == "En revisión"
    assert "Unidad de Transparencia" in visitor.page.locator(".imss-next").inner_text()
    assert "Firmar" not in visitor.steps
    visitor.look("13-firmado-por-titular")


def sign_as_transparency_unit(visitor: Visitor, cast: Cast, title: str) -> None:
    visitor.log_in(cast.transparency)
    visitor.find_dataset(title)
    assert visitor.steps == ["Firmar", "Devolver a borrador"]
    visitor.page.get_by_text("Historial").click()
    assert f"UAF/123/{cast.run}" in visitor.page.locator("details").inner_text()
    visitor.look("14-unidad-de-transparencia")
    visitor.press("Firmar")
    assert visitor.messages.strip() == "Firmado."
    assert visitor.state == "Firmado"
    visitor.look("15-firmado")


def publish(visitor: Visitor, cast: Cast, title: str) -> None:
    visitor.log_in(cast.administrator)
    visitor.find_dataset(title)
    assert visitor.steps == ["Publicar", "Devolver a borrador"]
    visitor.press("Publicar")
    visitor.page.locator(".modal.show").wait_for()
    visitor.page.wait_for_timeout(400)
    visitor.look("16-confirmar")
    visitor.confirm()
    visitor.page.locator(".alert-success").wait_for()
    assert "Publicado" in visitor.messages
    assert visitor.state == "Publicado"
    visitor.look("17-publicado")


def see_as_anybody(visitor: Visitor, title: str) -> None:
    visitor.go("/")
    visitor.look("00-portada")
    visitor.find_dataset(title)
    assert visitor.page.locator(".imss-panel").count() == 0
    assert "monto_otorgado_pesos" in visitor.page.locator(".imss-dictionary").inner_text()
    visitor.look("18-publico")
    dictionary = visitor.download(
        visitor.page.locator(".imss-downloads a[href$='/dictionary.csv']")
    )
    assert dictionary == DICTIONARY.read_bytes()
    visitor.page.locator(".resource-item a.heading").click()
    visitor.look("19-recurso-publico")
    assert visitor.download(visitor.page.locator(".actions a.btn-primary")) == GOOD.read_bytes()
