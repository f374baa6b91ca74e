"""What the actions about units accept; the argument names are CKAN validators."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk

Schema = dict[str, Any]


@tk.validator_args
def unit_import(
    ignore_missing: Any, default: Any, unicode_safe: Any, boolean_validator: Any
) -> Schema:
    """A table of units, as a file or as CSV text; and whether it is to be applied."""
    return {
        "upload": [ignore_missing],
        "content": [ignore_missing, unicode_safe],
        "confirm": [default(False), boolean_validator],
        "digest": [ignore_missing, unicode_safe],
    }


@tk.validator_args
def unit_list(
    ignore_empty: Any,
    default: Any,
    unicode_safe: Any,
    isodate: Any,
    natural_number_validator: Any,
    limit_to_configured_maximum: Any,
) -> Schema:
    """The day, the kind and the page of the list of units."""
    return {
        "day": [ignore_empty, isodate],
        "kind": [ignore_empty, unicode_safe],
        "limit": [default(1000), natural_number_validator, limit_to_configured_maximum("", 20000)],
        "offset": [default(0), natural_number_validator],
    }


@tk.validator_args
def unit_show(not_empty: Any, unicode_safe: Any) -> Schema:
    """One unit."""
    return {"id": [not_empty, unicode_safe]}
