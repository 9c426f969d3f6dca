"""Charges: each marked lesson of an active contract charges what its newest mark should."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, insert, select, update
from sqlalchemy.orm import Session, aliased, defer

from billing.commands import ledger
from billing.domain import charges as rules
from billing.domain import ledger as books
from billing.domain.charges import Debit, MarkedLesson, Reversal, corrections
from billing.domain.contract import ACTIVE
from billing.domain.policy import CAUSES, Policy
from billing.models import (
    AttendanceMark,
    Charge,
    Contract,
    ContractLesson,
    Enrollment,
    FundingPeriod,
    FundingProgramme,
    Offer,
    Pocket,
)
from billing.models.policies import policy_of
from chassis.outbox import record
from chassis.values import Amount
from contracts.billing import DEBIT_POSTED, DEBIT_REVERSED

ACTOR = "enrollment"
"""Whose word a debit is posted on: the journal's."""
Known = Row[Contract, ContractLesson, AttendanceMark, Enrollment, FundingProgramme, Pocket, Charge, str, Any, int]
_Posted = tuple[Known, Reversal | Debit, books.Movement]


@dataclass
class _Page:
    """What is to be posted for all contracts together, and the pockets as the postings move them."""

    at: datetime
    held: dict[str, int] = field(default_factory=dict)
    posted: list[_Posted] = field(default_factory=list)


def converge(session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime) -> None:
    """Post what is missing between the marks of these certificates' active contracts and their charges.

    The certificates are locked. A period that is closed takes no more postings: its late marks stay recorded.
    """
    page = _Page(at)
    unsettled = _unsettled(session, region_code, certificate_ids, at)
    for _, lines in groupby(unsettled, key=lambda known: known.Contract.contract_id):
        _settle_contract(page, list(lines))
    if not page.posted:
        return
    ledger.post(session, region_code, [movement for _, _, movement in page.posted], at)
    _save_charges(session, page)
    for posted in page.posted:
        _announce(session, page, posted)


def _unsettled(session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime) -> Sequence[Known]:
    """Lessons whose newest mark is not the one that was charged, in the order of contracts and lessons."""
    standing, earlier = aliased(Charge, name="standing"), aliased(Charge)
    of_contract = and_(earlier.region_code == Contract.region_code, earlier.contract_id == Contract.contract_id)
    charged = select(func.coalesce(func.sum(earlier.amount_minor), 0)).where(of_contract, earlier.reversal_id.is_(None))
    generations = select(func.count()).where(of_contract, earlier.lesson_id == ContractLesson.lesson_id)
    query = (
        select(
            Contract,
            ContractLesson,
            AttendanceMark,
            Enrollment,
            FundingProgramme,
            Pocket,
            standing,
            Offer.title,
            charged.scalar_subquery().label("charged"),
            generations.scalar_subquery().label("generation"),
        )
        .join(Enrollment, _same(Enrollment, Contract, "enrollment_id"))
        .join(FundingPeriod, _same(FundingPeriod, Contract, "period_id"))
        .join(FundingProgramme, _same(FundingProgramme, Contract, "programme_id"))
        .join(Pocket, _same(Pocket, Contract, "certificate_id", "period_id", "municipality_code"))
        .join(ContractLesson, _same(ContractLesson, Contract, "contract_id"))
        .join(
            AttendanceMark,
            _same(AttendanceMark, Enrollment, "enrollment_id") & (AttendanceMark.lesson_id == ContractLesson.lesson_id),
        )
        .outerjoin(Offer, _same(Offer, Enrollment, "offer_id"))
        .outerjoin(
            standing,
            _same(standing, ContractLesson, "contract_id", "lesson_id") & standing.reversal_id.is_(None),
        )
        .where(
            Contract.region_code == region_code,
            Contract.certificate_id.in_(certificate_ids),
            Contract.state == ACTIVE,
            FundingPeriod.closes_at > at,
            AttendanceMark.mark.is_distinct_from(standing.mark),
        )
        .order_by(Contract.certificate_id, Contract.contract_id, ContractLesson.k)
        .options(defer(Enrollment.lessons))
        .execution_options(populate_existing=True)
    )
    return session.execute(query).all()


def _same(left: Any, right: Any, *names: str) -> Any:
    """SQL: the same region and the same named columns."""
    return and_(*(getattr(left, name) == getattr(right, name) for name in ("region_code", *names)))


