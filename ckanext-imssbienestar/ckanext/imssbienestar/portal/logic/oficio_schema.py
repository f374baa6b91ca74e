"""What the actions of Oficios de Validación and of mails accept."""

from __future__ import annotations

import datetime
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal import permissions

Schema = dict[str, Any]

FORMATS = ("docx", "pdf", "signed")
_LONGEST_TEXT = 300
_MOST = 1000


@tk.validator_args
def oficio_new(
    not_empty: Any, not_missing: Any, default: Any, ignore_empty: Any, unicode_safe: Any
) -> Schema:
    """A letter that is to be made."""
    return {
        "unit": [not_empty, unicode_safe],
        "folio": [default(""), unicode_safe, _short],
        "date": [ignore_empty, unicode_safe],
        "coordinations": [default([])],
        "signatory_post": [default(""), unicode_safe, _short],
    }


@tk.validator_args
def oficio_show(not_empty: Any, unicode_safe: Any) -> Schema:
    """One letter."""
    return {"id": [not_empty, unicode_safe]}


@tk.validator_args
def oficio_list(
    not_empty: Any, default: Any, unicode_safe: Any, natural_number_validator: Any
) -> Schema:
    """A page of the letters of a unit."""
    return {
        "unit": [not_empty, unicode_safe],
        "limit": [default(50), natural_number_validator, _at_most_a_page],
        "offset": [default(0), natural_number_validator],
    }


@tk.validator_args
def oficio_export(not_empty: Any, unicode_safe: Any, one_of: Any) -> Schema:
    """One letter, and the form of the file."""
    return {"id": [not_empty, unicode_safe], "format": [not_empty, one_of(list(FORMATS))]}


@tk.validator_args
def oficio_receive_signed(not_empty: Any, not_missing: Any, unicode_safe: Any) -> Schema:
    """One letter and the file that came back."""
    return {"id": [not_empty, unicode_safe], "upload": [not_missing]}


@tk.validator_args
def oficio_paper_receipt(not_empty: Any, default: Any, unicode_safe: Any) -> Schema:
    """When a letter arrived on paper."""
    return {
        "id": [not_empty, unicode_safe],
        "received_on": [not_empty, unicode_safe],
        "reference": [default(""), unicode_safe, _short],
    }


@tk.validator_args
def oficio_template_update(not_missing: Any, default: Any, boolean_validator: Any) -> Schema:
    """The words of the letter."""
    return {"template": [not_missing], "preview": [default(False), boolean_validator]}


@tk.validator_args
def mail_list(
    ignore_empty: Any, default: Any, unicode_safe: Any, natural_number_validator: Any
) -> Schema:
    """A page of mails."""
    return {
        "coordination": [ignore_empty, unicode_safe],
        "state": [default([])],
        "limit": [default(50), natural_number_validator, _at_most_a_page],
        "offset": [default(0), natural_number_validator],
    }


@tk.validator_args
def mail_retry(not_empty: Any, unicode_safe: Any) -> Schema:
    """One mail."""
    return {"id": [not_empty, unicode_safe]}


def read_day(text: str | None, field: str) -> datetime.date:
    """A day as an API writes it; today when none is said.

    :raises tk.ValidationError: under ``field``: it is no day.
    """
    if not text:
        return permissions.today()
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise tk.ValidationError({field: [tk._("Write the day as YYYY-MM-DD.")]}) from error


def _at_most_a_page(value: int) -> int:
    return min(value, _MOST)


def _short(value: str) -> str:
    if len(value) > _LONGEST_TEXT:
        raise tk.Invalid(tk._("At most {count} characters.").format(count=_LONGEST_TEXT))
    return value
