"""What the actions of Formato 1 accept."""

from __future__ import annotations

import json
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.checks.languages import LANGUAGES
from ckanext.imssbienestar.domain.inventory_layout import IDENTIFIER, MARK
from ckanext.imssbienestar.domain.inventory_plan import RowKind
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout

Schema = dict[str, Any]

FORMATS = ("xlsx", "ods")


@tk.validator_args
def inventory_show(
    not_empty: Any, default: Any, unicode_safe: Any, natural_number_validator: Any
) -> Schema:
    """A page of the databases of a draft."""
    return {
        "coordination": [not_empty, unicode_safe],
        "q": [default(""), unicode_safe],
        "missing": [default(""), unicode_safe],
        **_page(default, natural_number_validator),
    }


@tk.validator_args
def entry_show(not_empty: Any, unicode_safe: Any) -> Schema:
    """One database."""
    return {"coordination": [not_empty, unicode_safe], "identifier": [not_empty, unicode_safe]}


@tk.validator_args
def entry_create(not_empty: Any, not_missing: Any, unicode_safe: Any) -> Schema:
    """A new database."""
    return {"coordination": [not_empty, unicode_safe], "values": [not_missing, _columns]}


@tk.validator_args
def entry_update(not_empty: Any, not_missing: Any, unicode_safe: Any) -> Schema:
    """A database as a person filled it in, and the mark of what the person had read."""
    return {
        "coordination": [not_empty, unicode_safe],
        "identifier": [not_empty, unicode_safe],
        "mark": [not_empty, unicode_safe],
        "values": [not_missing, _columns],
    }


@tk.validator_args
def entry_delete(not_empty: Any, unicode_safe: Any) -> Schema:
    """Which database, and the mark of what the person had read."""
    return {
        "coordination": [not_empty, unicode_safe],
        "identifier": [not_empty, unicode_safe],
        "mark": [not_empty, unicode_safe],
    }


@tk.validator_args
def inventory_update(
    not_empty: Any,
    ignore_missing: Any,
    ignore_empty: Any,
    unicode_safe: Any,
    boolean_validator: Any,
) -> Schema:
    """Fields of the header, and whether there is no database at all."""
    return {
        "coordination": [not_empty, unicode_safe],
        "header": [ignore_missing, _header],
        "declared_empty": [ignore_missing, boolean_validator],
        "mark": [ignore_empty, unicode_safe],
    }


@tk.validator_args
def inventory_import(
    not_empty: Any,
    ignore_empty: Any,
    ignore_missing: Any,
    default: Any,
    unicode_safe: Any,
    boolean_validator: Any,
    natural_number_validator: Any,
    one_of: Any,
) -> Schema:
    """A workbook to look at, or one that was looked at and what to do with it."""
    return {
        "coordination": [not_empty, unicode_safe],
        "upload": [ignore_missing],
        "id": [ignore_empty, unicode_safe],
        "confirm": [default(False), boolean_validator],
        "again": [default(False), boolean_validator],
        "cancel": [default(False), boolean_validator],
        "kind": [default(""), one_of(["", *(kind.value for kind in RowKind)])],
        **_page(default, natural_number_validator),
    }


@tk.validator_args
def inventory_export(
    not_empty: Any,
    ignore_empty: Any,
    default: Any,
    unicode_safe: Any,
    boolean_validator: Any,
    is_positive_integer: Any,
    one_of: Any,
) -> Schema:
    """The draft, a closed version or the blank form, and the form of the file."""
    return {
        "coordination": [not_empty, unicode_safe],
        "format": [default("xlsx"), one_of(list(FORMATS))],
        "version": [ignore_empty, is_positive_integer],
        "blank": [default(False), boolean_validator],
        "lang": [default(LANGUAGES[0]), one_of(list(LANGUAGES))],
    }


@tk.validator_args
def coordination(not_empty: Any, unicode_safe: Any) -> Schema:
    """Whose Formato 1."""
    return {"coordination": [not_empty, unicode_safe]}


@tk.validator_args
def give_back(not_empty: Any, default: Any, unicode_safe: Any) -> Schema:
    """Whose, and what is to be corrected."""
    return {
        "coordination": [not_empty, unicode_safe],
        "remarks": [default(""), unicode_safe, _of_length(4000)],
    }


@tk.validator_args
def version_list(
    not_empty: Any, default: Any, unicode_safe: Any, natural_number_validator: Any
) -> Schema:
    """A page of versions."""
    return {
        "coordination": [not_empty, unicode_safe],
        **_page(default, natural_number_validator),
    }


@tk.validator_args
def version_show(
    not_empty: Any,
    default: Any,
    unicode_safe: Any,
    natural_number_validator: Any,
    is_positive_integer: Any,
    one_of: Any,
) -> Schema:
    """A page of what a version says, or of what became of each database in it."""
    return {
        "coordination": [not_empty, unicode_safe],
        "version": [not_empty, is_positive_integer],
        "show": [default("entries"), one_of(["entries", "differences"])],
        **_page(default, natural_number_validator),
    }


def _page(default: Any, natural_number_validator: Any) -> Schema:
    return {
        "limit": [default(50), natural_number_validator, _at_most_a_page],
        "offset": [default(0), natural_number_validator, _at_most_of_the_database],
    }


def _at_most_a_page(value: int) -> int:
    return min(value, 1000)


def _at_most_of_the_database(value: int) -> int:
    return min(value, 2**31 - 1)


def _of_length(most: int) -> Any:
    def check(value: str) -> str:
        if len(value) > most:
            sentence = tk._("This text has {length} characters and may have {most}.")
            raise tk.Invalid(sentence.format(length=len(value), most=most))
        return value

    return check


def _columns(value: Any) -> dict[str, str]:
    """Values by the names of the columns; identifier and mark are parameters of their own."""
    known = {*inventory_layout().fields} - {MARK}
    return _texts(value, known)


def _header(value: Any) -> dict[str, str]:
    """Values by the names of the header's fields."""
    return _texts(value, {*inventory_layout().header_fields})


def _texts(value: Any, known: set[str]) -> dict[str, str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict):
        raise tk.Invalid(tk._("Write an object: the name of each column and its text."))
    unknown = [str(name)[:60] for name in value if name not in known]
    if unknown:
        raise tk.Invalid(
            tk._("Formato 1 has no column {names}; it has {known}.").format(
                names=", ".join(unknown[:5]), known=", ".join(sorted(known - {IDENTIFIER}))
            )
        )
    wrong = [name for name, text in value.items() if not isinstance(text, str | int | type(None))]
    if wrong:
        raise tk.Invalid(tk._("Write a text in {names}.").format(names=", ".join(wrong[:5])))
    return {name: "" if text is None else str(text) for name, text in value.items()}
