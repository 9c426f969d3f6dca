"""What a certificate pays for beside a contract that is decided or offered, and the limits that this may reach."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, text
from sqlalchemy.orm import Session

from billing.commands.known import Known
from billing.commands.programmes import rules_at
from billing.domain.clubs import NO_LIMITS, Club, Limits
from billing.domain.contract import AWAITING_FUNDS, Facts, effective_from
from billing.domain.coverage import Span
from billing.models import Certificate, Contract, Enrollment, EnrollmentEnd, FundingPeriod
from billing.models.policies import limits_of
from billing.models.queue import end_of_enrollment, last_live_day
from chassis import clock

_LOOK_AGAIN = text("""
    UPDATE contract c SET review_on = (
        SELECT min(e.effective_on)
        FROM certificate t
        JOIN enrollment n ON n.region_code = t.region_code AND n.child_id = t.child_id
        JOIN enrollment_end e ON e.region_code = n.region_code AND e.enrollment_id = n.enrollment_id
        WHERE t.region_code = c.region_code AND t.certificate_id = c.certificate_id
          AND e.effective_on > timezone(p.time_zone, :at)::date)
    FROM funding_period p
    WHERE p.region_code = c.region_code AND p.period_id = c.period_id
      AND c.region_code = :region_code AND c.certificate_id = ANY(CAST(:certificate_ids AS uuid[]))
      AND c.state = 'awaiting_acceptance' AND c.reason IN ('clubs_limit_reached', 'direction_limit_reached')
""")


def with_limits(session: Session, known: Known, facts: Facts, promised: Sequence[Club], at: datetime) -> Facts:
    """The facts with the limits of the day from which the contract could be covered, and the contracts they count.

    These are the opened ones and those `promised` money before this one. The certificate is locked.
    """
    if known.programme is None or not min(facts.terms.price.minor, facts.terms.normative.minor):
        return facts
    first_day, rules = effective_from(facts.enrolled_on, facts.funding), known.rules
    if rules is None or not rules.valid_from <= first_day <= rules.valid_until:
        rules = rules_at(session, known.programme, first_day)
    limits = limits_of(rules).concerning(known.enrollment.direction)
    if limits == NO_LIMITS:
        return facts
    paid = _clubs(session, _OPENED, known.certificate, known.period.period_id, at)
    return replace(facts, limits=limits, paid=(*paid, *promised))


def beside(
    session: Session, limits: Limits, certificate: Certificate | None, period_id: str, at: datetime
) -> list[Club]:
    """What a new application would find: contracts that are open, and those that wait for the certificate's money."""
    if limits == NO_LIMITS or certificate is None:
        return []
    return [each for query in (_OPENED, _WAITING) for each in _clubs(session, query, certificate, period_id, at)]


def look_again(session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime) -> None:
    """Have contracts that wait for room reviewed on the day of the next end that is known of their child's others."""
    session.execute(_LOOK_AGAIN, {"region_code": region_code, "certificate_ids": certificate_ids, "at": at})


def _clubs(session: Session, query: Any, certificate: Certificate, period_id: str, at: datetime) -> list[Club]:
    asked = {
        "region_code": certificate.region_code,
        "certificate_id": certificate.certificate_id,
        "period_id": period_id,
    }
    return [_club(row, at) for row in session.execute(query, asked)]


def _club(row: Row[Any], at: datetime) -> Club:
    first = max(row.effective_from or row.enrolled_on, row.group_starts_on)
    ended = row.ended_on is not None and row.ended_on <= clock.local_date(at, row.time_zone)
    return Club(Span(first, min(row.last_live_on, row.period_ends_on)), row.direction, ended)


def _paid() -> Any:
    return (
        select(
            *(Contract.effective_from, Enrollment.enrolled_on, Enrollment.group_starts_on, Enrollment.direction),
            *(EnrollmentEnd.effective_on.label("ended_on"), last_live_day().label("last_live_on")),
            *(FundingPeriod.ends_on.label("period_ends_on"), FundingPeriod.time_zone),
        )
        .select_from(Contract)
        .join(
            Enrollment,
            (Enrollment.region_code == Contract.region_code) & (Enrollment.enrollment_id == Contract.enrollment_id),
        )
        .join(
            Certificate,
            (Certificate.region_code == Contract.region_code) & (Certificate.certificate_id == Contract.certificate_id),
        )
        .join(
            FundingPeriod,
            (FundingPeriod.region_code == Contract.region_code) & (FundingPeriod.period_id == Contract.period_id),
        )
        .outerjoin(EnrollmentEnd, end_of_enrollment())
        .where(
            Contract.region_code == bindparam("region_code"),
            Contract.certificate_id == bindparam("certificate_id"),
            Contract.period_id == bindparam("period_id"),
            Contract.certificate_share_minor > 0,
        )
    )


_OPENED = _paid().where(Contract.effective_from.is_not(None))
_WAITING = _paid().where(Contract.state == AWAITING_FUNDS)
