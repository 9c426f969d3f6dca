"""Claims on children who are known already."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models.base import ID, Base


class Claim(Base):
    """A second registration of a known child by somebody who is not its guardian: what was sent, and the decision.

    The insurance number is kept sealed until the decision. `separate_child_id` is the child that the decision
    `another_child` brought.
    """

    __tablename__ = "claim"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "child_id"], ["child.region_code", "child.child_id"]),
        ForeignKeyConstraint(["region_code", "separate_child_id"], ["child.region_code", "child.child_id"]),
        ForeignKeyConstraint(["region_code", "claimant_id"], ["account.region_code", "account.user_id"]),
        CheckConstraint("state IN ('open', 'approved', 'rejected', 'another_child')", name="state"),
        CheckConstraint("matched_by IN ('name_and_birth_date', 'snils')", name="matched_by"),
        CheckConstraint(
            "num_nulls(decided_at, decided_by, basis) = CASE state WHEN 'open' THEN 3 ELSE 0 END",
            name="decision_is_whole",
        ),
        CheckConstraint("separate_child_id IS NULL OR state = 'another_child'", name="separate_child"),
        CheckConstraint("snils_sealed IS NULL OR state = 'open'", name="snils_is_forgotten"),
        Index(
            "uq_claim_open",
            "region_code",
            "child_id",
            "claimant_id",
            unique=True,
            postgresql_where="state = 'open'",
        ),
        Index("ix_claim_child", "region_code", "child_id", "state", "claimed_at"),
        Index("ix_claim_claimant", "region_code", "claimant_id", "claimed_at"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    claim_id: Mapped[str] = mapped_column(ID, primary_key=True)
    child_id: Mapped[str] = mapped_column(ID)
    claimant_id: Mapped[str] = mapped_column(ID)
    family_name: Mapped[str]
    given_name: Mapped[str]
    patronymic: Mapped[str | None]
    born_on: Mapped[date]
    municipality_code: Mapped[str]
    snils_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    snils_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    identity_index: Mapped[bytes] = mapped_column(LargeBinary)
    matched_by: Mapped[str]
    state: Mapped[str]
    claimed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ID)
    basis: Mapped[str | None]
    separate_child_id: Mapped[str | None] = mapped_column(ID)
