"""What the guard saw, what it refused, and what the Transparency Unit decided.

Revision ID: 003
Revises: 002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "003"
down_revision = "002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TABLES = ("imss_personal_scan", "imss_refused_file", "imss_personal_decision")


def upgrade() -> None:
    op.create_table(
        "imss_personal_scan",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("rules_version", sa.Text, nullable=False),
        sa.Column("columns", postgresql.JSONB, nullable=False),
        sa.Column("scanned", TIME, nullable=False),
    )
    op.create_table(
        "imss_refused_file",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("rules_version", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False, server_default=""),
        sa.Column("columns", postgresql.JSONB, nullable=False),
        sa.Column("organization_id", sa.Text, nullable=False, server_default=""),
        sa.Column("dataset_id", sa.Text, nullable=False, server_default=""),
        sa.Column("user_id", sa.Text, nullable=False, server_default=""),
        sa.Column("occurred", TIME, nullable=False),
    )
    op.create_table(
        "imss_personal_decision",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("column_name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("oficio_number", sa.Text, nullable=False),
        sa.Column("rules_version", sa.Text, nullable=False),
        sa.Column("decided", TIME, nullable=False),
        sa.CheckConstraint("decision IN ('false-alarm')", name="imss_personal_decision_known"),
        sa.CheckConstraint("length(btrim(reason)) > 0", name="imss_personal_decision_reason"),
    )
    for table in TABLES:
        op.create_index(f"{table}_file", table, ["sha256", "id"])
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION imss_refuse_change()"
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
