"""Letters of the unit of the test organism: its closed forms, its meetings, signed copies."""

from __future__ import annotations

import base64
import datetime
import io
from typing import Any

import closed_forms
from catalogue_cast import Person, file_storage
from ckan import model
from identification_cast import Organism
from pypdf import PdfReader, PdfWriter

from ckanext.imssbienestar.domain.calendar import day_of
from ckanext.imssbienestar.model import Meeting

ATTRIBUTIONS = ["Estatuto Orgánico, artículo 40, fracción III"]
WHY = "Solo sirve para el control interno del almacén."


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def today() -> datetime.date:
    """The day in Mexico City."""
    return day_of(now())


def folio(number: str = "IB-UAS/0012") -> str:
    return f"{number}/{today().year}"


def close_forms(organism: Organism, key: str = "C1", prefix: str = "CH") -> dict[str, Any]:
    """A closed Formato 1 of a group, its analysis and its Formato 2."""
    title = organism.units[key]["title"]
    entries = [
        closed_forms.entry(f"{prefix}-0001", "Donativos recibidos"),
        closed_forms.personal(f"{prefix}-0002", "Expedientes"),
        closed_forms.entry(f"{prefix}-0003", "Llaves de oficina"),
    ]
    form = closed_forms.close(key, entries, coordinacion_central=title)
    member = organism.member if key == "C1" else organism.second_member
    if key == "C3":
        member = organism.liaison_of_transparency
    liaison = organism.liaison_of_transparency if key == "C3" else organism.liaison
    decisions: list[dict[str, Any]] = [{"entry": entry.identifier} for entry in entries]
    decisions[2] |= {"relevant_to_society": False, "reason": WHY}
    member.call(
        "imss_analysis_decide", coordination=key, inventory=form.digest, decisions=decisions
    )
    made: dict[str, Any] = liaison.call(
        "imss_concentrado_generate", coordination=key, attributions=ATTRIBUTIONS
    )
    return made


def hold_meeting(key: str = "C1", day: datetime.date | None = None) -> None:
    """A meeting of a group that was held; at noon in Mexico City."""
    starts_at = datetime.datetime.combine(day or today(), datetime.time(18), tzinfo=datetime.UTC)
    model.Session.add(
        Meeting(
            coordination_id=key,
            starts_at=starts_at,
            agenda=["Formatos"],
            held=True,
            created=now(),
            created_by="somebody",
        )
    )
    model.Session.commit()


def make_letter(person: Person, **changed: Any) -> dict[str, Any]:
    asked = {"unit": "ua-salud", "folio": folio(), "coordinations": ["coordinacion-de-hospitales"]}
    made: dict[str, Any] = person.call("imss_oficio_create", **asked | changed)
    return made


def printed(person: Person, letter: dict[str, Any], form: str = "pdf") -> bytes:
    """The letter as it is to be signed."""
    file = person.call("imss_oficio_export", id=letter["id"], format=form)
    return base64.b64decode(file["base64"])


def scanned() -> bytes:
    """A PDF without a text, as a scanner makes it."""
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def signed_by_hand(person: Person, letter: dict[str, Any]) -> bytes:
    """The letter's PDF with its text, saved again by whoever put a signature in it."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(printed(person, letter))))
    writer.add_metadata({"/Subject": "Firmado"})
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def text_of(content: bytes) -> str:
    """What a PDF says."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def give_back(
    person: Person, letter: dict[str, Any], content: bytes, name: str = "oficio.pdf"
) -> dict[str, Any]:
    answer: dict[str, Any] = person.call(
        "imss_oficio_receive_signed", id=letter["id"], upload=file_storage(name, content)
    )
    return answer
