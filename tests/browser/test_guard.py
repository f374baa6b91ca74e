"""Personal data in a browser: a refusal that says why, and a false alarm overruled."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.files import GOOD, PADRON, sent
from browser.test_accessibility import violations
from browser.visitor import Visitor

BLOCKED = "folio_del_expediente"


def _try_to_replace_file(visitor: Visitor, dataset: dict[str, Any], file: Any) -> None:
    visitor.go(f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/edit")
    visitor.choose_file(file)
    visitor.submit("#resource-edit")


@pytest.mark.req("R-178", "R-179", "R-196", "R-202")
def test_a_refusal_says_what_was_found_under_which_law_and_what_to_do(
    cast: Cast, open_window: OpenWindow
) -> None:
    dataset = cast.make_draft("rechazo")
    liaison = open_window(cast.liaison)
    _try_to_replace_file(liaison, dataset, PADRON)
    refusal = liaison.page.locator(".imss-refusal")
    refusal.wait_for()
    said = refusal.inner_text()
    for words in (
        "No se guardó nada del archivo",
        "clave_unica_de_registro_de_poblacion",
        "nivel más alto",
        "34, 49, 50",
        hashlib.sha256(Path(PADRON).read_bytes()).hexdigest(),
        "Publicar conteos",
        "derechos ARCO",
        "transparencia.opd@imssbienestar.gob.mx",
    ):
        assert words in said, words
    assert not list(violations(liaison))
    liaison.look("60-rechazo")
    liaison.go(f"/dataset/{dataset['name']}")
    assert "donativos_otorgados.csv" in liaison.page.content()


@pytest.mark.req("R-201")
def test_the_transparency_unit_overrules_a_false_alarm(cast: Cast, open_window: OpenWindow) -> None:
    content = GOOD.read_bytes().replace(b"partida_de_gasto", BLOCKED.encode())
    dataset = cast.make_draft("falsa_alarma")
    liaison = open_window(cast.liaison)
    _try_to_replace_file(liaison, dataset, sent("con_folio.csv", content))
    liaison.page.locator(".imss-refusal").wait_for()

    unit = open_window(cast.transparency)
    unit.go("/")
    unit.page.locator("a[href$='/personal-data']").first.click()
    unit.page.get_by_role("heading", name="Datos personales: lo que espera una decisión").wait_for()
    assert not list(violations(unit))
    unit.look("61-datos-personales-por-decidir")
    row = unit.page.locator("tbody tr").filter(has_text=cast.unit_title).filter(has_text=BLOCKED)
    row.get_by_role("link", name="con_folio.csv").first.click()

    unit.page.locator("textarea").fill("falsa alarma")
    unit.press("Es una falsa alarma")
    assert "con 5 palabras por lo menos" in unit.text
    assert unit.page.locator("textarea").input_value() == "falsa alarma"
    assert not list(violations(unit))
    unit.look("62-datos-personales-decidir")
    unit.page.locator("textarea").fill("Es el número de la partida del gasto, no un expediente.")
    unit.press("Es una falsa alarma")
    unit.page.get_by_text("Quedó registrado").wait_for()
    unit.look("63-datos-personales-decidido")

    _try_to_replace_file(liaison, dataset, sent("con_folio.csv", content))
    liaison.page.get_by_text("Revisión del archivo").wait_for()
    liaison.go("/personal-data")
    assert "Solo la Unidad de Transparencia decide" in liaison.text
