"""Children, whose they are and who read their cards."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models.base import ID, Base


class Child(Base):
    """A child. `identity_index` and `snils_index` are keyed hashes that make a second registration impossible.

    `namesake` counts those children of one name and birth date who are known to be different; `identity_rule` says how
    `identity_index` was made.
    """

    __tablename__ = "child"
    __table_args__ = (
        UniqueConstraint("region_code", "identity_index", "namesake"),
        UniqueConstraint("region_code", "snils_index"),
        CheckConstraint("(snils_sealed IS NULL) = (snils_index IS NULL)", name="snils_is_indexed"),
        CheckConstraint("namesake >= 0", name="namesake_counts"),
        Index("ix_child_stale", "region_code", postgresql_where="identity_rule < 2"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    child_id: Mapped[str] = mapped_column(ID, primary_key=True)
    family_name: Mapped[str]
    given_name: Mapped[str]
    patronymic: Mapped[str | None]
    born_on: Mapped[date]
    municipality_code: Mapped[str]
    snils_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    snils_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    identity_index: Mapped[bytes] = mapped_column(LargeBinary)
    identity_rule: Mapped[int] = mapped_column(server_default="1")
    namesake: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int]
    registered_at: Mapped[datetime]


class Guardianship(Base):
    """That a guardian may see and act for a child."""

    __tablename__ = "guardianship"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "guardian_id"], ["account.region_code", "account.user_id"]),
        ForeignKeyConstraint(["region_code", "child_id"], ["child.region_code", "child.child_id"]),
        Index(None, "region_code", "child_id"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    guardian_id: Mapped[str] = mapped_column(ID, primary_key=True)
    child_id: Mapped[str] = mapped_column(ID, primary_key=True)
    since_at: Mapped[datetime]


class ChildAccess(Base):
    """Who read which child's card, when and what for. Rows are only ever added; partitioned by month."""

    __tablename__ = "child_access"
    __table_args__ = ({"postgresql_partition_by": "RANGE (occurred_at)"},)

    region_code: Mapped[str] = mapped_column(primary_key=True)
    child_id: Mapped[str] = mapped_column(ID, primary_key=True)
    occurred_at: Mapped[datetime] = mapped_column(primary_key=True)
    access_id: Mapped[str] = mapped_column(ID, primary_key=True)
    reader_id: Mapped[str] = mapped_column(ID)
    reader_role: Mapped[str]
    session_id: Mapped[str]
    purpose: Mapped[str]