def _settle_contract(page: _Page, lines: Sequence[Known]) -> None:
    known = lines[0]
    contract = known.Contract
    by_lesson = {line.ContractLesson.lesson_id: line for line in lines}
    policy = policy_of(known.FundingProgramme)
    held = contract.certificate_share_minor - known.charged
    marked = [_marked(line) for line in lines]
    for correction in corrections(contract.certificate_share_minor, contract.lesson_count, policy, held, marked):
        line = by_lesson[correction.lesson.lesson_id]
        page.posted.append((line, correction, _movement(line, correction, policy)))


def _marked(line: Known) -> MarkedLesson:
    standing = line.standing
    return MarkedLesson(
        lesson_id=line.ContractLesson.lesson_id,
        k=line.ContractLesson.k,
        mark=line.AttendanceMark.mark,
        charge=rules.Charge(standing.charge_id, standing.mark, standing.amount_minor) if standing else None,
        generation=line.generation,
    )


def _movement(line: Known, correction: Reversal | Debit, policy: Policy) -> books.Movement:
    contract, mark = line.Contract, line.AttendanceMark.mark
    pocket = books.Pocket(contract.certificate_id, contract.period_id, contract.municipality_code)
    held, earned = books.held(pocket, contract.contract_id), books.earned(line.Enrollment.provider_id, pocket)
    is_debit = isinstance(correction, Debit)
    amount = correction.amount if isinstance(correction, Debit) else correction.charge.amount
    return books.Movement(
        movement_id=str(uuid.uuid4()),
        kind=books.DEBIT if is_debit else books.REVERSAL,
        cause=CAUSES[mark] if is_debit else "mark_corrected",
        source=held if is_debit else earned,
        target=earned if is_debit else held,
        amount=Amount(amount, contract.unit),
        occurred_at=line.AttendanceMark.marked_at,
        actor=ACTOR,
        rule_version=line.FundingProgramme.rule_version,
        details={
            "lesson_on": line.ContractLesson.lesson_on.isoformat(),
            "mark": mark,
            "percent": policy.percent(mark),
            "group_title": line.title,
        },
        reverses=None if isinstance(correction, Debit) else correction.charge.charge_id,
    )


def _save_charges(session: Session, page: _Page) -> None:
    """Reversed charges first, so that each lesson has one standing charge at most at any moment."""
    reversed_charges = [
        {"charge": correction.charge.charge_id, "region": line.Contract.region_code, "reversal": movement.movement_id}
        for line, correction, movement in page.posted
        if isinstance(correction, Reversal)
    ]
    if reversed_charges:
        session.connection().execute(
            update(Charge)
            .where(Charge.region_code == bindparam("region"), Charge.charge_id == bindparam("charge"))
            .values(reversal_id=bindparam("reversal")),
            reversed_charges,
        )
    new_charges = [
        {
            "region_code": line.Contract.region_code,
            "charge_id": movement.movement_id,
            "contract_id": line.Contract.contract_id,
            "lesson_id": correction.lesson.lesson_id,
            "generation": correction.generation,
            "mark": correction.lesson.mark,
            "amount_minor": correction.amount,
            "unit": line.Contract.unit,
            "charged_at": page.at,
        }
        for line, correction, movement in page.posted
        if isinstance(correction, Debit)
    ]
    if new_charges:
        session.execute(insert(Charge), new_charges)


def _announce(session: Session, page: _Page, posted: _Posted) -> None:
    line, correction, movement = posted
    contract, enrollment, pocket = line.Contract, line.Enrollment, line.Pocket
    is_debit = isinstance(correction, Debit)
    debit_id = correction.charge.charge_id if isinstance(correction, Reversal) else movement.movement_id
    key = f"{pocket.certificate_id} {pocket.period_id} {pocket.municipality_code}"
    change = -movement.amount.minor if is_debit else movement.amount.minor
    held = page.held[key] = page.held.get(key, pocket.held_minor) + change
    record(
        session,
        DEBIT_POSTED if is_debit else DEBIT_REVERSED,
        region_code=contract.region_code,
        subject=debit_id,
        version=1 if is_debit else 2,
        data={
            "debit_id": debit_id,
            "contract_id": contract.contract_id,
            "enrollment_id": enrollment.enrollment_id,
            "certificate_id": contract.certificate_id,
            "child_id": enrollment.child_id,
            "group_id": enrollment.group_id,
            "provider_id": enrollment.provider_id,
            "lesson_id": line.ContractLesson.lesson_id,
            "lesson_on": line.ContractLesson.lesson_on,
            "mark": line.AttendanceMark.mark,
            "amount": movement.amount.to_wire(),
            "balance_after": Amount(pocket.available_minor, contract.unit).to_wire(),
            "held_after": Amount(held, contract.unit).to_wire(),
            "posted_at": page.at,
        },
    )
