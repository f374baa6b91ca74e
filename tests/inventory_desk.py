"""Databases of a coordination as people fill them in, and workbooks of them, for tests."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import openpyxl
import sqlalchemy as sa
from catalogue_cast import Person, file_storage
from ckan import model

from ckanext.imssbienestar.model import Base

COMPLETE: Mapping[str, str] = {
    "nombre": "Consultas otorgadas",
    "descripcion": "Consultas otorgadas cada mes por unidad médica y turno.",
    "ubicacion": "Servidor 4, carpeta compartida de la división",
    "formato": "CSV",
    "acceso": "Interno",
    "responsable": "Jefatura de División de Estadística | Coordinación de Hospitales",
    "fecha_de_creacion": "2009",
    "fecha_de_actualizacion": "2026-03-31",
    "tipo_de_datos": "Abiertos",
    "origen_de_los_datos": "Registro administrativo propio",
    "contiene_datos_personales": "No",
    "es_informacion_reservada": "No",
}
PREPARED = {"fecha_de_elaboracion": "2026-11-02"}


_TABLES = (
    "imss_database_identifier",
    "imss_inventory",
    "imss_inventory_entry",
    "imss_inventory_entry_version",
    "imss_closed_inventory",
    "imss_history_event",
)


def stored() -> dict[str, list[Any]]:
    """Everything that Formato 1 keeps."""
    model.Session.rollback()
    found = {}
    for name in _TABLES:
        rows = model.Session.execute(sa.select(Base.metadata.tables[name]))
        found[name] = sorted(str(tuple(row)) for row in rows)
    return found


class InventoryDesk:
    """A person in front of the Formato 1 of one coordination, by the API."""

    def __init__(self, person: Person, coordination: str) -> None:
        self.person, self.coordination = person, coordination

    def call(self, action: str, **data: Any) -> Any:
        """An action of Formato 1, by the end of its name."""
        return self.person.call(f"imss_inventory_{action}", coordination=self.coordination, **data)

    def add(self, **changes: str) -> dict[str, Any]:
        """A new database that lacks nothing, or with something changed."""
        made: dict[str, Any] = self.call("entry_create", values={**COMPLETE, **changes})
        return made

    def change(self, entry: Mapping[str, Any], **values: str) -> dict[str, Any]:
        """Change a database as it was read."""
        changed: dict[str, Any] = self.call(
            "entry_update", identifier=entry["identifier"], mark=entry["mark"], values=values
        )
        return changed

    def show(self, **query: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.call("show", **query)
        return found

    def exported(self, form: str = "xlsx", **data: Any) -> bytes:
        """The bytes of a workbook."""
        return base64.b64decode(self.call("export", format=form, **data)["base64"])

    def look_at(self, content: bytes, name: str = "formato-1.xlsx", **data: Any) -> dict[str, Any]:
        """The dry run of a workbook."""
        upload = file_storage(name, content)
        shown: dict[str, Any] = self.call("import", upload=upload, **data)
        return shown

    def confirm(self, shown: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a dry run showed."""
        done: dict[str, Any] = self.call("import", id=shown["id"], confirm=True)
        return done


def edited(content: bytes, cells: Mapping[str, str | int | None]) -> bytes:
    """A workbook with some cells of its first sheet changed, as a spreadsheet program saves it."""
    book = openpyxl.load_workbook(BytesIO(content))
    for place, value in cells.items():
        book.worksheets[0][place] = value
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def title_row(content: bytes) -> int:
    """The row of the headings."""
    sheet = openpyxl.load_workbook(BytesIO(content)).worksheets[0]
    return next(
        row[0].row for row in sheet.iter_rows() if any(c.value == "Tipo de datos" for c in row)
    )
