"""Datasets of three files of 30 kB, published and updated through the portal by its people."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mirror.programs import PROJECT

from bench.fresh_catalogues import copy_published
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.demo.client import Client
from ckanext.imssbienestar.demo.journey import Cast, approve, metadata

FILES = 3
FILE_BYTES = 30_000

_SAMPLES = PROJECT / "tests" / "data" / "samples"
_HEADER = b"anio,total_de_consultas,observacion\n"
_DICTIONARY = """campo,titulo,tipo,descripcion,unidad,obligatorio,valores_permitidos
anio,Año,entero,Año calendario en que se dieron las consultas.,año,sí,
total_de_consultas,Total de consultas,entero,Consultas dadas en el establecimiento.,consultas,sí,
observacion,Observación,texto,Lo que el área quiso aclarar de ese renglón.,,sí,
"""


def publish(cast: Cast, count: int, through_the_portal: int) -> list[str]:
    """Publish that many; the names of those that went the whole way, the rest are their copies."""
    names = [f"consultas_{number:03d}" for number in range(through_the_portal)]
    for number, name in enumerate(names):
        _draft(cast, name, number)
        _sign(cast, name)
    copy_published(names[0], count - len(names))
    return names


def update(cast: Cast, names: list[str]) -> None:
    """A new release of each: half of them with another title, half with another file."""
    for number, name in enumerate(names):
        liaison = _liaison(cast)
        copy = liaison.write("imss_update_start", id=name)
        if number % 2:
            title = f"{copy['title']} por establecimiento {number}"
            liaison.write("package_patch", id=copy["id"], title=title)
        else:
            resource = copy["resources"][0]
            _upload(liaison, "resource_patch", {"id": resource["id"]}, number + 1000)
        _sign(cast, copy["id"])


def _entry() -> dict[str, Any]:
    datasets = read_yaml("demo.yaml")["datasets"]
    return dict(next(entry for entry in datasets if entry["name"] == "donativos_otorgados"))


def _liaison(cast: Cast) -> Client:
    return cast.of("liaison", _entry()["unit"])


def _draft(cast: Cast, name: str, number: int) -> None:
    liaison = _liaison(cast)
    entry = _entry()
    entry |= {
        "sample": entry["name"],
        "name": name,
        "title": f"Consultas otorgadas, serie {number}",
    }
    dataset = liaison.write("package_create", **metadata(_SAMPLES, entry))
    for file in range(FILES):
        fields = {"package_id": dataset["id"], "name": f"Consultas {file}", "format": "CSV"}
        resource = _upload(liaison, "resource_create", fields, number * FILES + file)
        fields = {"resource_id": resource["id"]}
        liaison.upload_text("imss_dictionary_import", fields, "consultas.csv", _DICTIONARY)


def _upload(client: Client, action: str, fields: dict[str, str], number: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"consultas_{fields.get('name', 'x')[-1]}.csv"
        path.write_bytes(b"".join(lines(number)))
        uploaded: dict[str, Any] = client.upload(action, fields, path)
    return uploaded


def lines(number: int) -> Iterator[bytes]:
    """A file of :data:`FILE_BYTES`, different for each number."""
    size = len(_HEADER)
    yield _HEADER
    row = 0
    while size < FILE_BYTES:
        line = b"2025,%d,sin novedad en el turno %d\n" % (100_000 + row, number)
        size, row = size + len(line), row + 1
        yield line


def _sign(cast: Cast, name: str) -> None:
    release = _liaison(cast).write("imss_release_submit", id=name)
    approve(cast, _entry()["unit"], release)
