"""The tables of chapters 1 and 2: what the database itself refuses, and the chained history."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model

from ckanext.imssbienestar.domain.history import Anchor, Event
from ckanext.imssbienestar.model import Designation, HistoryAnchor, HistoryEvent, WorkingGroup
from ckanext.imssbienestar.procedure import history

pytestmark = pytest.mark.usefixtures("with_plugins")

NOW = datetime.datetime(2026, 11, 24, 9, 30, tzinfo=datetime.UTC)


def _event(number: int) -> Event:
    return Event(
        act="inventory.changed",
        subject="inventory:ctv",
        person="somebody",
        post="member",
        at=NOW + datetime.timedelta(seconds=number),
        changes={"name": ["", f"Base {number} «ñ»"], "count": [None, number]},
    )


@pytest.fixture
def three_events(clean_db: None) -> list[str]:
    """A history of three events; their hashes."""
    made = [history.record(model.Session, _event(number)).hash for number in range(3)]
    model.Session.commit()
    return made


def _without_triggers(statement: str) -> None:
    """What somebody with the keys of the database could do."""
    table = HistoryEvent.__tablename__
    model.Session.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    model.Session.execute(sa.text(statement))
    model.Session.execute(sa.text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    model.Session.commit()
    model.Session.expire_all()


class TestHistory:
    """A removed or altered event is found."""

    def test_what_was_recorded_is_whole(self, three_events: list[str]) -> None:
        assert [event.hash for event in history.events(model.Session)] == three_events
        assert history.verify(model.Session) == ()
        newest = history.events_of(model.Session, "inventory:ctv", limit=1)
        assert [event.number for event in newest] == [3]

    @pytest.mark.parametrize(
        ("statement", "code"),
        [
            ("UPDATE imss_history_event SET person = 'another' WHERE number = 2", "altered"),
            ("UPDATE imss_history_event SET changes = 'spoiled' WHERE number = 2", "altered"),
            ("UPDATE imss_history_event SET at = at + interval '1 second' WHERE number = 1",
             "altered"),
            ("DELETE FROM imss_history_event WHERE number = 2", "removed"),
        ],
    )  # fmt: skip
    def test_what_was_done_to_it_is_found(
        self, three_events: list[str], statement: str, code: str
    ) -> None:
        _without_triggers(statement)
        assert f"history-{code}" in {found.code for found in history.verify(model.Session)}

    def test_a_cut_tail_is_found_by_an_anchor(self, three_events: list[str]) -> None:
        anchor = history.note_anchor(model.Session, "oficio:1", NOW)
        model.Session.commit()
        assert anchor == Anchor(3, three_events[-1])
        assert model.Session.scalar(sa.select(HistoryAnchor.place)) == "oficio:1"
        _without_triggers("DELETE FROM imss_history_event WHERE number = 3")
        assert {found.code for found in history.verify(model.Session)} == {"history-cut"}

    def test_an_event_of_an_undone_transaction_leaves_no_gap(self, three_events: list[str]) -> None:
        history.record(model.Session, _event(9))
        model.Session.rollback()
        history.record(model.Session, _event(4))
        model.Session.commit()
        assert [event.number for event in history.events(model.Session)] == [1, 2, 3, 4]
        assert history.verify(model.Session) == ()

    @pytest.mark.parametrize("change", ["UPDATE {} SET post = 'x'", "DELETE FROM {}"])
    def test_the_database_refuses_to_change_it(self, three_events: list[str], change: str) -> None:
        with pytest.raises(sa.exc.DatabaseError, match="append-only"):
            model.Session.execute(sa.text(change.format(HistoryEvent.__tablename__)))
        model.Session.rollback()


def _designation(**values: Any) -> Designation:
    return Designation(
        user_id="somebody",
        role="liaison",
        organization_id="unit",
        oficio_number="DES/1",
        valid_from=datetime.date(2026, 1, 1),
        created=NOW,
        created_by="another",
        **values,
    )


@pytest.mark.req("R-028")
class TestDesignations:
    """A designation is ended, never overwritten: the database itself sees to it."""

    def test_its_last_day_can_be_set_once(self, clean_db: None) -> None:
        designation = _designation()
        model.Session.add(designation)
        model.Session.commit()
        designation.valid_to = datetime.date(2026, 6, 30)
        model.Session.commit()
        designation.valid_to = datetime.date(2026, 12, 31)
        with pytest.raises(sa.exc.DatabaseError, match="never changed"):
            model.Session.commit()
        model.Session.rollback()

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE imss_designation SET user_id = 'thief'",
            "UPDATE imss_designation SET role = 'administrator', valid_to = '2026-12-31'",
            "DELETE FROM imss_designation",
        ],
    )
    def test_nothing_else_of_it_can_be_changed(self, clean_db: None, change: str) -> None:
        model.Session.add(_designation())
        model.Session.commit()
        with pytest.raises(sa.exc.DatabaseError, match="never changed"):
            model.Session.execute(sa.text(change))
        model.Session.rollback()


@pytest.mark.req("R-019")
def test_a_coordination_has_one_active_group(clean_db: None) -> None:
    day = datetime.date(2026, 1, 1)
    model.Session.add(WorkingGroup(coordination_id="ctv", valid_from=day))
    model.Session.commit()
    model.Session.add(WorkingGroup(coordination_id="ctv", valid_from=day))
    with pytest.raises(sa.exc.IntegrityError):
        model.Session.commit()
    model.Session.rollback()
