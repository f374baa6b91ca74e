"""A form that was refused, shown again with what was typed and why it was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ckan.plugins import toolkit as tk
from werkzeug.datastructures import MultiDict

from ckanext.imssbienestar.portal.identification import pages


@dataclass(frozen=True)
class Typed:
    """What was typed in a form, and what was said against it.

    :ivar values: name of the field -> what was typed; several of a name as a list.
    :ivar errors: name of the field -> sentences.
    :ivar findings: as ``message`` and ``fix``, of what is wrong with the whole.
    :ivar sentences: what else was said.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    findings: tuple[Mapping[str, Any], ...] = ()
    sentences: tuple[str, ...] = ()

    def value(self, name: str, otherwise: Any = "") -> Any:
        """What was typed in a field."""
        return self.values.get(name, otherwise)

    @property
    def refused(self) -> bool:
        """Whether something was said against it."""
        return bool(self.errors or self.findings or self.sentences)


def refused(form: MultiDict[str, str], error: tk.ValidationError, lists: tuple[str, ...]) -> Typed:
    """A form with what CKAN's answer says of it.

    :param lists: the fields that have several values.
    """
    values: dict[str, Any] = {name: form.get(name) for name in form}
    values |= {name: form.getlist(name) for name in lists}
    said = dict(error.error_dict)
    findings = tuple(
        found
        for found in said.pop("findings", [])
        if isinstance(found, Mapping) and found.get("severity") == "blocking"
    )
    message = _texts(said.pop("message", []))
    if findings:  # they say the same, and how to mend it
        message = []
    errors = {name: _texts(value) for name, value in said.items()}
    if not (errors or findings or message):
        message = pages.sentences(error)
    return Typed(values, errors, findings, tuple(message))


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
