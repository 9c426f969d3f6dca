"""Offers: what a group would cost a family, before it applies."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.commands import clubs
from billing.commands.expecting import Payer, expectation, expected, within_limits
from billing.commands.known import Known, unopened_enrollments
from billing.commands.programmes import rules_at
from billing.domain.contract import AWAITING_ACCEPTANCE, VALID, Facts, Terms, beginning, effective_from, last_day
from billing.domain.coverage import Lesson, Span, coming_of_age
from billing.domain.offer import Expectation, Quote, quote, terms_text
from billing.models import Certificate, CertificateState, FundingPeriod, FundingProgramme, Offer
from billing.models.queue import CATEGORY
from billing.neighbours import own_child
from chassis import clock
from chassis.context import Actor
from chassis.errors import InvalidInput, RuleViolated
from chassis.outbox import record
from chassis.values import Amount
from contracts.billing import OFFER_MADE

_PAST_OPENING = timedelta(days=1)
"""For how long past the opening of the enrolment an offer stands that was made before it."""


def make_offer(session: Session, caller: Actor, request: dict[str, Any], lifetime: timedelta) -> dict[str, Any]:
    """Price the rest of a group's lessons for the caller's own child; the offer stands for `lifetime`.

    For a group whose enrolment has not opened it stands a day past the opening. While the child's contract with the
    group waits for an acceptance, it prices that contract by its own terms. Raises `NotFound("child_not_found")`;
    `InvalidInput("region_mismatch")` for a group of another region; `RuleViolated`: `no_funding_period`,
    `certificate_frozen`, `certificate_revoked`, `certificate_expired`, and those of `billing.domain.offer.quote`.
    """
    terms = request["terms"]
    child = own_child(session, caller, request["child_id"])
    if terms["region_code"] != caller.region_code:
        raise InvalidInput("region_mismatch", "The group belongs to another region.", region_code=terms["region_code"])
    basis = _waiting_basis(session, caller, request) or _basis(session, caller, child, terms)
    quoted = quote(basis.terms, basis.allowed, basis.expectation, child["born_on"])
    if basis.first_day_known:
        quoted = replace(quoted, max_parent_share=quoted.shares.parent)
    offer = _offer(caller, request, basis, quoted, _expires_at(terms, lifetime))
    session.add(offer)
    session.flush()
    _announce(session, offer)
    return _view(offer, quoted, basis.expectation)


@dataclass(frozen=True)
class _Basis:
    """What an offer is priced by: terms, the days allowed, and what the certificate can be expected to pay with."""

    terms: Terms
    terms_version: int
    allowed: Span
    expectation: Expectation
    first_day_known: bool = False


def _basis(session: Session, caller: Actor, child: dict[str, Any], terms: dict[str, Any]) -> _Basis:
    """For a child that would apply now."""
    priced = _priced(terms)
    today = clock.today(terms["time_zone"])
    period = _period(session, caller.region_code, max(today, priced.group.first))
    certificate = _certificate(session, caller.region_code, child["child_id"])
    _check_in_force(session, certificate, priced)
    payer = certificate.payer_municipality_code if certificate else child["municipality_code"]
    programme = _programme(session, period, payer, priced.price.unit)
    valid_until = certificate.valid_until if certificate else coming_of_age(child["born_on"])
    allowed = Span(today, min(period.ends_on, valid_until))
    paid_for, expects = expectation(session, Payer(certificate, programme), priced, allowed, today)
    return _Basis(terms=priced, terms_version=terms["terms_version"], allowed=paid_for, expectation=expects)


def _waiting_basis(session: Session, caller: Actor, request: dict[str, Any]) -> _Basis | None:
    """For a contract that waits for an acceptance: its own terms from its own first day, and what there is now."""
    certificate = _certificate(session, caller.region_code, request["child_id"])
    if certificate is None:
        return None
    at = clock.now()
    known = next(
        (
            each
            for each in unopened_enrollments(session, caller.region_code, [certificate.certificate_id], at)
            if each.contract is not None
            and each.contract.state == AWAITING_ACCEPTANCE
            and each.enrollment.group_id == request["terms"]["group_id"]
        ),
        None,
    )
    if known is None:
        return None
    facts = clubs.with_limits(session, known, known.facts(known.purse, at), [], at)
    _check_in_force(session, certificate, facts.terms)
    paid_for, expects = _as_it_waits(session, known, facts)
    return _Basis(
        terms=facts.terms,
        terms_version=known.enrollment.terms_version,
        allowed=paid_for,
        expectation=expects,
        first_day_known=True,
    )


def _as_it_waits(session: Session, known: Known, facts: Facts) -> tuple[Span, Expectation]:
    """The days of the waiting contract that would be paid for, and with what, by the rules that it will keep."""
    begins, allowed = beginning(facts), Span(effective_from(facts.enrolled_on, facts.funding), last_day(facts))
    rules = rules_at(session, known.programme, allowed.first) if known.programme else None
    return within_limits(expected(known.purse, rules, None), facts.limits, allowed, begins)


def _expires_at(terms: dict[str, Any], lifetime: timedelta) -> datetime:
    """A draft is sent at the opening, with the offer that it was saved with."""
    expires_at, opens_at = clock.now() + lifetime, terms.get("opens_at")
    return max(expires_at, opens_at + _PAST_OPENING) if opens_at and opens_at > clock.now() else expires_at


def _check_in_force(session: Session, certificate: Certificate | None, priced: Terms) -> None:
    """A certificate that is frozen or no longer in force pays for nothing; a free group asks nothing of it."""
    if certificate is None or not priced.price.minor:
        return
    known = session.get(CertificateState, (certificate.region_code, certificate.certificate_id), populate_existing=True)
    if known is not None and known.state != VALID:
        raise RuleViolated(f"certificate_{known.state}", f"The child's certificate is {known.state}.")


def _priced(terms: dict[str, Any]) -> Terms:
    """The group's terms; its planned dates stand for lessons, which an offer does not tell apart."""
    price, normative = Amount.from_wire(terms["price"]), Amount.from_wire(terms["normative_price"])
    if price.unit != normative.unit or terms["ends_on"] < terms["starts_on"]:
        raise InvalidInput("terms_invalid", "The group's terms contradict themselves.")
    lessons = tuple(Lesson("", number, on) for number, on in enumerate(terms["lessons_on"], start=1))
    return Terms(Span(terms["starts_on"], terms["ends_on"]), price, normative, lessons, terms.get("direction"))


