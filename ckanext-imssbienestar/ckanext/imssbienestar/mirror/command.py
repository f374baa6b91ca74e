"""The command line: options in, exit code out. ``scripts/mirror_federal.py`` calls :func:`main`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.mirror.errors import (
    GuardError,
    PreflightRefusedError,
    RefusedError,
    Told,
)
from ckanext.imssbienestar.mirror.report import Report
from ckanext.imssbienestar.mirror.runner import Summary, plan_only, run
from ckanext.imssbienestar.mirror.session import MirrorSession, Wanted, ledger_of
from ckanext.imssbienestar.mirror.settings import MirrorSettings, load_settings
from ckanext.imssbienestar.mirror.texts import DEFAULT_LANGUAGE, Language, say
from ckanext.imssbienestar.mirror.verify import verify

GOOD, NOT_GOOD, COULD_NOT_RUN, REFUSED, GUARDED, INTERRUPTED = 0, 1, 2, 3, 4, 130

_DESCRIPTION = """\
Keep a federal catalogue equal to what the institutional catalogue has published.

  plan    what would be done; writes nothing
  run     do it; what is equal is left alone, what broke off is finished
  status  what was last confirmed, from the ledger; no network
  verify  download the federal copy and compare it with what was signed
"""

_EPILOG = """\
A profile (TOML); paths are relative to it, tokens are never written in it:

  contact = "datos.abiertos@example.gob.mx"

  [source]
  url = "https://datos.example.gob.mx"
  token_file = "institutional.token"

  [target]
  url = "https://www.datos.gob.mx"
  token_file = "federal.token"
  profile = "pnda"                 # or "ckan"
  organization = "imss-bienestar"
  group = "salud"

  [target.groups]                  # theme of the dataset = group over there
  presupuesto = "presupuesto"

  [limits]
  minimum_interval_seconds = 0.5   # between calls

Exit codes: 0 good, 1 some dataset failed or differs, 2 could not run, 3 refused by the other
side, 4 stopped by a guard, 130 interrupted.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; always returns an exit code, never lets a traceback out."""
    options = _parser().parse_args(arguments)
    language: Language = options.lang or DEFAULT_LANGUAGE
    try:
        with _polite_kill_is_interrupt():
            settings = load_settings(options.profile)
            language = options.lang or settings.language
            return _dispatch(options, settings, Report(language, options.json))
    except ImssError as error:
        _tell(error, language)
        return exit_code(error)
    except KeyboardInterrupt:
        _write(say("interrupted").full(language))
        return INTERRUPTED
    except BrokenPipeError:
        _silence_stdout()
        _write(say("output-closed").full(language))
        return NOT_GOOD


def exit_code(error: ImssError) -> int:
    """The exit code of an error that ended a whole command."""
    if isinstance(error, GuardError):
        return GUARDED
    if isinstance(error, PreflightRefusedError | RefusedError):
        return REFUSED
    return COULD_NOT_RUN


def _dispatch(options: argparse.Namespace, settings: MirrorSettings, report: Report) -> int:
    if options.command == "status":
        return _status(settings, options.only, report)
    session = MirrorSession(settings)
    if options.command == "verify":
        return _verify(session, options.only, report)
    return _plan_or_run(session, options, report)


def _plan_or_run(session: MirrorSession, options: argparse.Namespace, report: Report) -> int:
    def on_plan(items: Sequence[object], wanted: Wanted) -> None:
        report.plan(list(items), wanted.warnings)  # type: ignore[arg-type]

    dry = options.command == "plan" or options.dry_run
    summary = Summary()
    try:
        if dry:
            plan_only(session, options.only, on_plan, report.outcome, summary)
        else:
            run(session, options.only, options.workers, on_plan, report.outcome, summary)
    finally:
        # What was done before a guard or Ctrl-C is told too; nothing is, if nothing was planned.
        if summary.planned:
            report.summary("summary-plan" if dry else "summary-run", summary.as_dict())
        report.close()
    return NOT_GOOD if summary.failed else GOOD


def _verify(session: MirrorSession, only: Sequence[str], report: Report) -> int:
    started, counts, size = time.monotonic(), Counter[bool](), 0
    for comparison in verify(session, only, report.expect):
        report.comparison(comparison)
        counts[comparison.equal] += 1
        size += comparison.bytes
    facts = {
        "files": counts.total(),
        "equal": counts[True],
        "different": counts[False],
        "bytes": size,
        "seconds": round(time.monotonic() - started, 3),
    }
    report.summary("summary-verify", facts)
    return NOT_GOOD if counts[False] else GOOD


def _status(settings: MirrorSettings, only: Sequence[str], report: Report) -> int:
    entries = list(ledger_of(settings).entries().values())
    if only:
        entries = [entry for entry in entries if {entry.dataset_name, entry.remote_name} & {*only}]
    for entry in entries:
        report.entry(entry)
    if not entries:
        report.note(say("status-empty"))
    states = Counter(entry.state.value for entry in entries)
    report.summary("summary-status", {"datasets": len(entries), **_all_states(states)})
    return NOT_GOOD if states["failed"] else GOOD


def _all_states(states: Counter[str]) -> dict[str, int]:
    return {name: states[name] for name in ("planned", "sent", "confirmed", "failed")}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mirror_federal.py",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=("plan", "run", "status", "verify"))
    parser.add_argument("--profile", type=Path, required=True, help="TOML file of the mirror")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these datasets only")
    parser.add_argument("--dry-run", action="store_true", help="run: the same as plan")
    parser.add_argument(
        "--workers", type=_positive, default=2, metavar="N", help="datasets at a time (default 2)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    parser.add_argument("--lang", choices=("es", "en"), help="language of the sentences")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


@contextmanager
def _polite_kill_is_interrupt() -> Iterator[None]:
    """Inside, SIGTERM saves the state the way Ctrl-C does; Python allows it in one thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _tell(error: ImssError, language: Language) -> None:
    _write(error.told(language) if isinstance(error, Told) else str(error))


def _write(text: str) -> None:
    sys.stderr.write(text + "\n")


def _silence_stdout() -> None:
    # Python flushes stdout once more on its way out, which would fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
