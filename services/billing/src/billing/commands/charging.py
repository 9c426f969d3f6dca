"""Charges: each marked lesson of an active contract charges what its newest mark should."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import and_, bindparam, func, insert, select, update
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


@dataclass(frozen=True)
class _Background:
    """What a contract's postings need to know beside its lessons; `charged` is what its standing charges sum up to."""

    enrollment: Enrollment
    programme: FundingProgramme
    pocket: Pocket
    title: str | None
    charged: int


@dataclass(frozen=True)
class _Line:
    """A lesson of an active contract whose newest mark is not the one that was charged."""

    contract: Contract
    lesson: ContractLesson
    mark: AttendanceMark
    standing: Charge | None
    generation: int


@dataclass(frozen=True)
class _Posting:
    """A correction, the line that calls for it, and its movement in the ledger."""

    line: _Line
    background: _Background
    correction: Reversal | Debit
    movement: books.Movement


def converge(session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime) -> None:
    """Post what is missing between the marks of these certificates' active contracts and their charges.

    The certificates are locked. A period that is closed takes no more postings: its late marks stay recorded.
    """
    lines = _unsettled(session, region_code, certificate_ids)
    backgrounds = _backgrounds(session, region_code, {line.contract.contract_id for line in lines}, at) if lines else {}
    postings = [
        posting
        for contract_id, its_lines in groupby(lines, key=lambda line: line.contract.contract_id)
        if contract_id in backgrounds
        for posting in _postings(list(its_lines), backgrounds[contract_id])
    ]
    if not postings:
        return
    ledger.post(session, region_code, [posting.movement for posting in postings], at)
    _save_reversals(session, region_code, postings)
    _save_charges(session, postings, at)
    _announce(session, postings, at)


def _unsettled(session: Session, region_code: str, certificate_ids: Sequence[str]) -> list[_Line]:
    """In the order of contracts and lessons."""
    standing, earlier = aliased(Charge), aliased(Charge)
    generations = select(func.count()).where(_same(earlier, ContractLesson, "contract_id", "lesson_id"))
    query = (
        select(Contract, ContractLesson, AttendanceMark, standing, generations.scalar_subquery())
        .join(ContractLesson, _same(ContractLesson, Contract, "contract_id"))
        .join(
            AttendanceMark,
            _same(AttendanceMark, Contract, "enrollment_id") & (AttendanceMark.lesson_id == ContractLesson.lesson_id),
        )
        .outerjoin(
            standing,
            _same(standing, ContractLesson, "contract_id", "lesson_id") & standing.reversal_id.is_(None),
        )
        .where(
            Contract.region_code == region_code,
            Contract.certificate_id.in_(certificate_ids),
            Contract.state == ACTIVE,
            AttendanceMark.mark.is_distinct_from(standing.mark),
        )
        .order_by(Contract.certificate_id, Contract.contract_id, ContractLesson.k)
        .execution_options(populate_existing=True)
    )
    return [_Line(*row) for row in session.execute(query)]


def _backgrounds(
    session: Session, region_code: str, contract_ids: Collection[str], at: datetime
) -> dict[str, _Background]:
    """By contract; none for those whose period is closed, and for free ones that nobody funds."""
    charged = select(func.coalesce(func.sum(Charge.amount_minor), 0)).where(
        _same(Charge, Contract, "contract_id"), Charge.reversal_id.is_(None)
    )
    query = (
        select(Contract.contract_id, Enrollment, FundingProgramme, Pocket, Offer.title, charged.scalar_subquery())
        .join(Enrollment, _same(Enrollment, Contract, "enrollment_id"))
        .join(FundingPeriod, _same(FundingPeriod, Contract, "period_id"))
        .join(FundingProgramme, _same(FundingProgramme, Contract, "programme_id"))
        .join(Pocket, _same(Pocket, Contract, "certificate_id", "period_id", "municipality_code"))
        .outerjoin(Offer, _same(Offer, Enrollment, "offer_id"))
        .where(
            Contract.region_code == region_code, Contract.contract_id.in_(contract_ids), FundingPeriod.closes_at > at
        )
        .options(defer(Enrollment.lessons))
        .execution_options(populate_existing=True)
    )
    return {contract_id: _Background(*rest) for contract_id, *rest in session.execute(query)}


def _same(left: Any, right: Any, *names: str) -> Any:
    """SQL: the same region and the same named columns."""
    return and_(*(getattr(left, name) == getattr(right, name) for name in ("region_code", *names)))


def _postings(lines: Sequence[_Line], background: _Background) -> Iterator[_Posting]:
    """What one contract's lines call for."""
    contract, policy = lines[0].contract, policy_of(background.programme)
    by_lesson = {line.lesson.lesson_id: line for line in lines}
    share = contract.certificate_share_minor
    marked = [_marked(line) for line in lines]
    for correction in corrections(share, contract.lesson_count, policy, share - int(background.charged), marked):
        line = by_lesson[correction.lesson.lesson_id]
        yield _Posting(line, background, correction, _movement(line, background, correction, policy))


