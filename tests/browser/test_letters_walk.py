"""From a closed Formato 2 to a letter that is made, returned signed and sent; and its mail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import inventory_cases
import pytest
import signed_letters
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.test_accessibility import violations
from browser.visitor import Visitor

_NOW = datetime.now(ZoneInfo("America/Mexico_City"))


@pytest.fixture
def coordination(cast: Cast) -> str:
    """The organization of a coordination with a Formato 2 and a meeting of this year."""
    keeper, liaison = cast.transparency.client, cast.liaison.client
    key, title = f"V{cast.run}", f"Coordinación de Vinculación {cast.run}"
    table = "clave,nombre,tipo,clave_de_la_unidad_superior,vigente_desde\n"
    table += f"{key},{title},Coordinación central,{cast.unit},2026-01-01\n"
    keeper.write("imss_unit_import", content=table, confirm=True)
    keeper.write("imss_group_create", coordination=key)
    header = {"fecha_de_elaboracion": "2026-11-02"}
    liaison.write("imss_inventory_update", coordination=key, header=header)
    values = dict(inventory_cases.GOOD) | {"nombre": "Donativos recibidos"}
    liaison.write("imss_inventory_entry_create", coordination=key, values=values)
    liaison.write("imss_inventory_hand_over", coordination=key)
    liaison.write("imss_inventory_close", coordination=key)
    shown = liaison.read("imss_analysis_show", coordination=key)
    liaison.write(
        "imss_analysis_decide",
        coordination=key,
        inventory=shown["version"]["digest"],
        decisions=[{"entry": row["identifier"], "based_on": 0} for row in shown["results"]],
    )
    liaison.write(
        "imss_concentrado_generate", coordination=key, attributions=["Estatuto, artículo 40"]
    )
    met = (_NOW - timedelta(hours=1)).isoformat(timespec="minutes")
    meeting = liaison.write(
        "imss_meeting_create", coordination=key, starts_at=met, agenda=["Formatos"]
    )
    liaison.write("imss_meeting_record", id=meeting["id"], held=True, attended=[cast.liaison.name])
    return f"coordinacion-de-vinculacion-{cast.run}"


@pytest.mark.req("R-082", "R-083", "R-084", "R-090")
def test_from_formato_2_to_the_transparency_unit(
    cast: Cast, coordination: str, open_window: OpenWindow, tmp_path: Path
) -> None:
    liaison = open_window(cast.liaison)
    liaison.go("/my-work")
    liaison.page.get_by_role("link", name="Elaborar el Oficio de Validación").first.click()
    liaison.look("92-oficios-de-la-unidad")
    assert list(violations(liaison)) == []
    liaison.page.get_by_role("link", name="Elaborar un oficio").click()
    liaison.page.get_by_label("Número del oficio, con su año").fill("OV/1/1999")
    liaison.press("Elaborar el oficio")
    assert "1999" in liaison.page.get_by_role("alert").inner_text()
    liaison.look("93-oficio-con-algo-que-corregir")
    assert list(violations(liaison)) == []
    folio = f"OV-{cast.run}/1/{_NOW.year}"
    liaison.page.get_by_label("Número del oficio, con su año").fill(folio)
    liaison.press("Ver cómo quedaría")
    assert "Asunto: Datos Abiertos" in liaison.text
    liaison.look("94-oficio-vista-previa")
    assert list(violations(liaison)) == []
    liaison.press("Elaborar el oficio")
    assert "Falta: la firma" in liaison.text
    liaison.look("95-oficio-por-firmar")
    assert list(violations(liaison)) == []

    head = open_window(cast.head)
    head.go("/my-work")
    head.page.get_by_role("link", name=f"Firmar el Oficio de Validación {folio}").click()
    unsigned = head.download(head.page.get_by_role("link", name="PDF para firmar"))
    _upload(head, tmp_path, unsigned)
    assert "nadie lo ha firmado" in head.page.get_by_role("alert").inner_text()
    head.look("96-oficio-sin-firma-rechazado")
    signer = signed_letters.make_authority().signer()
    with ThreadPoolExecutor(1) as aside:  # the browser's own loop runs in this thread
        signed = aside.submit(signed_letters.sign, unsigned, signer).result()
    _upload(head, tmp_path, signed)
    assert "no se pudo seguir el certificado" in head.messages
    head.look("97-oficio-firmado")
    assert list(violations(head)) == []
    head.press("Enviar el oficio")
    assert "va en camino" in head.messages
    head.look("98-oficio-enviado")
    assert list(violations(head)) == []

    transparency = open_window(cast.transparency)
    transparency.go("/mail")
    assert folio in transparency.text
    transparency.look("99-correo")
    assert list(violations(transparency)) == []
    transparency.go("/validation-template")
    transparency.look("99-plantilla-de-los-oficios")
    assert list(violations(transparency)) == []
    transparency.go(f"/working-group/{coordination}/mail")
    transparency.look("99-correo-del-grupo")
    assert list(violations(transparency)) == []
    transparency.go(f"/working-group/{coordination}/validation")
    assert folio in transparency.text


def _upload(visitor: Visitor, folder: Path, content: bytes) -> None:
    path = folder / "oficio-firmado.pdf"
    path.write_bytes(content)
    visitor.page.set_input_files("#upload", path)
    visitor.press("Subir el oficio firmado")
