"""States of certificates with their history, and who of the staff looked at them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
FIRST_INSTANT_AFTER = """
    UPDATE certificate SET expires_at = (valid_until + 1)::timestamp AT TIME ZONE holder.time_zone
    FROM holder WHERE holder.region_code = certificate.region_code AND holder.child_id = certificate.child_id
"""
APPEND_ONLY = """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME; END $$;
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON certificate_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON certificate_access
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Make them."""
    op.add_column("certificate", sa.Column("state", sa.Text(), server_default="valid", nullable=False))
    op.create_check_constraint(
        op.f("ck_certificate_state"), "certificate", "state IN ('valid', 'frozen', 'revoked', 'expired')"
    )
    op.add_column("certificate", sa.Column("expires_at", INSTANT, nullable=True))
    op.execute(FIRST_INSTANT_AFTER)
    op.alter_column("certificate", "expires_at", nullable=False)
    op.create_index(
        "ix_certificate_expiring",
        "certificate",
        ["expires_at"],
        postgresql_where=sa.text("state IN ('valid', 'frozen')"),
    )
    _make_history()
    _make_access()
    op.execute(APPEND_ONLY)


def _make_history() -> None:
    op.create_table(
        "certificate_change",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("certificate_id", ID, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_as", sa.Text(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.CheckConstraint("act IN ('freeze', 'unfreeze', 'revoke', 'expire')", name=op.f("ck_certificate_change_act")),
        sa.CheckConstraint(
            "num_nulls(decided_by, decided_as, basis) = CASE act WHEN 'expire' THEN 3 ELSE 0 END",
            name=op.f("ck_certificate_change_decision_is_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["region_code", "certificate_id"],
            ["certificate.region_code", "certificate.certificate_id"],
            name=op.f("fk_certificate_change_region_code_certificate_id_certificate"),
        ),
        sa.PrimaryKeyConstraint("region_code", "certificate_id", "version", name=op.f("pk_certificate_change")),
    )


def _make_access() -> None:
    op.create_table(
        "certificate_access",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("certificate_id", ID, nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("access_id", ID, nullable=False),
        sa.Column("reader_id", ID, nullable=False),
        sa.Column("reader_role", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "region_code", "certificate_id", "occurred_at", "access_id", name=op.f("pk_certificate_access")
        ),
        postgresql_partition_by="RANGE (occurred_at)",
    )
