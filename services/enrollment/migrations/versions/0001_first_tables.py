"""The first tables: seats, applications, families, contracts' states, lessons and marks."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None

SEATS_GUARD = """
CREATE FUNCTION forbid_overselling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.taken > NEW.capacity AND (TG_OP = 'INSERT' OR NEW.taken > OLD.taken) THEN
        RAISE EXCEPTION 'group % has no seat left', NEW.group_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seats_not_oversold', TABLE = 'group_seats';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER seats_not_oversold BEFORE INSERT OR UPDATE ON group_seats
    FOR EACH ROW EXECUTE FUNCTION forbid_overselling();
"""
"""`taken` never grows past `capacity`. A lowered capacity is allowed: those who sit stay."""

HISTORY_GUARD = """
CREATE FUNCTION forbid_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON attendance_change
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_rewriting();
"""
"""By statement on the whole table, so that rows may still be moved into a new month's partition."""


def upgrade() -> None:
    """Make the chassis's tables, enrollment's own and their guards."""
    create_chassis_tables()
    _make_seats()
    _make_facts()
    _make_journal()
    op.execute(SEATS_GUARD)
    op.execute(HISTORY_GUARD)


def _make_seats() -> None:
    op.create_table(
        "group_seats",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("waiting", sa.Integer(), server_default="0", nullable=False),
        sa.Column("arrivals", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_group_seats_capacity_not_negative")),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_group_seats_taken_not_negative")),
        sa.CheckConstraint("waiting >= 0", name=op.f("ck_group_seats_waiting_not_negative")),
        sa.PrimaryKeyConstraint("region_code", "group_id", name=op.f("pk_group_seats")),
    )
    op.create_table(
        "application",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("child_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("group_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("module_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("programme_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("provider_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("guardian_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("offer_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("terms_version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enrolled_on", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "enrolled_at IS NOT NULL OR status NOT IN ('enrolled', 'paused', 'completed', 'withdrawn')",
            name=op.f("ck_application_enrolled_dated"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'waitlisted', 'offered', 'confirmed', 'enrolled', 'paused', 'completed',"
            " 'withdrawn', 'cancelled')",
            name=op.f("ck_application_status_known"),
        ),
        sa.CheckConstraint("(enrolled_at IS NULL) = (enrolled_on IS NULL)", name=op.f("ck_application_enrolled_whole")),
        sa.ForeignKeyConstraint(
            ["region_code", "group_id"],
            ["group_seats.region_code", "group_seats.group_id"],
            name=op.f("fk_application_region_code_group_id_group_seats"),
        ),
        sa.PrimaryKeyConstraint("region_code", "application_id", name=op.f("pk_application")),
        sa.UniqueConstraint("region_code", "group_id", "arrival", name="uq_application_arrival"),
        sa.UniqueConstraint("region_code", "offer_id", name="uq_application_offer"),
    )
    op.create_index(
        "ix_application_child",
        "application",
        ["region_code", "child_id", "submitted_at", "application_id"],
        unique=False,
    )
    op.create_index(
        "ix_application_waiting",
        "application",
        ["region_code", "group_id", "arrival"],
        unique=False,
        postgresql_where=sa.text("status IN ('waitlisted')"),
    )
    op.create_index(
        "uq_application_live",
        "application",
        ["region_code", "child_id", "module_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('submitted', 'offered', 'confirmed', 'enrolled', 'paused', 'waitlisted')"),
    )


def _make_facts() -> None:
    op.create_table(
        "child_guardian",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("child_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.PrimaryKeyConstraint("region_code", "guardian_id", "child_id", name=op.f("pk_child_guardian")),
    )
    op.create_index("ix_child_guardian_child", "child_guardian", ["region_code", "child_id"], unique=False)
    op.create_table(
        "contract",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("certificate_share_minor", sa.BigInteger(), nullable=False),
        sa.Column("certificate_share_unit", sa.Text(), nullable=False),
        sa.Column("parent_share_minor", sa.BigInteger(), nullable=False),
        sa.Column("parent_share_unit", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("region_code", "contract_id", name=op.f("pk_contract")),
    )
    op.create_index("ix_contract_enrollment", "contract", ["region_code", "enrollment_id"], unique=False)


def _make_journal() -> None:
    op.create_table(
        "lesson",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("group_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("lesson_on", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("page_version", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_lesson_starts_before_end")),
        sa.ForeignKeyConstraint(
            ["region_code", "group_id"],
            ["group_seats.region_code", "group_seats.group_id"],
            name=op.f("fk_lesson_region_code_group_id_group_seats"),
        ),
        sa.PrimaryKeyConstraint("region_code", "lesson_id", name=op.f("pk_lesson")),
    )
    op.create_index("ix_lesson_group", "lesson", ["region_code", "group_id", "lesson_on"], unique=False)
    op.create_table(
        "attendance",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("lesson_on", sa.Date(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("page_version", sa.Integer(), nullable=False),
        sa.Column("marked_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("mark IN ('present', 'absent', 'ill', 'excused')", name=op.f("ck_attendance_mark_known")),
        sa.ForeignKeyConstraint(
            ["region_code", "enrollment_id"],
            ["application.region_code", "application.application_id"],
            name=op.f("fk_attendance_region_code_enrollment_id_application"),
        ),
        sa.ForeignKeyConstraint(
            ["region_code", "lesson_id"],
            ["lesson.region_code", "lesson.lesson_id"],
            name=op.f("fk_attendance_region_code_lesson_id_lesson"),
        ),
        sa.PrimaryKeyConstraint("region_code", "lesson_id", "enrollment_id", "lesson_on", name=op.f("pk_attendance")),
        postgresql_partition_by="RANGE (lesson_on)",
    )
    op.create_table(
        "attendance_change",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("page_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lesson_on", sa.Date(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("marked_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "mark IN ('present', 'absent', 'ill', 'excused')", name=op.f("ck_attendance_change_mark_known")
        ),
        sa.ForeignKeyConstraint(
            ["region_code", "lesson_id"],
            ["lesson.region_code", "lesson.lesson_id"],
            name=op.f("fk_attendance_change_region_code_lesson_id_lesson"),
        ),
        sa.PrimaryKeyConstraint(
            "region_code", "lesson_id", "enrollment_id", "page_version", "lesson_on", name=op.f("pk_attendance_change")
        ),
        postgresql_partition_by="RANGE (lesson_on)",
    )
