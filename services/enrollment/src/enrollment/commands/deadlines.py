"""What the system does by itself when an instant has come. Each round works on one group, whose seats it locks first.

A group that somebody else holds is left to the next round; `True` means that there may be more to do at once.
"""

from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from chassis import clock
from chassis.tables import fact
from enrollment.commands import drafts, leaving
from enrollment.commands.courses import look_at
from enrollment.commands.seats import held
from enrollment.commands.waiting import freeing
from enrollment.domain.eligibility import PUBLISHED
from enrollment.domain.states import BEFORE_ENROLMENT, ENROLLED, OFFERED, SUBMITTED
from enrollment.holds import Holds
from enrollment.models import Application, GroupSeats
from enrollment.neighbours import ACTIVE, PROVIDER, group_fact, group_terms

BATCH = 20
LAPSED = {SUBMITTED: "not_confirmed_in_time", OFFERED: "place_not_taken_in_time"}
UNFINISHED = (*BEFORE_ENROLMENT, ENROLLED)


def send_drafts(session: Session, holds: Holds) -> bool:
    """Send drafts of a group whose enrolment has opened, in the order in which they were saved."""
    due = select(GroupSeats).where(GroupSeats.drafts > 0, GroupSeats.opens_at <= clock.now())
    group = _claim(session, due.order_by(GroupSeats.opens_at))
    if group is None:
        return False
    with held(session, *group) as seats:
        drafts.send_due(session, look_at(session, seats), holds, limit=BATCH)
    return True


def lapse(session: Session, holds: Holds) -> bool:
    """Free the seats of a group that were kept long enough, and those of children whose last day is over."""
    now = clock.now()
    of_group = and_(Application.region_code == GroupSeats.region_code, Application.group_id == GroupSeats.group_id)
    due = select(GroupSeats).join(Application, of_group).where(Application.deadline_at <= now)
    group = _claim(session, due.order_by(Application.deadline_at))
    if group is None:
        return False
    with freeing(session, *group, holds) as seats:
        overdue = _of_group(seats).where(Application.deadline_at <= now).order_by(Application.deadline_at)
        for application in session.scalars(overdue.limit(BATCH)).all():
            _lapse(session, seats, application)
    return True


def end_group(session: Session) -> bool:
    """End what is still alive in a group whose last local day is over: enrolments complete, the rest is cancelled."""
    due = select(GroupSeats).where(GroupSeats.completes_at <= clock.now())
    group = _claim(session, due.order_by(GroupSeats.completes_at))
    if group is None:
        return False
    with held(session, *group) as seats:
        unfinished = _of_group(seats).where(Application.status.in_(UNFINISHED)).limit(BATCH)
        ending = session.scalars(unfinished).all()
        for application in ending:
            _end(session, seats, application)
        if len(ending) < BATCH:
            seats.completes_at = None
    return True


def refill(session: Session, holds: Holds) -> bool:
    """Offer seats that became free without a leave: of a raised capacity, of a provider that is active again."""
    provider = aliased(fact)
    of_provider = and_(
        provider.c.region_code == GroupSeats.region_code,
        provider.c.kind == PROVIDER.kind,
        provider.c.fact_id == fact.c.body["provider_id"].astext,
    )
    due = (
        select(GroupSeats)
        .join(fact, group_fact(GroupSeats.region_code, GroupSeats.group_id))
        .outerjoin(provider, of_provider)
        .where(
            GroupSeats.waiting > 0,
            GroupSeats.taken < GroupSeats.capacity,
            fact.c.body["state"].astext == PUBLISHED,
            func.coalesce(provider.c.body["state"].astext, ACTIVE) == ACTIVE,
        )
    )
    group = _claim(session, due)
    if group is None:
        return False
    with freeing(session, *group, holds):
        pass
    return True


def _claim(session: Session, due: Select[Any]) -> tuple[str, str] | None:
    """The first group of those that nobody else holds, now locked."""
    seats = session.scalar(due.limit(1).with_for_update(of=GroupSeats, skip_locked=True))
    return None if seats is None else (seats.region_code, seats.group_id)


def _of_group(seats: GroupSeats) -> Select[Application]:
    return (
        select(Application)
        .where(Application.region_code == seats.region_code, Application.group_id == seats.group_id)
        .execution_options(populate_existing=True)
    )


def _lapse(session: Session, seats: GroupSeats, application: Application) -> None:
    if application.status == ENROLLED:
        leaving.depart(seats, application)
        return
    reason = LAPSED[application.status]
    leaving.cancel(session, seats, application, by=leaving.SYSTEM, reason=reason, now=clock.now())


def _end(session: Session, seats: GroupSeats, application: Application) -> None:
    now = clock.now()
    if application.status != ENROLLED:
        reason = "no_longer_eligible"
        leaving.cancel(session, seats, application, by=leaving.SYSTEM, reason=reason, now=now)
    elif application.ended_on is not None:
        leaving.depart(seats, application)
    else:
        ends_on = group_terms(session, seats.region_code, seats.group_id)["ends_on"]
        on = max(ends_on, application.enrolled_on or ends_on)
        leaving.complete(session, seats, application, on, now)
