"""Periods, funding programmes with their budgets, the queue for money, and certificates' pockets."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Sequence, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.base import UNIT, Base, Id, KeyId, KeyText, Region, Small, Zero

ARRIVALS = Sequence("funding_arrival", metadata=Base.metadata)


class FundingPeriod(Base):
    """A region's funding period: `ends_on` is the day of the last lesson, `closes_at` the end of all postings."""

    __tablename__ = "funding_period"
    __table_args__ = (
        UniqueConstraint("region_code", "starts_on"),
        CheckConstraint("starts_on <= ends_on", "not_empty"),
    )
    region_code: Mapped[Region]
    period_id: Mapped[KeyId]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    closes_at: Mapped[datetime]
    time_zone: Mapped[str]


class FundingProgramme(Base):
    """A municipality's rules and budget for a period and a category of children.

    The row is the budget's guard: `available_minor` never falls below 0, and no cap is passed. Postings move the
    three guarded columns (see the triggers); nothing else may.
    """

    __tablename__ = "funding_programme"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "period_id"], ["funding_period.region_code", "funding_period.period_id"]),
        UniqueConstraint("region_code", "municipality_code", "period_id", "category"),
        CheckConstraint(UNIT, "unit_known"),
        CheckConstraint("nominal_minor > 0", "nominal_positive"),
        CheckConstraint("charge = 'per_attended_lesson'", "charge_known"),
        CheckConstraint("remainder IN ('burn', 'carry_over')", "remainder_known"),
        CheckConstraint(
            "absent_percent BETWEEN 0 AND 100 AND ill_percent BETWEEN 0 AND 100 AND excused_percent BETWEEN 0 AND 100",
            "percents_possible",
        ),
        CheckConstraint("available_minor >= 0", "never_overdrawn"),
        CheckConstraint("certificates_credited <= certificates_max", "certificates_capped"),
        CheckConstraint("credited_minor <= nominal_sum_max_minor", "nominals_capped"),
    )
    region_code: Mapped[Region]
    programme_id: Mapped[KeyId]
    municipality_code: Mapped[str]
    payer_name: Mapped[str]
    period_id: Mapped[Id]
    category: Mapped[str]
    category_name: Mapped[str]
    unit: Mapped[str]
    nominal_minor: Mapped[int]
    certificates_max: Mapped[int | None]
    nominal_sum_max_minor: Mapped[int | None]
    rule_version: Mapped[Small]
    charge: Mapped[str]
    absent_percent: Mapped[Small]
    ill_percent: Mapped[Small]
    excused_percent: Mapped[Small]
    copayment_allowed: Mapped[bool]
    remainder: Mapped[str]
    available_minor: Mapped[Zero]
    certificates_credited: Mapped[Zero]
    credited_minor: Mapped[Zero]


class FundingRequest(Base):
    """A certificate's place in a programme's queue; `arrival` is given under the programme's lock.

    `queued` says that the money was not there when the need arrived.
    """

    __tablename__ = "funding_request"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "certificate_id"], ["certificate.region_code", "certificate.certificate_id"]
        ),
        ForeignKeyConstraint(
            ["region_code", "programme_id"], ["funding_programme.region_code", "funding_programme.programme_id"]
        ),
        Index(
            "uq_funding_request_waiting",
            "region_code",
            "programme_id",
            "arrival",
            unique=True,
            postgresql_where="granted_at IS NULL",
        ),
    )
    region_code: Mapped[Region]
    certificate_id: Mapped[KeyId]
    programme_id: Mapped[KeyId]
    arrival: Mapped[int] = mapped_column(ARRIVALS, server_default=ARRIVALS.next_value())
    arrived_at: Mapped[datetime]
    queued: Mapped[bool] = mapped_column(server_default="false")
    granted_at: Mapped[datetime | None]


class Credit(Base):
    """The one nominal of a certificate in a period from a payer; `credited_on` is the local day."""

    __tablename__ = "credit"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "certificate_id"], ["certificate.region_code", "certificate.certificate_id"]
        ),
        ForeignKeyConstraint(
            ["region_code", "programme_id"], ["funding_programme.region_code", "funding_programme.programme_id"]
        ),
        CheckConstraint("amount_minor > 0", "amount_positive"),
        CheckConstraint(UNIT, "unit_known"),
    )
    region_code: Mapped[Region]
    certificate_id: Mapped[KeyId]
    period_id: Mapped[KeyId]
    municipality_code: Mapped[KeyText]
    programme_id: Mapped[Id]
    transaction_id: Mapped[Id]
    amount_minor: Mapped[int]
    unit: Mapped[str]
    credited_at: Mapped[datetime]
    credited_on: Mapped[date]
    was_queued: Mapped[bool]


class Pocket(Base):
    """The guard of a certificate's money in a period from a payer. Postings move it; nothing else may."""

    __tablename__ = "pocket"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "certificate_id"], ["certificate.region_code", "certificate.certificate_id"]
        ),
        ForeignKeyConstraint(["region_code", "period_id"], ["funding_period.region_code", "funding_period.period_id"]),
        CheckConstraint("available_minor >= 0", "available_not_negative"),
        CheckConstraint("held_minor >= 0", "held_not_negative"),
        CheckConstraint(UNIT, "unit_known"),
    )
    region_code: Mapped[Region]
    certificate_id: Mapped[KeyId]
    period_id: Mapped[KeyId]
    municipality_code: Mapped[KeyText]
    unit: Mapped[str]
    available_minor: Mapped[Zero]
    held_minor: Mapped[Zero]
