"""Deadlines that no fact tells: an acceptance that did not come, a journal that was not filled, a day that has come.

The days are those of an end that was known ahead, and of a period's end. Each loop claims certificates that nobody
else is settling, the most overdue first, a few in a transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, select, text
from sqlalchemy.orm import Session

from billing.commands.accepting import refuse
from billing.commands.settling import settle
from billing.domain.contract import AWAITING_ACCEPTANCE, NOT_ACCEPTED_IN_TIME
from billing.models import Certificate, Contract, Enrollment, FundingPeriod
from billing.models.queue import local_day
from chassis import clock
from contracts.enrollment import JOURNAL_DAYS

BATCH = 20
_REVIEWED = text("""
    UPDATE contract c SET review_on = least(
        (SELECT min(coalesce(g.moved_to, l.lesson_on)) + :journal_days + 1
         FROM contract_lesson l LEFT JOIN lesson_change g USING (region_code, lesson_id)
         WHERE l.region_code = c.region_code AND l.contract_id = c.contract_id AND NOT coalesce(g.cancelled, false)
           AND coalesce(g.moved_to, l.lesson_on) + :journal_days >= timezone(p.time_zone, :at)::date),
        CASE WHEN p.ends_on >= timezone(p.time_zone, :at)::date THEN p.ends_on + 1
             WHEN c.state = 'awaiting_funds' AND p.closes_at > :at
             THEN timezone(p.time_zone, p.closes_at - interval '1 microsecond')::date + 1 END)
    FROM funding_period p
    WHERE p.region_code = c.region_code AND p.period_id = c.period_id
      AND c.region_code = :region_code AND c.certificate_id = ANY(CAST(:certificate_ids AS uuid[]))
      AND c.review_on <= timezone(p.time_zone, :at)::date
""")
"""The next day to look: when the next lesson's journal closes, or the day after the period.

A contract that a frozen certificate holds up may still open until its period is closed.
"""


def lapse_acceptances(session: Session) -> bool:
    """Refuse contracts that waited too long for an acceptance, and still do; True when there may be more."""
    at = clock.now()
    due = (
        _claim(Certificate.region_code, Certificate.child_id, Enrollment)
        .join(
            Enrollment,
            and_(Enrollment.region_code == Contract.region_code, Enrollment.enrollment_id == Contract.enrollment_id),
        )
        .where(Contract.state == AWAITING_ACCEPTANCE, Contract.accept_by <= at)
        .order_by(Contract.accept_by)
    )
    claimed = session.execute(due).all()
    _settle(session, claimed)
    for row in claimed:
        if _still_waits(session, row.Enrollment, at):
            refuse(session, row.Enrollment, NOT_ACCEPTED_IN_TIME)
    _settle(session, claimed)
    return len(claimed) == BATCH


def _still_waits(session: Session, enrollment: Enrollment, at: datetime) -> bool:
    """Asked under the certificate's lock: an acceptance may have come just before it."""
    query = select(Contract.contract_id).where(
        Contract.region_code == enrollment.region_code,
        Contract.enrollment_id == enrollment.enrollment_id,
        Contract.state == AWAITING_ACCEPTANCE,
        Contract.accept_by <= at,
    )
    return session.scalar(query) is not None


def review_contracts(session: Session) -> bool:
    """Settle contracts whose next deadline has passed; True when there may be more."""
    at = clock.now()
    due = (
        _claim(Certificate.region_code, Certificate.child_id, Certificate.certificate_id)
        .join(
            FundingPeriod,
            and_(FundingPeriod.region_code == Contract.region_code, FundingPeriod.period_id == Contract.period_id),
        )
        .where(Contract.review_on <= local_day(at))
        .order_by(Contract.review_on)
    )
    claimed = session.execute(due).all()
    _settle(session, claimed)
    for region_code in {row.region_code for row in claimed}:
        certificate_ids = [row.certificate_id for row in claimed if row.region_code == region_code]
        parameters = {"region_code": region_code, "certificate_ids": certificate_ids, "at": at}
        session.execute(_REVIEWED, {**parameters, "journal_days": JOURNAL_DAYS})
    return len(claimed) == BATCH


def _claim(*columns: Any) -> Select[Any]:
    """SQL: contracts with their certificates, locked, but for those that another transaction has."""
    return (
        select(*columns)
        .select_from(Contract)
        .join(
            Certificate,
            and_(
                Certificate.region_code == Contract.region_code, Certificate.certificate_id == Contract.certificate_id
            ),
        )
        .limit(BATCH)
        .with_for_update(key_share=True, skip_locked=True, of=Certificate)
    )


def _settle(session: Session, claimed: Sequence[Row[Any]]) -> None:
    for region_code in sorted({row.region_code for row in claimed}):
        settle(session, region_code, {row.child_id for row in claimed if row.region_code == region_code})
