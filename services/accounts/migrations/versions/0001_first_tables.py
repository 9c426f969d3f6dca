"""The first tables of accounts."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
APPEND_ONLY = """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME; END $$;
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON child_access
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Make them."""
    create_chassis_tables()
    _make_people()
    _make_sessions()
    _make_children()


def _make_people() -> None:
    op.create_table(
        "account",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("provider_id", ID, nullable=True),
        sa.Column("municipality_code", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "(role = 'municipality') = (municipality_code IS NOT NULL)", name="ck_account_municipality_scope"
        ),
        sa.CheckConstraint(
            "(role IN ('teacher', 'provider')) = (provider_id IS NOT NULL)", name="ck_account_provider_scope"
        ),
        sa.CheckConstraint(
            "role IN ('guardian', 'teacher', 'provider', 'municipality', 'region')", name="ck_account_role"
        ),
        sa.PrimaryKeyConstraint("region_code", "user_id", name="pk_account"),
    )
    op.create_index(
        "ix_account_unconfirmed", "account", ["created_at"], postgresql_where=sa.text("confirmed_at IS NULL")
    )
    op.create_index("ix_account_user_id", "account", ["user_id"])
    op.create_table(
        "login",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["region_code", "user_id"],
            ["account.region_code", "account.user_id"],
            name="fk_login_region_code_user_id_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("email", name="pk_login"),
        sa.UniqueConstraint("region_code", "user_id", name="uq_login_region_code_user_id"),
    )
    op.create_table(
        "registration",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("registration_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("consent_version", sa.Text(), nullable=False),
        sa.Column("consent_text_sha256", sa.Text(), nullable=False),
        sa.Column("consented_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["region_code", "user_id"],
            ["account.region_code", "account.user_id"],
            name="fk_registration_region_code_user_id_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("region_code", "registration_id", name="pk_registration"),
    )
    op.create_index("ix_registration_region_code_user_id", "registration", ["region_code", "user_id"])
    op.create_table(
        "confirmation",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("registration_id", ID, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["region_code", "registration_id"],
            ["registration.region_code", "registration.registration_id"],
            name="fk_confirmation_region_code_registration_id_registration",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("region_code", "token_sha256", name="pk_confirmation"),
    )
    op.create_index("ix_confirmation_expires_at", "confirmation", ["expires_at"])
    op.create_index("ix_confirmation_region_code_registration_id", "confirmation", ["region_code", "registration_id"])


def _make_sessions() -> None:
    op.create_table(
        "session",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="ck_session_end_has_a_reason"),
        sa.ForeignKeyConstraint(
            ["region_code", "user_id"],
            ["account.region_code", "account.user_id"],
            name="fk_session_region_code_user_id_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("region_code", "session_id", name="pk_session"),
    )
    op.create_index("ix_session_expires_at", "session", ["expires_at"])
    op.create_index("ix_session_region_code_user_id", "session", ["region_code", "user_id"])
    op.create_table(
        "refresh_token",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["region_code", "session_id"],
            ["session.region_code", "session.session_id"],
            name="fk_refresh_token_region_code_session_id_session",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("region_code", "token_sha256", name="pk_refresh_token"),
    )
    op.create_index("ix_refresh_token_region_code_session_id", "refresh_token", ["region_code", "session_id"])
    op.create_table(
        "sign_in_attempts",
        sa.Column("email_index", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("email_index", name="pk_sign_in_attempts"),
    )
    op.create_index("ix_sign_in_attempts_opened_at", "sign_in_attempts", ["opened_at"])


def _make_children() -> None:
    op.create_table(
        "child",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("child_id", ID, nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("patronymic", sa.Text(), nullable=True),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("snils_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("snils_index", sa.LargeBinary(), nullable=True),
        sa.Column("identity_index", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("registered_at", INSTANT, nullable=False),
        sa.CheckConstraint("(snils_sealed IS NULL) = (snils_index IS NULL)", name="ck_child_snils_is_indexed"),
        sa.PrimaryKeyConstraint("region_code", "child_id", name="pk_child"),
        sa.UniqueConstraint("region_code", "identity_index", name="uq_child_region_code_identity_index"),
        sa.UniqueConstraint("region_code", "snils_index", name="uq_child_region_code_snils_index"),
    )
    op.create_table(
        "guardianship",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("guardian_id", ID, nullable=False),
        sa.Column("child_id", ID, nullable=False),
        sa.Column("since_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["region_code", "child_id"],
            ["child.region_code", "child.child_id"],
            name="fk_guardianship_region_code_child_id_child",
        ),
        sa.ForeignKeyConstraint(
            ["region_code", "guardian_id"],
            ["account.region_code", "account.user_id"],
            name="fk_guardianship_region_code_guardian_id_account",
        ),
        sa.PrimaryKeyConstraint("region_code", "guardian_id", "child_id", name="pk_guardianship"),
    )
    op.create_index("ix_guardianship_region_code_child_id", "guardianship", ["region_code", "child_id"])
    op.create_table(
        "pupil",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("child_id", ID, nullable=False),
        sa.Column("enrollment_id", ID, nullable=False),
        sa.Column("enrolled_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("region_code", "provider_id", "child_id", "enrollment_id", name="pk_pupil"),
    )
    op.create_table(
        "child_access",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("child_id", ID, nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("access_id", ID, nullable=False),
        sa.Column("reader_id", ID, nullable=False),
        sa.Column("reader_role", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("region_code", "child_id", "occurred_at", "access_id", name="pk_child_access"),
        postgresql_partition_by="RANGE (occurred_at)",
    )
    op.execute(APPEND_ONLY)
