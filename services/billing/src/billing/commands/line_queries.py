"""Opened contracts with those of their lessons that may need a posting, all facts of one lesson in one row."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    join,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from billing.commands.departures import GONE
from billing.domain import charges as rules
from billing.domain.contract import ACTIVE, REVOKED
from billing.domain.rules import PER_LESSON
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
from contracts.enrollment import JOURNAL_DAYS

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


def _same(left: Any, right: Any, *names: str) -> Any:
    """The same region and the same named columns."""
    return and_(*(getattr(left, name) == getattr(right, name) for name in ("region_code", *names)))


def _by_key(name: str, columns: Sequence[Any], *key: Any) -> Any:
    """One row, found by its whole key: a plan must not depend on how many there were when somebody last counted."""
    return select(*columns).where(*key).limit(1).lateral(name)


_MARK = _by_key(
    "newest_mark",
    (AttendanceMark.mark, AttendanceMark.marked_at),
    _same(AttendanceMark, Contract, "enrollment_id"),
    AttendanceMark.lesson_id == ContractLesson.lesson_id,
)
_STANDING = _by_key(
    "standing_charge",
    (Charge.charge_id, Charge.mark, Charge.amount_minor),
    _same(Charge, ContractLesson, "contract_id", "lesson_id"),
    Charge.reversal_id.is_(None),
)


def _ids(name: str) -> Any:
    return cast(bindparam(name), ARRAY(Uuid))


def _lines(contracts: Any, lessons: Any) -> Any:
    """Contracts with each lesson, its day, mark, cancellation, standing charge and count of charges so far."""
    earlier = aliased(Charge)
    generations = select(func.count()).where(_same(earlier, ContractLesson, "contract_id", "lesson_id"))
    return (
        select(
            *(*_OF_CONTRACT, *_OF_RULES, *_OF_ENDS, ContractLesson.lesson_id, ContractLesson.k),
            *(ContractLesson.released_minor, ContractLesson.outcome, _HELD_ON.label("held_on")),
            *(_CANCELLED.label("cancelled"), _MARK.c.mark, _MARK.c.marked_at, _STANDING.c.charge_id),
            *(_STANDING.c.mark.label("charged_mark"), _STANDING.c.amount_minor),
            generations.scalar_subquery().label("generations"),
        )
        .select_from(contracts)
        .join(Enrollment, _same(Enrollment, Contract, "enrollment_id"))
        .join(Certificate, _same(Certificate, Contract, "certificate_id"))
        .join(FundingPeriod, _same(FundingPeriod, Contract, "period_id"))
        .outerjoin(FundingRules, _same(FundingRules, Contract, "programme_id", "rule_version"))
        .outerjoin(Pocket, _same(Pocket, Contract, "certificate_id", "period_id", "municipality_code"))
        .outerjoin(Offer, _same(Offer, Enrollment, "offer_id"))
        .outerjoin(EnrollmentEnd, _same(EnrollmentEnd, Contract, "enrollment_id"))
        .outerjoin(CertificateState, _same(CertificateState, Contract, "certificate_id"))
        .outerjoin(ContractLesson, _same(ContractLesson, Contract, "contract_id") & lessons)
        .outerjoin(LessonChange, _same(LessonChange, ContractLesson, "lesson_id"))
        .outerjoin(_MARK, true())
        .outerjoin(_STANDING, true())
        .where(
            Contract.region_code == bindparam("region_code"),
            Contract.certificate_id == any_(_ids("certificate_ids")),
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
    """The lesson has another mark than was charged, was cancelled, or was not filled in time."""
    late = and_(
        _MARK.c.mark.is_(None),
        ContractLesson.outcome.is_(None),
        local_day(AT) - JOURNAL_DAYS > _HELD_ON,
    )
    differs = case(
        (_CANCELLED, _STANDING.c.charge_id.is_not(None) | ContractLesson.outcome.is_distinct_from(rules.CANCELLED)),
        else_=_MARK.c.mark.is_distinct_from(_STANDING.c.mark) | late,
    )
    return and_(FundingRules.charge == PER_LESSON, Contract.certificate_share_minor > 0, differs)


def _overpaid() -> ColumnElement[bool]:
    """A month is paid that begins after the contract's end."""
    revoked_on = case((CertificateState.state == REVOKED, CertificateState.changed_on))
    return exists().where(
        _same(MonthCharge, Contract, "contract_id"),
        MonthCharge.reversal_id.is_(None),
        MonthCharge.month_on > func.least(EnrollmentEnd.effective_on, revoked_on),
    )


def _every_lesson() -> Any:
    return _lines(Contract, true()).where(or_(and_(Contract.state == ACTIVE, _ended()), _changed(), _overpaid()))


def _marked_lessons() -> Any:
    """The same lines of the marked lessons alone; each is found by its key, however many there are."""
    pairs = func.unnest(_ids("enrollment_ids"), _ids("lesson_ids"))
    page = pairs.table_valued("enrollment_id", "lesson_id").render_derived("page")
    in_region = Contract.region_code == bindparam("region_code")
    contracts = join(page, Contract, in_region & (Contract.enrollment_id == page.c.enrollment_id))
    return _lines(contracts, ContractLesson.lesson_id == page.c.lesson_id).where(_changed())


EVERY_LESSON, MARKED_LESSONS = _every_lesson(), _marked_lessons()
