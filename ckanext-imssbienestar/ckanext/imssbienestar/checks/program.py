"""What the programs of the rooms share: arguments, files, sentences for people, exit codes.

Only what every run needs is imported here, so that a program can read its file while it loads
what it works with.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

from ckanext.imssbienestar.checks.languages import DEFAULT_LANGUAGE, LANGUAGES
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.errors import ImssError, TerminalError

DONE, NOT_GOOD, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130

# A smaller file is read before a bar could be seen.
_BAR_BYTES = 50_000_000


class CannotRunError(TerminalError):
    """Ends a program with exit code 2 and this sentence."""


class CannotTellError(TerminalError):
    """Standard output cannot be written: the disk behind it is full, for one."""


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


@contextmanager
def _interrupts_last() -> Iterator[None]:
    """Ctrl-C ends the work even where a library that was at work just then has swallowed it.

    :raises KeyboardInterrupt: at the end at the latest.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # somebody else's to decide, or told to be ignored
        return
    interrupted = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if interrupted:
        raise KeyboardInterrupt


def guarded(run: Callable[[], int], name: str, language: str) -> int:
    """Run a program's work; what people can mend is one sentence and never a traceback."""
    say = says(language)
    try:
        with _interrupts_last():
            return run()
    except CannotRunError as error:
        message = str(error)
    except CannotTellError as error:
        message = say("output_failed", reason=error)
    except (ImssError, OSError) as error:
        # Imported here: whoever raised it has loaded most of what its sentence needs.
        from ckanext.imssbienestar.checks.failures import sentence_of

        message = sentence_of(error, name, language)
    except KeyboardInterrupt:
        tell(say("interrupted"))
        return INTERRUPTED
    tell(message)
    return COULD_NOT_RUN


def print_out(text: str) -> None:
    """Write to standard output; a reader that has seen enough is no error.

    :raises CannotTellError: nothing can be written there.
    """
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        _forget_output()
    except OSError as error:
        _forget_output()
        raise CannotTellError(error.strerror or type(error).__name__) from error


def _forget_output() -> None:
    # Without this Python complains at exit of what it could not write.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(text: str) -> None:
    """Write to standard error, where people read and no program does."""
    sys.stderr.write(text + "\n")
