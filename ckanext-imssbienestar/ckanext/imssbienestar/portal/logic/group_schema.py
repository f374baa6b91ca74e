"""What the actions about working groups accept; the argument names are CKAN validators."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk

Schema = dict[str, Any]


@tk.validator_args
def group_create(not_empty: Any, ignore_empty: Any, unicode_safe: Any, isodate: Any) -> Schema:
    """The coordination and the first day of its group."""
    return {
        "coordination": [not_empty, unicode_safe],
        "valid_from": [ignore_empty, isodate],
    }


@tk.validator_args
def group_show(not_empty: Any, unicode_safe: Any) -> Schema:
    """One group, by its coordination."""
    return {"coordination": [not_empty, unicode_safe]}


@tk.validator_args
def group_list(
    ignore_empty: Any,
    default: Any,
    unicode_safe: Any,
    natural_number_validator: Any,
    limit_to_configured_maximum: Any,
) -> Schema:
    """The unit and the page of the list of groups."""
    return {
        "unit": [ignore_empty, unicode_safe],
        "limit": [default(100), natural_number_validator, limit_to_configured_maximum("", 1000)],
        "offset": [default(0), natural_number_validator],
    }
