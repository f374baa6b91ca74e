"""The chain of events: whatever is changed afterwards is found, and named."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.domain.history import (
    Anchor,
    ChainedEvent,
    Event,
    anchor_of,
    chained,
    hash_of,
    verify,
)

NOON = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
FORGED = Event("inventory.closed", "inventory:1", "eva", "liaison", NOON)


def history(length: int) -> list[ChainedEvent]:
    rows: list[ChainedEvent] = []
    for number in range(length):
        event = Event(
            "inventory.edited",
            "inventory:1",
            "ana",
            "member",
            NOON + datetime.timedelta(minutes=number),
            oficio="IB/001/2026",
            changes={"nombre": [None, f"Base {number}"]},
        )
        rows.append(chained(event, rows[-1] if rows else None))
    return rows


def told(rows: list[ChainedEvent], *anchors: Anchor) -> list[tuple[str, int | str]]:
    return [
        (found.code, found.facts["number"])  # type: ignore[misc]
        for found in verify(rows, anchors)
    ]


def forged(number: int, previous: str) -> ChainedEvent:
    """A row that hashes well: made by somebody who knows how."""
    return ChainedEvent(number, FORGED, previous, hash_of(FORGED, number, previous))


@pytest.mark.req("R-028")
@given(st.integers(4, 7), st.data())
def test_every_mutation_is_found_and_named(length: int, data: st.DataObject) -> None:
    rows = history(length)
    assert verify(rows, [anchor_of(rows), anchor_of(rows[:2]), anchor_of([])]) == ()
    place = data.draw(st.integers(0, length - 2), label="place")
    number = place + 1
    row = rows[place]
    kind = data.draw(
        st.sampled_from(["altered", "anew", "removed", "inserted", "copied", "moved", "hash"])
    )
    if kind == "altered":
        change = data.draw(
            st.sampled_from([{"person": "eva"}, {"oficio": ""}, {"changes": {}}, {"act": "x"}])
        )
        rows[place] = replace(row, event=replace(row.event, **change))
        expected = [("history-altered", number)]
    elif kind == "hash":
        rows[place] = replace(row, hash="0" * 64)
        expected = [("history-altered", number)]
    elif kind == "anew":
        rows[place] = forged(number, row.previous)
        known = number < length - 1
        expected = [("history-altered", number) if known else ("history-unlinked", length)]
    elif kind == "removed":
        del rows[place]
        expected = [("history-removed", number)]
    elif kind in ("inserted", "copied"):
        extra = row if kind == "copied" else forged(number, row.previous)
        rows.insert(place + data.draw(st.integers(0, 1)), extra)
        expected = [("history-inserted", number)]
    else:
        to = data.draw(st.integers(0, length - 1).filter(lambda to: abs(to - place) > 1))
        rows.insert(to, rows.pop(place))
        expected = [("history-reordered", number)]
    assert told(rows) == expected


@pytest.mark.req("R-028")
def test_what_only_a_note_kept_elsewhere_can_show() -> None:
    rows = history(5)
    note = anchor_of(rows)
    cut = rows[:3]
    assert verify(cut) == ()
    assert told(cut, note) == [("history-cut", 4)]
    assert told([], note) == [("history-cut", 1)]
    anew = rows[:2]
    for row in rows[2:]:
        anew.append(chained(replace(row.event, person="eva"), anew[-1]))
    assert verify(anew) == ()
    assert told(anew, note) == [("history-not-as-noted", 5)]
    # What was noted before goes on being true while the history grows.
    assert verify([*rows, chained(FORGED, rows[-1])], [note]) == ()


def test_a_row_from_nowhere() -> None:
    rows = history(3)
    assert told([*rows[:1], forged(4, rows[0].hash), *rows[1:]]) == [
        ("history-unlinked", 4),
        ("history-reordered", 4),
    ]
    assert told([forged(0, ""), *rows]) == [("history-inserted", 0)]
    assert told([forged(1, "f" * 64), *rows[1:]]) == [("history-altered", 1)]
    # Content that no event can have had is an alteration, not the end of the verification.
    for value in (float("nan"), 10**400, "\ud800", NOON, {1: 1, "1": 1}):
        rows[1] = replace(rows[1], event=replace(rows[1].event, changes={"nombre": value}))
        assert told(rows) == [("history-altered", 2)]


def test_the_same_moment_in_another_zone_is_the_same_event() -> None:
    mexico = datetime.timezone(datetime.timedelta(hours=-6))
    row = history(1)[0]
    elsewhere = replace(row, event=replace(row.event, at=row.event.at.astimezone(mexico)))
    assert verify([elsewhere]) == ()
    with pytest.raises(ValueError, match="zone"):
        replace(row.event, at=datetime.datetime(2026, 1, 1))  # noqa: DTZ001
