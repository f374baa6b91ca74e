"""Faults by seeded schedules: a seed says what is published, what breaks and when.

The same seed breaks the same calls, as long as the mirror makes the same ones. A schedule has
several runs with faults, with news at the source between them, then one without. After each run
whatever the ledger calls confirmed must be so at that moment.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Protocol

from mirror.fake_source import FakeSource, dataset
from mirror.http_server import Reply, Request
from mirror.zygote import Ended, Zygote

from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry, State
from ckanext.imssbienestar.mirror.ledger.ledger import open_ledger

SHARE = 0.2
DATASETS = 3
BROKEN_RUNS = 2
MOST_STEPS = 90
PAGE = Reply(200, b"<html>Acceso denegado</html>", {"Content-Type": "text/html"})

Forward = Callable[[], Reply]


def _damaged(request: Request, forward: Forward) -> Reply:
    """Somebody on the way changes the file and all answer that it went well."""
    request.body = request.body.replace(b"a,b\n", b"a;b\n")
    return forward()


def _lost(forward: Forward) -> Reply:
    forward()
    return Reply(drop=True)


def _late(forward: Forward) -> Reply:
    forward()
    return Reply(500, b"<html>500</html>", {"Content-Type": "text/html"})


def _cut(forward: Forward) -> Reply:
    reply = forward()
    return Reply(reply.status, reply.body, reply.headers, cut_after=len(reply.body) // 2)


FAULTS: dict[str, Callable[[Forward], Reply]] = {
    "unavailable": lambda _forward: Reply(503, b"", {"Retry-After": "0"}),
    "busy": lambda _forward: Reply(429, b"", {"Retry-After": "0"}),
    "reset": lambda _forward: Reply(drop=True),
    "lost": _lost,
    "cut": _cut,
    "page": lambda _forward: PAGE,
    "late": _late,
}
KINDS = (*FAULTS, "slow", "damaged", "source", "kill", "kill-and-faults", "two-runs", "everything")


class Side(Protocol):
    """What a schedule must know of the catalogue that receives, besides talking to it."""

    def sha256(self, package_id: str, resource_id: str) -> str | None:
        """Of the bytes there; None when there are none."""

    def active(self) -> dict[str, tuple[str, int]]:
        """(id, number of resources) of the datasets that are there, by name; none twice."""

    def break_with(self, fault: Callable[[Request, int, Forward], Reply] | None) -> None:
        """Spoil the calls from now on, or no longer."""

    def written(self) -> list[tuple[str, str]]:
        """(action, dataset) of the writes that were carried out since the last change of fault."""


@dataclass
class Schedule:
    """One seed, carried out by :meth:`run`."""

    seed: int
    folder: Path
    source: FakeSource
    side: Side
    zygote: Zygote
    target_key: str
    prefix: str = "s"
    patience: float = 0.12  # read time-out of the runs that are to meet one

    def __post_init__(self) -> None:
        self.kind = KINDS[self.seed % len(KINDS)]
        self._dice = Random(self.seed)
        self.log: list[str] = []

    def run(self) -> None:
        """Everything, or an :class:`AssertionError` that names the seed."""
        self.source.datasets = [
            dataset(f"{self.prefix}{self.seed}_{n}", *self._contents()) for n in range(DATASETS)
        ]
        for number in range(BROKEN_RUNS):
            if number:
                self._news()
            self._broken_run(number)
            self._check_confirmed(f"run {number}")
        self._end_well()

    def _end_well(self) -> None:
        """One clean run makes everything equal, and leaves nothing for another."""
        ended = self._start()
        self._demand(ended.code == 0, f"the clean run ended with {ended.code}: {ended.out}")
        self._check_confirmed("clean run")
        self._check_equal()
        again = self._start()
        self._demand(again.code == 0 and not self.side.written(), f"news again: {again.out}")

    # -- what happens ----------------------------------------------------------------------

    def _contents(self) -> list[bytes]:
        return [self._content() for _ in range(self._dice.choice((1, 2)))]

    def _content(self) -> bytes:
        return b"a,b\n%d,%d\n" % (self._dice.randrange(10**6), self._dice.randrange(10**6))

    def _news(self) -> None:
        for one in self.source.datasets:
            what = self._dice.choice(("file", "title", "withdraw", "nothing"))
            one.number += 1
            if one.state == "withdrawn":
                one.state = "published"
            elif what == "withdraw":
                one.state = "withdrawn"
            elif what == "file":
                one.files[0].content = self._content()
            elif what == "title":
                one.fields["title"] = f"Título {self._dice.randrange(10**6)}"

    def _broken_run(self, number: int) -> None:
        if self.kind == "source":
            self.source.spoil = self._source_fault(number)
        elif self.kind != "kill":
            self.side.break_with(self._fault(number))
        kills = self.kind in ("kill", "kill-and-faults", "two-runs", "everything")
        steps = [self._dice.randrange(1, MOST_STEPS) if kills else 0]
        if self.kind == "two-runs":
            steps.append(0)
        impatient = {"IMSS_MIRROR_LIMITS__READ_TIMEOUT": str(self.patience)}
        started = [
            self.zygote.start(*self._arguments(), kill_at=step, environment=impatient)
            for step in steps
        ]
        for one in started:
            ended = self.zygote.wait(one)
            self.log.append(f"{number}: {ended}")
            self._demand(ended.killed or ended.code in (0, 1, 2, 4), f"ended with {ended}")
            self._demand("Traceback" not in ended.out, ended.out)

    def _fault(self, run: int) -> Callable[[Request, int, Forward], Reply]:
        kinds = {
            "kill-and-faults": ["reset"],
            "two-runs": ["lost"],
            "everything": [*FAULTS, "slow", "damaged"],
        }
        names = kinds.get(self.kind, [self.kind])

        def fault(request: Request, number: int, forward: Forward) -> Reply:
            dice = Random(f"{self.seed} {run} {number}")
            # With every kind at once hardly a call would come through: one in five meets one.
            if dice.random() >= SHARE:
                return forward()
            return self._break(dice.choice(names), request, forward)

        return fault

    def _source_fault(self, run: int) -> Callable[[Request, Reply], Reply]:
        names, calls = [*FAULTS], count(1)

        def fault(_request: Request, reply: Reply) -> Reply:
            dice = Random(f"{self.seed} {run} {next(calls)}")
            if dice.random() >= SHARE:
                return reply
            return FAULTS[dice.choice(names)](lambda: reply)

        return fault

    def _break(self, name: str, request: Request, forward: Forward) -> Reply:
        if name == "damaged":
            return _damaged(request, forward)
        if name == "slow":
            time.sleep(self.patience * 1.5)
            forward()  # late, when nobody waits for it any more
            return Reply(drop=True)
        return FAULTS[name](forward)

    def _start(self) -> Ended:
        self.source.spoil = None
        self.side.break_with(None)
        return self.zygote(*self._arguments())

    def _arguments(self) -> tuple[str, ...]:
        workers = "1" if self.seed % 2 else "2"
        profile = str(self.folder / "mirror.toml")
        return ("run", "--profile", profile, "--json", "--workers", workers)

    # -- what must be so -------------------------------------------------------------------

    def _check_confirmed(self, when: str) -> None:
        """No false confirmation: what the ledger says is there is there, byte by byte."""
        active = dict(self.side.active().values())
        for entry in self._entries():
            if entry.state is not State.CONFIRMED:
                continue
            if entry.withdrawn:
                there = entry.remote_id in active
                self._demand(not there, f"{when}: {entry.dataset_name} was not withdrawn")
                continue
            self._demand(entry.remote_id in active, f"{when}: {entry.dataset_name} is not there")
            for file in entry.files.values():
                found = self.side.sha256(str(entry.remote_id), file.remote_id)
                self._demand(found == file.sha256, f"{when}: {entry.dataset_name} differs")

    def _check_equal(self) -> None:
        """The clean run left exactly what is published: nothing missing, double or extra."""
        active = self.side.active()
        published = [one for one in self.source.datasets if one.state == "published"]
        wanted = {one.name: len(one.files) for one in published}
        found = {name: count for name, (_id, count) in active.items()}
        self._demand(found == wanted, f"{found} in place of {wanted}")
        entries = {entry.dataset_name: entry for entry in self._entries()}
        for one in published:
            self._demand(entries[one.name].state is State.CONFIRMED, f"{one.name} unconfirmed")
            hashes = {hashlib.sha256(file.content).hexdigest() for file in one.files}
            recorded = {file.sha256 for file in entries[one.name].files.values()}
            self._demand(hashes == recorded, f"{one.name}: the ledger has other files")

    def _entries(self) -> Iterable[LedgerEntry]:
        path = self.folder / "mirror.ledger.sqlite"
        return open_ledger(f"sqlite:///{path}", self.target_key).entries().values()

    def _demand(self, truth: bool, problem: str) -> None:
        history = "\n".join(self.log)
        assert truth, (
            f"seed {self.seed} ({self.kind}): {problem}\n{history}\n"
            f"Alone: IMSS_MIRROR_SEED={self.seed} scripts/test mirror -- -k schedule"
        )


@dataclass
class KillAtStep(Schedule):
    """No fault but one ``kill -9``: at the n-th step of a run with something of everything.

    :ivar killed: whether the run had so many steps.
    """

    step: int = 1
    killed: bool = False

    def run(self) -> None:
        """The story around the kill."""
        self.kind = f"kill at step {self.step}"
        names = [f"{self.prefix}{self.step}_{n}" for n in range(3)]
        changed, gone, new = (dataset(name, self._content()) for name in names)
        self.source.datasets = [changed, gone]
        self._demand(self._start().code == 0, "the first run failed")
        changed.files[0].content = self._content()
        changed.fields["title"] = "Otro título"
        gone.state = "withdrawn"
        self.source.datasets.append(new)
        ended = self.zygote(*self._arguments(), kill_at=self.step)
        self.killed = ended.killed
        self._check_confirmed("killed run")
        self._end_well()
