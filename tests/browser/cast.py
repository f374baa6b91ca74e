"""A unit with its people on a running catalogue, and drafts made over its API."""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.demo import journey
from ckanext.imssbienestar.demo.cast import register_units, send_letter
from ckanext.imssbienestar.demo.client import Client
from ckanext.imssbienestar.domain.workflow import Role

SAMPLES = Path(__file__).parent.parent / "data" / "samples"
SAMPLE = "donativos_otorgados"


_WORKER_SECONDS = 60


@dataclass(frozen=True)
class Person:
    """Somebody with an account: what they log in with, and their calls to the API."""

    name: str
    fullname: str
    password: str = field(repr=False)
    client: Client = field(repr=False)


@dataclass(frozen=True)
class Cast:
    """A unit of its own for one run, so that runs on the same site do not meet."""

    run: str
    unit: str
    unit_title: str
    liaison: Person
    head: Person
    transparency: Person
    administrator: Person

    def dataset_name(self, what: str) -> str:
        """A name nobody else uses."""
        return f"{what}_{self.run}"

    def make_draft(self, what: str, file: Path | None = None, **changes: Any) -> dict[str, Any]:
        """A complete draft of the sample, or of it with another file or other metadata."""
        entry = {"name": self.dataset_name(what), "sample": SAMPLE, "unit": self.unit}
        metadata = {**journey.metadata(SAMPLES, entry), **changes}
        dataset = self.liaison.client.write("package_create", **metadata)
        resource = self.liaison.client.upload(
            "resource_create",
            {"package_id": dataset["id"], "name": "Donativos de 2018", "format": "CSV"},
            file or SAMPLES / f"{SAMPLE}.csv",
        )
        dictionary = SAMPLES / f"{SAMPLE}.dictionary.csv"
        self.liaison.client.upload(
            "imss_dictionary_import", {"resource_id": resource["id"]}, dictionary
        )
        made: dict[str, Any] = self.liaison.client.read("package_show", id=dataset["id"])
        return made

    def submit(self, dataset: dict[str, Any]) -> dict[str, Any]:
        """Send a draft to review."""
        release: dict[str, Any] = self.liaison.client.write("imss_release_submit", id=dataset["id"])
        return release

    def wait_for_table(self, resource_id: str) -> dict[str, Any]:
        """The published resource, once the worker has loaded its table and made its preview."""
        client = self.liaison.client
        deadline = time.monotonic() + _WORKER_SECONDS
        while client.find("datastore_search", resource_id=resource_id, limit=0) is None:
            assert time.monotonic() < deadline, "the background worker loads no table"
            time.sleep(0.5)
        while not client.read("resource_view_list", id=resource_id):
            assert time.monotonic() < deadline, "the background worker makes no preview"
            time.sleep(0.5)
        shown: dict[str, Any] = client.read("resource_show", id=resource_id)
        return shown

    def publish(self, dataset: dict[str, Any]) -> dict[str, Any]:
        """Bring a draft to the public."""
        release = self.submit(dataset)
        for signer in (self.head, self.transparency):
            signer.client.write(
                "imss_release_sign", id=release["id"], oficio_number=f"OF/{self.run}"
            )
        published: dict[str, Any] = self.administrator.client.write(
            "imss_release_publish", id=release["id"]
        )
        return published


@contextmanager
def cast_on(url: str, token: str) -> Iterator[Cast]:
    """Make a unit and its people; their designations end with the run."""
    admin = Client(url, token)
    # Letters only: a title with a code in it is not let into review.
    run = "".join(secrets.choice(string.ascii_lowercase) for _ in range(7))
    liaison = new_person(admin, f"enlace-{run}", f"Ana López Enlace {run}")
    head = new_person(admin, f"titular-{run}", f"Benito Ruiz Titular {run}")
    transparency = new_person(admin, f"transparencia-{run}", f"Carmen Díaz Transparencia {run}")
    administrator = new_person(admin, f"administra-{run}", f"David Peña Administrador {run}")
    unit, title = f"unidad-{run}", f"Unidad de Finanzas {run}"
    admin.write("organization_create", name=unit, title=title)
    register_units(admin, [(unit, title, "Unidad Administrativa")])
    _free_posts(admin)
    day = _first_free_day(admin)
    designations = [
        _designate(admin, day, liaison, Role.LIAISON, unit),
        _designate(admin, day, head, Role.UNIT_HEAD, unit),
        _designate(admin, day, transparency, Role.TRANSPARENCY_UNIT),
        _designate(admin, day, administrator, Role.ADMINISTRATOR),
    ]
    try:
        yield Cast(run, unit, title, liaison, head, transparency, administrator)
    finally:
        for designation in designations:
            admin.write("imss_designation_end", id=designation, valid_to=day)


def new_person(admin: Client, name: str, fullname: str) -> Person:
    """An account with a password and a token."""
    password = secrets.token_urlsafe(12)
    admin.write(
        "user_create",
        name=name,
        fullname=fullname,
        email=f"{name}@example.org",
        password=password,
    )
    token = admin.write("api_token_create", user=name, name="browser")["token"]
    return Person(name, fullname, password, Client(admin.url, token))


def _free_posts(admin: Client) -> None:
    """End what others on this site left open: the posts of the organism are held by one person."""
    for held in admin.read("imss_designation_list", limit=1000)["results"]:
        if held["organization_id"] is None and held["valid_to"] is None:
            admin.write("imss_designation_end", id=held["id"], valid_to=held["valid_from"])


def _first_free_day(admin: Client) -> str:
    """A day of its own for each run on a site: one person at a time heads the Transparency Unit."""
    days = [
        date.fromisoformat(held["valid_from"])
        for held in admin.read("imss_designation_list", limit=1000)["results"]
        if held["organization_id"] is None
    ]
    return (max(days, default=date(2025, 12, 31)) + timedelta(days=1)).isoformat()


def _designate(admin: Client, day: str, person: Person, role: Role, unit: str | None = None) -> str:
    fields = {"user": person.name, "role": role.value, "valid_from": day}
    if unit:
        fields["organization"] = unit
    return str(send_letter(admin, fields, "DES/1/2026", "2026-01-01")["id"])
