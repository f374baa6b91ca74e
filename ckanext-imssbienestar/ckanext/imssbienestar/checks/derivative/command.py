"""``scan_personal_data.py --derivative``: the plan and a preview first, then the files."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from ckanext.imssbienestar.checks.derivative.suggest import (
    NoSafeDerivativeError,
    SafeDerivative,
    least_k,
    suggest,
)
from ckanext.imssbienestar.checks.given_files import read_dictionary, require_table
from ckanext.imssbienestar.checks.program import (
    DONE,
    NOT_GOOD,
    CannotRunError,
    print_out,
    progress,
    says,
    tell,
)
from ckanext.imssbienestar.checks.report_text import as_json

_SHOWN = 40


def add_arguments(parser: argparse.ArgumentParser, say: Callable[..., str]) -> None:
    """The options of a safe derivative."""
    parser.add_argument("--derivative", metavar="OUT.csv", help=say("help_derivative"))
    parser.add_argument("--dictionary", metavar="D", help=say("help_dictionary"))
    parser.add_argument("--k", type=int, metavar="N", help=say("help_k"))
    parser.add_argument("--dry-run", action="store_true", help=say("help_dry_run"))
    parser.add_argument("--overwrite", action="store_true", help=say("help_overwrite"))


def offer_derivative(path: Path, options: argparse.Namespace, language: str) -> int:
    """Show what a safe derivative of the file would be, and write it unless told not to.

    :raises CannotRunError: it cannot be written where the person asked, or k is too small.
    """
    say = says(language)
    output = Path(options.derivative)
    described = output.with_name(output.name.removesuffix(".csv") + ".dictionary.csv")
    if options.k is not None and options.k < least_k():
        raise CannotRunError(say("derivative_small_k", k=least_k()))
    for target in (output, described):
        _require_free(target, path, options, say)
    dictionary = read_dictionary(options.dictionary, language)
    require_table(path, language)
    try:
        with (
            progress(path, say) as advance,
            suggest(path, dictionary, language, k=options.k, advance=advance) as derivative,
        ):
            _show(derivative, options, language)
            if not options.dry_run:
                _write(derivative, output, described, options, say)
    except NoSafeDerivativeError as error:
        if options.json:
            print_out(as_json({"file": path.name, "finding": error.finding.model_dump()}))
        tell(f"{error.finding.message} {error.finding.fix}")
        return NOT_GOOD
    return DONE


def _require_free(
    target: Path, path: Path, options: argparse.Namespace, say: Callable[..., str]
) -> None:
    """Refuse before any work what would be refused after it."""
    if options.dry_run or not target.exists():
        return
    given = [path, *([Path(options.dictionary)] if options.dictionary else [])]
    if any(other.exists() and target.samefile(other) for other in given):
        raise CannotRunError(say("derivative_output_is_input", output=target))
    if not options.overwrite:
        raise CannotRunError(say("normalise_output_exists", output=target))


def _write(
    derivative: SafeDerivative,
    output: Path,
    described: Path,
    options: argparse.Namespace,
    say: Callable[..., str],
) -> None:
    try:
        derivative.save(output, described, overwrite=options.overwrite)
    except FileExistsError as error:
        raise CannotRunError(say("normalise_output_exists", output=output)) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CannotRunError(say("cannot_write", path=output, reason=reason)) from error
    tell(say("derivative_written", output=output, dictionary=described))


def _show(derivative: SafeDerivative, options: argparse.Namespace, language: str) -> None:
    if options.json:
        shown = derivative.report.model_dump(mode="json")
        print_out(as_json(shown | {"preview": derivative.preview()}))
    else:
        print_out("\n".join(_lines(derivative, language)))


def _lines(derivative: SafeDerivative, language: str) -> Iterator[str]:
    say, report = says(language), derivative.report
    yield say("derivative_plan", file=report.file, k=report.k)
    for column in report.columns:
        result = f" → {column.result}" if column.result else ""
        yield f"  - {_short(column.column)}: {column.message}{result}"
    yield say("derivative_counts", **report.model_dump(include={"rows", "groups", "left_out"}))
    yield say("derivative_preview")
    for row in derivative.preview():
        yield "  " + " | ".join(map(_short, row))
    yield say("derivative_advice")


def _short(text: str) -> str:
    visible = "".join(c if c.isprintable() else "·" for c in text)
    return visible if len(visible) <= _SHOWN else visible[: _SHOWN - 1] + "…"
