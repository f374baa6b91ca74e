"""The options of ``notify``, ``review`` and ``receipt``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.mirror.options import account_name
from ckanext.imssbienestar.mirror.review.passages import Kind

_DESCRIPTION = "The commands about the federal side: notify, review and receipt."
# What may be asked for beyond the command and its datasets, as an activity keeps it.
_WISHES = ("dry_run", "again", "as_shown", "now", "remind")


def review_options(arguments: Sequence[str], program: str) -> argparse.Namespace:
    """The options of these commands."""
    parser = _parser(program)
    options = parser.parse_args(arguments)
    if options.command == "receipt" and options.action == "record":
        options.person = " ".join((options.person or account_name()).split())
        if not options.person:
            parser.error("receipt record needs --person NAME")
    return options


def _parser(program: str) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=program, description=_DESCRIPTION)
    commands = made.add_subparsers(dest="command", required=True)
    notify = commands.add_parser("notify", help="tell the federal side what was sent, once")
    notify.add_argument("--dry-run", action="store_true", help="print the mail; send nothing")
    notify.add_argument("--again", action="store_true", help="also what may have left already")
    notify.add_argument(
        "--as-shown", metavar="ID", help="only if it is what the dry run of this id showed"
    )
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


def wishes_of(options: argparse.Namespace) -> dict[str, Any]:
    """What the options ask for beyond the command and its datasets, for its activity."""
    return {name: value for name in _WISHES if (value := getattr(options, name, None))}


def arguments_for(wishes: Mapping[str, Any]) -> list[str]:
    """The command line that :func:`wishes_of` makes the same wishes of."""
    arguments: list[str] = []
    for name in _WISHES:
        if value := wishes.get(name):
            option = "--" + name.replace("_", "-")
            arguments += [option] if value is True else [option, str(value)]
    return arguments


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a date such as 2026-11-23") from None
