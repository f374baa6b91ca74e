"""Units, designations by letter, working groups, forms, the history and the mail of the Procedure.

Revision ID: 004
Revises: 003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "004"
down_revision = "003"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TEXTS = postgresql.ARRAY(sa.Text)
NO_TEXTS = sa.text("'{}'::text[]")

APPEND_ONLY = (
    "imss_designation_oficio",
    "imss_sent_form",
    "imss_observation",
    "imss_database_identifier",
    "imss_inventory_entry_version",
    "imss_closed_inventory",
    "imss_analysis_decision",
    "imss_concentrado",
    "imss_oficio",
    "imss_signed_oficio",
    "imss_paper_receipt",
    "imss_oficio_template",
    "imss_history_event",
    "imss_history_anchor",
)
# In the order in which they can be dropped.
TABLES = (
    "imss_mail",
    "imss_history_anchor",
    "imss_history_event",
    "imss_oficio_template",
    "imss_paper_receipt",
    "imss_signed_oficio",
    "imss_oficio",
    "imss_concentrado",
    "imss_analysis_decision",
    "imss_closed_inventory",
    "imss_inventory_import",
    "imss_inventory_entry_version",
    "imss_inventory_entry",
    "imss_inventory",
    "imss_database_identifier",
    "imss_reported_database",
    "imss_request",
    "imss_agreement",
    "imss_observation",
    "imss_sent_form",
    "imss_meeting",
    "imss_granted_membership",
    "imss_working_group",
    "imss_unit_period",
)

# A designation is ended, never overwritten: all that may change is its last day, once said
# only to an earlier one.
ONLY_ENDED = """
CREATE OR REPLACE FUNCTION imss_only_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.valid_to IS NULL OR NEW.valid_to < OLD.valid_to) THEN
        OLD.valid_to := NEW.valid_to;
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a designation is ended, never changed';
END $$
"""


def upgrade() -> None:
    _units()
    _designations()
    _meetings()
    _inventory()
    _signed_forms()
    _records()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION imss_refuse_change()"
        )
    op.execute(ONLY_ENDED)
    op.execute(
        "CREATE TRIGGER imss_designation_only_ended BEFORE UPDATE OR DELETE ON imss_designation "
        "FOR EACH ROW EXECUTE FUNCTION imss_only_ended()"
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP TRIGGER imss_designation_only_ended ON imss_designation")
    op.execute("DROP FUNCTION imss_only_ended()")
    for column in ("oficio_id", "level", "represents", "replaces"):
        op.drop_column("imss_designation", column)
    op.drop_table("imss_designation_oficio")


def _text(name: str, *, default: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="" if default else None)


def _period(name: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=f"{name}_dates"),
    )


def _units() -> None:
    op.create_table(
        "imss_unit_period",
        sa.Column("id", sa.Text, primary_key=True),
        _text("unit_id"),
        _text("kind"),
        _text("name"),
        sa.Column("parent_id", sa.Text),
        *_period("imss_unit_period"),
        sa.UniqueConstraint("unit_id", "valid_from", name="imss_unit_period_once"),
    )
    op.create_table(
        "imss_working_group",
        sa.Column("id", sa.Text, primary_key=True),
        _text("coordination_id"),
        *_period("imss_working_group"),
    )
    # One active group for each coordinación central.
    op.create_index(
        "imss_working_group_active",
        "imss_working_group",
        ["coordination_id"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )


def _designations() -> None:
    op.create_table(
        "imss_designation_oficio",
        sa.Column("id", sa.Text, primary_key=True),
        _text("number"),
        sa.Column("date", sa.Date, nullable=False),
        _text("sha256"),
        sa.Column("size", sa.BigInteger, nullable=False),
        _text("file_name", default=True),
        sa.Column("received", TIME, nullable=False),
        _text("received_by"),
    )
    for column in (
        sa.Column("oficio_id", sa.Text, sa.ForeignKey("imss_designation_oficio.id")),
        _text("level", default=True),
        sa.Column("represents", TEXTS, nullable=False, server_default=NO_TEXTS),
        sa.Column("replaces", sa.Text, sa.ForeignKey("imss_designation.id")),
    ):
        op.add_column("imss_designation", column)
    op.create_table(
        "imss_granted_membership",
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("organization_id", sa.Text, primary_key=True),
        _text("capacity"),
    )


def _meetings() -> None:
    op.create_table(
        "imss_meeting",
        sa.Column("id", sa.Text, primary_key=True),
        _text("coordination_id"),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("agenda", TEXTS, nullable=False, server_default=NO_TEXTS),
        sa.Column("called", TEXTS, nullable=False, server_default=NO_TEXTS),
        sa.Column("forms", TEXTS, nullable=False, server_default=NO_TEXTS),
        sa.Column("attended", TEXTS, nullable=False, server_default=NO_TEXTS),
        sa.Column("held", sa.Boolean),
        _text("minutes_sha256", default=True),
        _text("minutes_name", default=True),
        sa.Column("minutes_size", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("recorded", TIME),
        _text("recorded_by", default=True),
        sa.Column("created", TIME, nullable=False),
        _text("created_by"),
    )
    op.create_table(
        "imss_sent_form",
        sa.Column("id", sa.Text, primary_key=True),
        _text("coordination_id"),
        sa.Column("meeting_id", sa.Text, sa.ForeignKey("imss_meeting.id")),
        _text("form"),
        _text("sha256"),
        _text("document"),
        sa.Column("sent", TIME, nullable=False),
        _text("sent_by"),
        sa.CheckConstraint("form IN ('formato_1', 'formato_2')", name="imss_sent_form_known"),
    )
    op.create_table(
        "imss_observation",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("sent_form_id", sa.Text, sa.ForeignKey("imss_sent_form.id"), nullable=False),
        _text("text"),
        sa.Column("made", TIME, nullable=False),
        _text("made_by"),
        sa.CheckConstraint("length(btrim(text)) > 0", name="imss_observation_text"),
    )
    op.create_table(
        "imss_agreement",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("meeting_id", sa.Text, sa.ForeignKey("imss_meeting.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        _text("text"),
        _text("owner"),
        sa.Column("due", sa.Date, nullable=False),
        _text("state"),
        sa.Column("closed_on", sa.Date),
        sa.CheckConstraint("state IN ('open', 'done', 'cancelled')", name="imss_agreement_state"),
    )
    op.create_table(
        "imss_request",
        sa.Column("id", sa.Text, primary_key=True),
        _text("coordination_id"),
        _text("text"),
        sa.Column("made_on", sa.Date, nullable=False),
        _text("made_by"),
        sa.Column("due", sa.Date, nullable=False),
        _text("answer", default=True),
        sa.Column("answered_on", sa.Date),
        _text("answered_by", default=True),
    )
    op.create_table(
        "imss_reported_database",
        sa.Column("id", sa.Text, primary_key=True),
        _text("coordination_id"),
        _text("kind"),
        _text("identifier", default=True),
        _text("text"),
        sa.Column("reported", TIME, nullable=False),
        _text("reported_by"),
        sa.Column("forwarded", TIME),
        _text("forwarded_by", default=True),
        sa.CheckConstraint("kind IN ('new', 'withdrawal')", name="imss_reported_database_kind"),
    )
    for table in ("imss_meeting", "imss_sent_form", "imss_request", "imss_reported_database"):
        op.create_index(f"{table}_coordination", table, ["coordination_id"])
    op.create_index("imss_agreement_meeting", "imss_agreement", ["meeting_id"])
    op.create_index("imss_observation_form", "imss_observation", ["sent_form_id"])


def _inventory() -> None:
    op.create_table(
        "imss_database_identifier",
        sa.Column("key", sa.Text, primary_key=True),
        _text("identifier"),
        _text("coordination_id"),
        sa.Column("given", TIME, nullable=False),
        sa.CheckConstraint("key = upper(identifier)", name="imss_database_identifier_key"),
    )
    op.create_table(
        "imss_inventory",
        sa.Column("coordination_id", sa.Text, primary_key=True),
        sa.Column("header", postgresql.JSONB, nullable=False),
        sa.Column("declared_empty", sa.Boolean, nullable=False, server_default=sa.false()),
        _text("state"),
        sa.Column("handed", TIME),
        _text("handed_by", default=True),
        _text("remarks", default=True),
        sa.Column("modified", TIME, nullable=False),
        _text("modified_by"),
        sa.CheckConstraint("state IN ('draft', 'in_review')", name="imss_inventory_state"),
    )
    op.create_table(
        "imss_inventory_entry",
        sa.Column("identifier", sa.Text, primary_key=True),
        sa.Column(
            "coordination_id",
            sa.Text,
            sa.ForeignKey("imss_inventory.coordination_id"),
            nullable=False,
        ),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("entry_values", postgresql.JSONB, nullable=False),
        _text("mark"),
        _text("name_key"),
        sa.Column("gaps", TEXTS, nullable=False, server_default=NO_TEXTS),
        sa.Column("modified", TIME, nullable=False),
        _text("modified_by"),
    )
    for name, columns in (("place", ["position"]), ("name", ["name_key"])):
        op.create_index(
            f"imss_inventory_entry_{name}", "imss_inventory_entry", ["coordination_id", *columns]
        )
    op.create_table(
        "imss_inventory_entry_version",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        _text("identifier"),
        _text("coordination_id"),
        _text("mark"),
        sa.Column("entry_values", postgresql.JSONB),
        sa.Column("made", TIME, nullable=False),
        _text("made_by"),
    )
    op.create_index(
        "imss_inventory_entry_version_entry", "imss_inventory_entry_version", ["identifier", "id"]
    )
    op.create_table(
        "imss_inventory_import",
        sa.Column("id", sa.Text, primary_key=True),
        *(_text(name) for name in ("coordination_id", "user_id", "file_name", "sha256")),
        *(_text(name) for name in ("reading", "plan", "digest")),
        sa.Column("made", TIME, nullable=False),
    )


def _signed_forms() -> None:
    op.create_table(
        "imss_closed_inventory",
        sa.Column("digest", sa.Text, primary_key=True),
        _text("coordination_id"),
        sa.Column("number", sa.Integer, nullable=False),
        _text("document"),
        sa.Column("closed", TIME, nullable=False),
        _text("closed_by"),
        sa.UniqueConstraint("coordination_id", "number", name="imss_closed_inventory_number"),
    )
    closed_inventory = sa.ForeignKey("imss_closed_inventory.digest")
    op.create_table(
        "imss_analysis_decision",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("inventory_digest", sa.Text, closed_inventory, nullable=False),
        _text("entry"),
        sa.Column("relevant_to_society", sa.Boolean, nullable=False),
        sa.Column("useful_to_understand", sa.Boolean, nullable=False),
        sa.Column("publish", sa.Boolean),
        _text("reason"),
        _text("author"),
        sa.Column("decided", TIME, nullable=False),
    )
    op.create_index(
        "imss_analysis_decision_entry",
        "imss_analysis_decision",
        ["inventory_digest", "entry", "id"],
    )
    op.create_table(
        "imss_concentrado",
        sa.Column("digest", sa.Text, primary_key=True),
        _text("coordination_id"),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column(
            "inventory_digest",
            sa.Text,
            sa.ForeignKey("imss_closed_inventory.digest"),
            nullable=False,
        ),
        _text("document"),
        sa.Column("closed", TIME, nullable=False),
        _text("closed_by"),
        sa.UniqueConstraint("coordination_id", "number", name="imss_concentrado_number"),
    )
    op.create_table(
        "imss_oficio",
        sa.Column("id", sa.Text, primary_key=True),
        _text("unit_id"),
        sa.Column("coordination_ids", TEXTS, nullable=False),
        _text("folio"),
        sa.Column("folio_key", sa.Text, nullable=False, unique=True),
        _text("digest"),
        _text("document"),
        _text("template"),
        sa.Column("made", TIME, nullable=False),
        _text("made_by"),
    )
    op.create_index("imss_oficio_unit", "imss_oficio", ["unit_id"])
    op.create_table(
        "imss_signed_oficio",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("oficio_id", sa.Text, sa.ForeignKey("imss_oficio.id"), nullable=False),
        _text("sha256"),
        sa.Column("size", sa.BigInteger, nullable=False),
        _text("file_name", default=True),
        sa.Column("accepted", sa.Boolean, nullable=False),
        sa.Column("problems", TEXTS, nullable=False, server_default=NO_TEXTS),
        sa.Column("signatures", postgresql.JSONB, nullable=False),
        sa.Column("received", TIME, nullable=False),
        _text("received_by"),
    )
    op.create_index("imss_signed_oficio_oficio", "imss_signed_oficio", ["oficio_id"])
    op.create_table(
        "imss_paper_receipt",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("oficio_id", sa.Text, sa.ForeignKey("imss_oficio.id"), nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        _text("reference", default=True),
        sa.Column("recorded", TIME, nullable=False),
        _text("recorded_by"),
    )
    op.create_index("imss_paper_receipt_oficio", "imss_paper_receipt", ["oficio_id"])
    op.create_table(
        "imss_oficio_template",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        _text("words"),
        sa.Column("since", TIME, nullable=False),
        _text("changed_by"),
    )


def _records() -> None:
    op.create_table(
        "imss_history_event",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        _text("act"),
        _text("subject"),
        _text("person"),
        _text("post", default=True),
        _text("oficio", default=True),
        sa.Column("at", TIME, nullable=False),
        _text("changes"),
        _text("previous", default=True),
        _text("hash"),
    )
    op.create_index("imss_history_event_subject", "imss_history_event", ["subject", "number"])
    op.create_table(
        "imss_history_anchor",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        _text("last_hash"),
        _text("place"),
        sa.Column("noted", TIME, nullable=False),
    )
    op.create_table(
        "imss_mail",
        sa.Column("id", sa.Text, primary_key=True),
        _text("kind"),
        _text("subject_of"),
        _text("coordination_id", default=True),
        sa.Column("recipients", TEXTS, nullable=False),
        sa.Column("copies", TEXTS, nullable=False, server_default=NO_TEXTS),
        _text("subject"),
        _text("body"),
        sa.Column("attachments", postgresql.JSONB, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False, unique=True),
        _text("state"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_attempt", TIME),
        _text("reason", default=True),
        sa.Column("queued", TIME, nullable=False),
        _text("queued_by"),
        sa.Column("sent", TIME),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'failed')", name="imss_mail_state"
        ),
    )
    op.create_index("imss_mail_waiting", "imss_mail", ["state", "next_attempt"])
    op.create_index("imss_mail_subject", "imss_mail", ["subject_of"])
