"""Contracts: each enrolment of a certificate gets the contract that the facts call for, until it is active."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, exists, null, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from billing.commands import ledger
from billing.domain import ledger as books
from billing.domain.contract import (
    ACTIVE,
    AWAITING_ACCEPTANCE,
    AWAITING_FUNDS,
    Application,
    Facts,
    Funding,
    Terms,
    Verdict,
    decide,
)
from billing.domain.contract import Offer as Offered
from billing.domain.coverage import Lesson, Span
from billing.models import (
    Certificate,
    Contract,
    Credit,
    Enrollment,
    FundingPeriod,
    FundingProgramme,
    Offer,
    Pocket,
)
from billing.models.queue import period_of_enrollment, programme_of_enrollment
from chassis.outbox import record
from chassis.values import Amount
from contracts.billing import CONTRACT_ACTIVATED, CONTRACT_AWAITING_ACCEPTANCE, CONTRACT_AWAITING_FUNDS

_EVENTS = {
    AWAITING_FUNDS: CONTRACT_AWAITING_FUNDS,
    AWAITING_ACCEPTANCE: CONTRACT_AWAITING_ACCEPTANCE,
    ACTIVE: CONTRACT_ACTIVATED,
}
_FREEZING = text(
    "INSERT INTO contract_lesson (region_code, contract_id, lesson_id, lesson_on, k)"
    " SELECT :region_code, CAST(:contract_id AS uuid), listed.* FROM"
    " unnest(CAST(:lesson_ids AS uuid[]), CAST(:days AS date[])) WITH ORDINALITY AS listed (lesson_id, lesson_on, k)"
)
"""All lessons of a contract in one row set: there may be hundreds, and the programme is locked meanwhile."""
Known = Row[Certificate, Enrollment, FundingPeriod, FundingProgramme, Credit, Pocket, Offer, Contract]


def converge(session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime) -> None:
    """Bring the contracts that are not active yet to what the facts call for.

    One certificate's enrolments are served in the order in which they were made: the second uses what is left.
    """
    unsettled = _with_open_enrollments(session, region_code, certificate_ids)
    left: dict[str, Amount] = {}
    for known in _open_enrollments(session, region_code, unsettled) if unsettled else ():
        enrollment, programme, credit, pocket = known.Enrollment, known.FundingProgramme, known.Credit, known.Pocket
        nominal = programme.nominal_minor if programme else 0
        start = Amount(pocket.available_minor if credit else nominal, enrollment.unit)
        key = f"{known.Certificate.certificate_id} {known.FundingPeriod.period_id} {enrollment.unit}"
        available = left.setdefault(key, start)
        verdict = decide(_facts(known, available))
        if verdict.state != AWAITING_ACCEPTANCE:
            left[key] = available - verdict.split.certificate
        _realise(session, known, verdict, at)


def _with_open_enrollments(session: Session, region_code: str, certificate_ids: Sequence[str]) -> Sequence[str]:
    """The certificates with an enrolment whose contract is not active: seldom any when a lesson page is settled."""
    active = exists().where(
        Contract.region_code == Enrollment.region_code,
        Contract.enrollment_id == Enrollment.enrollment_id,
        Contract.state == ACTIVE,
    )
    query = (
        select(Certificate.certificate_id)
        .distinct()
        .join(
            Enrollment,
            (Enrollment.region_code == Certificate.region_code) & (Enrollment.child_id == Certificate.child_id),
        )
        .where(Certificate.region_code == region_code, Certificate.certificate_id.in_(certificate_ids), ~active)
    )
    return session.scalars(query).all()


def _open_enrollments(session: Session, region_code: str, certificate_ids: Sequence[str]) -> Sequence[Known]:
    query = (
        select(Certificate, Enrollment, FundingPeriod, FundingProgramme, Credit, Pocket, Offer, Contract)
        .select_from(Certificate)
        .join(
            Enrollment,
            (Enrollment.region_code == Certificate.region_code) & (Enrollment.child_id == Certificate.child_id),
        )
        .join(FundingPeriod, period_of_enrollment())
        .outerjoin(FundingProgramme, programme_of_enrollment())
        .outerjoin(Credit, _of_pocket(Credit))
        .outerjoin(Pocket, _of_pocket(Pocket))
        .outerjoin(Offer, (Offer.region_code == Enrollment.region_code) & (Offer.offer_id == Enrollment.offer_id))
        .outerjoin(
            Contract,
            (Contract.region_code == Enrollment.region_code)
            & (Contract.enrollment_id == Enrollment.enrollment_id)
            & (Contract.period_id == FundingPeriod.period_id),
        )
        .where(
            Certificate.region_code == region_code,
            Certificate.certificate_id.in_(certificate_ids),
            Contract.state.is_distinct_from(ACTIVE),
        )
        .order_by(Certificate.certificate_id, Enrollment.enrolled_at, Enrollment.enrollment_id)
        .execution_options(populate_existing=True)
    )
    return session.execute(query).all()


def _of_pocket(model: type[Credit] | type[Pocket]) -> Any:
    return (
        (model.region_code == Certificate.region_code)
        & (model.certificate_id == Certificate.certificate_id)
        & (model.period_id == FundingPeriod.period_id)
        & (model.municipality_code == Certificate.payer_municipality_code)
        & (model.unit == Enrollment.unit)
    )


def _facts(known: Known, available: Amount) -> Facts:
    enrollment, period, credit = known.Enrollment, known.FundingPeriod, known.Credit
    return Facts(
        application=Application(
            enrollment_id=enrollment.enrollment_id,
            child_id=enrollment.child_id,
            group_id=enrollment.group_id,
            accepted_by=enrollment.accepted_by,
            terms_version=enrollment.terms_version,
            submitted_at=enrollment.submitted_at,
        ),
        enrolled_on=enrollment.enrolled_on,
        terms=_terms(enrollment),
        period=Span(period.starts_on, period.ends_on),
        certificate_ends_on=known.Certificate.valid_until,
        offer=_offered(known.Offer),
        funding=Funding(credit.credited_on, credit.was_queued) if credit else None,
        available=available,
    )


def _terms(enrollment: Enrollment) -> Terms:
    return Terms(
        group=Span(enrollment.group_starts_on, enrollment.group_ends_on),
        price=Amount(enrollment.price_minor, enrollment.unit),
        normative=Amount(enrollment.normative_minor, enrollment.unit),
        lessons=tuple(
            Lesson(each["lesson_id"], each["number"], date.fromisoformat(each["on"])) for each in enrollment.lessons
        ),
    )


def _offered(offer: Offer | None) -> Offered | None:
    if offer is None:
        return None
    return Offered(
        child_id=offer.child_id,
        group_id=offer.group_id,
        guardian_id=offer.guardian_id,
        terms_version=offer.terms_version,
        max_parent_share=Amount(offer.max_parent_share_minor, offer.unit),
        expires_at=offer.expires_at,
        used_by=offer.enrollment_id,
    )


@dataclass(frozen=True)
class _Change:
    """A contract that is about to become what the verdict says."""

    contract_id: str
    version: int
    verdict: Verdict


def _realise(session: Session, known: Known, verdict: Verdict, at: datetime) -> None:
    """Write, announce and, when it becomes active, hold for the contract; nothing when it is so already."""
    contract = known.Contract
    _use_offer(session, known)
    if contract is not None and contract.state == verdict.state:
        return
    change = _Change(
        contract_id=contract.contract_id if contract else str(uuid.uuid4()),
        version=contract.version + 1 if contract else 1,
        verdict=verdict,
    )
    session.execute(_saving(known, change))
    if verdict.state == ACTIVE:
        _activate(session, known, change, at)
    record(
        session,
        _EVENTS[verdict.state],
        region_code=known.Enrollment.region_code,
        subject=change.contract_id,
        version=change.version,
        data=_announcement(known, change),
    )


def _use_offer(session: Session, known: Known) -> None:
    """The first enrolment that comes with an offer uses it up, whether its acceptance stands or not."""
    offer = known.Offer
    if offer is not None and offer.enrollment_id is None:
        offer.enrollment_id = known.Enrollment.enrollment_id
        session.flush()


def _saving(known: Known, change: _Change) -> Any:
    enrollment, programme, shares = known.Enrollment, known.FundingProgramme, change.verdict.split
    fixed = {
        "region_code": enrollment.region_code,
        "contract_id": change.contract_id,
        "enrollment_id": enrollment.enrollment_id,
        "period_id": known.FundingPeriod.period_id,
        "certificate_id": known.Certificate.certificate_id,
        "unit": enrollment.unit,
    }
    changing: Mapping[str, Any] = {
        "municipality_code": known.Certificate.payer_municipality_code,
        "programme_id": programme.programme_id if programme else null(),
        "state": change.verdict.state,
        "reason": change.verdict.reason,
        "effective_from": change.verdict.effective_from,
        "price_minor": shares.price.minor,
        "certificate_share_minor": shares.certificate.minor,
        "parent_share_minor": shares.parent.minor,
        "lesson_count": len(change.verdict.lessons),
        "version": change.version,
    }
    return (
        upsert(Contract)
        .values(**fixed, **changing)
        .on_conflict_do_update(index_elements=["region_code", "contract_id"], set_=dict(changing))
    )


def _activate(session: Session, known: Known, change: _Change, at: datetime) -> None:
    """Freeze the list of lessons, and hold the certificate's share."""
    session.execute(
        _FREEZING,
        {
            "region_code": known.Enrollment.region_code,
            "contract_id": change.contract_id,
            "lesson_ids": [lesson.lesson_id for lesson in change.verdict.lessons],
            "days": [lesson.on for lesson in change.verdict.lessons],
        },
    )
    if change.verdict.split.certificate.minor:
        ledger.post(session, known.Enrollment.region_code, [_hold(known, change, at)], at)


def _hold(known: Known, change: _Change, at: datetime) -> books.Movement:
    pocket = books.Pocket(
        known.Certificate.certificate_id, known.FundingPeriod.period_id, known.Certificate.payer_municipality_code
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
        actor=known.Enrollment.accepted_by,
        rule_version=known.FundingProgramme.rule_version,
        details={
            "lessons": len(change.verdict.lessons),
            "effective_from": effective_from.isoformat() if effective_from else None,
            "group_title": known.Offer.title if known.Offer else None,
        },
    )


def _announcement(known: Known, change: _Change) -> dict[str, Any]:
    enrollment, shares = known.Enrollment, change.verdict.split
    return {
        "contract_id": change.contract_id,
        "enrollment_id": enrollment.enrollment_id,
        "certificate_id": known.Certificate.certificate_id,
        "child_id": enrollment.child_id,
        "group_id": enrollment.group_id,
        "certificate_share": shares.certificate.to_wire(),
        "parent_share": shares.parent.to_wire(),
        "effective_from": change.verdict.effective_from,
    }
