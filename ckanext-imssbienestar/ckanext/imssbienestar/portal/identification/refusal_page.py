"""The page of a refusal that no form can show: its sentences instead of a fault."""

from __future__ import annotations

from ckan.plugins import toolkit as tk
from flask import Blueprint

from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.portal.identification.pages import sentences
from ckanext.imssbienestar.portal.logic.coordination import ALTERED, altered_sentence

_CONFLICT = 409


def tell_refusals(blueprint: Blueprint) -> None:
    """The pages of a blueprint say what an action refuses, and that a closed form was altered."""
    blueprint.register_error_handler(tk.ValidationError, _refused)
    for error in ALTERED:
        blueprint.register_error_handler(error, _altered)


def _refused(error: tk.ValidationError) -> tuple[str, int]:
    return _page(" ".join(sentences(error)))


def _altered(_error: ImssError) -> tuple[str, int]:
    return _page(altered_sentence())


def _page(said: str) -> tuple[str, int]:
    told = {"code": _CONFLICT, "name": tk._("This is not possible now"), "content": said}
    return tk.render("error_document_template.html", told), _CONFLICT
