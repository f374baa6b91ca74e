"""What the actions about designations accept; the argument names are CKAN validators."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.designations import Post

Schema = dict[str, Any]


def known_post(value: str) -> Post:
    """A post of the Procedure by its code."""
    try:
        return Post(value)
    except ValueError as error:
        known = ", ".join(Post)
        raise tk.Invalid(tk._("Unknown role; one of: {known}.").format(known=known)) from error


@tk.validator_args
def designation_create(
    not_empty: Any,
    ignore_empty: Any,
    ignore_missing: Any,
    default: Any,
    unicode_safe: Any,
    isodate: Any,
    list_of_strings: Any,
    convert_to_list_if_string: Any,
) -> Schema:
    """A new designation, with its letter or the id of one received before."""
    return {
        "user": [not_empty, unicode_safe],
        "role": [not_empty, unicode_safe, known_post],
        "organization": [ignore_empty, unicode_safe],
        "oficio_id": [ignore_empty, unicode_safe],
        "oficio_number": [default(""), unicode_safe],
        "oficio_date": [ignore_empty, isodate],
        "upload": [ignore_missing],
        "level": [default(""), unicode_safe],
        "represents": [default([]), convert_to_list_if_string, list_of_strings],
        "valid_from": [ignore_empty, isodate],
        "valid_to": [ignore_empty, isodate],
    }


@tk.validator_args
def designation_replace(not_empty: Any, unicode_safe: Any) -> Schema:
    """The same, and the designation whose place it takes: its role and organization are kept."""
    return {
        **designation_create(),
        "id": [not_empty, unicode_safe],
        "role": [tk.get_validator("ignore")],
        "organization": [tk.get_validator("ignore")],
    }


@tk.validator_args
def designation_end(not_empty: Any, ignore_empty: Any, unicode_safe: Any, isodate: Any) -> Schema:
    """The last day of a designation."""
    return {"id": [not_empty, unicode_safe], "valid_to": [ignore_empty, isodate]}


@tk.validator_args
def designation_show(not_empty: Any, unicode_safe: Any) -> Schema:
    """One designation."""
    return {"id": [not_empty, unicode_safe]}


@tk.validator_args
def designation_list(
    ignore_empty: Any,
    default: Any,
    unicode_safe: Any,
    boolean_validator: Any,
    natural_number_validator: Any,
    isodate: Any,
    limit_to_configured_maximum: Any,
) -> Schema:
    """Filters and page of the list of designations."""
    return {
        "organization": [ignore_empty, unicode_safe],
        "coordination": [ignore_empty, unicode_safe],
        "user": [ignore_empty, unicode_safe],
        "in_force": [default(False), boolean_validator],
        "day": [ignore_empty, isodate],
        "limit": [default(100), natural_number_validator, limit_to_configured_maximum("", 1000)],
        "offset": [default(0), natural_number_validator],
    }
