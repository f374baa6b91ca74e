"""The options of the command line and their help."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Sequence
from pathlib import Path

COMMANDS = (
    "plan",
    "run",
    "status",
    "verify",
    "repair",
    "adopt",
    "reconcile",
    "health",
    "metrics",
)
REVIEW_COMMANDS = ("notify", "review", "receipt")
"""Those about the federal side, which have options of their own."""

_DESCRIPTION = """\
Keep a federal catalogue equal to what the institutional catalogue has published.

  plan       what would be done; writes nothing. --out FILE keeps it for a person to approve
  run        do it; what is equal is left alone, what broke off is finished.
             --plan FILE does exactly what an approved plan says, or nothing
  status     what was last confirmed, from the ledger; no network
  verify     download the federal copy and compare it with what was signed
  repair     NAME ...: write over what somebody changed by hand over there
  adopt      NAME ... --reason TEXT: accept what somebody changed by hand over there
  reconcile  make a lost or damaged ledger anew from what is over there; writes nothing there
  health     did what should have run, and how did it end; no network
  metrics    the same as text for Prometheus; no network
  notify     tell the federal side by mail what was sent, once
  review     see what the federal side made public, and what takes too long
  receipt    record, list: the comprobantes of load, change and withdrawal
             (the last three have options of their own: notify --help)
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
side, 4 stopped by a guard or by an approved plan that no longer fits, 130 interrupted.
"""


def parse_options(arguments: Sequence[str] | None, program: str) -> argparse.Namespace:
    """The options; what cannot be meant ends the program with exit code 2 and the usage.

    :param program: what it is called, for its help.
    """
    parser = _parser(program)
    options = parser.parse_intermixed_args(arguments)
    named = options.command in ("repair", "adopt")
    if options.names and not named:
        parser.error(f"{options.command} takes its names with --only")
    if named and not options.names:
        parser.error(f"{options.command} needs the NAME of a dataset")
    if options.command == "adopt" and not (options.reason or "").strip():
        parser.error("adopt needs --reason TEXT")
    if options.command == "adopt" and not (options.person or account_name()).strip():
        parser.error("adopt needs --person NAME: this account has no name")
    if options.plan is not None and options.command != "run":
        parser.error("--plan goes with run")
    if options.out is not None and options.command != "plan":
        parser.error("--out goes with plan")
    if options.plan is not None and (options.only or options.dry_run):
        parser.error("--plan goes alone: the plan already says which datasets it touches")
    return options


def is_whole_run(options: argparse.Namespace) -> bool:
    """Whether it is ``run`` for every dataset, as a timer does it."""
    return options.command == "run" and not (options.only or options.plan or options.dry_run)


def account_name() -> str:
    """Name of the account this runs as; empty where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("names", nargs="*", metavar="NAME", help="repair, adopt: these datasets")
    parser.add_argument("--profile", type=Path, required=True, help="TOML file of the mirror")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these datasets only")
    parser.add_argument("--dry-run", action="store_true", help="run: the same as plan")
    parser.add_argument("--out", type=Path, metavar="FILE", help="plan: keep it in this file")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="run: an approved plan")
    parser.add_argument("--reason", metavar="TEXT", help="adopt: why the difference is accepted")
    parser.add_argument(
        "--person", metavar="NAME", help="adopt: who accepts it (default: your account's name)"
    )
    parser.add_argument(
        "--workers", type=_positive, default=2, metavar="N", help="datasets at a time (default 2)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    parser.add_argument(
        "--log", metavar="FILE", help="one JSON line a call to a catalogue; - for standard error"
    )
    parser.add_argument("--lang", choices=("es", "en"), help="language of the sentences")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number
