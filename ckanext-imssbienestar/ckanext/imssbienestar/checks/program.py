"""What the programs of the rooms share: arguments, files, sentences for people, exit codes."""

from __future__ import annotations

import argparse
import codecs
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from ckanext.imssbienestar.checks.errors import FileChangedError, TableEngineError
from ckanext.imssbienestar.checks.layout import limit, table_layout
from ckanext.imssbienestar.checks.reading import CHUNK_BYTES
from ckanext.imssbienestar.checks.recognise import foreign_content
from ckanext.imssbienestar.checks.texts import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    dictionary_findings,
    finding,
    word,
)
from ckanext.imssbienestar.checks.torn_rows import torn_row
from ckanext.imssbienestar.checks.workbook_check import SheetUnclearError, workbook_finding
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.errors import InputFileError, TerminalError
from ckanext.imssbienestar.formats import load_dictionary
from ckanext.imssbienestar.formats.workbook import is_container
from ckanext.imssbienestar.formats.workbook_facts import WorkbookError

DONE, NOT_GOOD, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130

# A smaller file is read before a bar could be seen.
_BAR_BYTES = 50_000_000


class CannotRunError(TerminalError):
    """Ends a program with exit code 2 and this sentence."""


def parser_of(
    description: str, arguments: Sequence[str] | None, *, codes: str = "exit_codes"
) -> tuple[argparse.ArgumentParser, str]:
    """A parser with the common arguments, in the language that was asked for."""
    before = argparse.ArgumentParser(add_help=False)
    before.add_argument("--lang", choices=LANGUAGES, default=DEFAULT_LANGUAGE)
    language: str = before.parse_known_args(arguments)[0].lang
    say = says(language)
    parser = argparse.ArgumentParser(description=say(description), epilog=say(codes))
    parser.add_argument("file", metavar="FILE", help=say("help_file"))
    parser.add_argument(
        "--lang", choices=LANGUAGES, default=DEFAULT_LANGUAGE, help=say("help_language")
    )
    parser.add_argument("--json", action="store_true", help=say("help_json"))
    return parser, language


def says(language: str) -> Callable[..., str]:
    """What the program says in this language: name of the text and its facts in, sentence out."""
    texts = read_yaml("program_texts.yaml")[language]
    return lambda name, **facts: str(texts[name]).format_map(facts)


def existing_file(name: str, say: Callable[..., str]) -> Path:
    """The file a person named.

    :raises CannotRunError: it is not a file that can be read twice.
    """
    path = Path(name)
    try:
        if path.is_dir():
            raise CannotRunError(say("file_directory", path=name))
        if path.exists() and not path.is_file():  # a pipe can be read once, a check reads twice
            raise CannotRunError(say("file_not_regular", path=name))
        with path.open("rb"):
            return path
    except FileNotFoundError as error:
        raise CannotRunError(say("file_missing", path=name)) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CannotRunError(say("file_unreadable", path=name, reason=reason)) from error


def read_dictionary(name: str | None, language: str) -> DataDictionary | None:
    """The dictionary a person named, or None when none was.

    :raises CannotRunError: there is no such file.
    :raises DictionaryError: it is not a usable dictionary.
    """
    if name is None:
        return None
    return load_dictionary(existing_file(name, says(language)))


@contextmanager
def _bar(path: Path, say: Callable[..., str]) -> Any:
    # Imported here: small files, the most of them, never need it.
    from tqdm import tqdm

    with tqdm(
        total=path.stat().st_size, unit="B", unit_scale=True, desc=say("reading"), file=sys.stderr
    ) as bar:
        yield bar.update


def progress(path: Path, say: Callable[..., str]) -> Any:
    """A context that gives what to tell of bytes read: a bar, on a terminal, for large files."""
    if sys.stderr.isatty() and path.stat().st_size >= _BAR_BYTES:
        return _bar(path, say)
    return nullcontext(None)


def guarded(run: Callable[[], int], name: str, language: str) -> int:
    """Run a program's work; what people can mend is one sentence and never a traceback."""
    say = says(language)
    try:
        return run()
    except CannotRunError as error:
        message = str(error)
    except DictionaryError as error:
        lines = [say("dictionary_unusable")]
        lines += [f"  {f.message} {f.fix}" for f in dictionary_findings(error, language)]
        message = "\n".join(lines)
    except WorkbookError as error:
        message = _sentence(workbook_finding(error, language))
    except SheetUnclearError as error:
        message = _sentence(error.finding)
    except FileChangedError:
        message = say("file_changed", path=name)
    except (InputFileError, OSError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        reason = getattr(cause, "strerror", None) or type(error).__name__
        message = say("file_unreadable", path=name, reason=reason)
    except TableEngineError as error:
        message = say("engine_stopped", reason=error)
    except KeyboardInterrupt:
        tell(say("interrupted"))
        return INTERRUPTED
    tell(message)
    return COULD_NOT_RUN


def _sentence(found: Finding) -> str:
    return f"{found.message} {found.fix}"


def require_table(path: Path, language: str) -> None:
    """Refuse what is no table at all, whatever its name says, or a torn one.

    :raises CannotRunError: it is a web page, a picture, a compressed file, …; a quote in it is
        never closed, or a row longer than the limit.
    """
    if is_container(path):
        return  # a workbook, or its reader says why it is none
    if kind := foreign_content(path):
        kind = word("contents", kind, language)
        raise CannotRunError(_sentence(finding("format-error", language=language, kind=kind)))
    with path.open("rb") as stream:
        _require_rows(stream, language)
    if torn := torn_row(path, language):
        raise CannotRunError(_sentence(torn))


def _require_rows(stream: BinaryIO, language: str) -> None:
    """Refuse bytes that cannot be rows: NULs, lines or columns beyond the limits."""
    longest, line, lines, size = limit("row_bytes"), 0, 0, 0
    head = stream.read(CHUNK_BYTES)
    wide = head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    stream.seek(0)
    opening = head.lstrip().partition(b"\n")[0]
    columns = 1 + max(opening.count(mark.encode()) for mark in table_layout()["separators"])
    if columns > limit("columns"):
        facts: dict[str, Any] = {"found": columns, "limit": limit("columns")}
        raise CannotRunError(_sentence(finding("too-many-columns", language=language, **facts)))
    while piece := stream.read(CHUNK_BYTES):
        nul = -1 if wide else piece.find(b"\0")
        if nul >= 0:
            found = finding("nul-byte", language=language, byte=size + nul + 1)
            raise CannotRunError(_sentence(found))
        first = piece.find(b"\n")
        line += len(piece) if first < 0 else first
        if line > longest:
            facts = {"row": lines + 1, "limit": longest}
            raise CannotRunError(_sentence(finding("row-too-long", language=language, **facts)))
        if first >= 0:
            line = len(piece) - piece.rfind(b"\n") - 1
        lines += piece.count(b"\n")
        size += len(piece)


def print_out(text: str) -> None:
    """Write to standard output; a reader that has seen enough is no error."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough; without this Python complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(text: str) -> None:
    """Write to standard error, where people read and no program does."""
    sys.stderr.write(text + "\n")
