"""From a closed Formato 1 to a Formato 2, by the liaison; the head of the unit reads it."""

from __future__ import annotations

import inventory_cases
import pytest
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.test_accessibility import violations

WHY = "Solo sirve para el control interno del almacén."


def _entries() -> list[dict[str, str]]:
    """One database of each sort, as somebody writes them."""
    good = dict(inventory_cases.GOOD)
    personal = {"tipo_de_datos": "personal", "contiene_datos_personales": "yes"}
    reserved = {
        "tipo_de_datos": "reserved",
        "es_informacion_reservada": "yes",
        "fundamento_y_plazo_de_la_reserva": "Artículo 113 de la LGTAIP; plazo de 5 años",
    }
    return [
        good | {"nombre": "Donativos recibidos"},
        good | personal | {"nombre": "Expedientes clínicos"},
        good | reserved | {"nombre": "Rutas de traslado"},
        good | {"nombre": "Llaves de oficina"},
    ]


@pytest.fixture
def group(cast: Cast) -> str:
    """The organization of a coordination whose Formato 1 is closed."""
    keeper, liaison = cast.transparency.client, cast.liaison.client
    key, title = f"A{cast.run}", f"Coordinación de Abasto {cast.run}"
    table = "clave,nombre,tipo,clave_de_la_unidad_superior,vigente_desde\n"
    table += f"{key},{title},Coordinación central,{cast.unit},2026-01-01\n"
    keeper.write("imss_unit_import", content=table, confirm=True)
    keeper.write("imss_group_create", coordination=key)
    header = {"fecha_de_elaboracion": "2026-11-02"}
    liaison.write("imss_inventory_update", coordination=key, header=header)
    for values in _entries():
        liaison.write("imss_inventory_entry_create", coordination=key, values=values)
    liaison.write("imss_inventory_hand_over", coordination=key)
    liaison.write("imss_inventory_close", coordination=key)
    return f"coordinacion-de-abasto-{cast.run}"


@pytest.mark.req("R-046", "R-069", "R-079")
def test_from_the_analysis_to_formato_2(cast: Cast, group: str, open_window: OpenWindow) -> None:
    liaison = open_window(cast.liaison)
    liaison.go("/my-work")
    liaison.page.get_by_role("link", name="Decidir sobre el interés público de 4").click()
    assert "Falta: la decisión sobre 4 bases de datos" in liaison.text
    liaison.look("86-interes-publico")
    assert list(violations(liaison)) == []

    keys = [row.text_content() for row in liaison.page.locator("table.imss-analysis code").all()]
    first, last = str(keys[0]), str(keys[-1])
    question = "¿Es relevante o beneficiosa para la sociedad"
    liaison.page.get_by_label(f"{last}: {question}").select_option("no")
    liaison.page.get_by_label(f"Decidir sobre {first}").check()
    liaison.press("Guardar lo marcado o cambiado")
    assert "No se guardó nada: 1 fila tiene algo que corregir." in liaison.text
    liaison.look("87-interes-publico-falta-motivo")
    assert list(violations(liaison)) == []
    liaison.page.get_by_label(f"{last}: Motivo").fill(WHY)
    liaison.press("Guardar lo marcado o cambiado")
    assert "Se guardaron 2 decisiones." in liaison.messages
    liaison.press("Decidir las 2 que faltan en esta página")
    assert "El análisis está completo." in liaison.messages
    liaison.look("88-interes-publico-completo")

    liaison.page.get_by_role("link", name="Ir al Formato 2").click()
    articles = "Estatuto Orgánico, artículo 40, fracción III\nReglamento interno, artículo 7"
    liaison.page.get_by_label("Atribuciones de la unidad administrativa").fill(articles)
    liaison.press("Ver cómo quedaría")
    assert "no se cerró nada" in liaison.text
    liaison.look("89-formato-2-vista-previa")
    assert list(violations(liaison)) == []
    liaison.press("Generarlo y cerrarlo")
    assert "Se cerró la versión 1 del Formato 2." in liaison.messages
    assert "TOTAL: 4" in liaison.text

    head = open_window(cast.head)
    head.go(f"/working-group/{group}/formato-2")
    head.look("90-formato-2")
    assert list(violations(head)) == []
    assert WHY in head.text
    for kind, start in {"PDF": b"%PDF-", "XLSX": b"PK", "ODS": b"PK"}.items():
        link = head.page.get_by_role("link", name=kind, exact=True)
        assert head.download(link).startswith(start)
    head.go(f"/working-group/{group}/analysis")
    assert head.page.locator("table.imss-analysis select").count() == 0
    head.look("91-interes-publico-titular")