def _marked(line: _Line) -> MarkedLesson:
    standing = line.standing
    return MarkedLesson(
        lesson_id=line.lesson.lesson_id,
        k=line.lesson.k,
        mark=line.mark.mark,
        charge=rules.Charge(standing.charge_id, standing.mark, standing.amount_minor) if standing else None,
        generation=line.generation,
    )


def _movement(line: _Line, background: _Background, correction: Reversal | Debit, policy: Policy) -> books.Movement:
    contract, mark = line.contract, line.mark.mark
    pocket = books.Pocket(contract.certificate_id, contract.period_id, contract.municipality_code)
    held, earned = books.held(pocket, contract.contract_id), books.earned(background.enrollment.provider_id, pocket)
    common: dict[str, Any] = {
        "movement_id": str(uuid.uuid4()),
        "occurred_at": line.mark.marked_at,
        "actor": ACTOR,
        "rule_version": background.programme.rule_version,
        "details": {
            "lesson_on": line.lesson.lesson_on.isoformat(),
            "mark": mark,
            "percent": policy.percent(mark),
            "group_title": background.title,
        },
    }
    if isinstance(correction, Debit):
        amount = Amount(correction.amount, contract.unit)
        return books.Movement(kind=books.DEBIT, cause=CAUSES[mark], source=held, target=earned, amount=amount, **common)
    return books.Movement(
        kind=books.REVERSAL,
        cause="mark_corrected",
        source=earned,
        target=held,
        amount=Amount(correction.charge.amount, contract.unit),
        reverses=correction.charge.charge_id,
        **common,
    )


def _save_reversals(session: Session, region_code: str, postings: Sequence[_Posting]) -> None:
    """Before new charges: each lesson has one standing charge at most at any moment."""
    rows = [
        {"charge": posting.correction.charge.charge_id, "region": region_code, "by": posting.movement.movement_id}
        for posting in postings
        if isinstance(posting.correction, Reversal)
    ]
    if rows:
        statement = update(Charge).where(
            Charge.region_code == bindparam("region"), Charge.charge_id == bindparam("charge")
        )
        session.connection().execute(statement.values(reversal_id=bindparam("by")), rows)


def _save_charges(session: Session, postings: Sequence[_Posting], at: datetime) -> None:
    rows = [
        {
            "region_code": posting.line.contract.region_code,
            "charge_id": posting.movement.movement_id,
            "contract_id": posting.line.contract.contract_id,
            "lesson_id": posting.correction.lesson.lesson_id,
            "generation": posting.correction.generation,
            "mark": posting.correction.lesson.mark,
            "amount_minor": posting.correction.amount,
            "unit": posting.line.contract.unit,
            "charged_at": at,
        }
        for posting in postings
        if isinstance(posting.correction, Debit)
    ]
    if rows:
        session.execute(insert(Charge), rows)


def _announce(session: Session, postings: Sequence[_Posting], at: datetime) -> None:
    """One event for each posting, with what its pocket held right after it."""
    held: dict[Pocket, int] = {}
    for posting in postings:
        pocket, amount = posting.background.pocket, posting.movement.amount.minor
        change = -amount if isinstance(posting.correction, Debit) else amount
        held[pocket] = held.get(pocket, pocket.held_minor) + change
        _announce_one(session, posting, held[pocket], at)


def _announce_one(session: Session, posting: _Posting, held_minor: int, at: datetime) -> None:
    line, correction, unit = posting.line, posting.correction, posting.line.contract.unit
    undone = correction.charge.charge_id if isinstance(correction, Reversal) else None
    debit_id = undone or posting.movement.movement_id
    record(
        session,
        DEBIT_REVERSED if undone else DEBIT_POSTED,
        region_code=line.contract.region_code,
        subject=debit_id,
        version=2 if undone else 1,
        data={
            "debit_id": debit_id,
            "contract_id": line.contract.contract_id,
            "enrollment_id": line.contract.enrollment_id,
            "certificate_id": line.contract.certificate_id,
            "child_id": posting.background.enrollment.child_id,
            "group_id": posting.background.enrollment.group_id,
            "provider_id": posting.background.enrollment.provider_id,
            "lesson_id": line.lesson.lesson_id,
            "lesson_on": line.lesson.lesson_on,
            "mark": line.mark.mark,
            "amount": posting.movement.amount.to_wire(),
            "balance_after": Amount(posting.background.pocket.available_minor, unit).to_wire(),
            "held_after": Amount(held_minor, unit).to_wire(),
            "posted_at": at,
        },
    )
