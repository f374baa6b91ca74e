"""What each action accepts; the argument names are CKAN validators."""

from __future__ import annotations

import datetime
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.checks.languages import LANGUAGES
from ckanext.imssbienestar.domain.workflow import State
from ckanext.imssbienestar.formats import DictionaryForm
from ckanext.imssbienestar.mirror.ledger.activities import Kind
from ckanext.imssbienestar.mirror.overview.whereabouts import Group
from ckanext.imssbienestar.mirror.review.passages import Kind as Movement
from ckanext.imssbienestar.procedure.guard_records import FALSE_ALARM

Schema = dict[str, Any]


@tk.validator_args
def release_target(not_empty: Any, unicode_safe: Any) -> Schema:
    """``id`` of a release, or id or name of a dataset."""
    return {"id": [not_empty, unicode_safe]}


@tk.validator_args
def release_sign(not_empty: Any, default: Any, ignore_missing: Any, unicode_safe: Any) -> Schema:
    """Signing: the digest is the one the person was shown."""
    return {
        "id": [not_empty, unicode_safe],
        "oficio_number": [default(""), unicode_safe],
        "digest": [ignore_missing, unicode_safe],
    }


@tk.validator_args
def release_publish(not_empty: Any, ignore_missing: Any, unicode_safe: Any) -> Schema:
    """Publishing: the digest is the one the person was shown."""
    return {"id": [not_empty, unicode_safe], "digest": [ignore_missing, unicode_safe]}


@tk.validator_args
def release_return(not_empty: Any, default: Any, unicode_safe: Any) -> Schema:
    """Returning to draft, with the reason."""
    return {"id": [not_empty, unicode_safe], "reason": [default(""), unicode_safe]}


@tk.validator_args
def release_list(
    ignore_missing: Any,
    default: Any,
    unicode_safe: Any,
    natural_number_validator: Any,
    boolean_validator: Any,
    list_of_strings: Any,
    convert_to_list_if_string: Any,
    limit_to_configured_maximum: Any,
) -> Schema:
    """Filters and page of the release list."""
    return {
        "dataset_id": [ignore_missing, unicode_safe],
        "state": [ignore_missing, convert_to_list_if_string, list_of_strings, _known_states],
        "latest": [default(False), boolean_validator],
        "limit": [
            default(100),
            natural_number_validator,
            limit_to_configured_maximum("ckan.search.rows_max", 1000),
        ],
        "offset": [default(0), natural_number_validator],
    }


@tk.validator_args
def dictionary_update(
    not_empty: Any, not_missing: Any, ignore_missing: Any, unicode_safe: Any
) -> Schema:
    """A whole dictionary for a resource, and the one it was made from."""
    return {
        "resource_id": [not_empty, unicode_safe],
        "schema": [not_missing],
        "digest": [ignore_missing, unicode_safe],
    }


@tk.validator_args
def dictionary_import(not_empty: Any, ignore_missing: Any, unicode_safe: Any) -> Schema:
    """A dictionary for a resource: a file (``upload``) or its text (``content``)."""
    return {
        "resource_id": [not_empty, unicode_safe],
        "upload": [ignore_missing],
        "content": [ignore_missing, unicode_safe],
        "digest": [ignore_missing, unicode_safe],
    }


@tk.validator_args
def dictionary_export(
    not_empty: Any, default: Any, ignore_empty: Any, boolean_validator: Any, one_of: Any
) -> Schema:
    """Which dictionary, and in which of its forms."""
    return {
        "id": [not_empty],
        "format": [not_empty, one_of([str(form) for form in DictionaryForm])],
        "lang": [ignore_empty, one_of(list(LANGUAGES))],
        "proposed": [default(False), boolean_validator],
    }


@tk.validator_args
def table_check(
    not_empty: Any,
    ignore_empty: Any,
    ignore_missing: Any,
    default: Any,
    unicode_safe: Any,
    natural_number_validator: Any,
    boolean_validator: Any,
    one_of: Any,
) -> Schema:
    """A check of a resource's file."""
    return {
        "resource_id": [not_empty, unicode_safe],
        "lang": [ignore_empty, unicode_safe, one_of(list(LANGUAGES))],
        "limit": [ignore_missing, natural_number_validator],
        "again": [default(False), boolean_validator],
    }


