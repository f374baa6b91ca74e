"""A meeting from its call to its agreements, and what passes to the Transparency Unit and back."""

from __future__ import annotations

import datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.test_accessibility import violations
from browser.visitor import Visitor
from pypdf import PdfWriter

ZONE = ZoneInfo("America/Mexico_City")


def _minutes() -> dict[str, object]:
    writer = PdfWriter()
    writer.add_blank_page(width=612, height=792)
    content = BytesIO()
    writer.write(content)
    return {
        "name": "Minuta de la reunión.pdf",
        "mimeType": "application/pdf",
        "buffer": content.getvalue(),
    }


def _at(hours: float) -> str:
    moment = datetime.datetime.now(ZONE) + datetime.timedelta(hours=hours)
    return moment.strftime("%Y-%m-%dT%H:%M")


def _day(count: int) -> str:
    return (datetime.datetime.now(ZONE).date() + datetime.timedelta(days=count)).isoformat()


def _look(visitor: Visitor, name: str) -> None:
    visitor.look(name)
    assert list(violations(visitor)) == []


@pytest.fixture(scope="module")
def group(cast: Cast) -> str:
    """The organization of a coordination with a group, whose Formato 1 says that it has none."""
    keeper, liaison = cast.transparency.client, cast.liaison.client
    key, title = f"M{cast.run}", f"Coordinación de Laboratorios {cast.run}"
    table = "clave,nombre,tipo,clave_de_la_unidad_superior,vigente_desde\n"
    table += f"{key},{title},Coordinación central,{cast.unit},2026-01-01\n"
    keeper.write("imss_unit_import", content=table, confirm=True)
    keeper.write("imss_group_create", coordination=key)
    header = {"fecha_de_elaboracion": "2026-11-02"}
    liaison.write("imss_inventory_update", coordination=key, header=header, declared_empty=True)
    return f"coordinacion-de-laboratorios-{cast.run}"


@pytest.mark.req("R-029", "R-030", "R-033", "R-036", "R-038", "R-039", "R-042")
def test_a_meeting_from_its_call_to_its_agreements(
    cast: Cast, group: str, open_window: OpenWindow
) -> None:
    liaison = open_window(cast.liaison)
    liaison.go(f"/working-group/{group}/meetings")
    assert "No hay reunión convocada." in liaison.text
    _look(liaison, "100-reuniones-ninguna")
    liaison.page.get_by_role("link", name="Convocar una reunión").click()
    liaison.page.get_by_label("Día y hora (Ciudad de México)").fill(_at(48))
    liaison.page.get_by_label("Orden del día").fill("Revisar el Formato 1\nAcuerdos")
    liaison.page.get_by_label("Formato 1", exact=True).check()
    liaison.page.get_by_label("Otras cuentas que convocar").fill("nadie-conocido")
    liaison.press("Convocar la reunión")
    assert "No existe esta cuenta: nadie-conocido." in liaison.text
    assert liaison.page.get_by_label("Formato 1", exact=True).is_checked()
    _look(liaison, "101-convocar-corregir")
    liaison.page.get_by_label("Otras cuentas que convocar").fill("")
    liaison.press("Convocar la reunión")
    assert "La reunión está convocada" in liaison.messages
    assert "enviar Formato 1 a la Unidad de Transparencia" in liaison.text
    liaison.press("Enviar Formato 1 para esta reunión")
    assert "El formato se envió" in liaison.messages
    _look(liaison, "102-reunion-convocada")

    transparency = open_window(cast.transparency)
    transparency.go("/my-work")
    transparency.page.get_by_role("link", name="Revise Formato 1 antes de la reunión").click()
    transparency.page.get_by_label("Una observación nueva").fill("Falta explicar por qué no hay.")
    transparency.press("Guardar la observación")
    assert "La observación está guardada" in transparency.messages
    _look(transparency, "103-formato-enviado")
    link = transparency.page.get_by_role("link", name="Descargar como XLSX")
    assert transparency.download(link).startswith(b"PK")

    cast.liaison.client.write(
        "imss_meeting_create", coordination=group, starts_at=_at(-3), agenda=["Primera reunión"]
    )
    administrator = open_window(cast.administrator)
    administrator.go("/my-work")
    administrator.page.get_by_role("link", name="Registre la reunión").click()
    page = administrator.page
    page.get_by_label("Se celebró", exact=True).check()
    page.get_by_label(cast.liaison.fullname).check()
    page.set_input_files("#field-upload", _minutes())  # type: ignore[arg-type]
    page.locator("#field-agreement-1-text").fill("Completar el Formato 1")
    page.locator("#field-agreement-1-owner").select_option(label=cast.liaison.fullname)
    page.locator("#field-agreement-1-due").fill(_day(10))
    _look(administrator, "104-registrar")
    administrator.press("Guardar el registro")
    assert "Quedó registrado" in administrator.messages
    _look(administrator, "105-reunion-registrada")
    link = page.get_by_role("link", name=".pdf")
    assert administrator.download(link).startswith(b"%PDF-")

    liaison.go("/my-work")
    liaison.page.get_by_role("link", name="Cumpla el acuerdo: Completar el Formato 1").click()
    liaison.press("Cumplido")
    assert "El acuerdo está terminado." in liaison.messages
    liaison.go(f"/working-group/{group}/meetings")
    assert "Asistencia a las reuniones celebradas" in liaison.text
    _look(liaison, "106-reuniones")


@pytest.mark.req("R-034", "R-035", "R-043")
def test_what_passes_to_the_transparency_unit_and_back(
    cast: Cast, group: str, open_window: OpenWindow
) -> None:
    transparency = open_window(cast.transparency)
    transparency.go("/requests")
    coordination = f"Coordinación de Laboratorios {cast.run}"
    transparency.page.get_by_role("link", name=coordination).last.click()
    transparency.page.get_by_label("Qué se pide").fill("Envíe el Formato 1 de este año.")
    transparency.page.get_by_label("Último día para responder").fill(_day(5))
    transparency.press("Hacer el requerimiento")
    assert "El requerimiento está hecho" in transparency.messages

    liaison = open_window(cast.liaison)
    liaison.go("/my-work")
    liaison.page.get_by_role("link", name="Responda el requerimiento").first.click()
    _look(liaison, "107-requerimiento")
    liaison.page.get_by_label("Su respuesta").fill("Se envía hoy.")
    liaison.press("Responder el requerimiento")
    assert "La respuesta está guardada" in liaison.messages

    administrator = open_window(cast.administrator)
    administrator.go(f"/working-group/{group}/databases")
    administrator.page.get_by_label("Qué base es, o por qué").fill("Estudios de laboratorio.")
    administrator.press("Avisar al Enlace")
    assert "Se avisó al Enlace." in administrator.messages
    liaison.go(f"/working-group/{group}/databases")
    _look(liaison, "108-avisos")
    liaison.press("Avisar a la Unidad de Transparencia")
    assert "Se avisó a la Unidad de Transparencia." in liaison.messages
    transparency.go("/requests?state=answered")
    assert "Estudios de laboratorio." in transparency.text
    assert "Envíe el Formato 1 de este año." in transparency.text
    _look(transparency, "109-requerimientos-y-observaciones")
    for number, page in enumerate(("agreements", "requests", "forms"), start=110):
        liaison.go(f"/working-group/{group}/{page}")
        _look(liaison, f"{number}-todos-{page}")
