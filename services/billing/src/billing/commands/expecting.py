"""What a child's certificate, or the one that it would get, can be expected to pay with."""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.commands import clubs
from billing.commands.funding import purse_of
from billing.commands.programmes import rules_at
from billing.domain.clubs import NO_LIMITS, Limits, Room
from billing.domain.contract import AWAITING_FUNDS, Terms, room_for
from billing.domain.coverage import Span
from billing.domain.offer import Expectation
from billing.domain.queue import affordable
from billing.domain.rules import MONTHLY
from billing.models import Certificate, Contract, FundingProgramme, FundingRequest, FundingRules, Pocket
from billing.models.policies import limits_of, policy_of
from billing.models.queue import position, waiting
from chassis import clock
from chassis.values import Amount


@dataclass(frozen=True)
class Payer:
    """The child's certificate, if it has one yet, and the programme that would fund it, if there is one."""

    certificate: Certificate | None
    programme: FundingProgramme | None


def expectation(session: Session, payer: Payer, terms: Terms, allowed: Span, today: date) -> tuple[Span, Expectation]:
    """Which of the days would be paid for, and with what, by the rules of today."""
    certificate, programme, unit = payer.certificate, payer.programme, terms.price.unit
    if programme is None:
        return allowed, Expectation(Amount(0, unit), None, None)
    rules = rules_at(session, programme, today)
    minor = _available(session, certificate, programme, rules) if certificate else rules.nominal_minor
    available, pays = Amount(minor, unit), min(terms.price.minor, terms.normative.minor)
    limits = limits_of(rules).concerning(terms.direction) if pays else NO_LIMITS
    paid = clubs.beside(session, limits, certificate, programme.period_id, clock.now())
    begins = room_for(terms, allowed, available, limits, paid)
    place = _queue_position(session, certificate, programme, rules)
    return within_limits(expected(available, rules, place), limits, allowed, begins)


def expected(available: Amount, rules: FundingRules | None, place: int | None) -> Expectation:
    """What these rules let a certificate pay that has so much, and waits for money at that place of the line."""
    if rules is None:
        return Expectation(available, None, place)
    return Expectation(available, policy_of(rules), place, by_month=rules.charge == MONTHLY)


def within_limits(unlimited: Expectation, limits: Limits, allowed: Span, begins: Room) -> tuple[Span, Expectation]:
    """What the limits leave of it, and of the allowed days."""
    if begins.reached:
        nothing = Amount(0, unlimited.available.unit)
        return allowed, replace(unlimited, available=nothing, limits=limits, reached=begins.reached)
    pays_from = begins.first if begins.first > allowed.first else None
    return Span(begins.first, allowed.last), replace(unlimited, limits=limits, pays_from=pays_from)


def _available(session: Session, certificate: Certificate, programme: FundingProgramme, rules: FundingRules) -> int:
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
    return max(0, rules.nominal_minor - int(session.scalars(waiting).one()))


def _queue_position(
    session: Session, certificate: Certificate | None, programme: FundingProgramme, rules: FundingRules
) -> int | None:
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
    ahead = session.scalars(waiting(programme.region_code, programme.programme_id, at)).one()
    return None if affordable(purse_of(programme, rules)) > ahead else ahead + 1
