"""Chapters 1 and 2 for the sample tables: from the designations to the letter that is sent.

Each step is done by the person whose step it is, through the public API; what an earlier run did is
left alone.
"""

from __future__ import annotations

import base64
import csv
import datetime
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ckanext.imssbienestar.demo.cast import SINCE, CredentialFile, ensure_people
from ckanext.imssbienestar.demo.client import Client
from ckanext.imssbienestar.demo.journey import Cast
from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.formats.inventory.workbook import dump_inventory_xlsx

_ZONE = ZoneInfo("America/Mexico_City")
_DAYS_TO_COMPLY = 60


class WorkbookNotTaken(TerminalError):
    """Rows of the demonstration's Formato 1 are refused: its data and the rules do not agree.

    :ivar rows: how many; 0 when the whole workbook is.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        super().__init__(f"The Formato 1 of the demonstration is refused ({rows} rows).")


@dataclass(frozen=True)
class Group:
    """One group of the demonstration.

    :ivar script: its part of ``schemas/demo_identification.yaml``.
    :ivar member: the client of the member who fills in the forms.
    :ivar tables: the sample tables of its unit.
    """

    script: Mapping[str, Any]
    member: Client
    liaison: Client
    head: Client
    tables: Sequence[str]

    @property
    def key(self) -> str:
        """The id of its coordination's organization."""
        return str(self.script["key"])


def identify(
    admin: Client,
    cast: Cast,
    credentials: CredentialFile,
    samples: Path,
    script: Mapping[str, Any],
    datasets: Sequence[Mapping[str, Any]],
) -> Iterator[str]:
    """Do what is not done yet; tells each step in a line."""
    _make_units(admin, script)
    transparency = cast.of("transparency_unit")
    _make_groups(transparency, script)
    for group in script["groups"]:
        people = _members(group)
        clients = ensure_people(admin, people, credentials, transparency)
        tables = [entry["name"] for entry in datasets if entry["unit"] == group["unit"]]
        acting = Group(
            group,
            clients[people[0]["name"]],
            cast.of("liaison", group["unit"]),
            cast.of("unit_head", group["unit"]),
            tables,
        )
        yield f"  {group['title']}: {', '.join(_steps(acting, samples, script))}"


