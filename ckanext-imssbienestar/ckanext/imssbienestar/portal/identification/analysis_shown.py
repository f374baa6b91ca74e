"""The analysis as its actions answer it and its pages show it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from ckan import model

from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.analysis import Exclusion, LegalDefinition, is_open
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.inventory import InventoryEntry
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.portal.people_names import names_of
from ckanext.imssbienestar.procedure import analysis
from ckanext.imssbienestar.procedure.analysis import Analysis, KeptDecision
from ckanext.imssbienestar.procedure.closed_inventories import InventoryVersion
from ckanext.imssbienestar.procedure.rules import analysis_rules

_DESCRIPTION = "descripcion"
"""A field of Formato 1 that no rule depends on, and that whoever decides reads."""


def version_dict(version: InventoryVersion) -> dict[str, Any]:
    """A closed Formato 1 without what it says."""
    return {
        "number": version.number,
        "digest": version.digest,
        "closed": version.closed.isoformat(),
        "closed_by": names_of([version.closed_by])[version.closed_by],
    }


def definition_dict(definition: LegalDefinition) -> dict[str, Any]:
    """The definition that is in view while somebody decides (R-009)."""
    language = texts.language()
    return {
        "since": definition.since.isoformat(),
        "reference": definition.reference.label(language),
        "text": definition.text.label(language),
        "parts": {name: part.label(language) for name, part in definition.parts.items()},
    }


def matching(found: Analysis, show: str, words: str) -> list[InventoryEntry]:
    """The databases of a filter, in the order of the form.

    :param show: one of ``analysis_schema.SHOWN``.
    :param words: all of them stand in the identifier or in the name; none: every database.
    """
    wanted = plain_words(words).split()
    return [
        entry
        for entry in found.inventory.entries
        if _is_shown(found, entry, show) and _has(entry, wanted)
    ]


def rows(
    found: Analysis, entries: Sequence[InventoryEntry], offered: Mapping[str, KeptDecision]
) -> list[dict[str, Any]]:
    """Some databases with what was decided about each.

    :param offered: what ``analysis.repeatable`` gave.
    """
    identifiers = [entry.identifier for entry in entries]
    decided = analysis.decisions_about(model.Session, found.version, identifiers)
    earlier = {name: offered[name] for name in identifiers if name in offered}
    told = [*earlier.values(), *(kept for each in decided.values() for kept in each)]
    authors = names_of(kept.decision.author for kept in told)
    derived: dict[str, list[str]] = {}
    for entry in found.inventory.entries:
        if entry.derived_from:
            derived.setdefault(entry.derived_from.upper(), []).append(entry.identifier)
    return [
        _row(entry, decided.get(entry.identifier, ()), authors)
        | {
            "derivatives": derived.get(entry.identifier.upper(), []),
            "repeatable": _decision(entry, earlier[entry.identifier], authors)
            if entry.identifier in earlier
            else None,
        }
        for entry in entries
    ]


def repeatable_rows(found: Analysis, offered: Mapping[str, KeptDecision]) -> list[dict[str, Any]]:
    """Databases whose earlier decision can be repeated, with that decision."""
    authors = names_of(kept.decision.author for kept in offered.values())
    return [
        _row(found.entries[identifier], (kept,), authors) for identifier, kept in offered.items()
    ]


def now() -> datetime.datetime:
    """This moment, UTC."""
    return datetime.datetime.now(datetime.UTC)


def moment(value: datetime.datetime) -> str:
    """A moment as the API writes it."""
    return value.astimezone(datetime.UTC).isoformat()


def _is_shown(found: Analysis, entry: InventoryEntry, show: str) -> bool:
    kept = found.kept.get(entry.identifier)
    match show:
        case "undecided":
            return kept is None
        case "excluded":
            return analysis_rules().exclusion(entry) is not Exclusion.NONE
        case "not_open":
            return kept is not None and not is_open(entry, kept.decision, analysis_rules())
    return True


def _has(entry: InventoryEntry, wanted: Sequence[str]) -> bool:
    if not wanted:
        return True
    said = plain_words(f"{entry.identifier} {entry.name}")
    return all(word in said for word in wanted)


def _row(
    entry: InventoryEntry, decided: Sequence[KeptDecision], authors: Mapping[str, str]
) -> dict[str, Any]:
    kinds = inventory_layout().fields[names.KIND_OF_DATA].labels
    kind = kinds.get(entry.kind_of_data)
    shown = [_decision(entry, kept, authors) for kept in decided]
    return {
        "identifier": entry.identifier,
        "name": entry.name,
        "description": entry.value(_DESCRIPTION),
        "kind_of_data": entry.kind_of_data,
        "kind_of_data_label": kind.label(texts.language()) if kind else "",
        "exclusion": str(analysis_rules().exclusion(entry)),
        "reserve_ground": entry.reserve_ground,
        "derived_from": entry.derived_from,
        "decision": shown[0] if shown else None,
        "earlier_decisions": shown[1:],
    }


def _decision(
    entry: InventoryEntry, kept: KeptDecision, authors: Mapping[str, str]
) -> dict[str, Any]:
    decision = kept.decision
    return {
        "id": kept.id,
        "relevant_to_society": decision.relevant_to_society,
        "useful_to_understand": decision.useful_to_understand,
        "publish": decision.publish,
        "reason": decision.reason,
        "public_interest": decision.public_interest,
        "open": is_open(entry, decision, analysis_rules()),
        "author": authors[decision.author],
        "decided": moment(kept.decided),
    }
