"""Checks in the background, and which file and dictionary each resource had before.

Revision ID: 002
Revises: 001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "002"
down_revision = "001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "imss_check_run",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("dictionary_digest", sa.Text, primary_key=True),
        sa.Column("rules_version", sa.Text, primary_key=True),
        sa.Column("language", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("dictionary", postgresql.JSONB),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("bytes_read", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="1"),
        sa.Column("queued", TIME, nullable=False),
        sa.Column("heartbeat", TIME),
        sa.Column("finished", TIME),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed')", name="imss_check_run_state"
        ),
    )
    op.create_table(
        "imss_checked_file",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("resource_id", sa.Text, nullable=False),
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("dictionary_digest", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("since", TIME, nullable=False),
    )
    op.create_index("imss_checked_file_resource", "imss_checked_file", ["resource_id", "id"])


def downgrade() -> None:
    op.drop_table("imss_checked_file")
    op.drop_table("imss_check_run")
