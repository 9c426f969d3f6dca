"""Lessons that are cancelled or moved, with who and why; why a mark was corrected."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ANNOUNCED_BEFORE = "UPDATE lesson SET version = page_version WHERE page_version > 0"
"""Until now a page's version was that of the lesson's events: it goes on growing from there."""

HISTORY_GUARD = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON lesson_change
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_rewriting();
"""


def upgrade() -> None:
    """Extend lessons and the history of marks; make the history of lessons."""
    op.add_column("lesson", sa.Column("state", sa.Text(), server_default="planned", nullable=False))
    op.add_column("lesson", sa.Column("moved", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("lesson", sa.Column("version", sa.BigInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_lesson_state_known"), "lesson", "state IN ('planned', 'cancelled')")
    op.execute(ANNOUNCED_BEFORE)
    op.add_column("attendance_change", sa.Column("reason", sa.Text(), nullable=True))
    op.create_table(
        "lesson_change",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("was_on", sa.Date(), nullable=False),
        sa.Column("was_starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("was_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("change IN ('cancelled', 'moved')", name=op.f("ck_lesson_change_change_known")),
        sa.ForeignKeyConstraint(
            ["region_code", "lesson_id"],
            ["lesson.region_code", "lesson.lesson_id"],
            name=op.f("fk_lesson_change_region_code_lesson_id_lesson"),
        ),
        sa.PrimaryKeyConstraint("region_code", "lesson_id", "version", name=op.f("pk_lesson_change")),
    )
    op.execute(HISTORY_GUARD)
