"""What the actions of the analysis and of Formato 2 accept."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.checks.languages import LANGUAGES

Schema = dict[str, Any]

SHOWN = ("all", "undecided", "excluded", "not_open")
FORMATS = ("xlsx", "ods", "pdf")


@tk.validator_args
def analysis_show(
    not_empty: Any,
    ignore_missing: Any,
    default: Any,
    unicode_safe: Any,
    natural_number_validator: Any,
    is_positive_integer: Any,
    one_of: Any,
) -> Schema:
    """A page of the databases of a version."""
    return {
        "coordination": [not_empty, unicode_safe],
        "version": [ignore_missing, is_positive_integer],
        "show": [default("all"), one_of(list(SHOWN))],
        "q": [default(""), unicode_safe],
        "limit": [default(50), natural_number_validator, _at_most_a_page],
        "offset": [default(0), natural_number_validator],
    }


@tk.validator_args
def analysis_decide(not_empty: Any, not_missing: Any, unicode_safe: Any) -> Schema:
    """Decisions about the version that the person had before them."""
    return {
        "coordination": [not_empty, unicode_safe],
        "inventory": [not_empty, unicode_safe],
        "decisions": [not_missing],
    }


@tk.validator_args
def analysis_repeat(not_empty: Any, ignore_missing: Any, unicode_safe: Any) -> Schema:
    """Which earlier decisions are repeated."""
    return {
        "coordination": [not_empty, unicode_safe],
        "inventory": [not_empty, unicode_safe],
        "entries": [ignore_missing],
    }


@tk.validator_args
def concentrado_generate(
    not_empty: Any, default: Any, unicode_safe: Any, boolean_validator: Any
) -> Schema:
    """What stands above the table and is in no closed form."""
    return {
        "coordination": [not_empty, unicode_safe],
        "attributions": [default([])],
        "preview": [default(False), boolean_validator],
    }


@tk.validator_args
def concentrado_show(
    not_empty: Any, ignore_missing: Any, unicode_safe: Any, is_positive_integer: Any
) -> Schema:
    """One version; the newest when none is named."""
    return {
        "coordination": [not_empty, unicode_safe],
        "version": [ignore_missing, is_positive_integer],
    }


@tk.validator_args
def concentrado_list(
    not_empty: Any, default: Any, unicode_safe: Any, natural_number_validator: Any
) -> Schema:
    """A page of versions."""
    return {
        "coordination": [not_empty, unicode_safe],
        "limit": [default(50), natural_number_validator, _at_most_a_page],
        "offset": [default(0), natural_number_validator],
    }


@tk.validator_args
def concentrado_export(
    not_empty: Any,
    ignore_missing: Any,
    default: Any,
    unicode_safe: Any,
    is_positive_integer: Any,
    one_of: Any,
) -> Schema:
    """One version, and the form of the file."""
    return {
        "coordination": [not_empty, unicode_safe],
        "version": [ignore_missing, is_positive_integer],
        "format": [not_empty, one_of(list(FORMATS))],
        "lang": [default(LANGUAGES[0]), one_of(list(LANGUAGES))],
    }


def _at_most_a_page(value: int) -> int:
    return min(value, 1000)
