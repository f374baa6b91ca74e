"""Settings in environment variables: ``PREFIX_SECTION__SETTING``, over those of a profile.

A few lines of our own because pydantic-settings takes longer to load than the mirror takes to find
that nothing changed, and only this much of it was used.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from typing import Any

_NESTED = "__"


def with_environment(
    profile: Mapping[str, Any], environment: Mapping[str, str], prefix: str, known: Container[str]
) -> dict[str, Any]:
    """The profile's tables with what the environment says instead; neither is changed.

    Names of variables may be in either case. A value that reads as a JSON table or list is one,
    every other value stays a text. Variables of no known section are somebody else's.

    :param known: names of the sections, and of settings outside of any.
    """
    merged: dict[str, Any] = dict(profile)
    for variable in sorted(environment):
        if not variable.upper().startswith(prefix):
            continue
        section, *path = variable[len(prefix) :].lower().split(_NESTED)
        if section in known:
            _put(merged, [section, *path], _value(environment[variable]))
    return merged


def _put(table: dict[str, Any], path: list[str], value: Any) -> None:
    name, *rest = path
    if rest:
        inner = table.get(name)
        table[name] = dict(inner) if isinstance(inner, Mapping) else {}
        _put(table[name], rest, value)
    elif isinstance(value, dict) and isinstance(table.get(name), Mapping):
        inner = table[name] = dict(table[name])
        for key, given in value.items():
            _put(inner, [key], given)
    else:
        table[name] = value


def _value(text: str) -> Any:
    """A text is not an error where it only begins like JSON: a password may."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
