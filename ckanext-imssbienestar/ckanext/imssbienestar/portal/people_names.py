"""What users are called, many of them at once."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from ckan import model


def names_of(user_ids: Iterable[str]) -> dict[str, str]:
    """CKAN's id -> full name, or the name of the account; an unknown id is its own name."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    query = sa.select(model.User.id, model.User.name, model.User.fullname).where(
        model.User.id.in_(wanted)
    )
    found = {row.id: row.fullname or row.name for row in model.Session.execute(query)}
    return {user_id: found.get(user_id, user_id) for user_id in wanted}
