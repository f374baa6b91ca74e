"""Alembic environment: runs our revisions against CKAN's database, in their own version table."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import engine_from_config, pool

from ckanext.imssbienestar.model import Base

VERSION_TABLE = f"{os.path.basename(os.path.dirname(__file__))}_alembic_version"


def run_migrations() -> None:
    """Apply the revisions in one transaction over a connection of their own."""
    section = context.config.get_section(context.config.config_ini_section) or {}
    engine = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=Base.metadata, version_table=VERSION_TABLE
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
