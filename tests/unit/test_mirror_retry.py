"""When to try again: the policy, Retry-After, the pace between calls."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.mirror.addresses import is_loopback, is_private_enough
from ckanext.imssbienestar.mirror.catalogues.retry import Pacer, RetryPolicy, parse_retry_after

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
policies = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 10),
    first_delay=st.floats(0, 5),
    longest_delay=st.floats(0, 60),
    longest_retry_after=st.floats(0, 300),
)
dice = st.floats(0, 1, exclude_max=True)


@given(policies, st.integers(1, 500), dice)
def test_the_back_off_is_capped(policy: RetryPolicy, failures: int, thrown: float) -> None:
    assert 0 <= policy.delay(failures, None, thrown) <= policy.longest_delay


@given(policies, st.integers(1, 50), st.floats(0, 1000), dice)
def test_what_the_other_side_asks_for_is_a_floor_up_to_its_cap(
    policy: RetryPolicy, failures: int, asked: float, thrown: float
) -> None:
    delay = policy.delay(failures, asked, thrown)
    assert delay >= min(asked, policy.longest_retry_after)
    assert delay <= max(policy.longest_delay, policy.longest_retry_after)


def test_the_back_off_doubles() -> None:
    policy = RetryPolicy(first_delay=1, longest_delay=100)
    assert [policy.delay(n, None, 0.999999) for n in (1, 2, 3)] == pytest.approx([1, 2, 4], 1e-3)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("mañana", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, NOW) == seconds


def test_calls_keep_their_distance_over_all_threads() -> None:
    now = [100.0]
    waits: list[float] = []
    pacer = Pacer(0.5, clock=lambda: now[0], sleep=waits.append)
    threads = [threading.Thread(target=pacer.wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [0.5, 1.0, 1.5]
    now[0] = 110.0
    pacer.wait()
    assert len(waits) == 3


def test_what_one_thread_is_told_holds_for_all() -> None:
    now = [100.0]
    waits: list[float] = []
    pacer = Pacer(0.0, clock=lambda: now[0], sleep=waits.append)
    pacer.wait()
    pacer.pause(7.0)
    pacer.pause(3.0)
    pacer.wait()
    now[0] = 108.0
    pacer.wait()
    assert waits == [7.0]


@pytest.mark.parametrize(
    ("address", "near", "private"),
    [
        ("http://127.0.0.1:5000", True, True),
        ("http://localhost", True, True),
        ("http://[::1]:5000", True, True),
        ("https://datos.example.org", False, True),
        ("http://datos.example.org", False, False),
        ("http://127.0.0.1.example.org", False, False),
        ("http://10.0.0.1", False, False),
    ],
)
def test_only_this_machine_is_called_without_encryption(
    address: str, near: bool, private: bool
) -> None:
    assert (is_loopback(address), is_private_enough(address)) == (near, private)
