"""``notify`` and ``review``: telling the federal side, and seeing what it did."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from ckanext.imssbienestar.mirror.days import day_of
from ckanext.imssbienestar.mirror.ledger.activities import Kind
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry
from ckanext.imssbienestar.mirror.report import Report
from ckanext.imssbienestar.mirror.review import receipt_command
from ckanext.imssbienestar.mirror.review.look import look
from ckanext.imssbienestar.mirror.review.notices import NoticeDataset
from ckanext.imssbienestar.mirror.review.notify import (
    describe,
    due,
    mail_about,
    notice_settings,
    post,
)
from ckanext.imssbienestar.mirror.review.options import wishes_of
from ckanext.imssbienestar.mirror.review.outcome import (
    NoticeOutline,
    ReviewOutline,
    mark_of,
    readable,
    refuse_unless_shown,
)
from ckanext.imssbienestar.mirror.review.passages import (
    ReviewState,
    Standing,
    concerns,
    reminder_due,
    review_overdue,
)
from ckanext.imssbienestar.mirror.review.records import ReviewRecords
from ckanext.imssbienestar.mirror.review.standings import standings
from ckanext.imssbienestar.mirror.review.status import (
    asked_for,
    patience_of,
    records_of,
    standing_line,
)
from ckanext.imssbienestar.mirror.running.session import MirrorSession, ledger_database_of
from ckanext.imssbienestar.mirror.running.watch import Watch, asked_activity, watching
from ckanext.imssbienestar.mirror.settings import MirrorSettings
from ckanext.imssbienestar.mirror.texts import Sentence, say

_GOOD, _NOT_GOOD = 0, 1


@dataclass(frozen=True)
class _Desk:
    """What both commands work with."""

    options: argparse.Namespace
    session: MirrorSession
    report: Report
    watch: Watch
    records: ReviewRecords


def carry_out(
    options: argparse.Namespace,
    settings: MirrorSettings,
    report: Report,
    activity_id: str,
) -> bool:
    """Do what the options say; returns whether all is good.

    :param activity_id: the waiting activity that this carries out; empty for a new one.
    """
    if options.command == "receipt":
        recording = options.action == "record"
        act = receipt_command.record if recording else receipt_command.listed
        return act(options, settings, report)
    database, kind = ledger_database_of(settings), Kind(options.command)
    activity = asked_activity(database, kind, options.only, activity_id, wishes_of(options))
    if activity is None:
        return True  # another worker has taken it
    with watching(database, activity, settings.target.url) as watch:
        desk = _Desk(options, MirrorSession(settings), report, watch, records_of(settings))
        good = _notify(desk) if kind is Kind.NOTIFY else _review(desk)
        watch.exit_code = _GOOD if good else _NOT_GOOD
    return good


# -- notify --------------------------------------------------------------------------------


def _notify(desk: _Desk) -> bool:
    settings, options, report = notice_settings(desk.session), desk.options, desk.report
    memory = desk.records.memory()
    found = due(asked_for(desk.session.open_ledger().entries(), options.only).values(), memory)
    told = (*found.fresh, *(found.doubtful if options.again else ()))
    left_out = () if options.again else found.doubtful
    mark, doubtful = mark_of(told, memory, settings), _named(left_out)
    outline = NoticeOutline(mark, doubtful, _named(found.unconfirmed))
    desk.watch.summary = outline.content
    if found.unconfirmed:
        report.note(say("notice-unconfirmed", names=", ".join(_named(found.unconfirmed))))
    if left_out:
        report.note(say("notice-doubtful", names=", ".join(doubtful)))
    if options.as_shown:
        refuse_unless_shown(desk.watch.activities, options.as_shown, mark)
    if not told:
        report.note(say("notice-nothing"))
        return not left_out
    desk.watch.expect(len(told))
    datasets = describe(desk.session, told, memory)
    message = mail_about(desk.session, datasets, desk.records)
    outline.written(message, datasets)
    if options.dry_run:
        _tell_notice(report, datasets, message, sent=False)
        report.text(readable(message))
        desk.watch.count(len(told), 0)
        return not left_out
    refused = post(settings, message, datasets, desk.records, memory)
    outline.sent(message, refused)
    desk.watch.count(len(told), 0)
    _tell_sent(desk, datasets, message, refused)
    return not left_out and not refused


def _tell_sent(
    desk: _Desk, datasets: Sequence[NoticeDataset], message: EmailMessage, refused: Sequence[str]
) -> None:
    _tell_notice(desk.report, datasets, message, sent=True)
    desk.report.note(say("notice-sent", count=len(datasets), message_id=message["Message-ID"]))
    if refused:
        desk.report.note(say("notice-partly", mailboxes=", ".join(refused)))
    entries, memory = desk.session.open_ledger().entries().values(), desk.records.memory()
    desk.records.passed(standings(entries, memory, notices=True), "notify", memory)


def _tell_notice(
    report: Report, datasets: Sequence[NoticeDataset], message: EmailMessage, *, sent: bool
) -> None:
    for one in datasets:
        content = {
            "dataset": one.name,
            "kind": one.kind,
            "number": one.number or None,
            "files": len(one.files),
            "message_id": str(message["Message-ID"]) if sent else None,
            "sent": sent,
        }
        kind = say(f"kind-{one.kind}").what(report.language)
        report.row(content, ("dataset", "kind"), (one.name, kind))
    if sent:
        report.table()


# -- review --------------------------------------------------------------------------------


def _review(desk: _Desk) -> bool:
    options, session, report = desk.options, desk.session, desk.report
    ledger = session.open_ledger()
    if options.remind:
        notice_settings(session)
    if options.only:
        asked_for(ledger.entries(), options.only)
    found = look(session, ledger, desk.records, only=options.only, now=options.now)
    outline = ReviewOutline(found.last, found.waits_until)
    desk.watch.summary = outline.content
    if found.waits_until is not None and found.last is not None:
        facts = {"last": _minute(found.last), "next": _minute(found.waits_until)}
        report.note(say("review-too-soon", host=session.target.host, **facts))
    now, patience = desk.records.now(), patience_of(session.settings)
    counts, worries = Counter[ReviewState](), 0
    for one in found.standings:
        problems = concerns(one, now, patience)
        worries += len(problems)
        counts[one.state] += 1
        outline.concern(problems)
        _tell_standing(report, one, problems)
    facts_found = _counted(counts, worries)
    outline.counted(facts_found)
    desk.watch.count(len(found.standings), worries)
    report.summary("summary-review", facts_found)
    if options.remind:
        _remind(desk, outline, found.standings)
    return worries == 0


def _tell_standing(report: Report, standing: Standing, problems: Sequence[Sentence]) -> None:
    content = {
        "dataset": standing.dataset,
        **standing_line(standing),
        "concerns": [problem.full(report.language) for problem in problems],
    }
    row = (
        standing.dataset,
        say(f"review-{standing.state}").what(report.language),
        _minute(standing.since) if standing.since else "",
        standing.receipt or "",
    )
    report.row(content, ("dataset", "review", "since", "receipt"), row)
    for problem in problems:
        report.note(problem)


def _counted(counts: Counter[ReviewState], worries: int) -> dict[str, int]:
    states = {state.value.replace("-", "_"): counts[state] for state in ReviewState}
    return {"datasets": counts.total(), **states, "concerns": worries}


def _remind(desk: _Desk, outline: ReviewOutline, found: Sequence[Standing]) -> None:
    session, records = desk.session, desk.records
    settings = notice_settings(session)
    now, patience = records.now(), patience_of(session.settings)
    late = {
        one.dataset_id: day_of(one.since).isoformat()
        for one in found
        if one.since is not None
        and review_overdue(one, now, patience)
        and reminder_due(one, now, patience)
    }
    if not late:
        return
    entries = [entry for key, entry in session.open_ledger().entries().items() if key in late]
    memory = records.memory()
    datasets = describe(session, entries, memory, since=late)
    message = mail_about(session, datasets, records, reminder=True)
    refused = post(settings, message, datasets, records, memory, reminder=True)
    outline.reminded(_named(entries), refused)
    desk.report.note(say("reminder-sent", count=len(datasets), message_id=message["Message-ID"]))
    if refused:
        desk.report.note(say("notice-partly", mailboxes=", ".join(refused)))


# -- pieces --------------------------------------------------------------------------------


def _named(entries: Sequence[LedgerEntry]) -> tuple[str, ...]:
    return tuple(entry.dataset_name for entry in entries)


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
