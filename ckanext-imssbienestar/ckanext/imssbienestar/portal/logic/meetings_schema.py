"""What the actions on meetings, agreements, forms, requests and notices accept."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.meetings import AgreementState
from ckanext.imssbienestar.domain.written_text import is_writable
from ckanext.imssbienestar.portal.identification import asked
from ckanext.imssbienestar.procedure.reported_databases import ReportKind
from ckanext.imssbienestar.procedure.rules import meeting_rules
from ckanext.imssbienestar.procedure.sent_forms import FormKind

Schema = dict[str, Any]
_DAY_LETTERS = len("2026-11-24")
_YES, _NO = frozenset({"true", "yes", "1", "on"}), frozenset({"false", "no", "0", "off"})


@tk.validator_args
def meeting_create(not_empty: Any, ignore_missing: Any, default: Any, unicode_safe: Any) -> Schema:
    """A meeting of a group."""
    return {
        "coordination": [not_empty, unicode_safe],
        "starts_at": [not_empty, _moment],
        "agenda": [default([]), _lines],
        "called": [ignore_missing, _names],
        "forms": [default([]), _names, _known_forms],
    }


@tk.validator_args
def meeting_update(not_empty: Any, ignore_missing: Any, default: Any, unicode_safe: Any) -> Schema:
    """The call of a meeting; what is missing stays."""
    return {
        "id": [not_empty, unicode_safe],
        "starts_at": [ignore_missing, _moment],
        "agenda": [ignore_missing, _lines],
        "called": [ignore_missing, _names],
        "forms": [ignore_missing, _names, _known_forms],
        "based_on": [default(""), unicode_safe],
    }


@tk.validator_args
def meeting_record(
    not_empty: Any, not_missing: Any, ignore_missing: Any, default: Any, unicode_safe: Any
) -> Schema:
    """What became of a meeting."""
    return {
        "id": [not_empty, unicode_safe],
        "held": [not_missing, _yes_or_no],
        "attended": [default([]), _names],
        "agreements": [default("[]"), _agreements],
        "upload": [ignore_missing],
        "based_on": [default(""), unicode_safe],
    }


@tk.validator_args
def by_id(not_empty: Any, unicode_safe: Any) -> Schema:
    """One thing by its id."""
    return {"id": [not_empty, unicode_safe]}


@tk.validator_args
def meeting_list(ignore_empty: Any, unicode_safe: Any) -> Schema:
    """The meetings of a group, of a unit or of all groups."""
    return {"coordination": [ignore_empty, unicode_safe], **_page()}


@tk.validator_args
def agreement_close(not_empty: Any, ignore_empty: Any, unicode_safe: Any, one_of: Any) -> Schema:
    """How an agreement ended."""
    closed = [AgreementState.DONE.value, AgreementState.CANCELLED.value]
    return {
        "id": [not_empty, unicode_safe],
        "state": [not_empty, one_of(closed)],
        "closed_on": [ignore_empty, _day],
    }


@tk.validator_args
def agreement_list(ignore_empty: Any, unicode_safe: Any, one_of: Any) -> Schema:
    """The agreements of a group, of a unit or of all groups."""
    return {
        "coordination": [ignore_empty, unicode_safe],
        "state": [ignore_empty, one_of(["open", "overdue", "done", "cancelled"])],
        "owner": [ignore_empty, unicode_safe],
        **_page(),
    }


@tk.validator_args
def form_send(not_empty: Any, ignore_empty: Any, unicode_safe: Any, one_of: Any) -> Schema:
    """A form of a group."""
    return {
        "coordination": [not_empty, unicode_safe],
        "form": [not_empty, one_of([kind.value for kind in FormKind])],
        "meeting": [ignore_empty, unicode_safe],
    }


@tk.validator_args
def form_list(ignore_empty: Any, unicode_safe: Any) -> Schema:
    """What was sent of a group, of a unit or of all groups."""
    return {
        "coordination": [ignore_empty, unicode_safe],
        "meeting": [ignore_empty, unicode_safe],
        **_page(),
    }


@tk.validator_args
def observation_create(not_empty: Any, unicode_safe: Any) -> Schema:
    """What the Transparency Unit says of a form."""
    return {"form": [not_empty, unicode_safe], "text": [not_empty, unicode_safe, _text]}


@tk.validator_args
def observation_list(ignore_empty: Any, unicode_safe: Any) -> Schema:
    """Observations on one form, or on those of a group, of a unit or of all groups."""
    return {
        "coordination": [ignore_empty, unicode_safe],
        "form": [ignore_empty, unicode_safe],
        **_page(),
    }


@tk.validator_args
def request_create(not_empty: Any, unicode_safe: Any) -> Schema:
    """What the Transparency Unit asks of a liaison."""
    return {
        "coordination": [not_empty, unicode_safe],
        "text": [not_empty, unicode_safe, _text],
        "due": [not_empty, _day],
    }


@tk.validator_args
def request_answer(not_empty: Any, unicode_safe: Any) -> Schema:
    """The answer of the liaison."""
    return {"id": [not_empty, unicode_safe], "answer": [not_empty, unicode_safe, _text]}


@tk.validator_args
def request_list(ignore_empty: Any, unicode_safe: Any, one_of: Any) -> Schema:
    """The requests to a group, to a unit or to all groups."""
    return {
        "coordination": [ignore_empty, unicode_safe],
        "state": [ignore_empty, one_of(["open", "overdue", "answered"])],
        **_page(),
    }


@tk.validator_args
def database_report(not_empty: Any, default: Any, unicode_safe: Any, one_of: Any) -> Schema:
    """A new database, or one to withdraw."""
    return {
        "coordination": [not_empty, unicode_safe],
        "kind": [not_empty, one_of([kind.value for kind in ReportKind])],
        "text": [not_empty, unicode_safe, _text],
        "identifier": [default(""), unicode_safe, _line],
    }


@tk.validator_args
def database_list(ignore_empty: Any, unicode_safe: Any, one_of: Any) -> Schema:
    """What was told of a group, of a unit or of all groups."""
    return {
        "coordination": [ignore_empty, unicode_safe],
        "state": [ignore_empty, one_of(["waiting", "forwarded"])],
        **_page(),
    }


@tk.validator_args
def _page(default: Any, natural_number_validator: Any, limit_to_configured_maximum: Any) -> Schema:
    return {
        "limit": [
            default(100),
            natural_number_validator,
            limit_to_configured_maximum("ckan.search.rows_max", 1000),
        ],
        "offset": [default(0), natural_number_validator, _not_too_far],
    }


def _not_too_far(value: int) -> int:
    # More than the database can count is as empty as the page after the last.
    return min(value, 1_000_000)


def _moment(value: Any) -> datetime.datetime:
    """A day with its hour; without a zone it is Mexico City's."""
    # A day alone would be midnight, which nobody means.
    written = value.strip() if isinstance(value, str) and len(value.strip()) > _DAY_LETTERS else ""
    try:
        found = datetime.datetime.fromisoformat(written)
        if found.utcoffset() is None:
            found = found.replace(tzinfo=asked.ZONE)
        met_on = found.astimezone(asked.ZONE).date()
    except (ValueError, OverflowError):
        raise tk.Invalid(
            tk._("Write the day and the hour as 2026-11-24T10:00: year, month, day and hour.")
        ) from None
    _in_time(met_on)
    return found


