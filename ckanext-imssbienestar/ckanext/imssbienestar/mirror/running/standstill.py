"""A run without news: the same questions, the same answers, hence the same plan, which was empty.

A plan is pure: releases, target and ledger decide it, by settings and rules. A run that found
nothing to do leaves in the ledger what it went by (``remembering.py``). While settings, program and
ledger are the same to the last byte, the next run first asks both catalogues the same questions;
where each answer is the same too, it ends as that run did, with a record of its own in the ledger.
Everything else is left to the whole program, which goes on with the run that was begun and with
the answers that are there.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.mirror.catalogues.conversation import Question, Reply
from ckanext.imssbienestar.mirror.catalogues.retry import RetryPolicy
from ckanext.imssbienestar.mirror.catalogues.spool import sweep
from ckanext.imssbienestar.mirror.catalogues.tally import Counters
from ckanext.imssbienestar.mirror.catalogues.transport import Transport, TransportOptions
from ckanext.imssbienestar.mirror.errors import (
    COULD_NOT_RUN,
    GOOD,
    INTERRUPTED,
    MirrorConfigurationError,
)
from ckanext.imssbienestar.mirror.ledger.standstill import QuietLedger, Record, Standstill
from ckanext.imssbienestar.mirror.output import json_line, put, settled_line
from ckanext.imssbienestar.mirror.profile_file import (
    beside,
    ledger_address,
    ledger_file,
    read_profile,
)
from ckanext.imssbienestar.mirror.program_mark import program_mark
from ckanext.imssbienestar.mirror.running.ahead import Ahead
from ckanext.imssbienestar.mirror.texts import Language, say
from ckanext.imssbienestar.mirror.tokens import read_token

SIDES = ("source", "target")

# Where answers take longer, the whole program is loaded meanwhile, and gives signs of life.
_LONGEST_WAIT = 2.0
_AT_ONCE = 2  # questions to one side: the whole program asks no more at once
_SECRETS = (("source", "token"), ("target", "token"), ("notice", "password"))


@dataclass(frozen=True)
class Begun:
    """A run that was begun and cannot end like the last one.

    :ivar ledger_state: of the ledger before anything was asked.
    :ivar transports: by side, with the answers that are there or on their way.
    """

    record: Record
    ledger_state: str
    transports: Mapping[str, Transport]
    counters: Counters


class QuietRun:
    """A run that only asks again.

    :ivar language: of the sentences, by the settings.
    """

    def __init__(
        self,
        ledger: QuietLedger,
        known: Standstill,
        transports: Mapping[str, Transport],
        counters: Counters,
        spool: Path | None,
    ) -> None:
        self.language: Language = known.content["language"]
        self._ledger = ledger
        self._known = known
        self._transports = transports
        self._counters = counters
        self._spool = spool

    def carry_out(self, language: Language, as_json: bool) -> int | Begun | None:
        """The exit code; where it cannot end like the last one, what was begun, if anything was.

        :raises ImssError: what it came to could not be told, or not be written in the ledger.
        """
        try:
            try:
                record = self._ledger.begin(self._known)
            except sqlite3.Error:
                return None  # the whole program says what is wrong with it
            return self._ask_again(record, language, as_json) if record else None
        finally:
            self._ledger.close()

    def _ask_again(self, record: Record, language: Language, as_json: bool) -> int | Begun:
        started = time.monotonic()
        try:
            same = self._same_answers()
        except KeyboardInterrupt:
            self._finish(record, INTERRUPTED, {}, self._summary(started, done=False))
            raise
        if not same:
            return Begun(record, self._known.ledger, self._transports, self._counters)
        sweep(self._spool)
        code, message, summary = COULD_NOT_RUN, dict[str, str](), self._summary(started)
        try:
            self._tell(language, as_json, summary)
            code = GOOD
        except MirrorConfigurationError as error:
            message = {"es": error.told("es"), "en": error.told("en")}
            raise
        finally:
            self._finish(record, code, message, summary)
        return code

    def _same_answers(self) -> bool:
        """Whether every question is answered as it was; the answers stay for whoever asks next."""
        coming = [
            _Coming(self._transports[side], question, room)
            for side, room in ((side, threading.Semaphore(_AT_ONCE)) for side in SIDES)
            for question in questions_of(self._known, side)
        ]
        until = time.monotonic() + _LONGEST_WAIT
        try:
            return all(reply.is_same(until) for reply in coming)
        finally:
            for reply in coming:
                reply.keep()

    def _tell(self, language: Language, as_json: bool, summary: Mapping[str, Any]) -> None:
        content = self._known.content
        for warning in content["warnings"]:
            put(sys.stderr, warning[language] + "\n")
        if not as_json:
            put(sys.stdout, say("summary-run", **summary).what(language) + "\n")
            return
        lines = (
            settled_line(dataset, content["reasons"][number][language])
            for dataset, number in content["datasets"]
        )
        put(sys.stdout, "".join(map(json_line, (*lines, {"summary": summary}))))

    def _summary(self, started: float, *, done: bool = True) -> dict[str, Any]:
        """As ``runner.Summary``, with what is this run's own."""
        kept = self._known.content["summary"]
        return {
            **(kept if done else kept | {"datasets": 0, "none": 0}),
            "calls_read": self._counters.total.reads,
            "seconds": round(time.monotonic() - started, 3),
        }

    def _finish(
        self, record: Record, code: int, message: Mapping[str, str], summary: Mapping[str, Any]
    ) -> None:
        try:
            self._ledger.finish(record, code, message, summary)
        except sqlite3.Error as error:
            raise MirrorConfigurationError(
                "ledger-unusable", ledger=self._ledger.file, cause=str(error)
            ) from None


