"""A read that is begun while something else is done ends where its result is asked for."""

from __future__ import annotations

import threading

import pytest

from ckanext.imssbienestar.mirror.errors import GuardError
from ckanext.imssbienestar.mirror.running.ahead import Ahead


def test_it_is_under_way_before_anybody_asks() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def read() -> str:
        begun.set()
        may_end.wait(10)
        return "releases"

    ahead = Ahead(read)
    assert begun.wait(10)
    may_end.set()
    assert ahead.result() == "releases"


@pytest.mark.parametrize("error", [GuardError("interrupted"), KeyboardInterrupt()])
def test_its_error_is_raised_where_its_result_is_asked_for(error: BaseException) -> None:
    def read() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        Ahead(read).result()
    assert raised.value is error
