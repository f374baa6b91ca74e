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


def generalised(step: Step, cell: str, state: str) -> str:
    """SQL of a cell after a step.

    :param cell: SQL of the cell. :param state: SQL of the state that its municipality is in.
    """
    if step.method == "state-of-municipality":
        return state
    return _METHODS[step.method](f"trim({cell})", step)


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


def _as_is(cell: str, step: Step) -> str:
    return f"nullif({cell}, '')"


def _year_of(cell: str) -> str:
    rules = derivative_rules()
    this_year = datetime.datetime.now(tz=datetime.UTC).year
    found = ", ".join(_group(cell, form) for form in rules["year_forms"])
    short = f"TRY_CAST({_group(cell, rules['short_year_form'])} AS INTEGER)"
    whole = (
        f"coalesce(TRY_CAST(coalesce({found}) AS INTEGER), "
        f"{short} + CASE WHEN {short} > {this_year % 100} THEN 1900 ELSE 2000 END)"
    )
    return f"CASE WHEN {whole} BETWEEN {rules['first_year']} AND {this_year} THEN {whole} END"


def _year(cell: str, step: Step) -> str:
    return f"CAST({_year_of(cell)} AS VARCHAR)"


def _year_band(cell: str, step: Step) -> str:
    first = f"({_year_of(cell)}) // {step.width} * {step.width}"
    return f"({first}) || '-' || ({first} + {step.width - 1})"


def _age_band(cell: str, step: Step) -> str:
    rules = derivative_rules()
    young = f"regexp_matches({cell}, {literal('(?i)' + rules['under_one_form'])})"
    years = f"TRY_CAST({_group(cell, rules['age_form'])} AS INTEGER)"
    age = f"CASE WHEN {young} THEN 0 ELSE {years} END"
    bands = []
    for first, following in zip(step.bounds, (*step.bounds[1:], None), strict=True):
        last = rules["oldest"] if following is None else following - 1
        name = f"{first:02d} y más" if following is None else f"{first:02d}-{last:02d}"
        bands.append(f"WHEN ({age}) BETWEEN {first} AND {last} THEN {literal(name)}")
    return f"CASE {' '.join(bands)} END"


def _icd_category(cell: str, step: Step) -> str:
    return f"upper({_group(cell, derivative_rules()['icd_form'])})"


def _icd_chapter(cell: str, step: Step) -> str:
    code = _icd_category(cell, step)
    chapters = " ".join(
        f"WHEN {code} <= {literal(entry['to'])} THEN {literal(entry['name'])}"
        for entry in derivative_rules()["icd_chapters"]
    )
    return f"CASE {chapters} END"


def _key(cell: str, step: Step) -> str:
    return _group(cell, f"^([0-9]{{{step.digits}}})(?:[0-9]{{4}})?$")


def _state_of_key(cell: str, step: Step) -> str:
    return _named_state(_group(cell, "^([0-9]{2})[0-9]{3}(?:[0-9]{4})?$"))


def _state_of_postal(cell: str, step: Step) -> str:
    first = f"TRY_CAST({_group(cell, '^([0-9]{2})[0-9]{3}$')} AS INTEGER)"
    states = _states()
    ranges = " ".join(
        f"WHEN {first} <= {entry['to']} THEN {literal(states[entry['state']])}"
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


_METHODS: dict[str, Callable[[str, Step], str]] = {
    "as-is": _as_is,
    "year": _year,
    "year-band": _year_band,
    "age-band": _age_band,
    "icd-category": _icd_category,
    "icd-chapter": _icd_chapter,
    "key": _key,
    "state-of-key": _state_of_key,
    "state-of-postal": _state_of_postal,
}
