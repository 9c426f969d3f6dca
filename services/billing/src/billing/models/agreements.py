"""Offers, the contracts made on them, and what their lessons have charged."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.domain.charges import OUTCOMES
from billing.domain.contract import REFUSALS, REFUSED_BY_FAMILY, STATES
from billing.domain.policy import MARKS
from billing.models.base import UNIT, Base, Id, KeyId, Region, Small, Zero, one_of


class Offer(Base):
    """A price and the words that a guardian was shown; `enrollment_id` is the enrolment that used it up."""

    __tablename__ = "offer"
    __table_args__ = (
        Index("ix_offer_child", "region_code", "child_id"),
        CheckConstraint(UNIT, "unit_known"),
        CheckConstraint("price_minor = certificate_share_minor + parent_share_minor", "shares_add_up"),
        CheckConstraint("max_parent_share_minor >= parent_share_minor", "max_covers_share"),
    )
    region_code: Mapped[Region]
    offer_id: Mapped[KeyId]
    child_id: Mapped[Id]
    group_id: Mapped[Id]
    guardian_id: Mapped[Id]
    title: Mapped[str]
    terms: Mapped[str]
    terms_version: Mapped[int]
    unit: Mapped[str]
    price_minor: Mapped[int]
    certificate_share_minor: Mapped[int]
    parent_share_minor: Mapped[int]
    max_parent_share_minor: Mapped[int]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    enrollment_id: Mapped[Id | None]


class Contract(Base):
    """The contract of an enrolment in a funding period.

    Until it is active its shares are what they would be with the nominal; from then on they, its lessons,
    `effective_from` and the version of the rules are frozen. `reason` says why it waits, was refused or closed. Nobody
    need look at it before `review_on`, a local day, unless some fact arrives.
    """

    __tablename__ = "contract"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "enrollment_id"], ["enrollment.region_code", "enrollment.enrollment_id"]),
        ForeignKeyConstraint(["region_code", "period_id"], ["funding_period.region_code", "funding_period.period_id"]),
        ForeignKeyConstraint(
            ["region_code", "certificate_id"], ["certificate.region_code", "certificate.certificate_id"]
        ),
        ForeignKeyConstraint(
            ["region_code", "programme_id"], ["funding_programme.region_code", "funding_programme.programme_id"]
        ),
        UniqueConstraint("region_code", "enrollment_id", "period_id"),
        Index("ix_contract_certificate", "region_code", "certificate_id"),
        CheckConstraint(one_of("state", STATES), "state_known"),
        Index("ix_contract_accept_by", "accept_by", postgresql_where=text("state = 'awaiting_acceptance'")),
        Index("ix_contract_review_on", "review_on", postgresql_where=text("review_on IS NOT NULL")),
        CheckConstraint(
            "CASE state WHEN 'active' THEN effective_from IS NOT NULL"
            " WHEN 'closed' THEN true ELSE effective_from IS NULL END",
            "active_dated",
        ),
        CheckConstraint("state <> 'awaiting_acceptance' OR accept_by IS NOT NULL", "waits_until"),
        CheckConstraint(UNIT, "unit_known"),
        CheckConstraint("price_minor = certificate_share_minor + parent_share_minor", "shares_add_up"),
        CheckConstraint("certificate_share_minor >= 0 AND parent_share_minor >= 0", "shares_not_negative"),
    )
    region_code: Mapped[Region]
    contract_id: Mapped[KeyId]
    enrollment_id: Mapped[Id]
    period_id: Mapped[Id]
    certificate_id: Mapped[Id]
    municipality_code: Mapped[str]
    programme_id: Mapped[Id | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    effective_from: Mapped[date | None]
    unit: Mapped[str]
    price_minor: Mapped[int]
    certificate_share_minor: Mapped[int]
    parent_share_minor: Mapped[int]
    lesson_count: Mapped[Small]
    accept_by: Mapped[datetime | None]
    rule_version: Mapped[int | None] = mapped_column(Integer)
    review_on: Mapped[date | None]
    version: Mapped[Zero]


class Acceptance(Base):
    """A guardian's acceptance of a new offer for an enrolment; the last number counts. The offer keeps the words."""

    __tablename__ = "acceptance"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "offer_id"], ["offer.region_code", "offer.offer_id"]),
        ForeignKeyConstraint(["region_code", "enrollment_id"], ["enrollment.region_code", "enrollment.enrollment_id"]),
        UniqueConstraint("region_code", "enrollment_id", "number"),
    )
    region_code: Mapped[Region]
    offer_id: Mapped[KeyId]
    enrollment_id: Mapped[Id]
    number: Mapped[Small]
    accepted_by: Mapped[Id]
    accepted_at: Mapped[datetime]


class ContractRefusal(Base):
    """That no acceptance will come for an enrolment any more: a guardian's word, or the end of the time for it."""

    __tablename__ = "contract_refusal"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "enrollment_id"], ["enrollment.region_code", "enrollment.enrollment_id"]),
        CheckConstraint(one_of("reason", REFUSALS), "reason_known"),
        CheckConstraint(f"(reason = '{REFUSED_BY_FAMILY}') = (refused_by IS NOT NULL)", "family_named"),
    )
    region_code: Mapped[Region]
    enrollment_id: Mapped[KeyId]
    reason: Mapped[str]
    refused_by: Mapped[Id | None]
    refused_at: Mapped[datetime]


class ContractLesson(Base):
    """A lesson of an opened contract's frozen list; `k` is its place in it, from 1.

    `lesson_on` is the planned day. What of its part of the hold was released is in `released_minor`, and `outcome`
    says what became of a lesson that nothing will be charged for.
    """

    __tablename__ = "contract_lesson"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "contract_id"], ["contract.region_code", "contract.contract_id"]),
        UniqueConstraint("region_code", "contract_id", "k"),
        CheckConstraint("released_minor >= 0", "released_not_negative"),
        CheckConstraint(one_of("outcome", OUTCOMES), "outcome_known"),
    )
    region_code: Mapped[Region]
    contract_id: Mapped[KeyId]
    lesson_id: Mapped[KeyId]
    k: Mapped[Small]
    lesson_on: Mapped[date]
    released_minor: Mapped[Zero]
    outcome: Mapped[str | None]


class Charge(Base):
    """What a marked lesson of a contract charged. `charge_id` is the ledger's debit, `reversal_id` what took it back.

    A mark that charges nothing has a row too, and nothing in the ledger. `uncovered_minor` is what the mark should
    have charged beside `amount_minor` and no hold could pay.
    """

    __tablename__ = "charge"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "contract_id", "lesson_id"],
            ["contract_lesson.region_code", "contract_lesson.contract_id", "contract_lesson.lesson_id"],
        ),
        UniqueConstraint("region_code", "contract_id", "lesson_id", "generation"),
        Index(
            "uq_charge_standing",
            "region_code",
            "contract_id",
            "lesson_id",
            unique=True,
            postgresql_where=text("reversal_id IS NULL"),
        ),
        CheckConstraint(one_of("mark", MARKS), "mark_known"),
        CheckConstraint("amount_minor >= 0 AND uncovered_minor >= 0", "amounts_not_negative"),
    )
    region_code: Mapped[Region]
    charge_id: Mapped[KeyId]
    contract_id: Mapped[Id]
    lesson_id: Mapped[Id]
    generation: Mapped[Small]
    mark: Mapped[str]
    amount_minor: Mapped[int]
    uncovered_minor: Mapped[Zero]
    unit: Mapped[str]
    charged_at: Mapped[datetime]
    reversal_id: Mapped[Id | None]
