"""People in their roles on one real CKAN, and the steps they take; for the tests of the portal."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from ckan import model
from ckan.tests import factories
from ckan.tests.helpers import call_action
from werkzeug.datastructures import FileStorage

from ckanext.imssbienestar.model import DesignationOficio, UnitPeriod

SAMPLES = Path(__file__).parent / "data" / "samples"
SampleMaker = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Person:
    """An account and what it needs to call an action."""

    name: str
    id: str

    def call(self, action: str, **data: Any) -> Any:
        """Call an action as this person, with CKAN's permissions."""
        return call_action(action, {"user": self.name, "ignore_auth": False}, **data)


@dataclass(frozen=True)
class Unit:
    """A unit with a person in each role."""

    organization: dict[str, Any]
    liaison: Person
    head: Person
    transparency: Person
    administrator: Person

    def people(self) -> tuple[Person, ...]:
        """Everybody, in the order of the Procedure."""
        return (self.liaison, self.head, self.transparency, self.administrator)


ANONYMOUS = Person("", "")


def make_person(name: str, *, sysadmin: bool = False) -> Person:
    """An account by name."""
    user = factories.User(name=name, sysadmin=sysadmin)
    return Person(user["name"], user["id"])


def register_unit(
    organization: dict[str, Any],
    kind: str = "administrative_unit",
    parent: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Make a unit of the organism of an organization, since two years ago."""
    period = UnitPeriod(
        unit_id=organization["id"],
        kind=kind,
        name=organization["title"],
        parent_id=parent["id"] if parent else None,
        valid_from=datetime.date(2024, 1, 1),
    )
    model.Session.add(period)
    model.Session.commit()
    return organization


def kept_letter(number: str = "DES/1/2026", received_by: str = "") -> str:
    """Id of a letter as if it had been received; its file was never looked at."""
    day = datetime.date(2026, 1, 1)
    letter = DesignationOficio(
        number=number,
        date=day,
        sha256="0" * 64,
        size=1,
        file_name="oficio.pdf",
        received=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        received_by=received_by,
    )
    model.Session.add(letter)
    model.Session.commit()
    return letter.id


def designate(
    person: Person, role: str, organization: str | None = None, **other: Any
) -> dict[str, Any]:
    """A designation in force since the first of the year."""
    values = {"valid_from": "2026-01-01", **other}
    if "upload" not in values:
        values.setdefault("oficio_id", kept_letter())
    found: dict[str, Any] = call_action(
        "imss_designation_create",
        {"user": "", "ignore_auth": True},
        user=person.name,
        role=str(role),
        organization=organization,
        **values,
    )
    return found


def file_storage(name: str, content: bytes) -> FileStorage:
    """An upload as the web server hands it over."""
    return FileStorage(stream=BytesIO(content), filename=name)


def sample(name: str) -> bytes:
    """The bytes of a sample file."""
    return (SAMPLES / name).read_bytes()


def sample_dictionary() -> str:
    return sample("donativos_otorgados.dictionary.csv").decode()


def submit_and_sign(unit: Unit, dataset: dict[str, Any]) -> dict[str, Any]:
    """Bring a draft to the state *signed*."""
    release = unit.liaison.call("imss_release_submit", id=dataset["id"])
    unit.head.call("imss_release_sign", id=release["id"], oficio_number="OF/1/2026")
    signed: dict[str, Any] = unit.transparency.call("imss_release_sign", id=release["id"])
    return signed


def publish(unit: Unit, dataset: dict[str, Any]) -> dict[str, Any]:
    """Bring a draft to the public."""
    release = submit_and_sign(unit, dataset)
    published: dict[str, Any] = unit.administrator.call("imss_release_publish", id=release["id"])
    return published
