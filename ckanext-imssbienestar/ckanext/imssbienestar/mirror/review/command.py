"""The commands about the federal side: ``notify``, ``review`` and ``receipt``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry
from ckanext.imssbienestar.mirror.options import account_name
from ckanext.imssbienestar.mirror.report import Report
from ckanext.imssbienestar.mirror.review import receipts
from ckanext.imssbienestar.mirror.review.look import look
from ckanext.imssbienestar.mirror.review.notices import NoticeDataset
from ckanext.imssbienestar.mirror.review.notify import (
    describe,
    due,
    mail_about,
    notice_settings,
    post,
)
from ckanext.imssbienestar.mirror.review.passages import (
    Kind,
    ReviewState,
    Standing,
    concerns,
    reminder_due,
    review_overdue,
)
from ckanext.imssbienestar.mirror.review.receipts import ReceiptWish
from ckanext.imssbienestar.mirror.review.records import ReceiptRecord, ReviewRecords
from ckanext.imssbienestar.mirror.review.standings import standings
from ckanext.imssbienestar.mirror.review.status import patience_of, records_of, standing_line
from ckanext.imssbienestar.mirror.running.session import MirrorSession, ledger_of
from ckanext.imssbienestar.mirror.settings import MirrorSettings
from ckanext.imssbienestar.mirror.texts import Sentence, say

REVIEW_COMMANDS = ("notify", "review", "receipt")


def review_options(arguments: Sequence[str] | None, program: str) -> argparse.Namespace | None:
    """The options of these commands; None when another command comes first."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] not in REVIEW_COMMANDS:
        return None
    parser = _parser(program)
    options = parser.parse_args(given)
    if options.command == "receipt" and options.action == "record":
        options.person = " ".join((options.person or account_name()).split())
        if not options.person:
            parser.error("receipt record needs --person NAME")
    return options


def _parser(program: str) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=program, description=__doc__)
    commands = made.add_subparsers(dest="command", required=True)
    notify = commands.add_parser("notify", help="tell the federal side what was sent, once")
    notify.add_argument("--dry-run", action="store_true", help="print the mail; send nothing")
    notify.add_argument("--again", action="store_true", help="also what may have left already")
    review = commands.add_parser("review", help="see what the federal side made public")
    review.add_argument("--now", action="store_true", help="look before the interval is over")
    review.add_argument("--remind", action="store_true", help="mail about what takes too long")
    receipt = commands.add_parser("receipt", help="the comprobantes of load, change, withdrawal")
    actions = receipt.add_subparsers(dest="action", required=True)
    recording = actions.add_parser("record", help="keep a comprobante against its release")
    listing = actions.add_parser("list", help="those recorded, and whether their files are there")
    recording.add_argument("--dataset", required=True, metavar="NAME")
    recording.add_argument("--kind", required=True, choices=[kind.value for kind in Kind])
    recording.add_argument("--number", required=True, metavar="N", help="as the document says")
    recording.add_argument(
        "--date", required=True, type=_day, metavar="YYYY-MM-DD", help="as the document says"
    )
    recording.add_argument("--file", required=True, type=Path, metavar="PDF", help="or PNG, JPEG")
    recording.add_argument("--person", help="who records it (default: who is logged in)")
    for one in (notify, review, listing):
        one.add_argument("--only", nargs="+", default=[], metavar="NAME")
    for one in (notify, review, recording, listing):
        one.add_argument("--profile", type=Path, required=True, help="TOML file of the mirror")
        one.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
        one.add_argument("--lang", choices=("es", "en"), help="language of the sentences")
    return made


def carry_out(options: argparse.Namespace, settings: MirrorSettings, report: Report) -> bool:
    """Do what the options say; returns whether all is good."""
    if options.command == "receipt":
        return (_record if options.action == "record" else _list)(options, settings, report)
    session = MirrorSession(settings)
    return (_notify if options.command == "notify" else _review)(options, session, report)


# -- notify --------------------------------------------------------------------------------


def _notify(options: argparse.Namespace, session: MirrorSession, report: Report) -> bool:
    settings = notice_settings(session)
    records = records_of(session.settings)
    memory = records.memory()
    found = due(asked_for(session.open_ledger().entries(), options.only).values(), memory)
    if found.unconfirmed:
        report.note(say("notice-unconfirmed", names=_names(found.unconfirmed)))
    told = (*found.fresh, *(found.doubtful if options.again else ()))
    doubtful = bool(found.doubtful) and not options.again
    if doubtful:
        report.note(say("notice-doubtful", names=_names(found.doubtful)))
    if not told:
        report.note(say("notice-nothing"))
        return not doubtful
    datasets = describe(session, told, memory)
    message = mail_about(session, datasets, records)
    if options.dry_run:
        _tell_notice(report, datasets, message, sent=False)
        report.text(_readable(message))
        return not doubtful
    refused = post(settings, message, datasets, records, memory)
    _tell_notice(report, datasets, message, sent=True)
    report.note(say("notice-sent", count=len(datasets), message_id=message["Message-ID"]))
    if refused:
        report.note(say("notice-partly", mailboxes=", ".join(refused)))
    entries = session.open_ledger().entries().values()
    memory = records.memory()
    records.passed(standings(entries, memory, notices=True), "notify", memory)
    return not doubtful and not refused


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


