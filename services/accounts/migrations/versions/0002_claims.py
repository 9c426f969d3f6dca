"""Claims on known children, applicants, and refresh tokens whose exchange may be repeated once.

Children are found without their patronymic from now on: the index of those who are there already is made anew by the
service, which has the key.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make them."""
    op.add_column("refresh_token", sa.Column("replaced_by", sa.LargeBinary(), nullable=True))
    op.add_column("refresh_token", sa.Column("repeated_at", INSTANT, nullable=True))
    _let_namesakes_in()
    _make_claims()
    op.create_table(
        "applicant",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("child_id", ID, nullable=False),
        sa.Column("application_id", ID, nullable=False),
        sa.Column("submitted_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("region_code", "provider_id", "child_id", "application_id", name="pk_applicant"),
    )


def _let_namesakes_in() -> None:
    op.add_column("child", sa.Column("identity_rule", sa.BigInteger(), server_default="1", nullable=False))
    op.add_column("child", sa.Column("namesake", sa.BigInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_child_namesake_counts"), "child", "namesake >= 0")
    op.drop_constraint("uq_child_region_code_identity_index", "child", type_="unique")
    op.create_unique_constraint(
        op.f("uq_child_region_code_identity_index_namesake"), "child", ["region_code", "identity_index", "namesake"]
    )
    op.create_index("ix_child_stale", "child", ["region_code"], postgresql_where=sa.text("identity_rule < 2"))


def _make_claims() -> None:
    op.create_table(
        "claim",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("child_id", ID, nullable=False),
        sa.Column("claimant_id", ID, nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("patronymic", sa.Text(), nullable=True),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("snils_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("snils_index", sa.LargeBinary(), nullable=True),
        sa.Column("identity_index", sa.LargeBinary(), nullable=False),
        sa.Column("matched_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("separate_child_id", ID, nullable=True),
        sa.CheckConstraint("state IN ('open', 'approved', 'rejected', 'another_child')", name=op.f("ck_claim_state")),
        sa.CheckConstraint("matched_by IN ('name_and_birth_date', 'snils')", name=op.f("ck_claim_matched_by")),
        sa.CheckConstraint(
            "num_nulls(decided_at, decided_by, basis) = CASE state WHEN 'open' THEN 3 ELSE 0 END",
            name=op.f("ck_claim_decision_is_whole"),
        ),
        sa.CheckConstraint(
            "separate_child_id IS NULL OR state = 'another_child'", name=op.f("ck_claim_separate_child")
        ),
        sa.CheckConstraint("snils_sealed IS NULL OR state = 'open'", name=op.f("ck_claim_snils_is_forgotten")),
        sa.ForeignKeyConstraint(
            ["region_code", "child_id"],
            ["child.region_code", "child.child_id"],
            name=op.f("fk_claim_region_code_child_id_child"),
        ),
        sa.ForeignKeyConstraint(
            ["region_code", "separate_child_id"],
            ["child.region_code", "child.child_id"],
            name=op.f("fk_claim_region_code_separate_child_id_child"),
        ),
        sa.ForeignKeyConstraint(
            ["region_code", "claimant_id"],
            ["account.region_code", "account.user_id"],
            name=op.f("fk_claim_region_code_claimant_id_account"),
        ),
        sa.PrimaryKeyConstraint("region_code", "claim_id", name=op.f("pk_claim")),
    )
    op.create_index(
        "uq_claim_open",
        "claim",
        ["region_code", "child_id", "claimant_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_claim_child", "claim", ["region_code", "child_id", "state", "claimed_at"])
    op.create_index("ix_claim_claimant", "claim", ["region_code", "claimant_id", "claimed_at"])
