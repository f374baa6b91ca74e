"""Units by a table, a group, its people by letter: the Transparency Unit's first days."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.test_accessibility import violations
from pypdf import PdfWriter


def _file(name: str, content: bytes, media_type: str) -> dict[str, object]:
    return {"name": name, "mimeType": media_type, "buffer": content}


def _letter() -> dict[str, object]:
    writer = PdfWriter()
    writer.add_blank_page(width=612, height=792)
    content = BytesIO()
    writer.write(content)
    return _file("Oficio CH 12.pdf", content.getvalue(), "application/pdf")


def _table(cast: Cast) -> dict[str, object]:
    rows = [
        "clave,nombre,tipo,clave_de_la_unidad_superior,vigente_desde",
        f"K{cast.run},Coordinación de Hospitales {cast.run},Coordinación central,{cast.unit},"
        "2026-01-01",
        f"R{cast.run},División de Hospitales Rurales {cast.run},División,K{cast.run},2026-01-01",
        f"U{cast.run},División de Hospitales Urbanos {cast.run},División,K{cast.run},2026-01-01",
        f"X{cast.run},,División,K{cast.run},2026-01-01",
    ]
    return _file("unidades.csv", "\n".join(rows).encode(), "text/csv")


@pytest.mark.req("R-011", "R-019", "R-021", "R-025", "R-037")
def test_from_units_to_a_group_that_lacks_one_division(cast: Cast, open_window: OpenWindow) -> None:
    keeper = open_window(cast.transparency)
    keeper.go("/units/")
    keeper.page.set_input_files("#imss-units-file", _table(cast))  # type: ignore[arg-type]
    keeper.press("Ver qué cambiaría")
    assert "B5" in keeper.text
    assert "Todavía no se ha escrito nada." in keeper.text
    keeper.look("80-unidades-vista-previa")
    assert list(violations(keeper)) == []
    keeper.press("Aplicar 3 filas")
    assert "Unidades nuevas: 3" in keeper.messages
    keeper.look("81-unidades")
    assert list(violations(keeper)) == []

    coordination = f"Coordinación de Hospitales {cast.run}"
    keeper.go("/working-group/")
    keeper.look("82-grupos")
    keeper.page.locator(".imss-card", has_text=coordination).get_by_role("button").click()
    assert "El grupo quedó hecho." in keeper.messages
    keeper.page.get_by_role("link", name=coordination).click()
    assert "Falta:" in keeper.text

    for step in _designate(cast):
        keeper.page.get_by_role("link", name="Designar: Integrante del grupo de trabajo").click()
        step(keeper)
    assert "La designación quedó registrada." in keeper.messages
    keeper.look("84-grupo")
    assert list(violations(keeper)) == []
    assert "Nadie representa" in keeper.text
    letter = keeper.page.get_by_role("link", name="Oficio (PDF)").first
    assert keeper.download(letter).startswith(b"%PDF-")

    member = open_window(cast.head)
    member.go(f"/working-group/coordinacion-de-hospitales-{cast.run}")
    assert coordination in member.text
    assert "Reemplazar o terminar" not in member.text
    member.look("85-grupo-titular")


def _designate(cast: Cast) -> Iterator[object]:
    """The form, first with a file that is no PDF, then with the letter."""

    def fill(visitor: object) -> None:
        page = visitor.page  # type: ignore[attr-defined]
        page.fill("#imss-user", cast.head.name)
        page.select_option("#imss-level", "division_head")
        page.get_by_label(f"División de Hospitales Rurales {cast.run}").check()
        page.fill("#imss-number", "CH/012/2026")
        page.fill("#imss-date", "2026-02-01")
        page.set_input_files("#imss-file", _file("oficio.pdf", b"MZ", "application/pdf"))
        visitor.press("Registrar la designación")  # type: ignore[attr-defined]
        assert "no es un PDF" in visitor.text  # type: ignore[attr-defined]
        assert page.input_value("#imss-number") == "CH/012/2026"
        visitor.look("83-designar")  # type: ignore[attr-defined]
        assert list(violations(visitor)) == []  # type: ignore[arg-type]
        page.set_input_files("#imss-file", _letter())
        visitor.press("Registrar la designación")  # type: ignore[attr-defined]

    yield fill
