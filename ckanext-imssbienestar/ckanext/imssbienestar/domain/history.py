"""History as a chain: each event holds the hash of the one before it, so changing any shows.

The hash of an event is the SHA-256 of its canonical JSON (RFC 8785), in which its number, the hash
of the event before it and all that it says stand. Whoever can rewrite the whole history can also
make a new chain: an :class:`Anchor` that is kept elsewhere (printed on an *oficio*, mailed) finds
that, and a cut tail, which no chain can.
"""

from __future__ import annotations

import datetime
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.release import NotSignable, digest, has_digest

FIRST = ""
"""What the first event has as the hash of the one before it."""


@dataclass(frozen=True)
class Event:
    """One thing that was done.

    :ivar act: what was done, such as ``inventory.closed``.
    :ivar subject: to what, as kind and identifier: ``inventory:7f3c``.
    :ivar person: identifier of the user; a program's name where no person acted.
    :ivar post: code of the post in which the person acted.
    :ivar oficio: number of the *oficio* under which, or none.
    :ivar at: with its time zone; it is kept to the microsecond, in UTC.
    :ivar changes: what changed: values of JSON, such as field -> [before, after].
    """

    act: str
    subject: str
    person: str
    post: str
    at: datetime.datetime
    oficio: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """:raises ValueError: the time has no zone."""
        if self.at.utcoffset() is None:
            raise ValueError("An event's time needs its time zone.")

    def content(self) -> dict[str, Any]:
        """What is hashed of the event itself."""
        return {
            "act": self.act,
            "subject": self.subject,
            "person": self.person,
            "post": self.post,
            "oficio": self.oficio,
            "at": self.at.astimezone(datetime.UTC).isoformat(timespec="microseconds"),
            "changes": dict(self.changes),
        }


@dataclass(frozen=True)
class ChainedEvent:
    """An event in its place.

    :ivar number: its place in the history, the first being 1.
    :ivar previous: hash of the event before it, or :data:`FIRST`.
    :ivar hash: SHA-256, lower-case hexadecimal.
    """

    number: int
    event: Event
    previous: str
    hash: str

    @property
    def is_whole(self) -> bool:
        """Whether it still hashes to what it was given."""
        try:
            return has_digest(_document(self.event, self.number, self.previous), self.hash)
        except (NotSignable, TypeError):  # nothing that was ever hashed
            return False


@dataclass(frozen=True)
class Anchor:
    """How far a history had come when somebody noted it down elsewhere."""

    count: int
    last_hash: str


def hash_of(event: Event, number: int, previous: str) -> str:
    """The hash that an event has in this place.

    :raises NotSignable: a value of its changes has no canonical form.
    """
    return digest(_document(event, number, previous))


def chained(event: Event, previous: ChainedEvent | None) -> ChainedEvent:
    """The event put after another, or first of all.

    :raises NotSignable: a value of its changes has no canonical form.
    """
    number, before = (previous.number + 1, previous.hash) if previous else (1, FIRST)
    return ChainedEvent(number, event, before, hash_of(event, number, before))


def anchor_of(events: Sequence[ChainedEvent]) -> Anchor:
    """What to note down elsewhere of the history as it stands."""
    return Anchor(len(events), events[-1].hash if events else FIRST)


def verify(events: Sequence[ChainedEvent], anchors: Iterable[Anchor] = ()) -> tuple[Problem, ...]:
    """What was done to a history since it was written; nothing when it is as it was.

    :param events: in the order they are kept.
    :param anchors: notes of earlier moments, oldest or newest first.
    """
    numbers = Counter(row.number for row in events)
    inserted = _inserted(events, numbers)
    genuine = [row for place, row in enumerate(events) if place not in inserted]
    altered = {row.number for row in genuine if not row.is_whole}
    return (
        *(_about("history-altered", number) for number in sorted(altered)),
        *_unlinked(genuine, altered),
        *(_about("history-inserted", events[place].number) for place in sorted(inserted)),
        *_removed(numbers),
        *_reordered(genuine),
        *_against_anchors(genuine, anchors),
    )


def _inserted(events: Sequence[ChainedEvent], numbers: Counter[int]) -> set[int]:
    """Places of the rows that took the number of another.

    Of several rows with one number the genuine one is whole and known to the row after it.
    """
    next_holds = {row.number - 1: row.previous for row in events if row.is_whole}
    by_number: dict[int, list[int]] = {}
    for place, row in enumerate(events):
        if numbers[row.number] > 1:
            by_number.setdefault(row.number, []).append(place)
    inserted = {place for place, row in enumerate(events) if row.number < 1}
    for number, places in by_number.items():
        genuine = min(
            places,
            key=lambda place: (
                events[place].hash != next_holds.get(number, events[place].hash),
                not events[place].is_whole,
                place,
            ),
        )
        inserted |= set(places) - {genuine}
    return inserted


def _unlinked(events: Sequence[ChainedEvent], altered: set[int]) -> Iterator[Problem]:
    """Rows that are whole, but not those that the row after them was chained to.

    Of two rows that do not follow, one that the next row follows is in its place; of the last two,
    nothing says which one is not.
    """
    by_number = {row.number: row for row in events}
    for number, row in sorted(by_number.items()):
        before, after = by_number.get(number - 1), by_number.get(number + 1)
        if number == 1:
            if row.previous != FIRST and number not in altered:
                altered = altered | {number}
                yield _about("history-altered", number)
        elif before is None or row.previous == before.hash or {number, number - 1} & altered:
            continue
        elif after is not None and after.previous == row.hash:
            yield _about("history-altered", number - 1)
        else:
            facts = {"number": number, "before": number - 1}
            yield Problem("history-unlinked", facts=facts)


def _removed(numbers: Counter[int]) -> Iterator[Problem]:
    """Gaps in the numbers, each told once."""
    expected = 1
    for number in sorted(number for number in numbers if number > 0):
        if number > expected:
            facts = {"number": expected, "last": number - 1, "count": number - expected}
            yield Problem("history-removed", facts=facts)
        expected = number + 1


def _reordered(events: Sequence[ChainedEvent]) -> Iterator[Problem]:
    """The fewest rows that would have to move: those outside the longest rising run of numbers."""
    ends: list[int] = []  # the smallest number that ends a run of each length
    places: list[int] = []  # and the place of that row
    before: list[int] = []  # place of the row before each one in its run
    for place, row in enumerate(events):
        length = bisect_left(ends, row.number)
        before.append(places[length - 1] if length else -1)
        if length == len(ends):
            ends.append(row.number)
            places.append(place)
        else:
            ends[length], places[length] = row.number, place
    kept = set()
    place = places[-1] if places else -1
    while place >= 0:
        kept.add(place)
        place = before[place]
    for place, row in enumerate(events):
        if place not in kept:
            yield _about("history-reordered", row.number)


def _against_anchors(
    events: Sequence[ChainedEvent], anchors: Iterable[Anchor]
) -> Iterator[Problem]:
    hashes = {row.number: row.hash for row in events}
    last = max(hashes, default=0)
    for anchor in sorted(anchors, key=lambda anchor: anchor.count):
        if anchor.count > last:
            facts = {"number": last + 1, "last": anchor.count, "count": anchor.count - last}
            yield Problem("history-cut", facts=facts)
        elif anchor.count > 0 and hashes.get(anchor.count, anchor.last_hash) != anchor.last_hash:
            yield _about("history-not-as-noted", anchor.count)


def _document(event: Event, number: int, previous: str) -> dict[str, Any]:
    return {"number": number, "previous": previous, "event": event.content()}


def _about(code: str, number: int) -> Problem:
    return Problem(code, facts={"number": number})
