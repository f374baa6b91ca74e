"""The tables of ``bench check``: eight columns as public tables have them, clean and dirty."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

SCHEMA: dict[str, Any] = {
    "fields": [
        {
            "name": "clave_registro",
            "title": "Clave del registro",
            "type": "string",
            "description": "Clave que identifica cada registro de la tabla.",
            "constraints": {"required": True, "pattern": "[0-9]{8}"},
        },
        {
            "name": "clave_entidad",
            "title": "Clave de la entidad",
            "type": "string",
            "description": "Clave del INEGI de la entidad federativa donde está la unidad.",
            "constraints": {"required": True, "enum": [f"{n:02d}" for n in range(1, 33)]},
        },
        {
            "name": "fecha",
            "title": "Fecha",
            "type": "date",
            "description": "Día en que se otorgaron las consultas.",
            "constraints": {"required": True},
        },
        {
            "name": "consultas",
            "title": "Consultas",
            "type": "integer",
            "description": "Número de consultas otorgadas en el día.",
            "constraints": {"minimum": 0},
        },
        {
            "name": "gasto_pesos",
            "title": "Gasto en pesos",
            "type": "number",
            "description": "Cantidad que se gastó en el día, en pesos mexicanos.",
            "constraints": {"minimum": 0},
        },
        {
            "name": "anio",
            "title": "Año",
            "type": "year",
            "description": "Año del ejercicio al que corresponde el gasto.",
        },
        {
            "name": "activo",
            "title": "Activo",
            "type": "boolean",
            "description": "Si la unidad sigue en operación al cierre del año.",
        },
        {
            "name": "nota",
            "title": "Nota",
            "type": "string",
            "description": "Lo que la unidad quiso aclarar acerca del registro.",
            "constraints": {"maxLength": 200},
        },
    ],
    "primaryKey": ["clave_registro"],
}
# By column: what is written there instead of a good value.
_BAD = {1: "99", 2: "31/12/2018", 3: "doce", 4: '"1,234.50"'}
# One cell in a hundred is bad: one row in twelve or so has one.
_BAD_ROWS, _MALFORMED_ROWS = 0.08, 0.001


def write_table(path: Path, rows: int, *, dirty: bool) -> None:
    """The same table every time; no value is of anyone.

    :param dirty: with 1 % of bad cells, and 0.1 % of rows with a cell missing or one too many.
    """
    chance = random.Random(20261123)
    names = [field["name"] for field in SCHEMA["fields"]]
    with path.open("w", encoding="utf-8", newline="") as target:
        target.write(",".join(names) + "\n")
        for number in range(rows):
            row = [
                f"{number:08d}",
                f"{chance.randint(1, 32):02d}",
                f"2024-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}",
                str(chance.randint(0, 99_999)),
                f"{chance.randint(0, 9_999_999) / 100}",
                "2024",
                "true",
                f"texto corto número {number % 1000}",
            ]
            if dirty and chance.random() < _BAD_ROWS:
                place = chance.choice(list(_BAD))
                row[place] = _BAD[place]
            if dirty and chance.random() < _MALFORMED_ROWS:
                if chance.random() < 0.5:
                    row.pop()
                else:
                    row.append("sobra")
            target.write(",".join(row) + "\n")
