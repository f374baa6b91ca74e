"""What a person or a program reads: a JSON object a line, or a table; progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry, State
from ckanext.imssbienestar.mirror.output import json_line, put
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem
from ckanext.imssbienestar.mirror.review.status import Known, standing_line
from ckanext.imssbienestar.mirror.running.adoption import Adopted
from ckanext.imssbienestar.mirror.running.outcome import Outcome
from ckanext.imssbienestar.mirror.running.verify import Comparison
from ckanext.imssbienestar.mirror.texts import Language, Sentence, say

_DIGEST_SHOWN = 12
_LONGEST_VALUE = 60
_PROGRESS_AFTER_SECONDS = 2.0


class Report:
    """Writes results as they come; the table waits for the end, to know its widths."""

    def __init__(
        self,
        language: Language,
        as_json: bool,
        out: TextIO | None = None,
        log: TextIO | None = None,
    ) -> None:
        self._language: Language = language
        self._json = as_json
        self._out = out or sys.stdout
        self._log = log or sys.stderr
        self._rows: list[list[str]] = []
        self._columns: Sequence[str] = ()
        self._bar: Any = None

    @property
    def language(self) -> Language:
        """The language of the sentences."""
        return self._language

    # -- the parts of a run ----------------------------------------------------------------

    def plan(self, items: Sequence[PlanItem], warnings: Iterable[Sentence]) -> None:
        """A plan is ready: warnings, and a bar for the work ahead."""
        for warning in warnings:
            self.note(warning)
        self.expect(len(items))

    def expect(self, total: int) -> None:
        """Show progress over this many pieces, if a person is watching and it takes long."""
        if self._log.isatty() and total:
            from tqdm import tqdm

            self._bar = tqdm(
                total=total, file=self._log, delay=_PROGRESS_AFTER_SECONDS, leave=False
            )

    def outcome(self, outcome: Outcome) -> None:
        """One dataset of ``plan`` or ``run``."""
        self._step()
        if self._json:
            self._line(outcome_line(outcome, self._language))
            return
        self._columns = ("dataset", "action", "state", "reason")
        if outcome.action is not Action.NONE or outcome.failed:
            reason = outcome.error.full(self._language) if outcome.error else self._reason(outcome)
            action, state = self._word("action", outcome.action), self._word("state", outcome.state)
            self._rows.append([outcome.item.dataset, action, state, reason])
            self._rows += [["", "", "", line] for line in change_lines(outcome)]

    def comparison(self, comparison: Comparison) -> None:
        """One file of ``verify``."""
        self._step()
        if comparison.error is not None:
            self.note(comparison.error)
        if self._json:
            self._line(comparison.as_dict())
            return
        self._columns = ("dataset", "resource", "equal", "private")
        self._rows.append(
            [
                comparison.dataset,
                comparison.resource or "",
                self._yes_no(comparison.equal),
                self._yes_no(comparison.private),
            ]
        )

    def entry(self, entry: LedgerEntry, known: Known | None = None) -> None:
        """One dataset of ``status``.

        :param known: where its release is at the federal side.
        """
        if self._json:
            line = entry_line(entry, self._language) | standing_line(
                known.standing if known else None
            )
            self._line(line)
            return
        for concern in known.concerns if known else ():
            self.note(concern)
        self._columns = ("dataset", "state", "review", "digest", "remote", "private", "confirmed")
        confirmed = entry.confirmed.isoformat(timespec="seconds") if entry.confirmed else ""
        self._rows.append(
            [
                entry.dataset_name,
                self._word("action", "withdraw")
                if entry.withdrawn
                else self._word("state", entry.state),
                say(f"review-{known.standing.state}").what(self._language) if known else "",
                entry.digest[:_DIGEST_SHOWN],
                entry.remote_id or "",
                self._yes_no(entry.private),
                confirmed,
            ]
        )
        if entry.error:
            self._log.write(f"{entry.dataset_name}: {entry.error.full(self._language)}\n")

    def adopted(self, result: Adopted) -> None:
        """One dataset of ``adopt``."""
        self._step()
        if self._json:
            self._line(adopted_line(result, self._language))
            return
        self._columns = ("dataset", "accepted", "reason")
        names = ", ".join(change.field for change in result.accepted)
        reason = result.problem.full(self._language) if result.problem else ""
        self._rows.append([result.dataset, names, reason])

    def row(self, content: Mapping[str, Any], columns: Sequence[str], cells: Sequence[str]) -> None:
        """One result of any other command: an object for programs, a row for people."""
        if self._json:
            self._line(content)
        elif cells:
            self._columns = columns
            self._rows.append(list(cells))

    def text(self, text: str) -> None:
        """Something to read, for people only."""
        if not self._json:
            put(self._out, text.rstrip() + "\n")

    def summary(self, code: str, facts: Mapping[str, Any]) -> None:
        """The last line."""
        self.close()
        if self._json:
            self._line({"summary": dict(facts)})
            return
        self.table()
        put(self._out, say(code, **facts).what(self._language) + "\n")

    def note(self, sentence: Sentence) -> None:
        """A sentence for people, never on stdout."""
        if self._bar is not None:
            self._bar.clear()
        put(self._log, sentence.full(self._language) + "\n")

    def close(self) -> None:
        """Take the progress bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    # -- pieces ----------------------------------------------------------------------------

    def _reason(self, outcome: Outcome) -> str:
        return outcome.item.reason.what(self._language)

    def _word(self, family: str, name: str) -> str:
        return say(f"{family}-{name}").what(self._language)

    def _yes_no(self, value: bool | None) -> str:
        code = "unknown" if value is None else "yes" if value else "no"
        return self._word("word", code)

    def _step(self) -> None:
        if self._bar is not None:
            self._bar.update(1)

    def _line(self, content: Mapping[str, Any]) -> None:
        put(self._out, json_line(content))

    def table(self) -> None:
        """Write the rows so far, for people; the summary does it too."""
        if not self._rows:
            return
        header = [self._word("column", column) for column in self._columns]
        rows = [header, *self._rows]
        widths = [max(len(row[i]) for row in rows) for i in range(len(header) - 1)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            put(self._out, "  ".join([*cells, row[-1]]).rstrip() + "\n")
        put(self._out, "\n")
        self._rows = []


def change_lines(outcome: Outcome) -> list[str]:
    """Field by field what is there and what will be, for people who decide on it.

    Only of what is planned or waits for somebody: what was done is in the reason, and all of a
    new dataset is new.
    """
    item = outcome.item
    if not item.changes or item.action is Action.CREATE:
        return []
    if outcome.state is not State.PLANNED and not (outcome.failed and item.drift):
        return []
    return [f"  {one.field}: {_brief(one.before)} → {_brief(one.after)}" for one in item.changes]


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def outcome_line(outcome: Outcome, language: Language) -> dict[str, Any]:
    """The promised keys of ``plan`` and ``run``."""
    item = outcome.item
    return {
        "dataset": item.dataset,
        "action": outcome.action.value,
        "reason": item.reason.what(language),
        "changes": [
            {"field": change.field, "before": change.before, "after": change.after}
            for change in item.changes
        ],
        "state": outcome.state.value,
        "calls": outcome.tally.calls,
        "bytes": outcome.tally.bytes,
        "error": outcome.error.full(language) if outcome.error else None,
        "drift": bool(item.drift),
    }


def adopted_line(result: Adopted, language: Language) -> dict[str, Any]:
    """One dataset of ``adopt --json``."""
    return {
        "dataset": result.dataset,
        "accepted": [
            {"field": change.field, "before": change.before, "after": change.after}
            for change in result.accepted
        ],
        "error": result.problem.full(language) if result.problem else None,
    }


def entry_line(entry: LedgerEntry, language: Language) -> dict[str, Any]:
    """One dataset of ``status --json``."""
    return {
        "dataset": entry.dataset_name,
        "state": entry.state.value,
        "withdrawn": entry.withdrawn,
        "digest": entry.digest,
        "remote_id": entry.remote_id,
        "remote_name": entry.remote_name,
        "private": entry.private,
        "confirmed": entry.confirmed.isoformat() if entry.confirmed else None,
        "files": len(entry.files),
        "error": entry.error.full(language) if entry.error else None,
    }
