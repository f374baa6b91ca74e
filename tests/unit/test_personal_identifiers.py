"""Check digits against python-stdnum, and patterns that are refused before they can hang."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.mx import curp, rfc

from ckanext.imssbienestar.checks.personal import rules
from ckanext.imssbienestar.checks.personal.identifiers import (
    CHECKS,
    clabe_holds,
    curp_holds,
    luhn_holds,
    rfc_holds,
)
from ckanext.imssbienestar.checks.personal.patterns import compiled, require_known_to_engine
from ckanext.imssbienestar.checks.personal.values import signals_of
from ckanext.imssbienestar.errors import ConfigurationError

DATES = st.dates(min_value=__import__("datetime").date(1930, 1, 1)).map(lambda d: f"{d:%y%m%d}")


@given(
    body=st.from_regex(r"[A-Z][AEIOU][A-Z]{2}", fullmatch=True),
    born=DATES,
    rest=st.from_regex(r"[HM](OC|DF|NL)[BCDFG]{3}[0-9A]", fullmatch=True),
)
@pytest.mark.req("R-185")
def test_the_check_digit_of_a_curp_is_stdnum_s(body: str, born: str, rest: str) -> None:
    text = body + born + rest
    good = text + curp.calc_check_digit(text)
    assert curp_holds(good)
    assert not curp_holds(text + str((int(good[-1]) + 1) % 10))
    assert "curp.checked" in signals_of(good.lower())


@given(
    body=st.from_regex(r"[A-ZÑ&]{4}", fullmatch=True),
    born=DATES,
    rest=st.from_regex("[0-9A-Z]{2}", fullmatch=True),
)
def test_the_check_digit_of_an_rfc_is_stdnum_s(body: str, born: str, rest: str) -> None:
    text = body + born + rest
    digit = rfc.calc_check_digit(text)
    assert rfc_holds(text + digit)
    assert not rfc_holds(text + ("1" if digit == "0" else "0"))


@given(st.from_regex("[0-9]{10}", fullmatch=True))
def test_luhn_is_stdnum_s_but_for_numbers_of_one_or_two_digits(body: str) -> None:
    number = body + luhn.calc_check_digit(body)
    assert luhn_holds(number) is (len(set(number)) > 2)


def test_a_clabe_needs_a_bank_that_exists_and_may_have_lost_its_zero() -> None:
    assert clabe_holds("012180026050783858")
    assert clabe_holds("12180026050783858")
    assert not clabe_holds("012180026050783857")
    assert not clabe_holds("999180026050783858")


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+b", "(a{1,9}){1,9}", "a*", "x{1,200}", r"(a)\1", "(?=a)b", "(?<!a)b", "[a", "a{2,1}"],
)
def test_a_pattern_that_could_run_for_long_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(ConfigurationError, match="under plaga"):
        compiled(pattern, name="plaga")


def test_a_pattern_that_the_engine_does_not_know_is_refused_by_name() -> None:
    with duckdb.connect() as engine, pytest.raises(ConfigurationError, match="under otra"):
        require_known_to_engine({"una": "[0-9]{3}", "otra": "(?P<x"}, engine)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"pattern": "(x+)+"}, "without a limit"),
        ({"pattern": "x", "check": "ninguno"}, "no check called ninguno"),
        ({"pattern": "x", "decide": [{"strength": "form", "decision": "maybe"}]}, "maybe"),
        ({"pattern": "x", "decide": [{"strength": "form", "decision": "pass", "cell": 1}]}, "cell"),
        ({"pattern": "x"}, "decide"),
    ],
)
def test_a_rules_file_that_is_wrong_lets_nothing_through(
    entry: dict[str, object], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = {"name": "mala", "kind": "curp", "rule": "R-185", **entry}
    data = {"detectors": [bad], "screens": {}}
    monkeypatch.setattr(rules, "read_yaml", lambda _: data)
    rules.detectors.cache_clear()
    try:
        with pytest.raises(ConfigurationError, match="under mala") as raised:
            rules.detectors()
    finally:
        rules.detectors.cache_clear()
    assert reason in str(raised.value)


def test_every_check_named_in_the_rules_exists() -> None:
    assert {detector.holds for detector in rules.detectors()} - {None} <= set(CHECKS.values())
