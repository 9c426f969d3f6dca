"""Drafts, holds that expire, and how applications and enrolments end."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KNOWN_GROUPS = """
UPDATE group_seats AS seats
SET opens_at = (fact.body ->> 'opens_at')::timestamptz,
    completes_at = ((fact.body ->> 'ends_on')::date + 1)::timestamp AT TIME ZONE (fact.body ->> 'time_zone')
FROM fact
WHERE fact.region_code = seats.region_code AND fact.kind = 'group' AND fact.fact_id = seats.group_id::text
"""
"""Groups that were heard of before get the instants of their own plan."""

HELD_BEFORE = "UPDATE application SET deadline_at = now() + interval '11 days' WHERE status = 'submitted'"
"""Seven working days, and two weekends at most: those that wait for a decision already get a deadline too."""


def upgrade() -> None:
    """Add what deadlines need to seats and applications, and fill it for what is there."""
    op.add_column("group_seats", sa.Column("drafts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("group_seats", sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("group_seats", sa.Column("completes_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_group_seats_drafts_not_negative"), "group_seats", "drafts >= 0")
    op.create_index("ix_group_seats_opening", "group_seats", ["opens_at"], postgresql_where=sa.text("drafts > 0"))
    op.create_index(
        "ix_group_seats_ending", "group_seats", ["completes_at"], postgresql_where=sa.text("completes_at IS NOT NULL")
    )
    op.create_index(
        "ix_group_seats_refill",
        "group_seats",
        ["region_code", "group_id"],
        postgresql_where=sa.text("waiting > 0 AND taken < capacity"),
    )
    _extend_application()
    op.execute(KNOWN_GROUPS)
    op.execute(HELD_BEFORE)


def _extend_application() -> None:
    op.add_column("application", sa.Column("sent", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("application", sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("application", sa.Column("order_number", sa.Text(), nullable=True))
    op.add_column("application", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("application", sa.Column("ended_on", sa.Date(), nullable=True))
    op.add_column("application", sa.Column("ended_by", sa.Text(), nullable=True))
    op.add_column("application", sa.Column("reason", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_application_draft_unsent"), "application", "NOT sent OR status <> 'draft'")
    op.create_check_constraint(
        op.f("ck_application_unsent_nowhere"), "application", "sent OR status IN ('draft', 'cancelled')"
    )
    op.create_check_constraint(
        op.f("ck_application_offer_timed"), "application", "deadline_at IS NOT NULL OR status <> 'offered'"
    )
    op.create_check_constraint(
        op.f("ck_application_end_explained"),
        "application",
        "status NOT IN ('cancelled', 'withdrawn')"
        " OR (ended_at IS NOT NULL AND ended_by IS NOT NULL AND reason IS NOT NULL)",
    )
    op.create_check_constraint(
        op.f("ck_application_end_dated"),
        "application",
        "status NOT IN ('completed', 'withdrawn') OR ended_on IS NOT NULL",
    )
    op.create_check_constraint(op.f("ck_application_ended_later"), "application", "ended_on >= enrolled_on")
    op.create_index(
        "ix_application_deadline",
        "application",
        ["deadline_at"],
        postgresql_where=sa.text("deadline_at IS NOT NULL"),
    )
    op.create_index(
        "uq_application_draft",
        "application",
        ["region_code", "child_id", "group_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('draft')"),
    )
