"""Which column names announce personal data: the rules of ``personal_data_headers.yaml``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.errors import ConfigurationError


class Decision(StrEnum):
    """What the guard does about a column."""

    BLOCK = "block"
    REVIEW = "review"
    PASS = "pass"  # noqa: S105 - a verdict


@dataclass(frozen=True)
class HeaderRule:
    """One rule on column names."""

    kind: str
    sensitive: bool
    decision: Decision
    rule: str
    names: re.Pattern[str]
    pass_with: re.Pattern[str] | None

    def decide(self, name: str, header: Sequence[str]) -> Decision | None:
        """What this rule says of a column among the others, or None when it is not concerned."""
        if not self.names.fullmatch(name):
            return None
        if self.pass_with and any(self.pass_with.fullmatch(other) for other in header):
            return Decision.PASS
        return self.decision


def normal_name(label: str) -> str:
    """A column name as the rules write it: ``Fecha de Nacimiento`` is ``fecha_de_nacimiento``."""
    return plain_words(label).replace(" ", "_")


@cache
def header_rules() -> tuple[HeaderRule, ...]:
    """The rules, most severe first.

    :raises ConfigurationError: a pattern in the data file is not a regular expression.
    """
    rules = [_rule_of(entry) for entry in read_yaml("personal_data_headers.yaml")["rules"]]
    return tuple(sorted(rules, key=lambda rule: rule.decision is not Decision.BLOCK))


@cache
def curp_pattern() -> str:
    """The form of a CURP, to be matched on a whole cell in capitals."""
    return str(read_yaml("personal_data_headers.yaml")["value_patterns"]["curp"])


def _rule_of(entry: dict[str, Any]) -> HeaderRule:
    patterns = [re.escape(name) for name in entry.get("exact", [])] + entry.get("patterns", [])
    return HeaderRule(
        kind=entry["kind"],
        sensitive=entry.get("sensitive", False),
        decision=Decision(entry["decision"]),
        rule=entry["rule"],
        names=_compiled(patterns, entry["kind"]),
        pass_with=_compiled(entry["pass_with"], entry["kind"]) if "pass_with" in entry else None,
    )


def _compiled(patterns: Sequence[str], kind: str) -> re.Pattern[str]:
    try:
        return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
    except re.error as error:
        raise ConfigurationError(
            f"personal_data_headers.yaml has a bad pattern under {kind}: {error}.",
            next_step="Correct the pattern; nothing is published until the rules can be read.",
        ) from error
