"""Contracts prepaid by the month: the share of a month is debited when the contract opens and on each month's 1st.

Attendance changes nothing here. A month that begins after the enrolment's last day is not paid, or taken back.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from billing.commands import ledger
from billing.domain import ledger as books
from billing.domain.contract import ACTIVE, FROZEN, REVOKED
from billing.domain.coverage import Span
from billing.domain.months import Month, due, monthly
from billing.domain.rules import MONTHLY
from billing.models import (
    Certificate,
    CertificateState,
    Contract,
    ContractMonth,
    Enrollment,
    EnrollmentEnd,
    FundingPeriod,
    FundingRules,
    MonthCharge,
    Offer,
    Pocket,
)
from billing.models.queue import end_of_enrollment, local_day, out_of_force
from chassis import clock
from chassis.outbox import record
from chassis.values import Amount
from contracts.billing import MONTH_DEBITED, MONTH_REVERSED

ACTOR = "billing"
BATCH = 50


@dataclass(frozen=True)
class _Line:
    """A month of a contract with what was charged for it so far, and what its posting has to tell."""

    contract: Contract
    month: ContractMonth
    standing: MonthCharge | None
    generations: int
    enrollment: Enrollment
    pocket: Pocket
    title: str | None
    today: date
    ended_on: date | None
    open: bool
    """Whether the contract may be debited: it is active, its certificate not frozen, its period not closed."""

    @property
    def is_due(self) -> bool:
        return due(Month(self.month.month_on, self.month.amount_minor), self.today, self.ended_on)


@dataclass(frozen=True)
class _Posting:
    line: _Line
    movement: books.Movement


def prepay(session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime) -> None:
    """Debit the months that are due of these locked certificates' active contracts, and take back those that are not.

    The plan of a contract that has just opened is frozen first. While a certificate is frozen and once the period has
    closed, nothing is debited; what is not due comes back then too, and from contracts that are closed.
    """
    _freeze_plans(session, region_code, certificate_ids)
    postings = [
        _Posting(line, movement)
        for line in _lines(session, region_code, certificate_ids, at)
        for movement in _movements(line, at)
    ]
    if not postings:
        return
    ledger.post(session, region_code, [each.movement for each in postings], at)
    _save(session, region_code, postings, at)
    _announce(session, postings, at)


def with_unpaid_month(session: Session, at: datetime) -> Sequence[Row[str, str]]:
    """(region, certificate) of a batch that a month has just begun for, locked; not those that others have locked."""
    standing = exists().where(_same(MonthCharge, ContractMonth, "contract_id", "month_on"), _stands())
    unpaid = exists(
        select(ContractMonth.contract_id)
        .select_from(ContractMonth)
        .join(Contract, _same(Contract, ContractMonth, "contract_id"))
        .join(Enrollment, _same(Enrollment, Contract, "enrollment_id"))
        .join(FundingPeriod, _same(FundingPeriod, Contract, "period_id"))
        .outerjoin(EnrollmentEnd, end_of_enrollment())
        .where(
            _same(Contract, Certificate, "certificate_id"),
            Contract.state == ACTIVE,
            ContractMonth.amount_minor > 0,
            ContractMonth.month_on <= func.least(local_day(at), EnrollmentEnd.effective_on),
            FundingPeriod.closes_at > at,
            ~standing,
        )
        .correlate(Certificate)
    )
    query = (
        select(Certificate.region_code, Certificate.certificate_id)
        .where(unpaid, ~exists().where(out_of_force()))
        .order_by(Certificate.region_code, Certificate.certificate_id)
        .limit(BATCH)
        .with_for_update(key_share=True, skip_locked=True, of=Certificate)
    )
    return session.execute(query).all()


def _same(left: Any, right: Any, *names: str) -> Any:
    return and_(*(getattr(left, name) == getattr(right, name) for name in ("region_code", *names)))


def _stands() -> Any:
    return MonthCharge.reversal_id.is_(None)


def _freeze_plans(session: Session, region_code: str, certificate_ids: Sequence[str]) -> None:
    """Divide the shares of contracts that have just opened into their months."""
    planned = exists().where(_same(ContractMonth, Contract, "contract_id"))
    query = (
        select(Contract, Enrollment.group_starts_on, Enrollment.group_ends_on, FundingPeriod, Certificate.valid_until)
        .join(Enrollment, _same(Enrollment, Contract, "enrollment_id"))
        .join(FundingPeriod, _same(FundingPeriod, Contract, "period_id"))
        .join(Certificate, _same(Certificate, Contract, "certificate_id"))
        .join(FundingRules, _rules())
        .where(
            Contract.region_code == region_code,
            Contract.certificate_id.in_(certificate_ids),
            Contract.state == ACTIVE,
            FundingRules.charge == MONTHLY,
            ~planned,
        )
        .execution_options(populate_existing=True)
    )
    rows = [
        {
            "region_code": region_code,
            "contract_id": contract.contract_id,
            "month_on": month.on,
            "amount_minor": month.amount,
        }
        for contract, first, last, period, valid_until in session.execute(query)
        for month in monthly(
            contract.certificate_share_minor,
            Span(first, last).within(Span(contract.effective_from or first, min(period.ends_on, valid_until))),
        )
    ]
    if rows:
        session.execute(insert(ContractMonth), rows)


def _rules() -> Any:
    return _same(FundingRules, Contract, "programme_id", "rule_version")


def _lines(session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime) -> Iterator[_Line]:
    """Months that have begun or were paid, in the order of contracts and months."""
    earlier = aliased(MonthCharge)
    generations = select(func.count()).where(_same(earlier, ContractMonth, "contract_id", "month_on"))
    query = (
        select(
            *(Contract, ContractMonth, MonthCharge, generations.scalar_subquery(), Enrollment, Pocket, Offer.title),
            *(FundingPeriod, EnrollmentEnd, CertificateState),
        )
        .join(ContractMonth, _same(ContractMonth, Contract, "contract_id"))
        .outerjoin(MonthCharge, _same(MonthCharge, ContractMonth, "contract_id", "month_on") & _stands())
        .join(Enrollment, _same(Enrollment, Contract, "enrollment_id"))
        .join(Certificate, _same(Certificate, Contract, "certificate_id"))
        .join(FundingPeriod, _same(FundingPeriod, Contract, "period_id"))
        .join(Pocket, _same(Pocket, Contract, "certificate_id", "period_id", "municipality_code"))
        .outerjoin(Offer, _same(Offer, Enrollment, "offer_id"))
        .outerjoin(EnrollmentEnd, end_of_enrollment())
        .outerjoin(CertificateState, out_of_force())
        .where(
            Contract.region_code == region_code,
            Contract.certificate_id.in_(certificate_ids),
            or_(ContractMonth.month_on <= local_day(at), MonthCharge.charge_id.is_not(None)),
        )
        .order_by(Contract.certificate_id, Contract.contract_id, ContractMonth.month_on)
        .execution_options(populate_existing=True)
    )
    for contract, month, standing, count, enrollment, pocket, title, period, end, state in session.execute(query):
        today, ended_on = clock.local_date(at, period.time_zone), _ended_on(end, state)
        frozen = state is not None and state.state == FROZEN
        is_open = contract.state == ACTIVE and not frozen and period.closes_at > at
        yield _Line(contract, month, standing, count, enrollment, pocket, title, today, ended_on, is_open)


def _ended_on(end: EnrollmentEnd | None, state: CertificateState | None) -> date | None:
    days = [end.effective_on] if end else []
    days += [state.changed_on] if state and state.state == REVOKED else []
    return min(days, default=None)


def _movements(line: _Line, at: datetime) -> Iterator[books.Movement]:
    """The month's debit, or its reversal; nothing when it is as it should be."""
    contract, standing = line.contract, line.standing
    if line.is_due == (standing is not None) or not line.month.amount_minor:
        return
    if standing is None and not line.open:
        return
    pocket = books.Pocket(contract.certificate_id, contract.period_id, contract.municipality_code)
    held, earned = books.held(pocket, contract.contract_id), books.earned(line.enrollment.provider_id, pocket)
    common: dict[str, Any] = {
        "movement_id": str(uuid.uuid4()),
        "amount": Amount(line.month.amount_minor, contract.unit),
        "occurred_at": at,
        "actor": ACTOR,
        "rule_version": contract.rule_version,
        "details": {"month_on": line.month.month_on.isoformat(), "group_title": line.title},
    }
    if standing is None:
        yield books.Movement(kind=books.DEBIT, cause="month_prepaid", source=held, target=earned, **common)
    else:
        reverses = standing.charge_id
        yield books.Movement(
            kind=books.REVERSAL, cause="month_not_due", source=earned, target=held, reverses=reverses, **common
        )


