"""What each command of the program does, from its options to its exit code."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence

from ckanext.imssbienestar.mirror.errors import GOOD, NOT_GOOD
from ckanext.imssbienestar.mirror.ledger.activities import Activities, Kind
from ckanext.imssbienestar.mirror.ledger.database import utc_now
from ckanext.imssbienestar.mirror.logs import call_log
from ckanext.imssbienestar.mirror.options import REVIEW_COMMANDS, account_name, is_whole_run
from ckanext.imssbienestar.mirror.output import put
from ckanext.imssbienestar.mirror.planning.approval import Approval
from ckanext.imssbienestar.mirror.planning.plan import PlanItem
from ckanext.imssbienestar.mirror.planning.stored_plan import (
    make_plan,
    read_plan,
    refuse_unfit,
    write_plan,
)
from ckanext.imssbienestar.mirror.report import Report
from ckanext.imssbienestar.mirror.review.status import after_a_run, after_verifying, known_by_id
from ckanext.imssbienestar.mirror.running.adoption import adopt
from ckanext.imssbienestar.mirror.running.orders import Orders
from ckanext.imssbienestar.mirror.running.outcome import Outcome
from ckanext.imssbienestar.mirror.running.remembering import Remembering, remembering
from ckanext.imssbienestar.mirror.running.runner import Summary, plan_only, run
from ckanext.imssbienestar.mirror.running.session import (
    MirrorSession,
    Wanted,
    ledger_database_of,
    ledger_of,
)
from ckanext.imssbienestar.mirror.running.standstill import Begun
from ckanext.imssbienestar.mirror.running.verify import verify
from ckanext.imssbienestar.mirror.running.watch import Watch, asked_activity, watching
from ckanext.imssbienestar.mirror.settings import MirrorSettings
from ckanext.imssbienestar.mirror.texts import Sentence, say


def dispatch(
    options: argparse.Namespace,
    settings: MirrorSettings,
    report: Report,
    activity_id: str,
    begun: Begun | None = None,
) -> int:
    """Carry out a command; the exit code.

    :param activity_id: the waiting activity that this carries out; a new one by default.
    :param begun: the run that only asked again and that this one goes on with.
    """
    if options.command in REVIEW_COMMANDS:
        # What a run does not need is loaded where it is used.
        from ckanext.imssbienestar.mirror.review.command import carry_out

        good = carry_out(options, settings, report, activity_id)
        return GOOD if good else NOT_GOOD
    if options.command == "status":
        return _status(settings, options.only, report)
    if options.command in ("health", "metrics"):
        return _health(settings, options)
    if options.command == "adopt":
        return _adopt(MirrorSession(settings), options, report)
    if options.command == "reconcile":
        return _reconcile(settings, options, report)
    kind = _kind(options)
    orders = _orders(settings, options)
    only = options.names or options.only
    if orders.approval is not None:
        only = orders.approval.plan.only
    database = ledger_database_of(settings)
    activity = Activities(database).find(begun.record.activity_id) if begun else None
    activity = activity or asked_activity(database, kind, only, activity_id)
    if activity is None:
        return GOOD  # another worker has taken it
    with (
        watching(database, activity, settings.target.url) as watch,
        call_log(options.log, activity.id) as on_call,
    ):
        session = MirrorSession(settings, orders, on_call, watch.read_back, database, begun)
        if kind is Kind.VERIFY:
            watch.exit_code = _verify(session, only, report, watch)
        else:
            # A worker of CKAN's may have loaded the program before it became another one.
            whole = is_whole_run(options) and not activity_id
            memory = remembering(settings, options.profile, begun) if whole else None
            watch.exit_code = _plan_or_run(session, only, options, report, watch, memory)
        return watch.exit_code


def _plan_or_run(
    session: MirrorSession,
    only: Sequence[str],
    options: argparse.Namespace,
    report: Report,
    watch: Watch,
    memory: Remembering | None,
) -> int:
    dry = options.command == "plan" or options.dry_run

    warnings: list[Sentence] = []

    def on_plan(items: Sequence[PlanItem], wanted: Wanted) -> None:
        report.plan(items, wanted.warnings)
        watch.plan(items)
        warnings.extend(wanted.warnings)
        if options.out is not None:
            write_plan(make_plan(session.settings, only, items, utc_now()), options.out)
            report.note(say("plan-kept", path=options.out))

    def on_outcome(outcome: Outcome) -> None:
        report.outcome(outcome)
        watch.outcome(outcome)
        if memory is not None:
            memory.outcome(outcome)

    summary = Summary()
    try:
        if dry:
            plan_only(session, only, on_plan, on_outcome, summary)
        else:
            run(session, only, options.workers, on_plan, on_outcome, summary, memory)
    finally:
        watch.summary = summary.as_dict()
        # What was done before a guard or Ctrl-C is told too; nothing is, if nothing was planned.
        if summary.planned:
            report.summary("summary-plan" if dry else "summary-run", summary.as_dict())
        if not dry:
            watch.flush()
            after_a_run(session.settings, session.database)
        report.close()
    if memory is not None:
        memory.keep(session, warnings, summary.as_dict())
    return NOT_GOOD if summary.failed else GOOD


def _kind(options: argparse.Namespace) -> Kind:
    if options.command not in ("run", "repair"):
        return Kind(options.command)
    return Kind.PLAN if options.dry_run else Kind.RUN


def _orders(settings: MirrorSettings, options: argparse.Namespace) -> Orders:
    """What the person at the command line orders beyond the settings."""
    hold = settings.target.drift == "hold" and options.command != "repair"
    if options.plan is None:
        return Orders(hold=hold)
    plan = read_plan(options.plan)
    refuse_unfit(plan, settings, options.plan, utc_now())
    return Orders(hold=hold, approval=Approval(plan))


def _adopt(session: MirrorSession, options: argparse.Namespace, report: Report) -> int:
    person = (options.person or account_name()).strip()
    accepted = refused = 0
    for result in adopt(session, options.names, person, options.reason.strip(), utc_now):
        report.adopted(result)
        accepted += len(result.accepted)
        refused += result.problem is not None
    report.summary("summary-adopt", {"accepted": accepted, "refused": refused})
    return NOT_GOOD if refused else GOOD


def _reconcile(settings: MirrorSettings, options: argparse.Namespace, report: Report) -> int:
    from ckanext.imssbienestar.mirror.running.reconcile import make_room_for_ledger, strangers

    session = MirrorSession(settings, Orders(read_only=True))
    for said in make_room_for_ledger(settings):
        report.note(said)
    summary = Summary()

    def on_plan(items: Sequence[PlanItem], wanted: Wanted) -> None:
        report.plan(items, wanted.warnings)

    run(session, options.only, options.workers, on_plan, report.outcome, summary)
    for name in strangers(session):
        report.note(say("reconcile-stranger", name=name, host=session.target.host))
    report.summary("summary-reconcile", summary.as_dict())
    return NOT_GOOD if summary.failed else GOOD


def _verify(session: MirrorSession, only: Sequence[str], report: Report, watch: Watch) -> int:
    def expect(total: int) -> None:
        report.expect(total)
        watch.expect(total)

    started, counts, size = time.monotonic(), Counter[bool](), 0
    for comparison in verify(session, only, expect):
        report.comparison(comparison)
        watch.comparison(comparison)
        counts[comparison.equal] += 1
        size += comparison.bytes
    facts = {
        "files": counts.total(),
        "equal": counts[True],
        "different": counts[False],
        "bytes": size,
        "seconds": round(time.monotonic() - started, 3),
    }
    watch.summary = facts
    watch.flush()
    after_verifying(session.settings, session.database)
    report.summary("summary-verify", facts)
    return NOT_GOOD if counts[False] else GOOD


def _status(settings: MirrorSettings, only: Sequence[str], report: Report) -> int:
    ledger = ledger_of(settings)
    running, entries = ledger.running(), list(ledger.entries().values())
    if only:
        entries = [entry for entry in entries if {entry.dataset_name, entry.remote_name} & {*only}]
    for one in running:
        since = one.started.isoformat(timespec="seconds")
        report.note(say("status-running", host=one.host, process=one.process, since=since))
    known = known_by_id(settings, entries)
    for entry in entries:
        report.entry(entry, known.get(entry.dataset_id))
    if not entries:
        report.note(say("status-empty"))
    states = Counter(entry.state.value for entry in entries)
    facts = {"datasets": len(entries), **_all_states(states), "running": len(running)}
    report.summary("summary-status", facts)
    return NOT_GOOD if states["failed"] else GOOD


def _health(settings: MirrorSettings, options: argparse.Namespace) -> int:
    from ckanext.imssbienestar.mirror.overview.health import health, records_of, sentence
    from ckanext.imssbienestar.mirror.overview.metrics import metrics_text
    from ckanext.imssbienestar.mirror.overview.timetable import Punctuality

    records = records_of(settings)
    if options.command == "metrics":
        put(sys.stdout, metrics_text(records).decode())
        return GOOD
    if options.json:
        put(sys.stdout, json.dumps(health(records)) + "\n")
    else:
        language = options.lang or settings.language
        put(sys.stdout, sentence(records.timetable).full(language) + "\n")
    return GOOD if records.timetable.punctuality is Punctuality.OK else NOT_GOOD


def _all_states(states: Counter[str]) -> dict[str, int]:
    return {name: states[name] for name in ("planned", "sent", "confirmed", "failed")}
