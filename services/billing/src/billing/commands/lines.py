"""The lessons of opened contracts that may need a posting, and what their contracts' postings need to know."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import Session, aliased, defer

from billing.commands.known import end_of
from billing.domain import charges as rules
from billing.domain.contract import ACTIVE, EXPIRED, FROZEN, REVOKED, End
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
    Offer,
    Pocket,
)
from billing.models.policies import policy_of
from billing.models.queue import local_day
from chassis import clock
from contracts.enrollment import JOURNAL_DAYS

HELD_ON = func.coalesce(LessonChange.moved_to, ContractLesson.lesson_on)
CANCELLED = func.coalesce(LessonChange.cancelled, false())


@dataclass(frozen=True)
class Background:
    """What a contract's postings need to know beside its lessons; a free contract has no rules and no pocket."""

    contract: Contract
    enrollment: Enrollment
    period: FundingPeriod
    version: FundingRules | None
    pocket: Pocket | None
    title: str | None
    end: End | None
    frozen: bool
    closed: bool
    today: date

    @property
    def terms(self) -> rules.Contract | None:
        """The contract as the domain takes it; None for one that the certificate pays nothing of."""
        if self.version is None or self.pocket is None or not self.contract.certificate_share_minor:
            return None
        return rules.Contract(
            share=self.contract.certificate_share_minor,
            lessons=self.contract.lesson_count,
            policy=policy_of(self.version),
            journal_from=self.today - timedelta(days=JOURNAL_DAYS),
            ended_on=self.end.on if self.end else None,
            frozen=self.frozen,
            closed=self.closed,
        )

    @property
    def by_month(self) -> bool:
        """Whether the share is paid by the month, whatever the attendance."""
        return self.version is not None and self.version.charge == MONTHLY


@dataclass(frozen=True)
class Line:
    """A lesson of an opened contract, its newest mark and its standing charge."""

    contract_id: str
    planned: ContractLesson
    on: date
    mark: AttendanceMark | None
    cancelled: bool
    standing: Charge | None
    generation: int

    def known(self) -> rules.ContractLesson:
        """The lesson as the domain takes it."""
        standing = self.standing
        return rules.ContractLesson(
            lesson_id=self.planned.lesson_id,
            k=self.planned.k,
            on=self.on,
            mark=self.mark.mark if self.mark else None,
            cancelled=self.cancelled,
            charge=rules.Charge(standing.charge_id, standing.mark, standing.amount_minor) if standing else None,
            generation=self.generation,
            released=self.planned.released_minor,
            outcome=self.planned.outcome,
        )


def unsettled(
    session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime
) -> dict[str, list[Line]]:
    """By contract, in the order of certificates and contracts: the lessons that may need a posting.

    Of a contract that has ended and is not closed these are all of its lessons, even if it has none.
    """
    standing = aliased(Charge)
    query = _lines(standing).where(
        Contract.region_code == region_code,
        Contract.certificate_id.in_(certificate_ids),
        Contract.effective_from.is_not(None),
        or_(
            and_(Contract.state == ACTIVE, _ended(at)),
            and_(FundingRules.charge == PER_LESSON, Contract.certificate_share_minor > 0, _changed(standing, at)),
        ),
    )
    found: dict[str, list[Line]] = {}
    for contract_id, planned, *rest in session.execute(query):
        lines = found.setdefault(contract_id, [])
        if planned is not None:
            lines.append(Line(contract_id, planned, *rest))
    return found


