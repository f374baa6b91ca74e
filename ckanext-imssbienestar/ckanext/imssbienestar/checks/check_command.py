"""``check_table.py``: only what reads its arguments is imported before its file is being read."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ckanext.imssbienestar.checks.layout import DEFAULT_LIMIT
from ckanext.imssbienestar.checks.program import (
    DONE,
    NOT_GOOD,
    existing_file,
    guarded,
    parser_of,
    print_out,
    progress,
    says,
)
from ckanext.imssbienestar.checks.reading import FileReading
from ckanext.imssbienestar.checks.survey import new_survey
from ckanext.imssbienestar.datafiles import read_yaml

if TYPE_CHECKING:
    from ckanext.imssbienestar.domain.findings import CheckReport


def check_main(arguments: Sequence[str] | None = None) -> int:
    """``check_table.py``."""
    parser, language = parser_of("check_description", arguments)
    say = says(language)
    parser.add_argument("--dictionary", metavar="D", help=say("help_dictionary"))
    parser.add_argument("--limit", type=_count, default=DEFAULT_LIMIT, help=say("help_limit"))
    parser.add_argument(
        "--accept", metavar="TERM", action="append", default=[], help=say("help_accept")
    )
    options = parser.parse_args(arguments)

    def run() -> int:
        path = existing_file(options.file, say)
        with progress(path, say) as advance:
            survey = new_survey() if options.dictionary else None
            reading = FileReading(path, advance=advance, survey=survey)
            from ckanext.imssbienestar.checks.engine import check_table
            from ckanext.imssbienestar.checks.given_files import read_dictionary

            report = check_table(
                path,
                read_dictionary(options.dictionary, language),
                limit=options.limit,
                language=language,
                accepted_terms=options.accept,
                reading=reading,
            )
        if options.json:
            print_out(report.model_dump_json(indent=2))
        else:
            _tell(report, path, language)
        return DONE if report.publishable else NOT_GOOD

    return guarded(run, options.file, language)


def _tell(report: CheckReport, path: Path, language: str) -> None:
    from ckanext.imssbienestar.checks.report_text import check_report

    print_out(check_report(report, language))
    mended = set(read_yaml("normalisation.yaml")["mended_findings"]) if report.counts else set()
    if mended & report.counts.keys():
        print_out("\n" + says(language)("normalise_offer", file=path))


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(text)
    return number
