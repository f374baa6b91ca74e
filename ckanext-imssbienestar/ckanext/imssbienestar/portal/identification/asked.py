"""What a call of the meetings' actions names, and the words in which it is refused.

Groups by their organization, people by their account, days and hours of Mexico City.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.portal import acting, texts
from ckanext.imssbienestar.procedure.agreements import AgreementNotFound
from ckanext.imssbienestar.procedure.meetings import MeetingNotFound
from ckanext.imssbienestar.procedure.people import Acting
from ckanext.imssbienestar.procedure.refusals import ActRefused
from ckanext.imssbienestar.procedure.reported_databases import ReportNotFound
from ckanext.imssbienestar.procedure.requests import RequestNotFound
from ckanext.imssbienestar.procedure.sent_forms import SentFormNotFound

ZONE = ZoneInfo("America/Mexico_City")

_SAID = 5


def now() -> datetime.datetime:
    """This moment, UTC."""
    return datetime.datetime.now(datetime.UTC)


def today() -> datetime.date:
    """The day in Mexico City."""
    return now().astimezone(ZONE).date()


def coordination(name_or_id: str) -> str:
    """The id of the organization of a *coordinación central*, or of a unit.

    :raises toolkit.ObjectNotFound: there is no such organization.
    """
    found = model.Group.get(name_or_id)
    if found is None or not found.is_organization:
        raise tk.ObjectNotFound(tk._("There is no such organization."))
    return str(found.id)


def acting_as(context: Any, action: str, act: str, coordination_id: str) -> Acting:
    """In which post the person of a context does an act of a group.

    :param action: whose auth function is asked first.
    :raises toolkit.NotAuthorized: in none.
    """
    tk.check_access(action, context, {"coordination_id": coordination_id})
    return acting.require(context, act, coordination_id)


def acting_in(context: Any, action: str, act: str, name_or_id: str) -> tuple[Acting, str]:
    """The same for something new in a group, with the id of its *coordinación central*.

    :raises toolkit.ObjectNotFound: there is no such organization.
    :raises toolkit.ValidationError: it is none that has a group today.
    """
    coordination_id = coordination(name_or_id)
    found = acting_as(context, action, act, coordination_id)
    # Those who act in every group would otherwise write for a unit that has none.
    groups = {unit.unit_id for unit in acting.people().tree.with_working_group()}
    if coordination_id not in groups:
        sentence = tk._("This organization is no coordinación central: it has no working group.")
        raise tk.ValidationError({"coordination": [sentence]})
    return found, coordination_id


def readable(context: Any, action: str, name_or_id: str | None) -> Collection[str] | None:
    """The groups that are asked for, of those the person may read; None for every one.

    :param name_or_id: a *coordinación central*, a unit for all of its groups, or None for all.
    :raises toolkit.NotAuthorized: there is none among them that the person may read.
    """
    tk.check_access(action, context, {})
    user = model.User.get(str(context.get("user") or ""))
    people = acting.people()
    places = people.places(user.id, "read_group") if user is not None else frozenset()
    if None in places and name_or_id is None:
        return None
    found = {place for place in places if place is not None}
    if name_or_id is not None:
        units = people.tree.with_working_group(coordination(name_or_id))
        wanted = {unit.unit_id for unit in units}
        found = wanted if None in places else wanted & found
    if not found:
        raise tk.NotAuthorized(acting.refusal("read_group"))
    return found


def accounts(names_or_ids: Iterable[str], field: str) -> tuple[str, ...]:
    """The ids of active accounts, each once.

    :raises toolkit.ValidationError: one of them is no account; under the name of the field.
    """
    wanted = list(dict.fromkeys(name.strip() for name in names_or_ids if name.strip()))
    rows = model.Session.execute(
        sa.select(model.User.id, model.User.name).where(
            model.User.state == model.State.ACTIVE,
            sa.or_(model.User.id.in_(wanted), model.User.name.in_(wanted)),
        )
    )
    known = {key: row.id for row in rows for key in (row.name, row.id)}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sentence = tk._("There is no such account: {names}.").format(
            names=", ".join(name[:60] for name in unknown[:10])
        )
        raise tk.ValidationError({field: [sentence]})
    return tuple(dict.fromkeys(known[name] for name in wanted))


def people_shown(user_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Accounts as answers show them, by their id; of one that was purged only the id is known."""
    wanted = set(user_ids) - {""}
    rows = model.Session.execute(
        sa.select(model.User.id, model.User.name, model.User.fullname).where(
            model.User.id.in_(wanted)
        )
    )
    found = {
        row.id: {"id": row.id, "name": row.name, "display_name": row.fullname or row.name}
        for row in rows
    }
    return {
        user_id: found.get(user_id, {"id": user_id, "name": "", "display_name": "…"})
        for user_id in wanted
    }


def groups_shown(coordination_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Organizations as answers show them, by their id."""
    rows = model.Session.execute(
        sa.select(model.Group.id, model.Group.name, model.Group.title).where(
            model.Group.id.in_(set(coordination_ids))
        )
    )
    return {
        row.id: {"id": row.id, "name": row.name, "title": row.title or row.name} for row in rows
    }


def moment(value: datetime.datetime | None) -> str | None:
    """A moment as answers show it: ISO 8601 with the offset of Mexico City."""
    return value.astimezone(ZONE).isoformat(timespec="seconds") if value is not None else None


def day(value: datetime.date | None) -> str | None:
    """A day as answers show it."""
    return value.isoformat() if value is not None else None


def told(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as findings, in the language of the request."""
    return [found.model_dump(mode="json") for found in problem_findings(problems, texts.language())]


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the Procedure refuses into what CKAN's API says; nothing stays half-written.

    :raises toolkit.ValidationError: with ``message``, and ``findings`` that say how to mend it.
    :raises toolkit.ObjectNotFound: there is no such thing.
    """
    try:
        yield
    except ActRefused as error:
        model.Session.rollback()
        findings = told(error.problems)
        raise tk.ValidationError({"message": _said(findings), "findings": findings}) from error
    except (
        AgreementNotFound,
        MeetingNotFound,
        ReportNotFound,
        RequestNotFound,
        SentFormNotFound,
    ) as error:
        model.Session.rollback()
        raise tk.ObjectNotFound(tk._("There is no such thing, or it is not yours.")) from error


def _said(findings: list[dict[str, Any]]) -> list[str]:
    """What blocks, in a few sentences: the findings themselves are with them."""
    said = [found["message"] for found in findings if found["severity"] == "blocking"]
    if len(said) > _SAID:
        more = tk._("And {count} more.").format(count=len(said) - _SAID)
        return [*said[:_SAID], more]
    return said