@tk.validator_args
def personal_data_decide(not_empty: Any, default: Any, unicode_safe: Any, one_of: Any) -> Schema:
    """A decision on one column of one file."""
    return {
        "sha256": [not_empty, unicode_safe],
        "column": [not_empty, unicode_safe],
        "decision": [default(FALSE_ALARM), one_of([FALSE_ALARM])],
        "reason": [not_empty, unicode_safe],
    }


@tk.validator_args
def personal_data_list(
    default: Any, natural_number_validator: Any, limit_to_configured_maximum: Any
) -> Schema:
    """A page of what waits for a decision."""
    return {
        "limit": [
            default(100),
            natural_number_validator,
            limit_to_configured_maximum("ckan.search.rows_max", 1000),
        ],
        "offset": [default(0), natural_number_validator],
    }


@tk.validator_args
def personal_data_show(ignore_missing: Any, unicode_safe: Any) -> Schema:
    """A file, by its resource or its hash."""
    return {"id": [ignore_missing, unicode_safe], "sha256": [ignore_missing, unicode_safe]}


def _known_states(value: list[str]) -> list[State]:
    try:
        return [State(item) for item in value]
    except ValueError as error:
        known = ", ".join(State)
        raise tk.Invalid(tk._("Unknown state; one of: {known}.").format(known=known)) from error


@tk.validator_args
def mirror_status(
    ignore_missing: Any,
    default: Any,
    unicode_safe: Any,
    natural_number_validator: Any,
    one_of: Any,
) -> Schema:
    """Filters and page of the datasets of the mirror."""
    return {
        "q": [ignore_missing, unicode_safe],
        "group": [ignore_missing, one_of(["", *(group.value for group in Group)])],
        "limit": [default(50), natural_number_validator, _at_most_a_page],
        "offset": [default(0), natural_number_validator],
    }


@tk.validator_args
def mirror_start(
    not_empty: Any,
    ignore_empty: Any,
    unicode_safe: Any,
    one_of: Any,
    package_id_or_name_exists: Any,
) -> Schema:
    """What is asked of the mirror."""
    return {
        "kind": [not_empty, one_of([kind.value for kind in (Kind.PLAN, Kind.RUN, Kind.VERIFY)])],
        "dataset": [ignore_empty, unicode_safe, package_id_or_name_exists],
    }


@tk.validator_args
def mirror_notify(
    default: Any,
    ignore_empty: Any,
    unicode_safe: Any,
    boolean_validator: Any,
    package_id_or_name_exists: Any,
) -> Schema:
    """What the federal side is to be told of."""
    return {
        "dataset": [ignore_empty, unicode_safe, package_id_or_name_exists],
        "dry_run": [default(True), boolean_validator],
        "again": [default(False), boolean_validator],
        "as_shown": [ignore_empty, unicode_safe],
    }


@tk.validator_args
def mirror_review(
    default: Any,
    ignore_empty: Any,
    unicode_safe: Any,
    boolean_validator: Any,
    package_id_or_name_exists: Any,
) -> Schema:
    """How the federal side is looked at."""
    return {
        "dataset": [ignore_empty, unicode_safe, package_id_or_name_exists],
        "remind": [default(False), boolean_validator],
        "now": [default(True), boolean_validator],
    }


@tk.validator_args
def mirror_activity(not_empty: Any, unicode_safe: Any) -> Schema:
    """``id`` of an activity."""
    return {"id": [not_empty, unicode_safe]}


@tk.validator_args
def mirror_receipt_record(
    not_empty: Any, ignore_missing: Any, unicode_safe: Any, one_of: Any
) -> Schema:
    """A comprobante and its file."""
    return {
        "dataset": [not_empty, unicode_safe],
        "kind": [not_empty, one_of([kind.value for kind in Movement])],
        "number": [not_empty, unicode_safe],
        "date": [not_empty, unicode_safe, _day],
        "upload": [ignore_missing],
    }


@tk.validator_args
def mirror_receipt_list(
    ignore_empty: Any, default: Any, unicode_safe: Any, natural_number_validator: Any
) -> Schema:
    """Of one dataset or all, and a page of them."""
    return {
        "dataset": [ignore_empty, unicode_safe],
        "limit": [default(50), natural_number_validator, _at_most_a_page],
        "offset": [default(0), natural_number_validator],
    }


def _day(value: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(value.strip())
    except ValueError:
        raise tk.Invalid(tk._("Write the date as 2026-11-23: year, month and day.")) from None


def _at_most_a_page(value: int) -> int:
    return min(value, 1000)
