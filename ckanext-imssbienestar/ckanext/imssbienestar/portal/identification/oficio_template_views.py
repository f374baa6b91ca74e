"""The page of the template: the words of the letters, for the Transparency Unit (A-18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckan.plugins import toolkit as tk
from flask import Blueprint
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.domain.oficio_template import KNOWN_PLACEHOLDERS
from ckanext.imssbienestar.portal.identification.oficio_pages import asked, told
from ckanext.imssbienestar.portal.identification.pages import demand_account

imss_oficio_template = Blueprint("imss_oficio_template", __name__)

# What a form writes one a line.
_LISTS = frozenset({"months", "letter.paragraphs"})


@imss_oficio_template.get("/validation-template")
def read() -> str:
    """The words that count now."""
    kept = _kept()
    return _page(kept, kept["template"])


@imss_oficio_template.post("/validation-template")
def change() -> WerkzeugResponse | str:
    """Let other words count from now on, or only check them."""
    kept = _kept()
    words = _read_form(kept["template"], tk.request.form)
    preview = "preview" in tk.request.form
    try:
        asked("imss_oficio_template_update", template=words, preview=preview)
    except tk.ValidationError as error:
        return _page(kept, words, errors=told(error))
    if preview:
        return _page(kept, words, good=True)
    tk.h.flash_success(tk._("These words count for the letters that are made from now on."))
    return tk.redirect_to("imss_oficio_template.read")


def _kept() -> dict[str, Any]:
    demand_account()
    try:
        kept: dict[str, Any] = asked("imss_oficio_template_show")
    except tk.NotAuthorized:
        return tk.abort(404, tk._("There is no such page, or it is not yours."))
    return kept


def _page(
    kept: dict[str, Any],
    words: Mapping[str, Any],
    *,
    errors: list[str] | None = None,
    good: bool = False,
) -> str:
    return tk.render(
        "imssbienestar/identification/validation_template.html",
        {
            "fields": _fields(words),
            "versions": kept["versions"],
            "placeholders": sorted(KNOWN_PLACEHOLDERS),
            "errors": errors or [],
            "good": good,
        },
    )


def _fields(words: Mapping[str, Any], above: str = "") -> list[dict[str, Any]]:
    """The words as fields of a form, by their path: ``letter.table.total``."""
    found: list[dict[str, Any]] = []
    for name, value in words.items():
        path = f"{above}{name}"
        if isinstance(value, Mapping):
            found += _fields(value, f"{path}.")
        elif isinstance(value, list | tuple):
            found.append({"path": path, "text": "\n".join(value), "lines": len(value) + 2})
        else:
            found.append({"path": path, "text": value, "lines": 1})
    return found


def _read_form(kept: Mapping[str, Any], form: Mapping[str, str], above: str = "") -> dict[str, Any]:
    """The words of a form, in the shape of those that are kept."""
    words: dict[str, Any] = {}
    for name, value in kept.items():
        path = f"{above}{name}"
        typed = form.get(path, "").replace("\r", "")
        if isinstance(value, Mapping):
            words[name] = _read_form(value, form, f"{path}.")
        elif path in _LISTS:
            words[name] = [line.strip() for line in typed.split("\n") if line.strip()]
        else:
            words[name] = " ".join(typed.split())
    return words
