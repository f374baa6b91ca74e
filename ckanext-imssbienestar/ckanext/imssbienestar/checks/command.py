"""The programs of this room: arguments in, exit codes out, texts from ``program_texts.yaml``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.checks import report_text
from ckanext.imssbienestar.checks.engine import DEFAULT_LIMIT, check_table
from ckanext.imssbienestar.checks.errors import FileChangedError, TableEngineError
from ckanext.imssbienestar.checks.inference import infer_dictionary
from ckanext.imssbienestar.checks.personal_data import scan_personal_data
from ckanext.imssbienestar.checks.texts import DEFAULT_LANGUAGE, LANGUAGES, dictionary_findings
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.errors import InputFileError, TerminalError
from ckanext.imssbienestar.formats import dump_dictionary_csv, load_dictionary

DONE, NOT_GOOD, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130

# A smaller file is read before a bar could be seen.
_BAR_BYTES = 50_000_000


class _CannotRunError(TerminalError):
    """Ends a program with exit code 2 and this sentence."""


def check_main(arguments: Sequence[str] | None = None) -> int:
    """``check_table.py``."""
    parser, language = _parser("check_description", arguments)
    say = _says(language)
    parser.add_argument("--dictionary", metavar="D", help=say("help_dictionary"))
    parser.add_argument("--limit", type=_count, default=DEFAULT_LIMIT, help=say("help_limit"))
    options = parser.parse_args(arguments)

    def run() -> int:
        path = _existing_file(options.file, say)
        dictionary = _dictionary(options.dictionary, language)
        with _progress(path, say) as advance:
            report = check_table(
                path, dictionary, limit=options.limit, language=language, advance=advance
            )
        _print(
            report.model_dump_json(indent=2)
            if options.json
            else report_text.check_report(report, language)
        )
        return DONE if report.publishable else NOT_GOOD

    return _guarded(run, options.file, language)


def scan_main(arguments: Sequence[str] | None = None) -> int:
    """``scan_personal_data.py``."""
    parser, language = _parser("scan_description", arguments)
    options = parser.parse_args(arguments)

    def run() -> int:
        report = scan_personal_data(_existing_file(options.file, _says(language)))
        _print(
            report.model_dump_json(indent=2)
            if options.json
            else report_text.personal_report(report, language)
        )
        return NOT_GOOD if report.blocked else DONE

    return _guarded(run, options.file, language)


def infer_main(arguments: Sequence[str] | None = None) -> int:
    """``infer_dictionary.py``."""
    parser, language = _parser("infer_description", arguments)
    say = _says(language)
    parser.add_argument("-o", "--output", metavar="D.csv", help=say("help_output"))
    options = parser.parse_args(arguments)

    def run() -> int:
        path = _existing_file(options.file, say)
        dictionary = infer_dictionary(path)
        if dictionary is None:
            raise _CannotRunError(say("no_header", path=path))
        _write(dictionary, options.output, as_json=options.json, say=say)
        return DONE

    return _guarded(run, options.file, language)


def _write(
    dictionary: DataDictionary, output: str | None, *, as_json: bool, say: Callable[..., str]
) -> None:
    text = (
        report_text.as_json(dictionary.to_table_schema())
        if as_json
        else (dump_dictionary_csv(dictionary).rstrip("\n"))
    )
    if output is None:
        _print(text)
        return
    try:
        Path(output).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise _CannotRunError(say("cannot_write", path=output, reason=error.strerror)) from error
    _tell(say("inferred", file=output))


def _parser(
    description: str, arguments: Sequence[str] | None
) -> tuple[argparse.ArgumentParser, str]:
    """A parser with the common arguments, in the language that was asked for."""
    before = argparse.ArgumentParser(add_help=False)
    before.add_argument("--lang", choices=LANGUAGES, default=DEFAULT_LANGUAGE)
    language: str = before.parse_known_args(arguments)[0].lang
    say = _says(language)
    parser = argparse.ArgumentParser(description=say(description), epilog=say("exit_codes"))
    parser.add_argument("file", metavar="FILE", help=say("help_file"))
    parser.add_argument(
        "--lang", choices=LANGUAGES, default=DEFAULT_LANGUAGE, help=say("help_language")
    )
    parser.add_argument("--json", action="store_true", help=say("help_json"))
    return parser, language


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(text)
    return number


def _says(language: str) -> Callable[..., str]:
    texts = read_yaml("program_texts.yaml")[language]
    return lambda name, **facts: str(texts[name]).format_map(facts)


def _existing_file(name: str, say: Callable[..., str]) -> Path:
    path = Path(name)
    try:
        if path.is_dir():
            raise _CannotRunError(say("file_directory", path=name))
        if path.exists() and not path.is_file():  # a pipe can be read once, a check reads twice
            raise _CannotRunError(say("file_not_regular", path=name))
        with path.open("rb"):
            return path
    except FileNotFoundError as error:
        raise _CannotRunError(say("file_missing", path=name)) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _CannotRunError(say("file_unreadable", path=name, reason=reason)) from error


def _dictionary(name: str | None, language: str) -> DataDictionary | None:
    if name is None:
        return None
    return load_dictionary(_existing_file(name, _says(language)))


@contextmanager
def _bar(path: Path, say: Callable[..., str]) -> Any:
    # Imported here: small files, the most of them, never need it.
    from tqdm import tqdm

    with tqdm(
        total=path.stat().st_size, unit="B", unit_scale=True, desc=say("reading"), file=sys.stderr
    ) as bar:
        yield bar.update


def _progress(path: Path, say: Callable[..., str]) -> Any:
    if sys.stderr.isatty() and path.stat().st_size >= _BAR_BYTES:
        return _bar(path, say)
    return nullcontext(None)


def _guarded(run: Callable[[], int], name: str, language: str) -> int:
    """Run a program's work; what people can mend is one sentence and never a traceback."""
    say = _says(language)
    try:
        return run()
    except _CannotRunError as error:
        message = str(error)
    except DictionaryError as error:
        lines = [say("dictionary_unusable")]
        lines += [f"  {f.message} {f.fix}" for f in dictionary_findings(error, language)]
        message = "\n".join(lines)
    except FileChangedError:
        message = say("file_changed", path=name)
    except (InputFileError, OSError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        reason = getattr(cause, "strerror", None) or type(error).__name__
        message = say("file_unreadable", path=name, reason=reason)
    except TableEngineError as error:
        message = say("engine_stopped", reason=error)
    except KeyboardInterrupt:
        _tell(say("interrupted"))
        return INTERRUPTED
    _tell(message)
    return COULD_NOT_RUN


def _print(text: str) -> None:
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough; without this Python complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")
