"""Designations, releases, their history, stored files and check reports.

Revision ID: 001
Revises: none
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "001"
down_revision = None
branch_labels = ("imssbienestar",)
depends_on = None

TIME = sa.DateTime(timezone=True)
APPEND_ONLY = ("imss_release_event", "imss_release_document")

REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION imss_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the table % is append-only', TG_TABLE_NAME;
END $$
"""


def upgrade() -> None:
    _designations()
    _releases()
    _files()
    op.execute(REFUSE_CHANGE)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION imss_refuse_change()"
        )


def downgrade() -> None:
    for table in (
        "imss_check_report",
        "imss_resource_file",
        "imss_release_event",
        "imss_release",
        "imss_release_document",
        "imss_designation",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION imss_refuse_change()")


def _designations() -> None:
    op.create_table(
        "imss_designation",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text),
        sa.Column("oficio_number", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
        sa.Column("created", TIME, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name="imss_designation_dates"
        ),
    )
    op.create_index("imss_designation_user", "imss_designation", ["user_id"])
    op.create_index("imss_designation_role", "imss_designation", ["role", "organization_id"])


def _releases() -> None:
    op.create_table(
        "imss_release_document",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("canonical", sa.Text, nullable=False),
        sa.Column("created", TIME, nullable=False),
    )
    op.create_table(
        "imss_release",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("dataset_name", sa.Text, nullable=False),
        sa.Column("working_id", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, sa.ForeignKey("imss_release_document.digest"), nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.Column("modified", TIME, nullable=False),
        sa.Column("published", TIME),
        sa.UniqueConstraint("dataset_id", "number", name="imss_release_number"),
        sa.CheckConstraint(
            "state IN ('draft', 'in_review', 'signed', 'published', 'withdrawn')",
            name="imss_release_state",
        ),
    )
    op.create_index("imss_release_dataset", "imss_release", ["dataset_id"])
    op.create_index("imss_release_working", "imss_release", ["working_id"])
    op.create_index(
        "imss_release_one_open",
        "imss_release",
        ["dataset_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('draft', 'in_review', 'signed')"),
    )
    op.create_table(
        "imss_release_event",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("release_id", sa.Text, sa.ForeignKey("imss_release.id"), nullable=False),
        sa.Column("transition", sa.Text, nullable=False),
        sa.Column("from_state", sa.Text, nullable=False),
        sa.Column("to_state", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("oficio_number", sa.Text, nullable=False, server_default=""),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("occurred", TIME, nullable=False),
    )
    op.create_index("imss_release_event_release", "imss_release_event", ["release_id", "id"])


def _files() -> None:
    op.create_table(
        "imss_resource_file",
        sa.Column("resource_id", sa.Text, primary_key=True),
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("uploaded", TIME, nullable=False),
    )
    op.create_table(
        "imss_check_report",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("dictionary_digest", sa.Text, primary_key=True),
        sa.Column("rules_version", sa.Text, primary_key=True),
        sa.Column("language", sa.Text, primary_key=True),
        sa.Column("report", postgresql.JSONB, nullable=False),
        sa.Column("created", TIME, nullable=False),
    )