class _Coming:
    """The answer to a question that is asked again, on a thread of its own."""

    def __init__(self, transport: Transport, question: Question, room: threading.Semaphore) -> None:
        self._transport, self._question, self._room = transport, question, room
        self._reply = Ahead(self._ask)
        self._here: Reply | None = None

    def is_same(self, until: float) -> bool:
        """Whether it is there in time and the same; a failure is none."""
        if not self._reply.ended(until - time.monotonic()):
            return False
        try:
            self._here = self._reply.result()
        except ImssError:
            return False  # told by whoever asks next
        return self._here.same

    def keep(self) -> None:
        """Leave it to whoever asks the same next."""
        self._transport.conversation.asked_ahead(self._question, self._take)

    def _take(self) -> Reply:
        return self._here or self._reply.result()

    def _ask(self) -> Reply:
        with self._room:
            return self._transport.repeat(self._question)


def quiet_run(profile: Path) -> QuietRun | None:
    """The run that only asks again; None where there is nothing to go by, or not that any more."""
    try:
        content = read_profile(profile)
        ledger = _ledger_of(content, profile)
    except (MirrorConfigurationError, sqlite3.Error):
        return None  # the whole program says what is wrong
    if ledger is None:
        return None
    try:
        made = _made(ledger, content, profile)
    except (MirrorConfigurationError, sqlite3.Error):
        made = None
    if made is None:
        ledger.close()
    return made


def _made(ledger: QuietLedger, content: Mapping[str, Any], profile: Path) -> QuietRun | None:
    known = ledger.remembered()
    if known is None or known.settings != settings_mark(content, profile):
        return None
    # From here on the settings are those of the last run, which were judged.
    kept, counters = known.content["transport"], Counters()
    options = TransportOptions(
        kept["agent"],
        tuple(kept["timeout"]),
        RetryPolicy(**kept["policy"]),
        kept["interval"],
        kept["at_once"],
    )
    transports = {}
    for side in SIDES:
        token_file = content[side].get("token_file")
        token = read_token(content[side].get("token") or "", beside(profile, token_file), side)
        transports[side] = Transport(kept["urls"][side], token, options, counters)
    spool = beside(profile, content.get("limits", {}).get("spool"))
    return QuietRun(ledger, known, transports, counters, spool)


def _ledger_of(content: Mapping[str, Any], profile: Path) -> QuietLedger | None:
    """The ledger, if it is a file that is there."""
    url, target = _text(content, "ledger", "url"), _text(content, "target", "url").rstrip("/")
    file = ledger_file(ledger_address(url, profile))
    if file is None or not file.is_file():
        return None
    return QuietLedger(file, f"{target} {_text(content, 'target', 'organization')}")


def _text(content: Mapping[str, Any], section: str, name: str) -> str:
    table = content.get(section)
    value = table.get(name) if isinstance(table, Mapping) else None
    return value if isinstance(value, str) else ""


def settings_mark(content: Mapping[str, Any], profile: Path) -> str:
    """SHA-256 of the settings and of the program that goes by them; empty where none can be made.

    No token or password is in it: what they are good for is in the answers.

    :param content: of :func:`~ckanext.imssbienestar.mirror.profile_file.read_profile`.
    """
    program = program_mark()
    shown = dict(content)
    for section, secret in _SECRETS:
        if isinstance(shown.get(section), Mapping):
            shown[section] = {k: v for k, v in shown[section].items() if k != secret}
            if not isinstance(content[section].get(secret, ""), str):
                return ""
    text = json.dumps([program, str(profile.resolve()), shown], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if program else ""


def questions_of(known: Standstill, side: str) -> list[Question]:
    """What was asked of one side, the longest to answer first."""
    return [Question(**kept) for kept in reversed(known.content["questions"][side])]
