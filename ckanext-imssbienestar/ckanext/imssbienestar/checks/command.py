"""``scan_personal_data.py`` and ``infer_dictionary.py``: arguments in, exit codes out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ckanext.imssbienestar.checks import report_text
from ckanext.imssbienestar.checks.derivative.command import add_arguments, offer_derivative
from ckanext.imssbienestar.checks.given_files import require_table
from ckanext.imssbienestar.checks.inference import infer_dictionary
from ckanext.imssbienestar.checks.personal.files_scan import is_rows
from ckanext.imssbienestar.checks.personal_data import scan_personal_data
from ckanext.imssbienestar.checks.program import (
    DONE,
    NOT_GOOD,
    CannotRunError,
    existing_file,
    guarded,
    parser_of,
    print_out,
    says,
    tell,
)
from ckanext.imssbienestar.checks.workbook_check import as_csv
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.formats import DictionaryForm, dump_dictionary


def scan_main(arguments: Sequence[str] | None = None) -> int:
    """``scan_personal_data.py``."""
    parser, language = parser_of("scan_description", arguments)
    add_arguments(parser, says(language))
    options = parser.parse_args(arguments)

    def run() -> int:
        path = existing_file(options.file, says(language))
        if options.derivative:
            return offer_derivative(path, options, language)
        if is_rows(path):
            require_table(path, language)
        report = scan_personal_data(path)
        print_out(
            report.model_dump_json(indent=2)
            if options.json
            else report_text.personal_report(report, language)
        )
        return NOT_GOOD if report.blocked else DONE

    return guarded(run, options.file, language)


def infer_main(arguments: Sequence[str] | None = None) -> int:
    """``infer_dictionary.py``."""
    parser, language = parser_of("infer_description", arguments)
    say = says(language)
    parser.add_argument("-o", "--output", metavar="D.csv", help=say("help_output"))
    options = parser.parse_args(arguments)

    def run() -> int:
        path = existing_file(options.file, say)
        require_table(path, language)
        with as_csv(path, language) as table:
            dictionary = infer_dictionary(table)
        if dictionary is None:
            raise CannotRunError(say("no_header", path=path))
        _write(dictionary, options.output, as_json=options.json, language=language)
        return DONE

    return guarded(run, options.file, language)


def _write(dictionary: DataDictionary, output: str | None, *, as_json: bool, language: str) -> None:
    """Print the dictionary, or write it in the form that the name of the file asks for."""
    say = says(language)
    if output is None:
        form = DictionaryForm.TABLE_SCHEMA if as_json else DictionaryForm.CSV
        print_out(dump_dictionary(dictionary, form).decode("utf-8", "replace").rstrip("\n"))
        return
    endings = {f".{form}": form for form in DictionaryForm}
    form = endings.get(Path(output).suffix.lower(), DictionaryForm.CSV)
    content = dump_dictionary(
        dictionary, DictionaryForm.TABLE_SCHEMA if as_json else form, language=language
    )
    try:
        Path(output).write_bytes(content)
    except OSError as error:
        raise CannotRunError(say("cannot_write", path=output, reason=error.strerror)) from error
    tell(say("inferred", file=output))
