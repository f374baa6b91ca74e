"""A small table and its dictionary, for the tests of the check."""

from __future__ import annotations

from collections.abc import Callable

from ckanext.imssbienestar.domain.findings import CheckReport

Check = Callable[..., CheckReport]
DICTIONARY = (
    "campo,tipo,descripcion,obligatorio\n"
    "unidad,texto,Nombre oficial de la unidad médica.,sí\n"
    "fecha,fecha,Día al que corresponde el dato.,sí\n"
    "monto_pesos,entero,Cantidad pagada en el periodo.,no\n"
)
HEADER = "unidad,fecha,monto_pesos\n"


def places(report: CheckReport) -> list[tuple[str, int | None, str | None]]:
    """Code, row and cell of each finding that is shown."""
    return [(found.code, found.row, found.cell) for found in report.findings]
