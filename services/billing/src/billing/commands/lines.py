"""The lessons of opened contracts that may need a posting, and what their contracts' postings need to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from billing.commands.departures import GONE
from billing.commands.known import end_of
from billing.commands.planning import join_as_written
from billing.domain import charges as rules
from billing.domain import ledger as books
from billing.domain.contract import ACTIVE, FROZEN, REVOKED, End, certificate_end
from billing.domain.policy import Policy
from billing.domain.rules import MONTHLY, PER_LESSON
from billing.models import (
    AttendanceMark,
    Certificate,
    CertificateState,
    Charge,
    Contract,
    ContractLesson,
    Enrollment,
    EnrollmentEnd,
    FundingPeriod,
    FundingRules,
    LessonChange,
    MonthCharge,
    Offer,
    Pocket,
)
from billing.models.queue import AT, local_day
from chassis import clock
from contracts.enrollment import JOURNAL_DAYS

_STANDING = aliased(Charge)
_HELD_ON = func.coalesce(LessonChange.moved_to, ContractLesson.lesson_on)
_CANCELLED = func.coalesce(LessonChange.cancelled, false())
_OF_CONTRACT = (
    *(Contract.region_code, Contract.contract_id, Contract.enrollment_id, Contract.certificate_id),
    *(Contract.period_id, Contract.municipality_code, Contract.state, Contract.unit, Contract.price_minor),
    *(Contract.certificate_share_minor, Contract.parent_share_minor, Contract.lesson_count, Contract.rule_version),
    *(Contract.effective_from, Enrollment.child_id, Enrollment.group_id, Enrollment.provider_id, Offer.title),
    *(Pocket.available_minor, Pocket.held_minor),
)
_OF_RULES = (
    *(FundingRules.charge, FundingRules.absent_percent, FundingRules.ill_percent, FundingRules.excused_percent),
    FundingRules.copayment_allowed,
)
_OF_ENDS = (
    *(EnrollmentEnd.effective_on, EnrollmentEnd.kind, Certificate.valid_until),
    *(CertificateState.state.label("certificate_state"), CertificateState.changed_on),
    *(FundingPeriod.ends_on, FundingPeriod.closes_at, FundingPeriod.time_zone),
)


@dataclass(frozen=True)
class Background:
    """What a contract's postings need to know beside its lessons; a free contract has no rules and no pocket."""

    region_code: str
    contract_id: str
    enrollment_id: str
    certificate_id: str
    period_id: str
    municipality_code: str
    state: str
    unit: str
    price_minor: int
    certificate_share_minor: int
    parent_share_minor: int
    lesson_count: int
    rule_version: int | None
    effective_from: date
    child_id: str
    group_id: str
    provider_id: str
    title: str | None
    available_minor: int | None
    held_minor: int | None
    policy: Policy | None
    by_month: bool
    end: End | None
    frozen: bool
    out_of_force: bool
    closed: bool
    today: date

    @property
    def pocket(self) -> books.Pocket:
        """The money that pays."""
        return books.Pocket(self.certificate_id, self.period_id, self.municipality_code)

    @property
    def ends(self) -> bool:
        """Whether the contract may have to be closed."""
        return self.end is not None and self.state == ACTIVE

    @property
    def terms(self) -> rules.Contract | None:
        """The contract as the domain takes it; None for one that the certificate pays nothing of."""
        if self.policy is None or self.available_minor is None or not self.certificate_share_minor:
            return None
        return rules.Contract(
            share=self.certificate_share_minor,
            lessons=self.lesson_count,
            policy=self.policy,
            journal_from=self.today - timedelta(days=JOURNAL_DAYS),
            ended_on=self.end.on if self.end else None,
            frozen=self.frozen,
            closed=self.closed,
        )


@dataclass(frozen=True)
class Line:
    """A lesson of an opened contract, and when its newest mark was made."""

    lesson: rules.ContractLesson
    marked_at: datetime | None


@dataclass(frozen=True)
class Unsettled:
    """A contract and those of its lessons that may need a posting."""

    background: Background
    lines: list[Line]


def unsettled(
    session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime, lesson_id: str | None = None
) -> list[Unsettled]:
    """By contract, in the order of certificates and contracts: the lessons that may need a posting.

    Of a contract that has ended and is not closed, or has paid a month too many, these are all of its lessons, even if
    it has none. With a `lesson_id` nothing but that lesson is looked at, in every contract.
    """
    join_as_written(session)
    parameters = {"region_code": region_code, "certificate_ids": certificate_ids, "at": at, "lesson_id": lesson_id}
    found: dict[str, Unsettled] = {}
    for row in session.execute(_EVERY_LESSON if lesson_id is None else _ONE_LESSON, parameters):
        if row.contract_id not in found:
            found[row.contract_id] = Unsettled(_background(row, at), [])
        if row.lesson_id is not None:
            found[row.contract_id].lines.append(Line(_lesson(row), row.marked_at))
    return list(found.values())


def _background(row: Row[Any], at: datetime) -> Background:
    return Background(
        region_code=row.region_code,
        contract_id=row.contract_id,
        enrollment_id=row.enrollment_id,
        certificate_id=row.certificate_id,
        period_id=row.period_id,
        municipality_code=row.municipality_code,
        state=row.state,
        unit=row.unit,
        price_minor=row.price_minor,
        certificate_share_minor=row.certificate_share_minor,
        parent_share_minor=row.parent_share_minor,
        lesson_count=row.lesson_count,
        rule_version=row.rule_version,
        effective_from=row.effective_from,
        child_id=row.child_id,
        group_id=row.group_id,
        provider_id=row.provider_id,
        title=row.title,
        available_minor=row.available_minor,
        held_minor=row.held_minor,
        policy=_policy(row) if row.charge else None,
        by_month=row.charge == MONTHLY,
        end=_end(row, at),
        frozen=row.certificate_state == FROZEN,
        out_of_force=row.certificate_state in GONE,
        closed=row.closes_at <= at,
        today=clock.local_date(at, row.time_zone),
    )


