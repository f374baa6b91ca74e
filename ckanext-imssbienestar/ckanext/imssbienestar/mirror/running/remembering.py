"""What a whole run leaves for the next one, if there was nothing to do: see ``standstill.py``.

Only what proves itself is left: the ledger was the same from before the first question to the end,
every call was a question that can be asked again, and every dataset was settled.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from ckanext.imssbienestar.mirror.catalogues.transport import Transport, TransportOptions
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.ledger.standstill import state_of
from ckanext.imssbienestar.mirror.planning.plan import Action
from ckanext.imssbienestar.mirror.profile_file import ledger_file, read_profile
from ckanext.imssbienestar.mirror.program_mark import program_mark
from ckanext.imssbienestar.mirror.running.outcome import Outcome
from ckanext.imssbienestar.mirror.running.session import MirrorSession, user_agent
from ckanext.imssbienestar.mirror.running.standstill import SIDES, Begun, settings_mark
from ckanext.imssbienestar.mirror.settings import MirrorSettings, settings_of
from ckanext.imssbienestar.mirror.texts import Sentence


class Remembering:
    """Looks on while a run of everything works.

    :param begun: the run that only asked again, if this one goes on with it.
    """

    def __init__(self, profile: Path, begun: Begun | None) -> None:
        self._profile = profile
        self._begun = begun
        self._program = program_mark()
        self._before = ""
        self._settled = True
        self._reasons: dict[tuple[str, str], int] = {}
        self._datasets: list[tuple[str, int]] = []

    def before(self, database: LedgerDatabase) -> None:
        """The run has read nothing of the ledger yet."""
        self._before = _state(database) if self._begun is None else self._begun.ledger_state

    def after(self, database: LedgerDatabase) -> None:
        """The run has read the ledger, and goes by it from now on.

        What was asked ahead serves it only if the ledger is still what it was before that: a
        catalogue must not be read before the claims that the plan goes by.
        """
        if self._begun is not None and _state(database) != self._before:
            self._before = ""
            for transport in self._begun.transports.values():
                transport.conversation.forget_ahead()

    def outcome(self, outcome: Outcome) -> None:
        """One dataset is done."""
        settled = (outcome.action, outcome.state) == (Action.NONE, State.CONFIRMED)
        item = outcome.item
        if not settled or outcome.error or outcome.tally.calls or item.changes or item.drift:
            self._settled = False
            return
        reason = item.reason
        texts = (reason.what("es"), reason.what("en"))
        number = self._reasons.setdefault(texts, len(self._reasons))
        self._datasets.append((item.dataset, number))

    def keep(
        self, session: MirrorSession, warnings: Iterable[Sentence], summary: dict[str, Any]
    ) -> None:
        """The run is over: leave what it went by, if there was nothing to do.

        Where that cannot be done the run was as good, and the next one decides anew.
        """
        with suppress(MirrorConfigurationError):
            self._keep(session, warnings, summary)

    def _keep(
        self, session: MirrorSession, warnings: Iterable[Sentence], summary: dict[str, Any]
    ) -> None:
        sides = dict(zip(SIDES, (session.source_transport, session.target_transport), strict=True))
        questions = {side: one.conversation.questions for side, one in sides.items()}
        calls = session.counters.total
        asked = sum(len(asked) for asked in questions.values())
        if not (self._settled and self._before) or (calls.reads, calls.writes) != (asked, 0):
            return
        mark = self._mark(session.settings)
        content = {
            "language": session.settings.language,
            "transport": _transport(session.settings, sides),
            "questions": {side: [vars(one) for one in asked] for side, asked in questions.items()},
            "warnings": [{"es": one.full("es"), "en": one.full("en")} for one in warnings],
            "reasons": [{"es": es, "en": en} for es, en in self._reasons],
            "datasets": self._datasets,
            "summary": summary,
        }
        with session.database.transaction() as connection:
            if mark and _state_on(connection) == self._before:
                row = {"settings": mark, "ledger": self._before, "content": content}
                _put(session.database, connection, row)

    def _mark(self, settings: MirrorSettings) -> str:
        """Of the settings; empty unless they and the program are still what the run went by."""
        content = read_profile(self._profile)
        same = settings_of(content, self._profile) == settings
        still = program_mark.__wrapped__() == self._program
        return settings_mark(content, self._profile) if same and still else ""


def remembering(settings: MirrorSettings, profile: Path, begun: Begun | None) -> Remembering | None:
    """Who looks on; None where the ledger is not a file of SQLite."""
    return Remembering(profile, begun) if ledger_file(settings.ledger.url) else None


def _transport(settings: MirrorSettings, sides: dict[str, Transport]) -> dict[str, Any]:
    options = TransportOptions.of(settings.limits, user_agent(settings.contact))
    return {**asdict(options), "urls": {side: one.base_url for side, one in sides.items()}}


def _state(database: LedgerDatabase) -> str:
    with database.transaction() as connection:
        return _state_on(connection)


def _state_on(connection: sa.Connection) -> str:
    return state_of(cast(sqlite3.Connection, connection.connection.driver_connection))


def _put(database: LedgerDatabase, connection: sa.Connection, row: dict[str, Any]) -> None:
    table, now = tables.standstill, database.now(connection)
    connection.execute(sa.delete(table).where(table.c.target == database.target))
    connection.execute(table.insert().values(**row, target=database.target, noted=now))
