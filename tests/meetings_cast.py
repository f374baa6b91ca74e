"""Meetings of the group of C1 of the organism, and what its tests have in common."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa
from catalogue_cast import Person
from ckan import model
from identification_cast import Organism

from ckanext.imssbienestar.domain.history import ChainedEvent
from ckanext.imssbienestar.model import DatabaseIdentifier, Inventory
from ckanext.imssbienestar.portal.identification import asked
from ckanext.imssbienestar.procedure import history

_TABLES = (
    "imss_meeting",
    "imss_agreement",
    "imss_sent_form",
    "imss_observation",
    "imss_request",
    "imss_reported_database",
    "imss_history_event",
    "imss_mail",
)


def stored() -> dict[str, Any]:
    """Everything the tables of this subject hold."""
    return {table: model.Session.execute(sa.text(f"TABLE {table}")).all() for table in _TABLES}


def events() -> list[ChainedEvent]:
    """What the history tells of meetings and agreements, which must be whole."""
    assert history.verify(model.Session) == ()
    return [one for one in history.events(model.Session) if one.event.act[:3] in {"mee", "agr"}]


def moment(hours: float) -> str:
    """A moment so many hours from now, as the field of a form sends it."""
    at = asked.now().astimezone(asked.ZONE) + datetime.timedelta(hours=hours)
    return at.strftime("%Y-%m-%dT%H:%M")


def in_days(count: int) -> str:
    """A day so many days from today."""
    return (asked.today() + datetime.timedelta(days=count)).isoformat()


def call_meeting(organism: Organism, hours: float = 48, **other: Any) -> dict[str, Any]:
    """A meeting that begins so many hours from now."""
    values = {"agenda": ["Formato 1"], "coordination": "C1", **other}
    made: dict[str, Any] = organism.liaison.call(
        "imss_meeting_create", starts_at=moment(hours), **values
    )
    return made


def record(person: Person, meeting: dict[str, Any], **values: Any) -> dict[str, Any]:
    """Record what became of a meeting, as somebody."""
    made: dict[str, Any] = person.call(
        "imss_meeting_record", id=meeting["id"], **{"held": True, **values}
    )
    return made


def codes(shown: dict[str, Any]) -> list[str]:
    """What is late or missing about a meeting or a request."""
    return [finding["code"] for finding in shown["findings"]]


def begin_inventory(*, empty: bool = True) -> None:
    """A draft of Formato 1 that declares, or does not, that there is no database."""
    model.Session.add(
        Inventory(
            coordination_id="C1",
            header={"fecha_de_elaboracion": asked.today().isoformat()},
            declared_empty=empty,
            modified=asked.now(),
            modified_by="somebody",
        )
    )
    model.Session.commit()


def known_database() -> str:
    """The identifier of a database of the group."""
    model.Session.add(
        DatabaseIdentifier(
            key="CH-0001", identifier="CH-0001", coordination_id="C1", given=asked.now()
        )
    )
    model.Session.commit()
    return "CH-0001"
