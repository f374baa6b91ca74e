"""Whether somebody may do an act of the Procedure today, and its event in the history.

The one door between CKAN's users and ``procedure.people``: actions, pages and permission labels
ask here. A system administrator holds no post by that role.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import flask
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.history import ChainedEvent, Event
from ckanext.imssbienestar.portal import permissions, texts
from ckanext.imssbienestar.procedure import history
from ckanext.imssbienestar.procedure.people import Acting, People, people_on
from ckanext.imssbienestar.procedure.rules import capability_rules, designation_rules

_KEPT = "imss_people"

SYSTEM_ADMINISTRATOR = "system_administrator"
"""What the history says instead of a post."""


def people() -> People:
    """Everybody designated today, in Mexico City; read once for each request."""
    today = permissions.today()
    if not flask.has_request_context():
        return people_on(model.Session, today)
    known: People | None = flask.g.get(_KEPT)
    if known is None or known.tree.day != today:
        known = people_on(model.Session, today)
        setattr(flask.g, _KEPT, known)
    return known


def forget_people() -> None:
    """Have them read again: the request has changed a designation or a unit."""
    if flask.has_request_context():
        flask.g.pop(_KEPT, None)


def require(context: Any, act: str, unit_id: str | None = None) -> Acting:
    """In which post the person of a context does an act.

    :param act: its code in ``schemas/capabilities.yaml``.
    :param unit_id: the group's *coordinación central* or the unit; None for the organism.
    :raises toolkit.NotAuthorized: in none, with a sentence that says who may.
    """
    user = model.User.get(str(context.get("user") or ""))
    found = people().acting(user.id, act, unit_id) if user is not None else None
    if found is None:
        raise tk.NotAuthorized(refusal(act))
    return found


def require_keeper(context: Any, act: str, unit_id: str | None = None) -> Acting:
    """The same for acts that system administrators may do too, and commands of the site.

    Somebody has to record the first unit and the first designation; the history tells them apart.
    """
    user = model.User.get(str(context.get("user") or ""))
    if user is not None and (found := people().acting(user.id, act, unit_id)):
        return found
    if context.get("ignore_auth") or (user is not None and user.sysadmin):
        return Acting(user.id if user is not None else "", None, "")
    raise tk.NotAuthorized(refusal(act))


def may(user_name: str, act: str, unit_id: str | None = None) -> bool:
    """Whether a user may do an act today, for what a page offers."""
    user = model.User.get(user_name) if user_name else None
    return user is not None and people().may(user.id, act, unit_id)


def refusal(act: str) -> str:
    """Who may do an act, as the sentence that refuses everybody else."""
    language = texts.language()
    rule = capability_rules().act(act)
    posts = ", ".join(designation_rules().post(post).label(language) for post in rule.posts)
    return str(
        tk._("This takes a designation in force today: {posts} ({act}).").format(
            posts=posts, act=rule.label(language)
        )
    )


def record(
    acting: Acting, act: str, subject: str, changes: Mapping[str, Any] | None = None
) -> ChainedEvent:
    """Put what a person did in the history; the last thing before the commit.

    :param act: what was done, such as ``inventory.closed``.
    :param subject: to what, as kind and identifier: ``inventory:7f3c``.
    :param changes: values of JSON, such as field -> [before, after]; never the value of a column
        with personal data, and no more than a page of it: the history is read by people.
    """
    return history.record(
        model.Session,
        Event(
            act=act,
            subject=subject,
            person=acting.person,
            post=acting.post.value if acting.post else SYSTEM_ADMINISTRATOR,
            oficio=acting.oficio,
            at=datetime.datetime.now(datetime.UTC),
            changes=changes or {},
        ),
    )
