"""The first tables of certificates."""

import sqlalchemy as sa
from alembic import op

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
    _make_holder()
    _make_enrollment()
    _make_certificate()


def _make_holder() -> None:
    op.create_table(
        "holder",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("child_id", ID, nullable=False),
        sa.Column("child_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("guardian_ids", sa.ARRAY(ID), nullable=True),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("municipality_code", sa.Text(), nullable=True),
        sa.Column("payer_code", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "child_version = 0 OR num_nulls(guardian_ids, born_on, municipality_code, payer_code, time_zone) = 0",
            name=op.f("ck_holder_facts_are_whole"),
        ),
        sa.PrimaryKeyConstraint("region_code", "child_id", name=op.f("pk_holder")),
    )


def _make_enrollment() -> None:
    op.create_table(
        "enrollment",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("enrollment_id", ID, nullable=False),
        sa.Column("child_id", ID, nullable=False),
        sa.Column("enrolled_at", INSTANT, nullable=False),
        sa.Column("first_lesson_on", sa.Date(), nullable=False),
        sa.Column("withheld", sa.Text(), nullable=True),
        sa.CheckConstraint("withheld IN ('under_age', 'over_age')", name=op.f("ck_enrollment_withheld_is_known")),
        sa.ForeignKeyConstraint(
            ["region_code", "child_id"],
            ["holder.region_code", "holder.child_id"],
            name=op.f("fk_enrollment_region_code_child_id_holder"),
        ),
        sa.PrimaryKeyConstraint("region_code", "enrollment_id", name=op.f("pk_enrollment")),
    )
    op.create_index(op.f("ix_enrollment_region_code_child_id"), "enrollment", ["region_code", "child_id"])


def _make_certificate() -> None:
    op.create_table(
        "certificate",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("certificate_id", ID, nullable=False),
        sa.Column("child_id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("payer_municipality_code", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "number ~ '^\\d{10}$' AND left(number, 2) = region_code", name=op.f("ck_certificate_number_has_ten_digits")
        ),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_certificate_validity_is_not_empty")),
        sa.ForeignKeyConstraint(
            ["region_code", "child_id"],
            ["holder.region_code", "holder.child_id"],
            name=op.f("fk_certificate_region_code_child_id_holder"),
        ),
        sa.PrimaryKeyConstraint("region_code", "certificate_id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("region_code", "child_id", name=op.f("uq_certificate_region_code_child_id")),
        sa.UniqueConstraint("region_code", "number", name=op.f("uq_certificate_region_code_number")),
    )