def _readable(message: EmailMessage) -> str:
    """A mail as a person reads it: its head, its words, and its attachments as text."""
    names = ("From", "To", "Cc", "Subject")
    head = "\n".join(f"{name}: {message[name]}" for name in names if message[name])
    parts = [part for part in message.walk() if not part.is_multipart()]
    texts = (
        f"[{part.get_filename()}]\n{_part_text(part)}" if part.get_filename() else _part_text(part)
        for part in parts
    )
    return "\n\n".join([head, *texts])


def _part_text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode("utf-8-sig").replace("\r\n", "\n") if isinstance(content, bytes) else ""


# -- review --------------------------------------------------------------------------------


def _review(options: argparse.Namespace, session: MirrorSession, report: Report) -> bool:
    records, ledger = records_of(session.settings), session.open_ledger()
    if options.remind:
        notice_settings(session)
    if options.only:
        asked_for(ledger.entries(), options.only)
    found = look(session, ledger, records, only=options.only, now=options.now)
    if found.waits_until is not None and found.last is not None:
        facts = {"last": _minute(found.last), "next": _minute(found.waits_until)}
        report.note(say("review-too-soon", host=session.target.host, **facts))
    now, patience = records.now(), patience_of(session.settings)
    counts, worries = Counter[ReviewState](), 0
    for one in found.standings:
        problems = concerns(one, now, patience)
        worries += len(problems)
        counts[one.state] += 1
        _tell_standing(report, one, problems)
    report.summary("summary-review", _counted(counts, worries))
    if options.remind:
        _remind(session, records, found.standings, report)
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


def _remind(
    session: MirrorSession,
    records: ReviewRecords,
    found: Sequence[Standing],
    report: Report,
) -> None:
    settings = notice_settings(session)
    now, patience = records.now(), patience_of(session.settings)
    late = {
        one.dataset_id: _minute(one.since)[:10]
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
    report.note(say("reminder-sent", count=len(datasets), message_id=message["Message-ID"]))
    if refused:
        report.note(say("notice-partly", mailboxes=", ".join(refused)))


# -- receipts ------------------------------------------------------------------------------


def _record(options: argparse.Namespace, settings: MirrorSettings, report: Report) -> bool:
    wish = ReceiptWish(
        options.dataset,
        Kind(options.kind),
        options.number,
        options.date,
        options.file,
        options.person,
    )
    entries = ledger_of(settings).entries()
    row = receipts.record(records_of(settings), entries, wish, _folder(settings))
    report.row(_receipt_line(entries[row.dataset_id], row, kept=True), (), ())
    report.note(say("receipt-recorded", number=row.receipt_number, dataset=options.dataset))
    return True


def _list(options: argparse.Namespace, settings: MirrorSettings, report: Report) -> bool:
    entries = asked_for(ledger_of(settings).entries(), options.only)
    memory, folder, lost, count = records_of(settings).memory(), _folder(settings), 0, 0
    columns = ("dataset", "kind", "receipt", "issued", "person", "kept")
    for key, entry in entries.items():
        for row in memory.receipts.get(key, ()):
            kept, count = receipts.is_kept(folder, row), count + 1
            current = memory.receipt_of(key, row.release_id, row.kind) == row
            content = {**_receipt_line(entry, row, kept=kept), "superseded": not current}
            kind = say(f"kind-{row.kind}").what(report.language)
            yes = say("word-yes" if kept else "word-no").what(report.language)
            number = row.receipt_number if current else f"({row.receipt_number})"
            cells = (entry.dataset_name, kind, number, row.issued.isoformat(), row.person, yes)
            report.row(content, columns, cells)
            if not kept:
                lost += 1
                facts = {"number": row.receipt_number, "dataset": entry.dataset_name}
                report.note(say("receipt-lost", **facts))
    report.summary("summary-receipts", {"receipts": count, "lost": lost})
    return lost == 0


def _receipt_line(entry: LedgerEntry, row: ReceiptRecord, *, kept: bool) -> dict[str, Any]:
    return {
        "dataset": entry.dataset_name,
        "release": row.release_id,
        "kind": row.kind.value,
        "number": row.receipt_number,
        "date": row.issued.isoformat(),
        "sha256": row.sha256,
        "bytes": row.size,
        "media_type": row.media_type,
        "person": row.person,
        "recorded": row.recorded.isoformat(),
        "kept": kept,
    }


def _folder(settings: MirrorSettings) -> Path:
    # The loader has given it a value; settings made by hand may have none.
    return settings.receipts.folder or Path("receipts")


# -- pieces --------------------------------------------------------------------------------


def asked_for(entries: Mapping[str, LedgerEntry], only: Sequence[str]) -> dict[str, LedgerEntry]:
    """The ledger's datasets of these names, on either side; all of them without names."""
    known = {name for one in entries.values() for name in (one.dataset_name, one.remote_name)}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise MirrorConfigurationError("only-unknown", names=", ".join(unknown))
    return {
        key: one
        for key, one in entries.items()
        if not only or {one.dataset_name, one.remote_name} & {*only}
    }


def _names(entries: Sequence[LedgerEntry]) -> str:
    return ", ".join(entry.dataset_name for entry in entries)


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a date such as 2026-11-23") from None
