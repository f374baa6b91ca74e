"""Proof, from the facts of a survey, that the guard would find nothing in a table.

The guard weighs samples of columns of many values. Here nothing is weighed: a column's name must
concern no rule, whatever the table is about; no value may show more than what says nothing of
anybody; and no two things may stand together that only together tell of persons. Anything else
is left to the guard, which may let it pass. What each verdict needs is in
:mod:`ckanext.imssbienestar.checks.personal.decision` and the modules it asks.
"""

from __future__ import annotations

from collections.abc import Sequence

from ckanext.imssbienestar.checks.personal.column_profile import ColumnProfile, judged_value
from ckanext.imssbienestar.checks.personal.headers import (
    Words,
    is_meaningless,
    is_named,
    may_concern,
    phrases,
    read_label,
    shows,
)
from ckanext.imssbienestar.checks.personal.rules import tables
from ckanext.imssbienestar.checks.survey import Kinds, SurveyedColumn

# What a value may show. Names of one kind, words and dates are looked at below.
_HARMLESS = frozenset(
    {
        "number",
        "small-number",
        "date",
        "age",
        "icd",
        "text",
        "servant",
        "post",
        "public-rfc",
        "email.office",
        "name.given",
        "name.surname",
        "name.place",
        "name.figure",
        "name.facility",
        "name.organisation",
    }
)
# A number of so many digits may be a day; of one more than the other, an identifier.
_DAY_DIGITS, _MOST_DIGITS = 8, 9
# Dates of birth are spread over at least so many years.
_YEARS = 15
# Half of what makes a column one of names, of words, or of codes of illnesses.
_SHARE = 0.3
_SEVERAL = 2


def are_harmless_labels(labels: Sequence[str]) -> bool:
    """Whether the names of these columns, alone and together, surely say nothing of persons."""
    if not all(map(_is_harmless_label, labels)):
        return False
    words = [read_label(label) for label in labels]
    # Counts under k, beside something that tells of those counted and a place to look for them.
    return not (
        any(shows(each, "persons_counted") for each in words)
        and any(map(_tells, words))
        and any(map(_is_place, words))
    )


def is_harmless_column(label: str, surveyed: SurveyedColumn) -> bool:
    """Whether no cell of a column of a harmless name surely says anything of anybody.

    :raises GuardFailedError: a value cannot be judged.
    """
    if surveyed.values is None:
        return _are_harmless_forms(label, surveyed)
    profile = ColumnProfile(0, label)
    for value, cells in surveyed.values.items():
        if value:
            profile.cells += cells
            profile.add(value, cells, judged_value(value))
    return _is_harmless_profile(profile)


def _is_harmless_label(label: str) -> bool:
    words = read_label(label)
    of_person = (phrases("person_columns", part) for part in ("sex", "age"))
    return not (
        is_meaningless(label)
        or may_concern(words)
        or any(is_named(words, names) for names in of_person)
        or not _HARMLESS.issuperset(judged_value(label))
    )


def _tells(words: Words) -> bool:
    named = (phrases("sensitive_columns"), phrases("person_columns", "civil"))
    return shows(words, "sensitive_tells") or any(is_named(words, names) for names in named)


def _is_place(words: Words) -> bool:
    names = ("place_columns", "narrow_places", "facility_columns")
    return any(is_named(words, phrases(name)) for name in names)


def _may_hold_births(label: str) -> bool:
    """Whether dates in a column of this name could be of birth: the name does not say of what."""
    return is_named(read_label(label), phrases("date_columns"))


def _are_harmless_forms(label: str, surveyed: SurveyedColumn) -> bool:
    kinds = surveyed.kinds
    if kinds & (Kinds.WHOLE | Kinds.DECIMAL):
        if surveyed.most_digits > _MOST_DIGITS:
            return False
        may_be_days = kinds & Kinds.DECIMAL or surveyed.most_digits >= _DAY_DIGITS
        if may_be_days and _may_hold_births(label):
            return False
    years = surveyed.last_day // 10_000 - surveyed.first_day // 10_000
    return years < _YEARS or not _may_hold_births(label)


def _is_harmless_profile(profile: ColumnProfile) -> bool:
    told = {signal for signal in profile.weight if not signal.startswith("word.")}
    if not _HARMLESS.issuperset(told):
        return False
    years = max(profile.years, default=0) - min(profile.years, default=0)
    if years >= _YEARS and _may_hold_births(profile.label):
        return False
    # «Guerrero» is a state, and a surname: a column of both is left to the guard.
    if profile.share("name.given") > _SHARE or _are_surnames(profile):
        return False
    return not (_has_telling_words(profile) or _holds_illnesses(profile))


def _are_surnames(profile: ColumnProfile) -> bool:
    surnames, places = (profile.share(f"name.{kind}") for kind in ("surname", "place"))
    return surnames > _SHARE and places < 2 * _SHARE


def _has_telling_words(profile: ColumnProfile) -> bool:
    """Words for kinship, blood, beliefs, …, that could fill the column."""
    signals = [f"word.{entry['name']}" for entry in tables()["vocabularies"] if "kind" in entry]
    return any(
        profile.distinct[signal] >= _SEVERAL and profile.share(signal) > _SHARE
        for signal in signals
    )


def _holds_illnesses(profile: ColumnProfile) -> bool:
    return profile.share("icd") > _SHARE and shows(read_label(profile.label), "things")
