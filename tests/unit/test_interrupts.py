"""Ctrl-C ends a program with 130, whatever a library makes of it."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable

import pytest

from ckanext.imssbienestar.checks.program import INTERRUPTED, guarded


def _interrupted() -> int:
    signal.raise_signal(signal.SIGINT)
    return 0


def _swallowed() -> int:
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    return 0


@pytest.mark.parametrize("run", [_interrupted, _swallowed])
def test_an_interrupt_is_never_lost(
    run: Callable[[], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(run, "tabla.csv", "es") == INTERRUPTED
    assert capsys.readouterr().err == "Interrumpido.\n"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_one_the_result_is_the_program_s() -> None:
    assert guarded(lambda: 1, "tabla.csv", "es") == 1
