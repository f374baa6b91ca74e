"""What a case of the corpus is, and the register of all of them."""

from __future__ import annotations

import csv
import importlib
import io
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from personal_corpus.people import Crowd

Row = Sequence[object]


@dataclass(frozen=True)
class Case:
    """One file with its label.

    :ivar label: ``block``, ``review`` or ``pass``: the least the guard must say, or the most.
    :ivar kind: the kind that must be found, or what a negative is about.
    """

    name: str
    label: str
    kind: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    delimiter: str = ","
    encoding: str = "utf-8"

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        target = io.StringIO(newline="")
        writer = csv.writer(target, delimiter=self.delimiter, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return target.getvalue().encode(self.encoding)


@dataclass
class Maker:
    """What a case's function is given: people, chance and a place to put tables."""

    seed: int
    made: list[Case] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.crowd = Crowd(self.seed)
        self.chance = random.Random(self.seed)

    def add(
        self,
        name: str,
        label: str,
        kind: str,
        header: Sequence[str] | str,
        rows: Sequence[Row],
        **options: Any,
    ) -> None:
        """Put one table into the corpus."""
        columns = tuple(header.split(",")) if isinstance(header, str) else tuple(header)
        self.made.append(Case(name, label, kind, columns, tuple(rows), **options))


Filler = Callable[[Maker], None]
_FILLERS: list[tuple[Filler, bool]] = []


def fills(*, held_out: bool = False) -> Callable[[Filler], Filler]:
    """Register a function that adds cases."""

    def register(filler: Filler) -> Filler:
        _FILLERS.append((filler, held_out))
        return filler

    return register


def corpus(*, held_out: bool = False) -> Iterator[Case]:
    """Every synthetic case; the same bytes at every call.

    :param held_out: the cases that nobody looks at while the rules are written.
    """
    for module in ("positives", "nasty", "negatives", "held_out", "held_out_more"):
        importlib.import_module(f"personal_corpus.{module}")
    seen: set[str] = set()
    for filler, is_held_out in _FILLERS:
        if is_held_out is not held_out:
            continue
        # By its name: a filler makes the same tables whatever stands before it.
        maker = Maker(zlib.crc32(filler.__qualname__.encode()))
        filler(maker)
        for case in maker.made:
            if case.name in seen:
                raise ValueError(f"two cases are called {case.name}")
            seen.add(case.name)
            yield case
