"""The tables of certificates."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database import TYPES, new_metadata


class Base(DeclarativeBase):
    """All tables of the service."""

    metadata = new_metadata()
    type_annotation_map = TYPES


class Holder(Base):
    """A child that this service has heard of; its row is locked by everything that may change its certificate.

    The facts of accounts are all null, with version 0, until accounts has told them.
    """

    __tablename__ = "holder"
    __table_args__ = (
        CheckConstraint(
            "child_version = 0 OR num_nulls(guardian_ids, born_on, municipality_code, payer_code, time_zone) = 0",
            name="facts_are_whole",
        ),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    child_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    child_version: Mapped[int] = mapped_column(server_default="0")
    guardian_ids: Mapped[list[str] | None] = mapped_column(ARRAY(Uuid(as_uuid=False)))
    born_on: Mapped[date | None]
    municipality_code: Mapped[str | None]
    payer_code: Mapped[str | None]
    time_zone: Mapped[str | None]


class Enrollment(Base):
    """An enrolment that asks for a certificate; `withheld` says why it could not bring one."""

    __tablename__ = "enrollment"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "child_id"], ["holder.region_code", "holder.child_id"]),
        Index(None, "region_code", "child_id"),
        CheckConstraint("withheld IN ('under_age', 'over_age')", name="withheld_is_known"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    enrollment_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    child_id: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    enrolled_at: Mapped[datetime]
    first_lesson_on: Mapped[date]
    withheld: Mapped[str | None]


class Certificate(Base):
    """The one certificate of a child, for life. `expires_at` is the first instant after its last valid local day."""

    __tablename__ = "certificate"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "child_id"], ["holder.region_code", "holder.child_id"]),
        UniqueConstraint("region_code", "child_id"),
        UniqueConstraint("region_code", "number"),
        CheckConstraint(r"number ~ '^\d{10}$' AND left(number, 2) = region_code", name="number_has_ten_digits"),
        CheckConstraint("valid_from <= valid_until", name="validity_is_not_empty"),
        CheckConstraint("state IN ('valid', 'frozen', 'revoked', 'expired')", name="state"),
        Index("ix_certificate_expiring", "expires_at", postgresql_where="state IN ('valid', 'frozen')"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    certificate_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    child_id: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    number: Mapped[str]
    payer_municipality_code: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    issued_at: Mapped[datetime]
    version: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="valid")
    expires_at: Mapped[datetime]


class CertificateChange(Base):
    """A change of a certificate's state: who decided it, when, for what reason and on what basis. Only ever added to.

    Without a person behind it, it is the service's own: the expiry.
    """

    __tablename__ = "certificate_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "certificate_id"], ["certificate.region_code", "certificate.certificate_id"]
        ),
        CheckConstraint("act IN ('freeze', 'unfreeze', 'revoke', 'expire')", name="act"),
        CheckConstraint(
            "num_nulls(decided_by, decided_as, basis) = CASE act WHEN 'expire' THEN 3 ELSE 0 END",
            name="decision_is_whole",
        ),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    certificate_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    act: Mapped[str]
    changed_at: Mapped[datetime]
    changed_on: Mapped[date]
    reason: Mapped[str]
    decided_by: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    decided_as: Mapped[str | None]
    basis: Mapped[str | None]
    recorded_at: Mapped[datetime]


class CertificateAccess(Base):
    """Which of the staff looked at which certificate, and when. Only ever added to; partitioned by month."""

    __tablename__ = "certificate_access"
    __table_args__ = ({"postgresql_partition_by": "RANGE (occurred_at)"},)

    region_code: Mapped[str] = mapped_column(primary_key=True)
    certificate_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    occurred_at: Mapped[datetime] = mapped_column(primary_key=True)
    access_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    reader_id: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    reader_role: Mapped[str]
    session_id: Mapped[str]
    purpose: Mapped[str]
