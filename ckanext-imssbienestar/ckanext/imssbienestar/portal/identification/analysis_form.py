"""The form of the analysis: a row for each database, as it was shown and as it was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

YES, NO = "yes", "no"
_QUESTIONS = ("relevant_to_society", "useful_to_understand")


@dataclass(frozen=True)
class FormRow:
    """What one row of the form says.

    :ivar answers: ``yes`` or ``no``, by the name of the question; ``publish`` is one of them.
    :ivar based_on: id of the decision that the row was shown with; 0 for none.
    :ivar was: what it said when it was shown, in one text.
    :ivar marked: somebody marked it to be kept.
    """

    entry: str
    answers: Mapping[str, str]
    reason: str
    based_on: int
    was: str
    marked: bool = False

    @property
    def said(self) -> str:
        """All of it in one text, to tell whether it was changed."""
        answers = " ".join(self.answers[name] for name in (*_QUESTIONS, "publish"))
        return f"{answers} {self.reason}"

    @property
    def sent(self) -> dict[str, Any]:
        """As ``imss_analysis_decide`` takes it: to publish is the default (R-006)."""
        interest = all(self.answers[name] == YES for name in _QUESTIONS)
        return {
            "entry": self.entry,
            **{name: self.answers[name] == YES for name in _QUESTIONS},
            "publish": False if interest and self.answers["publish"] == NO else None,
            "reason": self.reason,
            "based_on": self.based_on,
        }


def shown_row(row: Mapping[str, Any]) -> FormRow:
    """The row of a database as the form shows it first.

    Without a decision it begins with that of the earlier version, if that may be repeated, so
    that nobody decides the contrary unawares; else with the default, to publish (R-006).

    :param row: a result of ``imss_analysis_show``.
    """
    decision = row["decision"] or row["repeatable"]
    if decision is None:
        answers = dict.fromkeys((*_QUESTIONS, "publish"), YES)
        first = FormRow(row["identifier"], answers, "", 0, "")
    else:
        answers = {name: YES if decision[name] else NO for name in _QUESTIONS}
        answers["publish"] = NO if decision["publish"] is False else YES
        seen = row["decision"]["id"] if row["decision"] else 0
        first = FormRow(row["identifier"], answers, decision["reason"], seen, "")
    return FormRow(first.entry, first.answers, first.reason, first.based_on, first.said)


def sent_rows(form: Mapping[str, str]) -> list[FormRow]:
    """Every row that was sent, in order; what was sent twice or without a database is left out."""
    found: dict[str, FormRow] = {}
    for number in _numbers(form):
        entry = form[f"entry-{number}"].strip()
        if entry and entry not in found:
            found[entry] = _sent_row(form, number, entry)
    return list(found.values())


def to_keep(rows: Sequence[FormRow], *, undecided_too: bool) -> list[FormRow]:
    """The rows that somebody decided: marked or changed, and maybe all without a decision."""
    return [
        row
        for row in rows
        if row.marked or row.said != row.was or (undecided_too and not row.based_on)
    ]


def _sent_row(form: Mapping[str, str], number: int, entry: str) -> FormRow:
    seen = form.get(f"seen-{number}", "")
    return FormRow(
        entry=entry,
        answers={
            name: NO if form.get(f"{name}-{number}") == NO else YES
            for name in (*_QUESTIONS, "publish")
        },
        reason=_lines(form.get(f"reason-{number}", "")).strip(),
        based_on=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else 0,
        was=_lines(form.get(f"was-{number}", "")),
        marked=f"decide-{number}" in form,
    )


def _numbers(form: Mapping[str, str]) -> Iterator[int]:
    number = 1
    while f"entry-{number}" in form:
        yield number
        number += 1


def _lines(text: str) -> str:
    """A text as it was shown: browsers send CRLF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
