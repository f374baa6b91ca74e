"""The page of a refusal that no form can show: its sentences instead of a fault."""

from __future__ import annotations

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal.identification.pages import sentences


def told(error: tk.ValidationError) -> tuple[str, int]:
    """For ``register_error_handler`` of a blueprint."""
    said = {"code": 409, "content": " ".join(sentences(error))}
    return tk.render("error_document_template.html", said), 409
