"""Formato 1 from its first database to its first closed version, by XLSX too."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.test_accessibility import violations
from browser.visitor import Visitor
from inventory_desk import COMPLETE, edited, title_row

LISTS = {
    "formato": "CSV",
    "acceso": "Interno",
    "tipo_de_datos": "Personales",
    "origen_de_los_datos": "Registro administrativo propio",
    "contiene_datos_personales": "Sí",
    "es_informacion_reservada": "No",
}


def _look(visitor: Visitor, name: str) -> None:
    visitor.look(name)
    assert list(violations(visitor)) == []


@pytest.fixture
def group(cast: Cast) -> str:
    """The organization of a coordination with a group and nothing else."""
    keeper = cast.transparency.client
    key, title = f"F{cast.run}", f"Coordinación de Farmacia {cast.run}"
    table = "clave,nombre,tipo,clave_de_la_unidad_superior,vigente_desde\n"
    table += f"{key},{title},Coordinación central,{cast.unit},2026-01-01\n"
    keeper.write("imss_unit_import", content=table, confirm=True)
    keeper.write("imss_group_create", coordination=key)
    return f"coordinacion-de-farmacia-{cast.run}"


def _fill(visitor: Visitor, **values: str) -> None:
    for name, value in values.items():
        field = visitor.page.locator(f"[name=field-{name}]")
        if name in LISTS:
            field.select_option(label=value)
        else:
            field.fill(value)


@pytest.mark.req("R-032", "R-040", "R-041", "R-045", "R-047", "R-068")
def test_from_the_first_database_to_a_closed_version(
    cast: Cast, group: str, open_window: OpenWindow, tmp_path: Path
) -> None:
    address = f"/working-group/{group}/inventory"
    liaison = open_window(cast.liaison)
    liaison.go(address)
    assert "Sin empezar" in liaison.text
    _look(liaison, "110-formato-1-vacio")

    liaison.page.get_by_role("link", name="Agregar una base de datos").click()
    _fill(liaison, **{**COMPLETE, **LISTS, "fecha_de_actualizacion": "2031-01-01"})
    liaison.press("Guardar")
    assert "CF" not in liaison.page.locator("h1").inner_text()
    assert liaison.page.input_value("[name=field-nombre]") == COMPLETE["nombre"]
    _look(liaison, "111-base-de-datos-rechazada")
    _fill(liaison, fecha_de_actualizacion="2026-03-31")
    liaison.press("Guardar")
    assert "Se agregó la base de datos" in liaison.messages
    _look(liaison, "112-base-de-datos")
    liaison.page.get_by_role("link", name="sin datos personales").click()
    _fill(
        liaison,
        descripcion="Consultas por unidad y mes, sin personas.",
        ubicacion="Servidor 4",
        fecha_de_creacion="2026-01-15",
        fecha_de_actualizacion="2026-03-31",
    )
    liaison.press("Guardar")
    assert "Se agregó la base de datos" in liaison.messages
    assert "Es una versión sin datos personales de" in liaison.text

    _by_workbook(liaison, address, tmp_path)
    _review(liaison, address)
    keeper = open_window(cast.transparency)
    keeper.go(f"{address}/version/1")
    assert "Consultas por unidad médica" in keeper.text
    _look(keeper, "117-formato-1-version")
    stranger = open_window(cast.administrator)
    stranger.go(address)
    assert stranger.page.get_by_role("link", name="Agregar una base de datos").count() == 1


def _by_workbook(liaison: Visitor, address: str, folder: Path) -> None:
    """The workbook out, edited, in again."""
    liaison.go(address)
    book = liaison.download(liaison.page.get_by_role("link", name="XLSX del borrador"))
    row = title_row(book) + 1
    path = folder / "formato-1.xlsx"
    cells = {f"B{row}": "Consultas por unidad médica", f"B{row + 2}": "Camas", f"E{row + 2}": "Mal"}
    path.write_bytes(edited(book, cells))
    liaison.page.get_by_role("link", name="Importar un libro").click()
    _look(liaison, "113-importar")
    liaison.page.set_input_files("#imss-upload", path)
    liaison.press("Ver qué cambiaría")
    assert f"E{row + 2}" in liaison.text
    assert "Todavía no se ha guardado nada" in liaison.text
    _look(liaison, "114-vista-previa")
    liaison.page.get_by_role("link", name="1 Rechazada").click()
    assert liaison.page.locator("tbody tr").count() == 1
    liaison.page.get_by_role("button", name="Hacerlo").click()
    assert "1 cambiadas" in liaison.messages


def _review(liaison: Visitor, address: str) -> None:
    """Handed over, given back, corrected, closed."""
    liaison.press("Entregarlo al Enlace")
    _look(liaison, "115-en-revision")
    liaison.press("Cerrar esta versión")
    assert "todavía no se puede cerrar" in liaison.text
    liaison.page.get_by_text("Devolverlo al grupo").click()
    liaison.page.fill("#imss-remarks", "Falta la fecha de elaboración.")
    liaison.press("Devolverlo")
    assert "Falta la fecha de elaboración." in liaison.text
    liaison.page.fill("[name=field-fecha_de_elaboracion]", "2026-11-02")
    liaison.press("Guardar el encabezado")
    liaison.press("Entregarlo al Enlace")
    liaison.press("Cerrar esta versión")
    assert "Se cerró la versión 1" in liaison.messages
    liaison.go(address)
    _look(liaison, "116-formato-1-cerrado")
