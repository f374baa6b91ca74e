"""The history of a group: who did what, in which post, under which *oficio*, when."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ckan.plugins import toolkit as tk
from flask import Blueprint

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.vocabulary import Term
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.portal.identification.pages import Standing, place, section_page

imss_history = Blueprint("imss_history", __name__)

PAGE = 50


@imss_history.get("/working-group/<name>/history")
def read(name: str) -> str:
    """The events of a group, the newest first."""
    here = place(name)
    page = max(1, tk.request.args.get("page", 1, type=int))
    found = tk.get_action("imss_history_list")(
        {"user": tk.current_user.name},
        {"coordination": here.coordination_id, "limit": PAGE, "offset": (page - 1) * PAGE},
    )
    count = found["count"]
    state = tk.ungettext("{count} event", "{count} events", count).format(count=count)
    return section_page(
        "history",
        here,
        "imss_history.read",
        Standing(state, "good", who=tk._("Nothing here can be changed or removed.")),
        events=[_shown(event) for event in found["results"]],
        page=page,
        pages=max(1, -(-count // PAGE)),
    )


def _shown(event: Mapping[str, Any]) -> dict[str, Any]:
    return {**event, "act_label": act_label(event["act"]), "changes": _lines(event["changes"])}


def act_label(code: str) -> str:
    """What somebody did, in people's words; the code itself for one from another version."""
    term = acts().get(code)
    return term.label(texts.language()) if term else code


@cache
def acts() -> Mapping[str, Term]:
    """The words of each act, from ``schemas/history.yaml``."""
    words = read_yaml("history.yaml")["acts"]
    return {code: Term(code=code, **labels) for code, labels in words.items()}


def _lines(changes: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each change as a name and a text: ``before → after`` for a pair."""
    return [(name, _text(value)) for name, value in changes.items()]


def _text(value: Any) -> str:
    if (
        isinstance(value, list)
        and len(value) == 2
        and not any(isinstance(item, (list, dict)) for item in value)
    ):
        return f"{_word(value[0])} → {_word(value[1])}"
    if isinstance(value, list):
        return ", ".join(_word(item) for item in value)
    return _word(value)


def _word(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return str(tk._("yes") if value else tk._("no"))
    return str(value)