def _lines(standing: Any) -> Select[Any]:
    """SQL: contracts with each lesson, its day, mark, cancellation, `standing` charge and count of charges so far."""
    earlier = aliased(Charge)
    generations = select(func.count()).where(_same(earlier, ContractLesson, "contract_id", "lesson_id"))
    marked = _same(AttendanceMark, Contract, "enrollment_id") & (AttendanceMark.lesson_id == ContractLesson.lesson_id)
    charged = _same(standing, ContractLesson, "contract_id", "lesson_id") & standing.reversal_id.is_(None)
    return (
        select(
            *(Contract.contract_id, ContractLesson, HELD_ON, AttendanceMark, CANCELLED, standing),
            generations.scalar_subquery(),
        )
        .join(Certificate, _same(Certificate, Contract, "certificate_id"))
        .join(FundingPeriod, _same(FundingPeriod, Contract, "period_id"))
        .outerjoin(FundingRules, _same(FundingRules, Contract, "programme_id", "rule_version"))
        .outerjoin(EnrollmentEnd, _same(EnrollmentEnd, Contract, "enrollment_id"))
        .outerjoin(CertificateState, _same(CertificateState, Contract, "certificate_id"))
        .outerjoin(ContractLesson, _same(ContractLesson, Contract, "contract_id"))
        .outerjoin(LessonChange, _same(LessonChange, ContractLesson, "lesson_id"))
        .outerjoin(AttendanceMark, marked)
        .outerjoin(standing, charged)
        .order_by(Contract.certificate_id, Contract.contract_id, ContractLesson.k)
        .execution_options(populate_existing=True)
    )


def _ended(at: datetime) -> ColumnElement[bool]:
    return or_(
        EnrollmentEnd.enrollment_id.is_not(None),
        CertificateState.state.in_((REVOKED, EXPIRED)),
        local_day(at) > FundingPeriod.ends_on,
    )


def _changed(standing: Any, at: datetime) -> ColumnElement[bool]:
    """SQL: the lesson has another mark than was charged, was cancelled, or was not filled in time."""
    late = and_(
        AttendanceMark.mark.is_(None),
        ContractLesson.outcome.is_(None),
        local_day(at) - JOURNAL_DAYS > HELD_ON,
    )
    return case(
        (CANCELLED, standing.charge_id.is_not(None) | ContractLesson.outcome.is_distinct_from(rules.CANCELLED)),
        else_=AttendanceMark.mark.is_distinct_from(standing.mark) | late,
    )


def backgrounds(
    session: Session, region_code: str, contract_ids: Collection[str], at: datetime
) -> dict[str, Background]:
    """By contract."""
    query = (
        select(
            *(Contract, Enrollment, FundingPeriod, FundingRules, Pocket, Offer.title),
            *(EnrollmentEnd, CertificateState, Certificate.valid_until),
        )
        .join(Enrollment, _same(Enrollment, Contract, "enrollment_id"))
        .join(Certificate, _same(Certificate, Contract, "certificate_id"))
        .join(FundingPeriod, _same(FundingPeriod, Contract, "period_id"))
        .outerjoin(FundingRules, _same(FundingRules, Contract, "programme_id", "rule_version"))
        .outerjoin(Pocket, _same(Pocket, Contract, "certificate_id", "period_id", "municipality_code"))
        .outerjoin(Offer, _same(Offer, Enrollment, "offer_id"))
        .outerjoin(EnrollmentEnd, _same(EnrollmentEnd, Contract, "enrollment_id"))
        .outerjoin(CertificateState, _same(CertificateState, Contract, "certificate_id"))
        .where(Contract.region_code == region_code, Contract.contract_id.in_(contract_ids))
        .options(defer(Enrollment.lessons))
        .execution_options(populate_existing=True)
    )
    return {row.Contract.contract_id: _background(*row, at=at) for row in session.execute(query)}


def _background(
    contract: Contract,
    enrollment: Enrollment,
    period: FundingPeriod,
    version: FundingRules | None,
    pocket: Pocket | None,
    title: str | None,
    end: EnrollmentEnd | None,
    state: CertificateState | None,
    valid_until: date,
    *,
    at: datetime,
) -> Background:
    return Background(
        contract=contract,
        enrollment=enrollment,
        period=period,
        version=version,
        pocket=pocket,
        title=title,
        end=end_of(end, state if contract.price_minor else None, valid_until, period, at),
        frozen=state is not None and state.state == FROZEN,
        closed=period.closes_at <= at,
        today=clock.local_date(at, period.time_zone),
    )


def _same(left: Any, right: Any, *names: str) -> Any:
    """SQL: the same region and the same named columns."""
    return and_(*(getattr(left, name) == getattr(right, name) for name in ("region_code", *names)))
