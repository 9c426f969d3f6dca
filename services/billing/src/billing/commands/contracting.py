"""Contracts: each enrolment of a certificate gets the one that the facts call for, until it is opened or refused."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import null, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from billing.commands import clubs, ledger
from billing.commands.known import Known, terms_of, unopened_enrollments, with_unopened_enrollments
from billing.commands.programmes import rules_at
from billing.domain import ledger as books
from billing.domain.clubs import CLUBS_LIMIT, DIRECTION_LIMIT, Club
from billing.domain.contract import (
    ACTIVE,
    AWAITING_ACCEPTANCE,
    AWAITING_FUNDS,
    CLOSED,
    REFUSED,
    Facts,
    Verdict,
    decide,
    effective_from,
)
from billing.domain.rules import PER_LESSON
from billing.models import Contract, FundingRules
from billing.settings import acceptance_days
from chassis.outbox import record
from chassis.values import Amount
from contracts.billing import (
    CONTRACT_ACTIVATED,
    CONTRACT_AWAITING_ACCEPTANCE,
    CONTRACT_AWAITING_FUNDS,
    CONTRACT_CLOSED,
    CONTRACT_REFUSED,
)
from contracts.enrollment import JOURNAL_DAYS

_EVENTS = {
    AWAITING_FUNDS: CONTRACT_AWAITING_FUNDS,
    AWAITING_ACCEPTANCE: CONTRACT_AWAITING_ACCEPTANCE,
    ACTIVE: CONTRACT_ACTIVATED,
    REFUSED: CONTRACT_REFUSED,
    CLOSED: CONTRACT_CLOSED,
}
_FREEZING = text(
    "INSERT INTO contract_lesson (region_code, contract_id, lesson_id, lesson_on, k)"
    " SELECT :region_code, CAST(:contract_id AS uuid), listed.* FROM"
    " unnest(CAST(:lesson_ids AS uuid[]), CAST(:days AS date[])) WITH ORDINALITY AS listed (lesson_id, lesson_on, k)"
)
"""All lessons of a contract in one row set: there may be hundreds, and the programme is locked meanwhile."""
_JOURNAL_OPEN = timedelta(days=JOURNAL_DAYS + 1)


def converge(session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime) -> list[str]:
    """Bring the contracts that are not open yet to what the facts call for; how those that were opened are charged.

    The certificates are locked. One certificate's enrolments are served in the order in which they were made: the
    second uses what is left, of the money and of the clubs that are paid for at once.
    """
    unsettled = with_unopened_enrollments(session, region_code, certificate_ids)
    left: dict[tuple[str, str, str], Amount] = {}
    promised: dict[tuple[str, str, str], list[Club]] = {}
    opened: list[str] = []
    without_room: set[str] = set()
    for known in unopened_enrollments(session, region_code, unsettled, at) if unsettled else ():
        available, before = left.setdefault(known.purse_key, known.purse), promised.setdefault(known.purse_key, [])
        facts = clubs.with_limits(session, known, known.facts(available, at), before, at)
        verdict = decide(facts)
        if verdict.state in (ACTIVE, AWAITING_FUNDS):
            left[known.purse_key] = available - verdict.split.certificate
        if verdict.state == AWAITING_FUNDS and verdict.split.certificate.minor:
            before.append(Club(terms_of(known.enrollment).group.within(verdict.days), known.enrollment.direction))
        rules = _rules(session, known, facts, verdict)
        _realise(session, known, verdict, rules, at)
        if verdict.state == ACTIVE:
            opened.append(rules.charge if rules else PER_LESSON)
        elif verdict.reason in (CLUBS_LIMIT, DIRECTION_LIMIT):
            without_room.add(known.certificate.certificate_id)
    if without_room:
        clubs.look_again(session, region_code, sorted(without_room), at)
    return opened


@dataclass(frozen=True)
class _Change:
    """A contract that is about to become what the verdict says."""

    contract_id: str
    version: int
    verdict: Verdict
    accept_by: datetime | None
    rule_version: int | None


def _realise(session: Session, known: Known, verdict: Verdict, rules: FundingRules | None, at: datetime) -> None:
    """Write, announce and, when it becomes active, hold for the contract; nothing when it is so already."""
    contract = known.contract
    _use_offer(session, known)
    if contract is not None and _is_so(contract, verdict):
        return
    told = contract is not None and (contract.state, contract.reason) == (verdict.state, verdict.reason)
    change = _Change(
        contract_id=contract.contract_id if contract else str(uuid.uuid4()),
        version=(contract.version if contract else 0) + (not told),
        verdict=verdict,
        accept_by=_accept_by(contract, verdict, at),
        rule_version=rules.rule_version if rules else None,
    )
    session.execute(_saving(known, change))
    if verdict.state == ACTIVE:
        _open(session, known, change, at)
    if not told:
        _announce(session, known, change)


def _is_so(contract: Contract, verdict: Verdict) -> bool:
    return (contract.state, contract.reason, contract.price_minor, contract.certificate_share_minor) == (
        verdict.state,
        verdict.reason,
        verdict.split.price.minor,
        verdict.split.certificate.minor,
    )


def _use_offer(session: Session, known: Known) -> None:
    """The first enrolment that comes with an offer uses it up, whether its acceptance stands or not."""
    offer = known.offer
    if offer is not None and offer.enrollment_id is None:
        offer.enrollment_id = known.enrollment.enrollment_id
        session.flush()


def _accept_by(contract: Contract | None, verdict: Verdict, at: datetime) -> datetime | None:
    """The time for an acceptance runs from the first day on which the contract waits for one."""
    if verdict.state != AWAITING_ACCEPTANCE:
        return None
    waits = contract is not None and contract.state == AWAITING_ACCEPTANCE
    return contract.accept_by if contract and waits else at + timedelta(days=acceptance_days())


def _rules(session: Session, known: Known, facts: Facts, verdict: Verdict) -> FundingRules | None:
    """An opened contract keeps the rules of the day on which it could begin; their limits may move its first day."""
    if verdict.state != ACTIVE or known.programme is None:
        return None
    return rules_at(session, known.programme, effective_from(facts.enrolled_on, facts.funding))


def _saving(known: Known, change: _Change) -> Any:
    enrollment, programme, verdict = known.enrollment, known.programme, change.verdict
    fixed = {
        "region_code": enrollment.region_code,
        "contract_id": change.contract_id,
        "enrollment_id": enrollment.enrollment_id,
        "period_id": known.period.period_id,
        "certificate_id": known.certificate.certificate_id,
        "unit": enrollment.unit,
    }
    changing: Mapping[str, Any] = {
        "municipality_code": known.certificate.payer_municipality_code,
        "programme_id": programme.programme_id if programme else null(),
        "state": verdict.state,
        "reason": verdict.reason,
        "effective_from": verdict.effective_from,
        "price_minor": verdict.split.price.minor,
        "certificate_share_minor": verdict.split.certificate.minor,
        "parent_share_minor": verdict.split.parent.minor,
        "lesson_count": len(verdict.lessons),
        "accept_by": change.accept_by,
        "rule_version": change.rule_version,
        "review_on": _review_on(known, verdict, change.accept_by),
        "version": change.version,
    }
    return (
        upsert(Contract)
        .values(**fixed, **changing)
        .on_conflict_do_update(index_elements=["region_code", "contract_id"], set_=dict(changing))
    )


def _review_on(known: Known, verdict: Verdict, accept_by: datetime | None) -> date | None:
    """The first day on which a contract that is not over may need something that no fact tells.

    Who was given days to accept keeps them, though the period ends meanwhile.
    """
    if verdict.state in (REFUSED, CLOSED) or accept_by is not None:
        return None
    deadlines = [lesson.on + _JOURNAL_OPEN for lesson in verdict.lessons] if verdict.state == ACTIVE else []
    return min([*deadlines, known.period.ends_on + timedelta(days=1)])


def _open(session: Session, known: Known, change: _Change, at: datetime) -> None:
    """Freeze the list of lessons, and hold the certificate's share."""
    session.execute(
        _FREEZING,
        {
            "region_code": known.enrollment.region_code,
            "contract_id": change.contract_id,
            "lesson_ids": [lesson.lesson_id for lesson in change.verdict.lessons],
            "days": [lesson.on for lesson in change.verdict.lessons],
        },
    )
    if change.verdict.split.certificate.minor:
        ledger.post(session, known.enrollment.region_code, [_hold(known, change, at)], at)


