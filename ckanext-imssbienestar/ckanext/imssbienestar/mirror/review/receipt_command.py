"""``receipt record`` and ``receipt list``: the comprobantes on the command line."""

from __future__ import annotations

import argparse
from typing import Any

from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry
from ckanext.imssbienestar.mirror.report import Report
from ckanext.imssbienestar.mirror.review import receipts
from ckanext.imssbienestar.mirror.review.passages import Kind
from ckanext.imssbienestar.mirror.review.receipts import ReceiptWish
from ckanext.imssbienestar.mirror.review.records import ReceiptRecord
from ckanext.imssbienestar.mirror.review.status import asked_for, records_of
from ckanext.imssbienestar.mirror.running.session import ledger_of
from ckanext.imssbienestar.mirror.settings import MirrorSettings
from ckanext.imssbienestar.mirror.texts import say


def record(options: argparse.Namespace, settings: MirrorSettings, report: Report) -> bool:
    """Keep a comprobante; returns whether all is good."""
    wish = ReceiptWish(
        options.dataset,
        Kind(options.kind),
        options.number,
        options.date,
        options.file,
        options.person,
    )
    entries = ledger_of(settings).entries()
    row = receipts.record(records_of(settings), entries, wish, receipts.folder_of(settings))
    report.row(receipt_line(entries[row.dataset_id], row, kept=True), (), ())
    report.note(say("receipt-recorded", number=row.receipt_number, dataset=options.dataset))
    return True


def listed(options: argparse.Namespace, settings: MirrorSettings, report: Report) -> bool:
    """Those recorded, and whether their files are there; returns whether they all are."""
    entries = asked_for(ledger_of(settings).entries(), options.only)
    memory, folder, lost, count = records_of(settings).memory(), receipts.folder_of(settings), 0, 0
    columns = ("dataset", "kind", "receipt", "issued", "person", "kept")
    for one in receipts.recorded(entries, memory):
        row, name = one.row, one.entry.dataset_name
        kept, count = receipts.is_kept(folder, row), count + 1
        content = {**receipt_line(one.entry, row, kept=kept), "superseded": not one.counts}
        kind = say(f"kind-{row.kind}").what(report.language)
        yes = say("word-yes" if kept else "word-no").what(report.language)
        number = row.receipt_number if one.counts else f"({row.receipt_number})"
        cells = (name, kind, number, row.issued.isoformat(), row.person, yes)
        report.row(content, columns, cells)
        if not kept:
            lost += 1
            report.note(say("receipt-lost", number=row.receipt_number, dataset=name))
    report.summary("summary-receipts", {"receipts": count, "lost": lost})
    return lost == 0


def receipt_line(entry: LedgerEntry, row: ReceiptRecord, *, kept: bool) -> dict[str, Any]:
    """A comprobante for programs."""
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
