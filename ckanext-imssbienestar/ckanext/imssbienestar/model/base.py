"""What every table of ours begins with: a metadata of its own, times with a zone, ids."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

Time = sa.DateTime(timezone=True)


def new_id() -> str:
    """A random UUID as text."""
    return str(uuid.uuid4())


class Base(DeclarativeBase):
    """Own metadata, so that CKAN's ``create_all`` and ours never meet."""
