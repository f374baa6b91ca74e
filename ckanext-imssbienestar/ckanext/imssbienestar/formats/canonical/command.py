"""``normalise_table.py``: the canonical copy of a table, once a person has seen what it changes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.checks.given_files import read_dictionary
from ckanext.imssbienestar.checks.program import (
    DONE,
    NOT_GOOD,
    CannotRunError,
    existing_file,
    guarded,
    parser_of,
    print_out,
    progress,
    says,
    tell,
)
from ckanext.imssbienestar.checks.report_text import as_json
from ckanext.imssbienestar.domain.findings import any_blocking
from ckanext.imssbienestar.formats.canonical.changes import Change, NormalisedCopy
from ckanext.imssbienestar.formats.canonical.normalise import (
    CannotNormaliseError,
    Copy,
    normalised_copy,
)

# Cells named with each change; the JSON has more.
_PLACES = 3
_SHOWN = 40


def normalise_main(arguments: Sequence[str] | None = None) -> int:
    """``normalise_table.py``."""
    parser, language = parser_of("normalise_description", arguments, codes="normalise_codes")
    say = says(language)
    parser.add_argument("-o", "--output", metavar="OUT.csv", help=say("help_normalise_output"))
    parser.add_argument("--dictionary", metavar="D", help=say("help_dictionary"))
    parser.add_argument("--sheet", metavar="NAME", help=say("help_sheet"))
    parser.add_argument(
        "--set", action="append", default=[], metavar="COLUMN=VALUE", help=say("help_set")
    )
    parser.add_argument("--yes", action="store_true", help=say("help_yes"))
    parser.add_argument("--dry-run", action="store_true", help=say("help_dry_run"))
    parser.add_argument("--overwrite", action="store_true", help=say("help_overwrite"))
    options = parser.parse_args(arguments)

    def run() -> int:
        path = existing_file(options.file, say)
        _require_output(path, options, say)
        constants = dict(_constant(text, say) for text in options.set)
        dictionary = read_dictionary(options.dictionary, language)
        try:
            with (
                progress(path, say) as advance,
                normalised_copy(
                    path,
                    dictionary,
                    sheet=options.sheet,
                    constants=constants,
                    language=language,
                    advance=advance,
                ) as copy,
            ):
                return _offer(copy, options, language)
        except CannotNormaliseError as error:
            raise CannotRunError(str(error)) from error

    return guarded(run, options.file, language)


def _require_output(path: Path, options: argparse.Namespace, say: Callable[..., str]) -> None:
    """Refuse before any work what would be refused after it."""
    if options.dry_run:
        return
    if options.output is None:
        raise CannotRunError(say("normalise_output_missing"))
    output = Path(options.output)
    if output.exists() and output.samefile(path):
        raise CannotRunError(say("normalise_output_is_input", output=output))
    if output.exists() and not options.overwrite:
        raise CannotRunError(say("normalise_output_exists", output=output))


def _constant(text: str, say: Callable[..., str]) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise CannotRunError(say("normalise_bad_set", text=text))
    return name.strip(), value.strip()


def _offer(copy: Copy, options: argparse.Namespace, language: str) -> int:
    """Show the changes, and write the copy when a person accepts them."""
    say = says(language)
    if not options.json:
        print_out("\n".join(_lines(copy.report, language)))
    accepted = not options.dry_run and _accepted(copy.report, options, say)
    if accepted:
        try:
            copy.save(options.output, overwrite=options.overwrite)
        except FileExistsError as error:
            message = say("normalise_output_exists", output=options.output)
            raise CannotRunError(message) from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            message = say("cannot_write", path=options.output, reason=reason)
            raise CannotRunError(message) from error
        tell(say("normalise_written", output=options.output))
    elif not options.dry_run:
        tell(say("normalise_not_written"))
    if options.json:
        print_out(as_json(_as_object(copy.report, options, language, written=accepted)))
    good = not any_blocking(copy.report.questions) and (accepted or options.dry_run)
    return DONE if good else NOT_GOOD


def _accepted(report: NormalisedCopy, options: argparse.Namespace, say: Callable[..., str]) -> bool:
    if options.yes or not report.changes:
        return True
    if not sys.stdin.isatty():
        raise CannotRunError(say("normalise_needs_yes"))
    sys.stderr.write(say("normalise_ask", output=options.output))
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in say("normalise_answers").split()


def _lines(report: NormalisedCopy, language: str) -> Iterator[str]:
    say = says(language)
    if not report.changes:
        yield say("normalise_no_changes", file=report.file)
    else:
        yield say("normalise_changes", file=report.file, rows=report.rows)
    for change in report.changes:
        yield f"  - {change.text(language)}{_places(change)}"
    if report.questions:
        yield say("normalise_questions")
    for question in report.questions:
        yield f"  ? {question.message}"
        yield f"    {say('fix', fix=question.fix)}"


def _places(change: Change) -> str:
    """The first cells of a change, with what they said where that may be shown."""
    shown = []
    for cell in change.cells[:_PLACES]:
        before, after = (_short(text) for text in (cell.before, cell.after))
        told = f": {before} → {after}" if before and after else f": {before}" if before else ""
        shown.append(cell.cell + told)
    more = "; …" if change.count > len(shown) else ""
    return f" [{'; '.join(shown)}{more}]" if shown else ""


def _short(text: str | None) -> str:
    if not text:
        return ""
    visible = "".join(c if c.isprintable() else "·" for c in text)
    return f"«{visible if len(visible) <= _SHOWN else visible[: _SHOWN - 1] + '…'}»"


def _as_object(
    report: NormalisedCopy, options: argparse.Namespace, language: str, *, written: bool
) -> dict[str, Any]:
    changes = [
        change.model_dump() | {"message": change.text(language)} for change in report.changes
    ]
    return report.model_dump(mode="json") | {
        "changes": changes,
        "output": options.output,
        "written": written,
    }