def _policy(row: Row[Any]) -> Policy:
    return Policy(row.absent_percent, row.ill_percent, row.excused_percent, row.copayment_allowed)


def _end(row: Row[Any], at: datetime) -> End | None:
    state = row.certificate_state if row.price_minor else None
    return end_of(
        End(row.effective_on, row.kind) if row.kind else None,
        certificate_end(state, row.changed_on, row.valid_until) if state else None,
        row.ends_on,
        row.time_zone,
        at,
    )


def _lesson(row: Row[Any]) -> rules.ContractLesson:
    """The lesson as the domain takes it."""
    return rules.ContractLesson(
        lesson_id=row.lesson_id,
        k=row.k,
        on=row.held_on,
        mark=row.mark,
        cancelled=row.cancelled,
        charge=rules.Charge(row.charge_id, row.charged_mark, row.amount_minor) if row.charge_id else None,
        generation=row.generations,
        released=row.released_minor,
        outcome=row.outcome,
    )


def _lines() -> Any:
    """SQL: contracts with each lesson, its day, mark, cancellation, standing charge and count of charges so far."""
    earlier = aliased(Charge)
    generations = select(func.count()).where(_same(earlier, ContractLesson, "contract_id", "lesson_id"))
    marked = _same(AttendanceMark, Contract, "enrollment_id") & (AttendanceMark.lesson_id == ContractLesson.lesson_id)
    charged = _same(_STANDING, ContractLesson, "contract_id", "lesson_id") & _STANDING.reversal_id.is_(None)
    return (
        select(
            *(*_OF_CONTRACT, *_OF_RULES, *_OF_ENDS, ContractLesson.lesson_id, ContractLesson.k),
            *(ContractLesson.released_minor, ContractLesson.outcome, _HELD_ON.label("held_on")),
            *(_CANCELLED.label("cancelled"), AttendanceMark.mark, AttendanceMark.marked_at, _STANDING.charge_id),
            *(_STANDING.mark.label("charged_mark"), _STANDING.amount_minor),
            generations.scalar_subquery().label("generations"),
        )
        .select_from(Contract)
        .join(Enrollment, _same(Enrollment, Contract, "enrollment_id"))
        .join(Certificate, _same(Certificate, Contract, "certificate_id"))
        .join(FundingPeriod, _same(FundingPeriod, Contract, "period_id"))
        .outerjoin(FundingRules, _same(FundingRules, Contract, "programme_id", "rule_version"))
        .outerjoin(Pocket, _same(Pocket, Contract, "certificate_id", "period_id", "municipality_code"))
        .outerjoin(Offer, _same(Offer, Enrollment, "offer_id"))
        .outerjoin(EnrollmentEnd, _same(EnrollmentEnd, Contract, "enrollment_id"))
        .outerjoin(CertificateState, _same(CertificateState, Contract, "certificate_id"))
        .outerjoin(ContractLesson, _same(ContractLesson, Contract, "contract_id"))
        .outerjoin(LessonChange, _same(LessonChange, ContractLesson, "lesson_id"))
        .outerjoin(AttendanceMark, marked)
        .outerjoin(_STANDING, charged)
        .where(
            Contract.region_code == bindparam("region_code"),
            Contract.certificate_id.in_(bindparam("certificate_ids", expanding=True)),
            Contract.effective_from.is_not(None),
        )
        .order_by(Contract.certificate_id, Contract.contract_id, ContractLesson.k)
    )


def _ended() -> ColumnElement[bool]:
    return or_(
        EnrollmentEnd.enrollment_id.is_not(None),
        CertificateState.state.in_(GONE),
        local_day(AT) > FundingPeriod.ends_on,
    )


def _changed() -> ColumnElement[bool]:
    """SQL: the lesson has another mark than was charged, was cancelled, or was not filled in time."""
    late = and_(
        AttendanceMark.mark.is_(None),
        ContractLesson.outcome.is_(None),
        local_day(AT) - JOURNAL_DAYS > _HELD_ON,
    )
    differs = case(
        (_CANCELLED, _STANDING.charge_id.is_not(None) | ContractLesson.outcome.is_distinct_from(rules.CANCELLED)),
        else_=AttendanceMark.mark.is_distinct_from(_STANDING.mark) | late,
    )
    return and_(FundingRules.charge == PER_LESSON, Contract.certificate_share_minor > 0, differs)


def _overpaid() -> ColumnElement[bool]:
    """SQL: a month is paid that begins after the contract's end."""
    revoked_on = case((CertificateState.state == REVOKED, CertificateState.changed_on))
    return exists().where(
        _same(MonthCharge, Contract, "contract_id"),
        MonthCharge.reversal_id.is_(None),
        MonthCharge.month_on > func.least(EnrollmentEnd.effective_on, revoked_on),
    )


def _same(left: Any, right: Any, *names: str) -> Any:
    """SQL: the same region and the same named columns."""
    return and_(*(getattr(left, name) == getattr(right, name) for name in ("region_code", *names)))


_EVERY_LESSON = _lines().where(or_(and_(Contract.state == ACTIVE, _ended()), _changed(), _overpaid()))
_ONE_LESSON = _lines().where(ContractLesson.lesson_id == bindparam("lesson_id"), _changed())
