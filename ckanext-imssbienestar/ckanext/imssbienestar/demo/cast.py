"""The people and units of the demonstration, made once and remembered."""

from __future__ import annotations

import csv
import json
import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from pypdf import PdfWriter

from ckanext.imssbienestar.demo.client import Client

SINCE = "2026-01-01"
"""First day of the units and designations of the demonstration, and date of their letters."""

_OWNER_ONLY = 0o600
_LETTER_WIDTH, _LETTER_HEIGHT = 612, 792


@dataclass(frozen=True)
class Credentials:
    """What a demonstration account logs in with."""

    password: str
    token: str


class CredentialFile:
    """Passwords and tokens of the demonstration accounts, readable by their owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[str, dict[str, str]] = {}
        if path.exists():
            self._known = json.loads(path.read_text(encoding="utf-8"))

    def get(self, name: str) -> Credentials | None:
        """The credentials of an account, if it was made before."""
        found = self._known.get(name)
        return Credentials(**found) if found else None

    def put(self, name: str, credentials: Credentials) -> None:
        """Remember an account; the file is replaced at once or not at all."""
        self._known[name] = {"password": credentials.password, "token": credentials.token}
        beside = self.path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8") as output:
            json.dump(self._known, output, indent=2)
        beside.replace(self.path)


def ensure_units(admin: Client, units: list[Mapping[str, Any]]) -> None:
    """Make the organizations that are missing, and units of the organism of all of them."""
    for unit in units:
        if admin.find("organization_show", id=unit["name"]) is None:
            admin.write("organization_create", **unit)
    register_units(
        admin, [(unit["name"], unit["title"], "Unidad Administrativa") for unit in units]
    )


def register_units(
    admin: Client, units: Iterable[tuple[str, str, str]], since: str = SINCE
) -> None:
    """Put organizations in the register of units; those that are there already stay.

    :param units: name of the organization, what the unit is called, and its kind.
    """
    table = StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(["clave", "nombre", "tipo", "vigente_desde"])
    writer.writerows([*unit, since] for unit in units)
    admin.write("imss_unit_import", content=table.getvalue(), confirm=True)


def send_letter(admin: Client, fields: Mapping[str, str], number: str, date: str) -> dict[str, Any]:
    """Record a designation with its letter, a PDF made on the spot.

    :param fields: parameters of ``imss_designation_create`` without the letter's.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "oficio.pdf"
        writer = PdfWriter()
        writer.add_blank_page(width=_LETTER_WIDTH, height=_LETTER_HEIGHT)
        writer.write(path)
        letter = {"oficio_number": number, "oficio_date": date}
        made: dict[str, Any] = admin.upload("imss_designation_create", {**fields, **letter}, path)
    return made


def ensure_people(
    admin: Client,
    people: list[Mapping[str, Any]],
    credentials: CredentialFile,
    recorder: Client | None = None,
) -> dict[str, Client]:
    """Make the accounts and designations that are missing; a client for each person.

    :param recorder: who records the designations; the administrator, before anybody holds a post.
    """
    return {
        person["name"]: _ensure_person(admin, person, credentials, recorder or admin)
        for person in people
    }


def _ensure_person(
    admin: Client, person: Mapping[str, Any], credentials: CredentialFile, recorder: Client
) -> Client:
    known = credentials.get(person["name"])
    if known is None:
        known = _make_account(admin, person)
        credentials.put(person["name"], known)
    _ensure_designation(admin, person, recorder)
    return Client(admin.url, known.token)


def _make_account(admin: Client, person: Mapping[str, Any]) -> Credentials:
    password = secrets.token_urlsafe(9)
    if admin.find("user_show", id=person["name"]) is None:
        admin.write(
            "user_create",
            name=person["name"],
            fullname=person["fullname"],
            email=f"{person['name']}@example.org",
            password=password,
        )
    else:
        # The credentials were lost: the account stays, its password is new.
        admin.write("user_patch", id=person["name"], password=password)
    token = admin.write("api_token_create", user=person["name"], name="demo")["token"]
    return Credentials(password, token)


def _ensure_designation(admin: Client, person: Mapping[str, Any], recorder: Client) -> None:
    user = admin.read("user_show", id=person["name"])
    if admin.read("imss_designation_list", user=user["id"], in_force=True)["count"]:
        return
    fields = {"user": person["name"], "role": person["role"], "valid_from": SINCE}
    if unit := person.get("unit"):
        fields["organization"] = unit
    fields |= {name: person[name] for name in ("level", "represents") if name in person}
    send_letter(recorder, fields, "DEMO/DESIGNACION/2026", SINCE)
