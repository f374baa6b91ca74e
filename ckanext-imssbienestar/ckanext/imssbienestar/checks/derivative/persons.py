"""What tells persons apart in a table, so that each counts once in a group and not once a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ckanext.imssbienestar.checks.derivative.rules import derivative_rules
from ckanext.imssbienestar.checks.personal.rules import Decision
from ckanext.imssbienestar.checks.personal.verdicts import Verdict

_HALF = 0.5


@dataclass(frozen=True)
class PersonKey:
    """SQL of a text that is the same in every row of a person.

    :ivar tier: the surest are 0: a person keeps a CURP, and gets a folio at every visit.
    """

    sql: str
    tier: int


def person_keys(verdicts: Sequence[Verdict | None]) -> list[PersonKey]:
    """What the guard's verdicts, one for each column, give to tell persons apart."""
    tiers = {
        kind: tier for tier, kinds in enumerate(derivative_rules()["persons"]) for kind in kinds
    }
    keys, parts = [], []
    for place, verdict in enumerate(verdicts, start=1):
        if verdict is None or verdict.decision is Decision.PASS or verdict.kind not in tiers:
            continue
        if "context" in verdict.evidence:
            continue  # a text that names somebody is another one in every row
        if "combination" in verdict.evidence:
            parts.append(f"c{place}")
        else:
            keys.append(PersonKey(_plain(f"c{place}"), tiers[verdict.kind]))
    if parts:
        keys.append(PersonKey(_plain(f"concat_ws(' ', {', '.join(parts)})"), tiers["person-name"]))
    return keys


def best_key(keys: Sequence[PersonKey], counts: Sequence[tuple[int, int]], rows: int) -> str:
    """SQL of the surest key that most rows have; empty when there is none.

    :param counts: of each key, the filled cells and the different values.
    """
    told = [(key, *found) for key, found in zip(keys, counts, strict=True)]
    usable = [one for one in told if one[1] >= _HALF * rows] or told
    if not usable:
        return ""
    # Of one tier, the key with most values: others may be the kind of a document.
    return min(usable, key=lambda one: (one[0].tier, -one[2]))[0].sql


def _plain(sql: str) -> str:
    """However it is written: capitals, accents, spaces and hyphens tell nobody apart."""
    return f"nullif(regexp_replace(upper(strip_accents({sql})), '[^A-Z0-9]', '', 'g'), '')"