def members(script: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The people of the groups, as the people of ``schemas/demo.yaml`` are told."""
    return [person for group in script["groups"] for person in _members(group)]


def _members(group: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """One member for each división, so that all of them are represented (R-037)."""
    return [
        {
            "name": division["key"].replace("division-de-", "integrante-"),
            "fullname": f"Integrante por la {division['title']}",
            "role": "member",
            "unit": group["key"],
            "level": "Divisionario",
            "represents": division["key"],
        }
        for division in group["divisions"]
    ]


def _make_units(admin: Client, script: Mapping[str, Any]) -> None:
    """The units as a table, the way an operator loads them; those that are there stay the same."""
    table = StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(["clave", "nombre", "tipo", "clave_de_la_unidad_superior", "vigente_desde"])
    above = script["general_direction"]
    writer.writerow([above["key"], above["title"], "Dirección General", "", SINCE])
    for group in script["groups"]:
        writer.writerow(
            [group["key"], group["title"], "Coordinación central", group["unit"], SINCE]
        )
        for division in group["divisions"]:
            row = [division["key"], division["title"], "División", group["key"], SINCE]
            writer.writerow(row)
    admin.write("imss_unit_import", content=table.getvalue(), confirm=True)


def _make_groups(transparency: Client, script: Mapping[str, Any]) -> None:
    """A group for each coordination (R-019); what a group has is not an administrator's to see."""
    for group in script["groups"]:
        if transparency.read("imss_group_show", coordination=group["key"])["group"] is None:
            transparency.write("imss_group_create", coordination=group["key"], valid_from=SINCE)


def _steps(group: Group, samples: Path, script: Mapping[str, Any]) -> Iterator[str]:
    """The steps from Formato 1 to the letter; tells what was done or is there."""
    if not group.liaison.read("imss_meeting_list", coordination=group.key)["count"]:
        _meet(group, script)
    if not group.liaison.read("imss_inventory_version_list", coordination=group.key)["count"]:
        _inventory(group, samples)
    if not group.liaison.read("imss_concentrado_list", coordination=group.key)["count"]:
        _analyse(group)
        group.liaison.write(
            "imss_concentrado_generate",
            coordination=group.key,
            attributions=group.script["attributions"],
        )
    form = group.liaison.read("imss_concentrado_show", coordination=group.key)
    yield f"{form['totals']['databases']} databases in Formato 1"
    yield f"{form['totals']['open']} of them open in Formato 2"
    letters = group.head.read("imss_oficio_list", unit=group.script["unit"])["results"]
    letter = letters[0] if letters else _letter(group)
    if letter["state"] == "generated":
        letter = _sign(group, letter)
    if letter["state"] == "signed":
        letter = group.head.write("imss_oficio_send", id=letter["id"])
    yield f"letter {letter['folio']}: {letter['state']}"


def _meet(group: Group, script: Mapping[str, Any]) -> None:
    """A meeting that has begun, with its minutes (R-029, R-030)."""
    begun = datetime.datetime.now(_ZONE) - datetime.timedelta(minutes=5)
    meeting = group.liaison.write(
        "imss_meeting_create",
        coordination=group.key,
        starts_at=begun.isoformat(timespec="minutes"),
        agenda=script["agenda"],
    )
    people = _members(group.script)
    due = begun.date() + datetime.timedelta(days=_DAYS_TO_COMPLY)
    agreed = [{"text": script["agreement"], "owner": people[0]["name"], "due": due.isoformat()}]
    fields = {
        "id": meeting["id"],
        "held": "true",
        "attended": ",".join(person["name"] for person in people),
        "agreements": json.dumps(agreed),
        "based_on": meeting["mark"],
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "minuta.pdf"
        _write_page(path, script["minutes"])
        group.member.upload("imss_meeting_record", fields, path)


def _inventory(group: Group, samples: Path) -> None:
    """Formato 1 as a workbook: shown, imported, handed to the liaison, closed (R-045 to R-068)."""
    entries = [_of_table(samples, table, group) for table in group.tables]
    entries += [_of_values(other["values"], group) for other in group.script["also"]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "formato-1.xlsx"
        path.write_bytes(dump_inventory_xlsx(InventoryHeader({}), entries))
        plan = group.member.upload("imss_inventory_import", {"coordination": group.key}, path)
    if plan["refusals"] or plan["counts"]["refused"]:
        raise WorkbookNotTaken(plan["counts"]["refused"])
    group.member.write("imss_inventory_import", coordination=group.key, id=plan["id"], confirm=True)
    today = datetime.datetime.now(_ZONE).date().isoformat()
    group.member.write(
        "imss_inventory_update", coordination=group.key, header={"fecha_de_elaboracion": today}
    )
    group.member.write("imss_inventory_hand_over", coordination=group.key)
    group.liaison.write("imss_inventory_close", coordination=group.key)


def _of_table(samples: Path, table: str, group: Group) -> InventoryEntry:
    """A sample table as the group identifies it."""
    told = json.loads((samples / f"{table}.metadata.json").read_text(encoding="utf-8"))
    return _of_values(
        {
            "nombre": told["title"],
            "descripcion": told["description"],
            "ubicacion": "Carpeta compartida de la coordinación",
            "formato": "csv",
            "acceso": "public",
            "fecha_de_creacion": told["temporal"].partition("/")[0],
            "fecha_de_actualizacion": told["modified"],
            "tipo_de_datos": "open",
            "origen_de_los_datos": "own",
            "contiene_datos_personales": "no",
            "es_informacion_reservada": "no",
        },
        group,
    )


def _of_values(values: Mapping[str, str], group: Group) -> InventoryEntry:
    return InventoryEntry("", {"responsable": group.script["responsible"], **values})


def _analyse(group: Group) -> None:
    """Publish what is of public interest, and say why where it is not (R-006, R-046)."""
    reasons = {
        other["values"]["nombre"]: other["not_relevant"]
        for other in group.script["also"]
        if "not_relevant" in other
    }
    shown = group.member.read("imss_analysis_show", coordination=group.key, limit=1000)
    decisions = []
    for row in shown["results"]:
        reason = reasons.get(row["name"], "")
        answers = {"relevant_to_society": not reason, "reason": reason}
        decisions.append({"entry": row["identifier"], "based_on": 0, **answers})
    group.member.write(
        "imss_analysis_decide",
        coordination=group.key,
        inventory=shown["version"]["digest"],
        decisions=decisions,
    )


def _letter(group: Group) -> dict[str, Any]:
    """The Oficio de Validación of the unit (R-082)."""
    year = datetime.datetime.now(_ZONE).year
    made: dict[str, Any] = group.head.write(
        "imss_oficio_create",
        unit=group.script["unit"],
        folio=f"{group.script['folio']}/{year}",
        signatory_post=group.script["signatory_post"],
    )
    return made


def _sign(group: Group, letter: Mapping[str, Any]) -> dict[str, Any]:
    """The copy comes back: the letter's own PDF, saved again, stands in for one signed by hand."""
    file = group.head.read("imss_oficio_export", id=letter["id"], format="pdf")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "oficio-firmado.pdf"
        _save_again(base64.b64decode(file["base64"]), path)
        signed: dict[str, Any] = group.head.upload(
            "imss_oficio_receive_signed", {"id": letter["id"]}, path
        )
    return signed


def _save_again(letter: bytes, path: Path) -> None:
    """What a program that signs leaves: a letter as it was generated is refused as unsigned."""
    # Needed by no other step of the demonstration.
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(BytesIO(letter)))
    writer.add_metadata({"/Subject": "Demostración"})
    writer.write(str(path))


def _write_page(path: Path, text: str) -> None:
    # Loads its fonts' tools, which no other step of the demonstration needs.
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.multi_cell(0, 8, text)
    pdf.output(str(path))
