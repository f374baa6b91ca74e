"""What people are told about personal data: of a refused file, and of what awaits a decision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar import config
from ckanext.imssbienestar.checks.personal_data import (
    PersonalDataColumn,
    place_in_words,
    scan_file_name,
)
from ckanext.imssbienestar.checks.texts import word
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.portal import texts

_LAW = "personal_data/law.yaml"


def refusal(columns: Sequence[PersonalDataColumn], sha256: str) -> dict[str, list[Any]]:
    """The error of a refused upload: a sentence, and the same for programs under its own key.

    :param columns: those that are not let pass.
    """
    names = ", ".join(column_label(column.column) for column in columns)
    sentence = tk._(
        "The file was refused and nothing of it was kept: these columns hold personal data: "
        "{columns}. A list of persons is confidential (LGPDPPSO; Lineamientos del Padrón, "
        "numerals 34, 49 and 50). Publish counts instead of persons, or remove the columns. "
        "If it is a false alarm, write to {mailbox} with the reference {reference}; requests on "
        "your own data (ARCO rights) go to {arco}."
    ).format(
        columns=names,
        mailbox=config.institutional_mailbox(),
        reference=sha256,
        arco=config.arco_mailbox(),
    )
    return {"upload": [sentence], "personal_data": [facts(columns, sha256)]}


def facts(columns: Iterable[PersonalDataColumn], sha256: str) -> dict[str, Any]:
    """The refusal as data: which columns, under which law, and whom to ask. No value."""
    told = [column_dict(column) for column in columns]
    return {
        "sha256": sha256,
        "kept": False,
        "highest_level": any(column["highest_level"] for column in told),
        "columns": told,
        "laws": laws(),
        "transparency_unit": config.institutional_mailbox(),
        "arco": config.arco_mailbox(),
    }


def column_dict(column: PersonalDataColumn) -> dict[str, Any]:
    """A column as the API and the pages show it."""
    return {
        "column": column.column,
        "label": column_label(column.column),
        "kind": column.kind,
        "kind_label": word("kinds", column.kind, texts.language()),
        "decision": column.decision.value,
        "evidence": list(column.evidence),
        "matches": column.matches,
        "cells": column.cells,
        "sensitive": column.sensitive,
        "highest_level": is_highest(column),
    }


def column_label(name: str) -> str:
    """The name of a column, or the words for a place that is in no table."""
    return place_in_words(name, texts.language())


def shown_name(file_name: str) -> str:
    """A file's name, or nothing where it might tell of a person."""
    return "" if scan_file_name(file_name).columns else file_name


def is_highest(column: PersonalDataColumn) -> bool:
    """Minors and sensitive data: the level the page names before anybody decides (R-178, R-190)."""
    return column.sensitive or column.kind in read_yaml(_LAW)["highest_kinds"]


def laws() -> list[dict[str, str]]:
    """What a refusal is founded on (R-179), in the language of the request."""
    language = texts.language()
    return [
        {
            "name": law[language]["name"],
            "articles": str(law["articles"]),
            "says": law[language]["says"],
            "source": law["source"],
        }
        for law in read_yaml(_LAW)["laws"]
    ]


def least_words() -> int:
    """How many words the reason of a decision has at least."""
    return int(read_yaml(_LAW)["decision"]["least_words"])


def longest_reason() -> int:
    """Most characters of the reason of a decision."""
    return int(read_yaml(_LAW)["decision"]["longest_characters"])
