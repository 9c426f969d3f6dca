"""Offers: what a group would cost a family, before it applies."""

import uuid
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.commands.funding import purse_of
from billing.domain.contract import AWAITING_FUNDS, Terms
from billing.domain.coverage import Lesson, Span, coming_of_age
from billing.domain.offer import Expectation, Quote, quote, terms_text
from billing.domain.queue import affordable
from billing.models import (
    Certificate,
    Contract,
    FundingPeriod,
    FundingProgramme,
    FundingRequest,
    Offer,
    Pocket,
)
from billing.models.policies import policy_of
from billing.models.queue import CATEGORY, in_line, position
from billing.neighbours import own_child
from chassis import clock
from chassis.context import Actor
from chassis.errors import InvalidInput, RuleViolated
from chassis.outbox import record
from chassis.values import Amount
from contracts.billing import OFFER_MADE


def make_offer(session: Session, caller: Actor, request: dict[str, Any], lifetime: timedelta) -> dict[str, Any]:
    """Price the rest of a group's lessons for the caller's own child; the offer stands for `lifetime`.

    Raises `NotFound("child_not_found")`; `InvalidInput("region_mismatch")` for a group of another region;
    `RuleViolated`: `no_funding_period`, and those of `billing.domain.offer.quote`.
    """
    terms = request["terms"]
    child = own_child(session, caller, request["child_id"])
    if terms["region_code"] != caller.region_code:
        raise InvalidInput("region_mismatch", "The group belongs to another region.", region_code=terms["region_code"])
    priced = _priced(terms)
    today = clock.today(terms["time_zone"])
    period = _period(session, caller.region_code, max(today, priced.group.first))
    certificate = _certificate(session, caller.region_code, child["child_id"])
    payer = certificate.payer_municipality_code if certificate else child["municipality_code"]
    programme = _programme(session, period, payer, priced.price.unit)
    expectation = _expectation(session, certificate, programme, priced.price.unit)
    valid_until = certificate.valid_until if certificate else coming_of_age(child["born_on"])
    allowed = Span(today, min(period.ends_on, valid_until))
    quoted = quote(priced, allowed, expectation, child["born_on"])
    offer = _offer(caller, request, quoted, expectation, lifetime)
    session.add(offer)
    session.flush()
    _announce(session, offer)
    return _view(offer, quoted, expectation)


def _priced(terms: dict[str, Any]) -> Terms:
    """The group's terms; its planned dates stand for lessons, which an offer does not tell apart."""
    price, normative = Amount.from_wire(terms["price"]), Amount.from_wire(terms["normative_price"])
    if price.unit != normative.unit or terms["ends_on"] < terms["starts_on"]:
        raise InvalidInput("terms_invalid", "The group's terms contradict themselves.")
    lessons = tuple(Lesson("", number, on) for number, on in enumerate(terms["lessons_on"], start=1))
    return Terms(Span(terms["starts_on"], terms["ends_on"]), price, normative, lessons)


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


def _expectation(
    session: Session, certificate: Certificate | None, programme: FundingProgramme | None, unit: str
) -> Expectation:
    """What the child's certificate, or the one it would get, can be expected to pay with."""
    if programme is None:
        return Expectation(Amount(0, unit), None, None)
    available = _available(session, certificate, programme) if certificate else programme.nominal_minor
    place = _queue_position(session, certificate, programme)
    return Expectation(Amount(available, unit), policy_of(programme), place)


def _available(session: Session, certificate: Certificate, programme: FundingProgramme) -> int:
    """The pocket's balance; before the crediting, the nominal without what waiting contracts will take of it."""
    key = (certificate.region_code, certificate.certificate_id, programme.period_id, programme.municipality_code)
    pocket = session.get(Pocket, key)
    if pocket is not None:
        return pocket.available_minor
    waiting = select(func.coalesce(func.sum(Contract.certificate_share_minor), 0)).where(
        Contract.region_code == certificate.region_code,
        Contract.certificate_id == certificate.certificate_id,
        Contract.period_id == programme.period_id,
        Contract.state == AWAITING_FUNDS,
    )
    return max(0, programme.nominal_minor - int(session.scalars(waiting).one()))


def _queue_position(session: Session, certificate: Certificate | None, programme: FundingProgramme) -> int | None:
    """The certificate's place in line, or the one it would get; None when the nominal is or would be there at once."""
    at = clock.now()
    request = certificate and session.get(
        FundingRequest, (programme.region_code, certificate.certificate_id, programme.programme_id)
    )
    if request and request.granted_at:
        return None
    if request:
        place = position(programme.region_code, programme.programme_id, request.arrival, at)
        return session.scalars(select(place)).one()
    waiting = session.scalars(
        select(func.count()).where(
            FundingRequest.region_code == programme.region_code,
            FundingRequest.programme_id == programme.programme_id,
            in_line(at),
        )
    ).one()
    return None if affordable(purse_of(programme)) > waiting else waiting + 1


def _offer(
    caller: Actor, request: dict[str, Any], quoted: Quote, expectation: Expectation, lifetime: timedelta
) -> Offer:
    terms, shares, made_at = request["terms"], quoted.shares, clock.now()
    expires_at = made_at + lifetime
    return Offer(
        region_code=caller.region_code,
        offer_id=str(uuid.uuid4()),
        child_id=request["child_id"],
        group_id=terms["group_id"],
        guardian_id=caller.subject,
        title=terms["title"],
        terms=terms_text(terms["title"], quoted, expectation, expires_at, terms["time_zone"]),
        terms_version=terms["terms_version"],
        unit=shares.price.unit,
        price_minor=shares.price.minor,
        certificate_share_minor=shares.certificate.minor,
        parent_share_minor=shares.parent.minor,
        max_parent_share_minor=quoted.max_parent_share.minor,
        made_at=made_at,
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
        "lesson_count": len(quoted.lessons),
        "queue_position": expectation.queue_position,
        "terms": offer.terms,
        "terms_version": offer.terms_version,
        "expires_at": offer.expires_at,
    }
