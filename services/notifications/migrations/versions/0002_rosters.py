"""Who is in a group and which lessons changed; times in a group's own time zone; news of a group for each child."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and read again what earlier versions heard without keeping it."""
    _make_enrolment()
    _make_lesson_change()
    op.drop_constraint("pk_waiting_notice", "waiting_notice", type_="primary")
    op.create_primary_key("pk_waiting_notice", "waiting_notice", ["region_code", "event_id", "child_id"])
    _hear_again()


def _make_enrolment() -> None:
    op.create_table(
        "enrolment",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("enrollment_id", ID, nullable=False),
        sa.Column("child_id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("enrolled_at", INSTANT, nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("region_code", "enrollment_id", name=op.f("pk_enrolment")),
    )
    op.create_index(op.f("ix_enrolment_region_code_group_id"), "enrolment", ["region_code", "group_id"])


def _make_lesson_change() -> None:
    op.create_table(
        "lesson_change",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("event_id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("region_code", "event_id", name=op.f("pk_lesson_change")),
    )
    op.create_index(op.f("ix_lesson_change_region_code_group_id"), "lesson_change", ["region_code", "group_id"])


def _hear_again() -> None:
    """The logs of catalog and enrollment are read from their beginning; messages are made once all the same."""
    op.execute("DELETE FROM fact WHERE kind = 'group'")
    op.execute(
        "DELETE FROM inbox WHERE state = 'done'"
        " AND handler IN ('on_group_published', 'on_group_changed', 'on_enrolled')"
    )
    op.execute("UPDATE event_cursor SET position = 0 WHERE producer IN ('catalog', 'enrollment')")
