"""``check_table.py``: only what reads its arguments is imported before its file is being read."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

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
from ckanext.imssbienestar.datafiles import read_yaml


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
            reading = FileReading(path, advance=advance)
            from ckanext.imssbienestar.checks.engine import check_table
            from ckanext.imssbienestar.checks.given_files import read_dictionary
            from ckanext.imssbienestar.checks.report_text import check_report

            report = check_table(
                path,
                read_dictionary(options.dictionary, language),
                limit=options.limit,
                language=language,
                accepted_terms=options.accept,
                reading=reading,
            )
        print_out(
            report.model_dump_json(indent=2) if options.json else check_report(report, language)
        )
        mended = set(read_yaml("normalisation.yaml")["mended_findings"])
        if not options.json and mended & report.counts.keys():
            print_out("\n" + say("normalise_offer", file=path))
        return DONE if report.publishable else NOT_GOOD

    return guarded(run, options.file, language)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(text)
    return number
