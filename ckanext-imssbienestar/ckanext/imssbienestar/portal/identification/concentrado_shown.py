"""Formato 2 as its actions answer it."""

from __future__ import annotations

from typing import Any

from ckanext.imssbienestar.domain.concentrado import Concentrado, ConcentradoRow
from ckanext.imssbienestar.portal.people_names import names_of
from ckanext.imssbienestar.procedure.concentrado import ConcentradoVersion, Outdated


def version_dict(version: ConcentradoVersion, names: dict[str, str]) -> dict[str, Any]:
    """A closed version without what it says.

    :param names: of the users who closed versions, by their id.
    """
    return {
        "number": version.number,
        "digest": version.digest,
        "inventory_digest": version.inventory_digest,
        "closed": version.closed.isoformat(),
        "closed_by": names[version.closed_by],
    }


def version_dicts(versions: list[ConcentradoVersion]) -> list[dict[str, Any]]:
    """Several versions."""
    names = names_of(version.closed_by for version in versions)
    return [version_dict(version, names) for version in versions]


def form_dict(form: Concentrado) -> dict[str, Any]:
    """What a version, or a preview of one, says."""
    totals = form.totals
    return {
        "unit": form.unit,
        "coordination": form.coordination,
        "organism": form.header.organism,
        "made_on": form.header.made_on.isoformat(),
        "attributions": list(form.header.attributions),
        "number": form.header.version,
        "inventory_version": form.inventory_version,
        "inventory_digest": form.inventory_digest,
        "totals": vars(totals).copy(),
        # whether the unit has the one kind, the other, both or none.
        "has_open": totals.open > 0,
        "has_personal": totals.personal > 0,
        "rows": [_row(row) for row in form.rows],
    }


def shown_dict(version: ConcentradoVersion, form: Concentrado, why: Outdated) -> dict[str, Any]:
    """A closed version with all that it says."""
    (about,) = version_dicts([version])
    return form_dict(form) | about | {"outdated": why.value}


def _row(row: ConcentradoRow) -> dict[str, Any]:
    return {
        "identifier": row.identifier,
        "name": row.name,
        "personal": row.marks.personal,
        "open": row.marks.open,
        "public_interest": row.marks.public_interest,
        "notes": [{"kind": str(note.kind), "text": note.text} for note in row.notes],
    }
