"""From a code and facts to a finding with its text, severity and rule.

Everything people read about a finding is in ``schemas/findings.yaml``; so is its severity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from ckanext.imssbienestar.checks.languages import DEFAULT_LANGUAGE, language_of
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dictionary import DictionaryError
from ckanext.imssbienestar.domain.findings import Finding, Severity
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.errors import ConfigurationError

# A message quotes at most this much of a cell: enough to recognise it.
VALUE_LENGTH = 60


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = read_yaml("findings.yaml")
    return data


def known_codes() -> tuple[str, ...]:
    """Every code that has a text."""
    return tuple(_data()["codes"])


def severity_of(code: str) -> Severity:
    """How serious a finding of this code is."""
    return Severity(_entry(code)["severity"])


def title_of(code: str, language: str = DEFAULT_LANGUAGE) -> str:
    """The kind of finding in a few words; the code itself where there are none."""
    return str(_entry(code)[language_of(language)].get("title", code))


def finding(
    code: str,
    *,
    language: str = DEFAULT_LANGUAGE,
    variant: str = "",
    row: int | None = None,
    column: str | None = None,
    cell: str | None = None,
    resource: str | None = None,
    **facts: object,
) -> Finding:
    """A finding with its texts.

    :param variant: a closer cause that has a text of its own; an unknown one changes nothing.
    :param facts: what the text's placeholders stand for, besides row, column and cell.
    :raises ConfigurationError: the code has no text, or the text asks for a fact not given.
    """
    language = language_of(language)
    entry = _entry(code)
    texts = entry[language] | entry.get("variants", {}).get(variant, {}).get(language, {})
    known = {"row": row, "column": column, "cell": cell, "resource": resource} | facts
    filled = {name: "" if value is None else value for name, value in known.items()}
    try:
        message, fix = (str(texts[part]).format_map(filled) for part in ("message", "fix"))
    except KeyError as error:
        raise ConfigurationError(
            f"The text of finding {code} asks for the fact {error}, which was not given."
        ) from error
    return Finding(
        code=code,
        severity=Severity(entry["severity"]),
        row=row,
        column=column,
        cell=cell,
        message=message,
        fix=fix,
        rule=entry.get("rule", ""),
        resource=resource,
    )


def problem_findings(
    problems: Iterable[Problem], language: str = DEFAULT_LANGUAGE
) -> tuple[Finding, ...]:
    """What the rules of the domain have against something, one finding for each problem."""
    return tuple(finding(**problem.arguments(language)) for problem in problems)


def dictionary_findings(
    error: DictionaryError, language: str = DEFAULT_LANGUAGE
) -> tuple[Finding, ...]:
    """What is wrong with a dictionary, one finding for each problem."""
    return tuple(_dictionary_finding(asdict(problem), language) for problem in error.problems)


def _dictionary_finding(problem: dict[str, Any], language: str) -> Finding:
    code = problem.pop("code")
    return finding(code, language=language, **problem)


def word(group: str, key: str, language: str = DEFAULT_LANGUAGE) -> str:
    """What a fact is called in a sentence: a type, a separator, a kind of personal data."""
    words = _data()["words"][group][language_of(language)]
    return str(words.get(key, key))


def phrase(name: str, language: str = DEFAULT_LANGUAGE, **facts: object) -> str:
    """A fixed phrase of ``words`` with its facts filled in."""
    return str(_data()["words"][name][language_of(language)]).format_map(facts)


def quoted(value: str, language: str = DEFAULT_LANGUAGE) -> str:
    """A cell's value as a message shows it: short, on one line, between quotes."""
    visible = "".join(c if c.isprintable() else "·" for c in value)
    if len(visible) > VALUE_LENGTH:
        visible = visible[: VALUE_LENGTH - 1] + "…"
    return f"«{visible}»" if language_of(language) == "es" else f"“{visible}”"


def listed(items: Iterable[str], limit: int = 12) -> str:
    """A short enumeration; what does not fit is told by an ellipsis."""
    names = list(items)
    shown = ", ".join(name[:VALUE_LENGTH] for name in names[:limit])
    return shown + ", …" if len(names) > limit else shown


def _entry(code: str) -> Any:
    try:
        return _data()["codes"][code]
    except KeyError as error:
        raise ConfigurationError(f"The finding {code} has no text in findings.yaml.") from error