def _period(session: Session, region_code: str, on: date) -> FundingPeriod:
    query = select(FundingPeriod).where(
        FundingPeriod.region_code == region_code, FundingPeriod.starts_on <= on, FundingPeriod.ends_on >= on
    )
    period = session.scalars(query).one_or_none()
    if period is None:
        raise RuleViolated("no_funding_period", "No funding period holds the first day.", on=on.isoformat())
    return period


def _certificate(session: Session, region_code: str, child_id: str) -> Certificate | None:
    query = select(Certificate).where(Certificate.region_code == region_code, Certificate.child_id == child_id)
    return session.scalars(query).one_or_none()


def _programme(session: Session, period: FundingPeriod, payer: str, unit: str) -> FundingProgramme | None:
    query = select(FundingProgramme).where(
        FundingProgramme.region_code == period.region_code,
        FundingProgramme.municipality_code == payer,
        FundingProgramme.period_id == period.period_id,
        FundingProgramme.category == CATEGORY,
        FundingProgramme.unit == unit,
    )
    return session.scalars(query).one_or_none()


def _offer(caller: Actor, request: dict[str, Any], basis: _Basis, quoted: Quote, expires_at: datetime) -> Offer:
    terms, shares = request["terms"], quoted.shares
    return Offer(
        region_code=caller.region_code,
        offer_id=str(uuid.uuid4()),
        child_id=request["child_id"],
        group_id=terms["group_id"],
        guardian_id=caller.subject,
        title=terms["title"],
        terms=terms_text(terms["title"], quoted, basis.expectation, expires_at, terms["time_zone"]),
        terms_version=basis.terms_version,
        unit=shares.price.unit,
        price_minor=shares.price.minor,
        certificate_share_minor=shares.certificate.minor,
        parent_share_minor=shares.parent.minor,
        max_parent_share_minor=quoted.max_parent_share.minor,
        made_at=clock.now(),
        expires_at=expires_at,
    )


def _announce(session: Session, offer: Offer) -> None:
    record(
        session,
        OFFER_MADE,
        region_code=offer.region_code,
        subject=offer.offer_id,
        version=1,
        data={
            "offer_id": offer.offer_id,
            "child_id": offer.child_id,
            "group_id": offer.group_id,
            "guardian_id": offer.guardian_id,
            "terms_version": offer.terms_version,
            "max_parent_share": Amount(offer.max_parent_share_minor, offer.unit).to_wire(),
            "expires_at": offer.expires_at,
        },
    )


def _view(offer: Offer, quoted: Quote, expectation: Expectation) -> dict[str, Any]:
    shares = quoted.shares
    return {
        "offer_id": offer.offer_id,
        "child_id": offer.child_id,
        "group_id": offer.group_id,
        "price": shares.price.to_wire(),
        "certificate_share": shares.certificate.to_wire(),
        "parent_share": shares.parent.to_wire(),
        "max_parent_share": quoted.max_parent_share.to_wire(),
        "per_lesson": quoted.per_lesson.to_wire(),
        "months": _months_view(quoted),
        "lesson_count": len(quoted.lessons),
        "queue_position": expectation.queue_position,
        "terms": offer.terms,
        "terms_version": offer.terms_version,
        "expires_at": offer.expires_at,
    }


def _months_view(quoted: Quote) -> list[dict[str, Any]] | None:
    unit = quoted.shares.price.unit
    months = [{"month_on": each.on, "amount": Amount(each.amount, unit).to_wire()} for each in quoted.months]
    return months or None
