"""How a step generalises a cell: SQL over its text, NULL where the cell is not understood."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

from ckanext.imssbienestar.checks.cell_rules import literal
from ckanext.imssbienestar.checks.derivative.rules import Step, derivative_rules
from ckanext.imssbienestar.datafiles import read_table, read_yaml
from ckanext.imssbienestar.domain.dictionary import plain_words

PLACES = "derivative_places"
"""Temporary table: ``name`` of a municipality as :func:`place_name` gives it, and its ``state``."""


def understood(ladder: str, cell: str) -> str:
    """SQL of what a ladder understands of a cell, computed once for all its steps."""
    return _UNDERSTOOD.get(ladder, _text)(f"trim({cell})")


def generalised(step: Step, value: str, state: str) -> str:
    """SQL of a cell after a step.

    :param value: SQL of what was understood of the cell.
    :param state: SQL of the state that its municipality is in.
    """
    return state if step.method == "state-of-municipality" else _METHODS[step.method](value, step)


def place_name(cell: str) -> str:
    """SQL of a municipality's name as it is compared."""
    return f"lower(strip_accents(trim({cell})))"


def places() -> Iterator[tuple[str, str]]:
    """Names of municipalities that only one state has, with the state."""
    states = _states()
    found: dict[str, set[str]] = {}
    for row in read_table("catalogues/municipalities.csv"):
        found.setdefault(plain_words(row["nom_mun"]), set()).add(states[row["cve_ent"]])
    for name, known in found.items():
        if len(known) == 1:
            yield name, next(iter(known))


def _text(cell: str) -> str:
    return f"nullif({cell}, '')"


def _year_in(cell: str) -> str:
    rules = derivative_rules()
    this_year = datetime.datetime.now(tz=datetime.UTC).year
    found = ", ".join(_group(cell, form) for form in rules["year_forms"])
    short = f"TRY_CAST({_group(cell, rules['short_year_form'])} AS INTEGER)"
    # Two digits are of the hundred years that end now.
    last_hundred = f"({short} + {99 - this_year % 100}) % 100 + {this_year - 99}"
    return f"coalesce(TRY_CAST(coalesce({found}) AS INTEGER), {last_hundred})"


def _age_in(cell: str) -> str:
    rules = derivative_rules()
    young = f"regexp_matches({cell}, {literal('(?i)' + rules['under_one_form'])})"
    years = f"TRY_CAST({_group(cell, rules['age_form'])} AS INTEGER)"
    return f"CASE WHEN {young} THEN 0 ELSE {years} END"


def _icd_in(cell: str) -> str:
    return f"upper({_group(cell, derivative_rules()['icd_form'])})"


def _municipality_in(cell: str) -> str:
    return _group(cell, "^([0-9]{5})(?:[0-9]{4})?$")


def _postal_in(cell: str) -> str:
    return f"TRY_CAST({_group(cell, '^([0-9]{2})[0-9]{3}$')} AS INTEGER)"


def _same(value: str, step: Step) -> str:
    return f"CAST({value} AS VARCHAR)"


def _year_band(value: str, step: Step) -> str:
    first = f"{value} // {step.width} * {step.width}"
    return f"({first}) || '-' || ({first} + {step.width - 1})"


def _age_band(value: str, step: Step) -> str:
    bands = ""
    for first, following in zip(step.bounds, (*step.bounds[1:], None), strict=True):
        name = f"{first:02d} y más" if following is None else f"{first:02d}-{following - 1:02d}"
        limit = "" if following is None else f" AND {value} < {following}"
        bands += f" WHEN {value} >= {first}{limit} THEN {literal(name)}"
    return f"CASE{bands} END"


def _icd_chapter(value: str, step: Step) -> str:
    chapters = " ".join(
        f"WHEN {value} <= {literal(entry['to'])} THEN {literal(entry['name'])}"
        for entry in derivative_rules()["icd_chapters"]
    )
    return f"CASE {chapters} END"


def _state_of_key(value: str, step: Step) -> str:
    return _named_state(f"left({value}, 2)")


def _state_of_postal(value: str, step: Step) -> str:
    states = _states()
    ranges = " ".join(
        f"WHEN {value} <= {entry['to']} THEN {literal(states[entry['state']])}"
        for entry in derivative_rules()["postal_states"]
    )
    return f"CASE {ranges} END"


def _named_state(key: str) -> str:
    names = " ".join(f"WHEN {literal(k)} THEN {literal(name)}" for k, name in _states().items())
    return f"CASE {key} {names} END"


def _states() -> dict[str, str]:
    return {
        entry["code"]: entry["es"]
        for entry in read_yaml("vocabularies/states.yaml")["values"]
        if entry["code"] != "00"
    }


def _group(cell: str, form: str) -> str:
    return f"nullif(regexp_extract({cell}, {literal('(?i)' + form)}, 1), '')"


_UNDERSTOOD: dict[str, Callable[[str], str]] = {
    "births": _year_in,
    "date": _year_in,
    "age": _age_in,
    "diagnosis": _icd_in,
    "place-key": _municipality_in,
    "postal": _postal_in,
}
_METHODS: dict[str, Callable[[str, Step], str]] = {
    "as-is": _same,
    "year": _same,
    "icd-category": _same,
    "key": _same,
    "year-band": _year_band,
    "age-band": _age_band,
    "icd-chapter": _icd_chapter,
    "state-of-key": _state_of_key,
    "state-of-postal": _state_of_postal,
}