def _save(session: Session, region_code: str, postings: Sequence[_Posting], at: datetime) -> None:
    undone = [
        {"region": region_code, "charge": each.movement.reverses, "by": each.movement.movement_id}
        for each in postings
        if each.movement.reverses
    ]
    if undone:
        statement = update(MonthCharge).where(
            MonthCharge.region_code == bindparam("region"), MonthCharge.charge_id == bindparam("charge")
        )
        session.connection().execute(statement.values(reversal_id=bindparam("by")), undone)
    made = [_charge_row(each, at) for each in postings if not each.movement.reverses]
    if made:
        session.execute(insert(MonthCharge), made)


def _charge_row(posting: _Posting, at: datetime) -> dict[str, Any]:
    line, movement = posting.line, posting.movement
    return {
        "region_code": line.contract.region_code,
        "charge_id": movement.movement_id,
        "contract_id": line.contract.contract_id,
        "month_on": line.month.month_on,
        "generation": line.generations + 1,
        "amount_minor": movement.amount.minor,
        "unit": movement.amount.unit,
        "charged_at": at,
    }


def _announce(session: Session, postings: Sequence[_Posting], at: datetime) -> None:
    """One event for each debit and each reversal, with what its pocket held right after it."""
    held: dict[Pocket, int] = {}
    for posting in postings:
        pocket, amount = posting.line.pocket, posting.movement.amount.minor
        held[pocket] = held.get(pocket, pocket.held_minor) + (amount if posting.movement.reverses else -amount)
        _announce_one(session, posting, held[pocket], at)


def _announce_one(session: Session, posting: _Posting, held_minor: int, at: datetime) -> None:
    contract, enrollment, unit = posting.line.contract, posting.line.enrollment, posting.line.contract.unit
    undone = posting.movement.reverses
    debit_id = undone or posting.movement.movement_id
    why = {"reason": posting.movement.cause} if undone else {}
    record(
        session,
        MONTH_REVERSED if undone else MONTH_DEBITED,
        region_code=contract.region_code,
        subject=debit_id,
        version=2 if undone else 1,
        data={
            "debit_id": debit_id,
            "contract_id": contract.contract_id,
            "enrollment_id": contract.enrollment_id,
            "certificate_id": contract.certificate_id,
            "child_id": enrollment.child_id,
            "group_id": enrollment.group_id,
            "provider_id": enrollment.provider_id,
            "month_on": posting.line.month.month_on,
            "amount": posting.movement.amount.to_wire(),
            "balance_after": Amount(posting.line.pocket.available_minor, unit).to_wire(),
            "held_after": Amount(held_minor, unit).to_wire(),
            "posted_at": at,
            **why,
        },
    )
