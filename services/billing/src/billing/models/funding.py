"""Periods, funding programmes with their budgets and rules, the queue for money, and certificates' pockets."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, Sequence, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing.domain.rules import CHARGES, REMAINDERS
from billing.domain.words import DIRECTIONS
from billing.models.base import UNIT, Base, Id, KeyId, KeyText, Region, Small, Zero, one_of

DIRECTION_LIMITS = (
    f"direction_limits - ARRAY[{', '.join(repr(direction) for direction in DIRECTIONS)}] = '{{}}'"
    " AND NOT jsonb_path_exists(direction_limits,"
    """ 'strict $.* ? (@.type() != "number" || @ < 0 || @.floor() != @)', '{}', true)"""
)
"""SQL: an object that maps directions to whole numbers."""
ARRIVALS = Sequence("funding_arrival", metadata=Base.metadata)


class FundingPeriod(Base):
    """A region's funding period: `ends_on` is the day of the last lesson, `closes_at` the end of all postings.

    Periods of a region do not overlap. `ended_at` is when the last money had left it.
    """

    __tablename__ = "funding_period"
    __table_args__ = (
        UniqueConstraint("region_code", "starts_on"),
        ExcludeConstraint(
            ("region_code", "="),
            (text("daterange(starts_on, ends_on, '[]')"), "&&"),
            name="ex_funding_period_no_overlap",
        ),
        CheckConstraint("starts_on <= ends_on", "not_empty"),
        CheckConstraint("closes_at >= timezone(time_zone, (ends_on + 1)::timestamp)", "closes_after_its_days"),
        Index("ix_funding_period_open", "closes_at", postgresql_where=text("ended_at IS NULL")),
    )
    region_code: Mapped[Region]
    period_id: Mapped[KeyId]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    closes_at: Mapped[datetime]
    time_zone: Mapped[str]
    ended_at: Mapped[datetime | None]


class FundingProgramme(Base):
    """A municipality's budget for a period and a category of children; its rules are `FundingRules`.

    The row is the budget's guard: `available_minor` never falls below 0. Postings move the three guarded columns (see
    the triggers); nothing else may. `credited_minor` is less what was returned.
    """

    __tablename__ = "funding_programme"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "period_id"], ["funding_period.region_code", "funding_period.period_id"]),
        UniqueConstraint("region_code", "municipality_code", "period_id", "category"),
        CheckConstraint(UNIT, "unit_known"),
        CheckConstraint("available_minor >= 0", "never_overdrawn"),
    )
    region_code: Mapped[Region]
    programme_id: Mapped[KeyId]
    municipality_code: Mapped[str]
    payer_name: Mapped[str]
    period_id: Mapped[Id]
    category: Mapped[str]
    category_name: Mapped[str]
    unit: Mapped[str]
    available_minor: Mapped[Zero]
    certificates_credited: Mapped[Zero]
    credited_minor: Mapped[Zero]


class FundingRules(Base):
    """One version of a programme's rules, and the days it holds for.

    Every day of the period has exactly one: versions that stand do not overlap, and a trigger counts the days when the
    transaction commits. Another checks both caps at each crediting. A direction without a limit is not in
    `direction_limits`; with 0 it is not paid for. A version that another replaced before its first
    day is kept with `superseded_at`.
    """

    __tablename__ = "funding_rules"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "programme_id"], ["funding_programme.region_code", "funding_programme.programme_id"]
        ),
        ExcludeConstraint(
            ("region_code", "="),
            ("programme_id", "="),
            (text("daterange(valid_from, valid_until, '[]')"), "&&"),
            name="ex_funding_rules_no_overlap",
            where=text("superseded_at IS NULL"),
        ),
        CheckConstraint("valid_from <= valid_until", "not_empty"),
        CheckConstraint("nominal_minor > 0", "nominal_positive"),
        CheckConstraint("certificates_max >= 0 AND nominal_sum_max_minor >= 0", "caps_not_negative"),
        CheckConstraint(one_of("charge", CHARGES), "charge_known"),
        CheckConstraint(one_of("remainder", REMAINDERS), "remainder_known"),
        CheckConstraint(
            "absent_percent BETWEEN 0 AND 100 AND ill_percent BETWEEN 0 AND 100 AND excused_percent BETWEEN 0 AND 100",
            "percents_possible",
        ),
        CheckConstraint("clubs_at_once_max >= 1", "clubs_positive"),
        CheckConstraint(DIRECTION_LIMITS, "direction_limits_known"),
    )
    region_code: Mapped[Region]
    programme_id: Mapped[KeyId]
    rule_version: Mapped[Small] = mapped_column(primary_key=True)
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    nominal_minor: Mapped[int]
    certificates_max: Mapped[int | None]
    nominal_sum_max_minor: Mapped[int | None]
    charge: Mapped[str]
    absent_percent: Mapped[Small]
    ill_percent: Mapped[Small]
    excused_percent: Mapped[Small]
    copayment_allowed: Mapped[bool]
    remainder: Mapped[str]
    clubs_at_once_max: Mapped[int | None] = mapped_column(Integer)
    direction_limits: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    set_by: Mapped[str]
    set_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class FundingRequest(Base):
    """A certificate's place in a programme's queue; `arrival` is given under the programme's lock.

    `queued` says that the money was not there when the need arrived. `live_until` is the last local day on which its
    child has a live enrolment; without one, or with a certificate that is not valid, it is passed over.
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
            postgresql_include=["live_until"],
        ),
    )
    region_code: Mapped[Region]
    certificate_id: Mapped[KeyId]
    programme_id: Mapped[KeyId]
    arrival: Mapped[int] = mapped_column(ARRIVALS, server_default=ARRIVALS.next_value())
    arrived_at: Mapped[datetime]
    queued: Mapped[bool] = mapped_column(server_default="false")
    live_until: Mapped[date | None]
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
        Index("ix_pocket_period", "region_code", "period_id", "certificate_id"),
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


class Departure(Base):
    """A pocket whose money has to leave: its period has closed, or its certificate was revoked or expired."""

    __tablename__ = "departure"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "certificate_id", "period_id", "municipality_code"],
            ["pocket.region_code", "pocket.certificate_id", "pocket.period_id", "pocket.municipality_code"],
        ),
    )
    region_code: Mapped[Region]
    certificate_id: Mapped[KeyId]
    period_id: Mapped[KeyId]
    municipality_code: Mapped[KeyText]