def _hold(known: Known, change: _Change, at: datetime) -> books.Movement:
    pocket = books.Pocket(
        known.certificate.certificate_id, known.period.period_id, known.certificate.payer_municipality_code
    )
    effective_from = change.verdict.effective_from
    return books.Movement(
        movement_id=str(uuid.uuid4()),
        kind=books.HOLD,
        cause="contract_activated",
        source=books.available(pocket),
        target=books.held(pocket, change.contract_id),
        amount=change.verdict.split.certificate,
        occurred_at=at,
        actor=known.acceptance.accepted_by if known.acceptance else known.enrollment.accepted_by,
        rule_version=change.rule_version or 0,
        details={
            "lessons": len(change.verdict.lessons),
            "effective_from": effective_from.isoformat() if effective_from else None,
            "group_title": known.offer.title if known.offer else None,
        },
    )


def _announce(session: Session, known: Known, change: _Change) -> None:
    enrollment, verdict = known.enrollment, change.verdict
    waiting = {"accept_by": change.accept_by} if change.accept_by else {}
    record(
        session,
        _EVENTS[verdict.state],
        region_code=enrollment.region_code,
        subject=change.contract_id,
        version=change.version,
        data={
            "contract_id": change.contract_id,
            "enrollment_id": enrollment.enrollment_id,
            "certificate_id": known.certificate.certificate_id,
            "child_id": enrollment.child_id,
            "group_id": enrollment.group_id,
            "certificate_share": verdict.split.certificate.to_wire(),
            "parent_share": verdict.split.parent.to_wire(),
            "effective_from": verdict.effective_from,
            "reason": verdict.reason,
            **waiting,
        },
    )
