"""The command line: options in, exit code out. ``scripts/mirror_federal.py`` calls :func:`main`."""

from __future__ import annotations

import argparse
import gc
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.mirror.errors import (
    COULD_NOT_RUN,
    INTERRUPTED,
    NOT_GOOD,
    Told,
    exit_code_of,
)
from ckanext.imssbienestar.mirror.options import REVIEW_COMMANDS, is_whole_run, parse_options
from ckanext.imssbienestar.mirror.output import OutputError
from ckanext.imssbienestar.mirror.texts import DEFAULT_LANGUAGE, Language, say

if TYPE_CHECKING:
    from ckanext.imssbienestar.mirror.running.standstill import QuietRun


def main(
    arguments: Sequence[str] | None = None,
    *,
    program: str = "mirror_federal.py",
    activity_id: str = "",
    on_error: Callable[[ImssError], None] | None = None,
) -> int:
    """Run the command; always returns an exit code, never lets a traceback out.

    :param program: what it is called, for its help.
    :param activity_id: the waiting activity that this carries out; a new one by default.
    :param on_error: told of an error that ended the command, besides its sentence on stderr.
    """
    options = _options(list(sys.argv[1:] if arguments is None else arguments), program)
    language: Language = options.lang or DEFAULT_LANGUAGE
    _write_any_letter()
    try:
        with _polite_kill_is_interrupt():
            quiet = _quiet_run(options, activity_id)
            language = options.lang or (quiet.language if quiet else DEFAULT_LANGUAGE)
            begun = quiet.carry_out(language, options.json) if quiet else None
            if isinstance(begun, int):
                return begun
            with _loading():
                # What not every use needs is loaded where it is used: a run without news would
                # be mostly loading.
                from ckanext.imssbienestar.mirror.dispatch import dispatch
                from ckanext.imssbienestar.mirror.report import Report
                from ckanext.imssbienestar.mirror.settings import load_settings

            settings = load_settings(options.profile)
            language = options.lang or settings.language
            return dispatch(options, settings, Report(language, options.json), activity_id, begun)
    except OutputError as error:
        _silence_stdout()
        _tell(error, language)
        return COULD_NOT_RUN
    except ImssError as error:
        _tell(error, language)
        if on_error is not None:
            on_error(error)
        return exit_code_of(error)
    except KeyboardInterrupt:
        _write(say("interrupted").full(language))
        return INTERRUPTED
    except BrokenPipeError:
        _silence_stdout()
        _write(say("output-closed").full(language))
        return NOT_GOOD


def _quiet_run(options: argparse.Namespace, activity_id: str) -> QuietRun | None:
    if activity_id or not is_whole_run(options) or options.log:
        return None
    with _loading():
        from ckanext.imssbienestar.mirror.running.standstill import quiet_run
    return quiet_run(options.profile)


def _options(arguments: list[str], program: str) -> argparse.Namespace:
    if arguments and arguments[0] in REVIEW_COMMANDS:
        from ckanext.imssbienestar.mirror.review.options import review_options

        return review_options(arguments, program)
    return parse_options(arguments, program)


@contextmanager
def _loading() -> Iterator[None]:
    """Loading makes many objects and no garbage: looking for some takes a tenth of it."""
    looked_for = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked_for:
            gc.enable()


@contextmanager
def _polite_kill_is_interrupt() -> Iterator[None]:
    """Inside, SIGTERM saves the state the way Ctrl-C does; Python allows it in one thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _tell(error: ImssError, language: Language) -> None:
    _write(error.told(language) if isinstance(error, Told) else str(error))


def _write(text: str) -> None:
    with suppress(OSError):  # the exit code says it to whoever has no room for the sentence
        sys.stderr.write(text + "\n")


def _write_any_letter() -> None:
    """Where the terminal or the file takes no accents, they go out as their numbers."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _silence_stdout() -> None:
    # Python flushes stdout once more on its way out, which would fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