def _day(value: Any) -> datetime.date:
    try:
        found = datetime.date.fromisoformat(str(value).strip())
    except ValueError:
        raise tk.Invalid(tk._("Write the date as 2026-11-23: year, month and day.")) from None
    _in_time(found)
    return found


def _in_time(found: datetime.date) -> None:
    """:raises toolkit.Invalid: no record is of that day; most likely a slip."""
    limits = meeting_rules().limits
    first, last = limits.earliest_day, asked.today() + datetime.timedelta(days=limits.days_ahead)
    if not first <= found <= last:
        raise tk.Invalid(
            tk._("The day must be between {first} and {last}.").format(first=first, last=last)
        )


def _line(value: str) -> str:
    return _written(" ".join(value.split()), meeting_rules().limits.line_letters)


def _text(value: str) -> str:
    written = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not written:
        raise tk.Invalid(tk._("Write something here."))
    return _written(written, meeting_rules().limits.text_letters)


def _written(value: str, letters: int) -> str:
    if not is_writable(value):
        raise tk.Invalid(tk._("This text has characters that are not text."))
    if len(value) > letters:
        raise tk.Invalid(
            tk._("This text has {count} characters; at most {limit} are kept.").format(
                count=len(value), limit=letters
            )
        )
    return value


def _lines(value: Any) -> list[str]:
    """The items of an agenda: a list, or one on each line."""
    found = [line for item in _listed(value, str.splitlines) if (line := _line(item))]
    _not_too_many(found, meeting_rules().limits.agenda_items)
    return found


def _names(value: Any) -> list[str]:
    """Names: a list, or one text with spaces, commas or line breaks between them."""
    found = [_line(item) for item in _listed(value, lambda text: text.replace(",", " ").split())]
    _not_too_many(found, meeting_rules().limits.called)
    return [name for name in found if name]


def _listed(value: Any, split: Callable[[str], list[str]]) -> list[str]:
    items = split(value) if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise tk.Invalid(tk._("This must be a list of texts."))
    return items


def _not_too_many(found: list[Any], most: int) -> None:
    if len(found) > most:
        raise tk.Invalid(
            tk._("These are {count}; at most {limit} are kept at once.").format(
                count=len(found), limit=most
            )
        )


def _known_forms(value: list[str]) -> list[str]:
    known = [kind.value for kind in FormKind]
    if not set(value) <= set(known):
        raise tk.Invalid(tk._("Unknown form; one of: {known}.").format(known=", ".join(known)))
    return list(dict.fromkeys(value))


def _yes_or_no(value: Any) -> bool:
    said = str(value).strip().lower()
    if said in _YES | _NO:
        return said in _YES
    raise tk.Invalid(tk._("Answer yes or no: true or false."))


def _agreements(value: Any) -> list[dict[str, Any]]:
    """Agreements as JSON: a list of objects with ``text``, ``owner`` and ``due``."""
    try:
        items = json.loads(value)
    except (TypeError, ValueError, RecursionError):
        items = None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise tk.Invalid(tk._("Agreements are a list of objects with text, owner and due."))
    _not_too_many(items, meeting_rules().limits.agreements)
    return [_agreement(item, place) for place, item in enumerate(items, start=1)]


def _agreement(item: dict[str, Any], place: int) -> dict[str, Any]:
    try:
        return {
            "text": _text(str(item.get("text") or "")),
            "owner": _line(str(item.get("owner") or "")),
            "due": _day(item.get("due") or ""),
        }
    except tk.Invalid as error:
        raise tk.Invalid(
            tk._("Agreement {place}: {reason}").format(place=place, reason=error.error)
        ) from None
