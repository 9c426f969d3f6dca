"""The first tables of notifications."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make them."""
    create_chassis_tables()
    _make_message()
    _make_delivery()
    _make_waiting_notice()


def _make_message() -> None:
    op.create_table(
        "message",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("child_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("region_code", "message_id", name=op.f("pk_message")),
    )
    op.create_index(
        op.f("ix_message_region_code_user_id_created_at_message_id"),
        "message",
        ["region_code", "user_id", sa.text("created_at DESC"), sa.text("message_id DESC")],
    )


def _make_delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("delivery_id", ID, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "(purpose = 'notice') = (message_id IS NOT NULL)", name=op.f("ck_delivery_notice_has_message")
        ),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_delivery_sent_has_time")),
        sa.CheckConstraint("purpose IN ('notice', 'email_confirmation')", name=op.f("ck_delivery_purpose_is_known")),
        sa.CheckConstraint("state <> 'failed' OR reason IS NOT NULL", name=op.f("ck_delivery_failed_has_reason")),
        sa.CheckConstraint("state IN ('pending', 'sent', 'failed')", name=op.f("ck_delivery_state_is_known")),
        sa.ForeignKeyConstraint(
            ["region_code", "message_id"],
            ["message.region_code", "message.message_id"],
            name=op.f("fk_delivery_region_code_message_id_message"),
        ),
        sa.PrimaryKeyConstraint("region_code", "delivery_id", name=op.f("pk_delivery")),
    )
    op.create_index("ix_delivery_due_at", "delivery", ["due_at"], postgresql_where=sa.text("state = 'pending'"))
    op.create_index("ix_delivery_failed", "delivery", ["created_at"], postgresql_where=sa.text("state = 'failed'"))


def _make_waiting_notice() -> None:
    op.create_table(
        "waiting_notice",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("event_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("child_id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=True),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("look_again_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("region_code", "event_id", name=op.f("pk_waiting_notice")),
    )
    op.create_index(op.f("ix_waiting_notice_look_again_at"), "waiting_notice", ["look_again_at"])
    op.create_index(op.f("ix_waiting_notice_region_code_child_id"), "waiting_notice", ["region_code", "child_id"])
    op.create_index(op.f("ix_waiting_notice_region_code_group_id"), "waiting_notice", ["region_code", "group_id"])
