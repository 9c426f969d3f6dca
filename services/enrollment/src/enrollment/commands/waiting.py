"""The waiting list: a free seat is offered to the first who waits and may still come, strictly in order of arrival."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import RuleViolated
from contracts import enrollment as contract
from enrollment.commands.announcing import tell
from enrollment.commands.courses import Course, look_at
from enrollment.commands.leaving import SYSTEM, cancel
from enrollment.commands.seats import count, counted, held
from enrollment.domain.eligibility import check_child
from enrollment.domain.states import OFFERED, WAITLISTED, advance
from enrollment.holds import Holds
from enrollment.models import Application, GroupSeats
from enrollment.neighbours import known_child

BATCH = 50


@contextmanager
def freeing(session: Session, region_code: str, group_id: str, holds: Holds) -> Iterator[GroupSeats]:
    """As `seats.held`; seats that are free at the end of the block go to those who wait, in the same transaction."""
    with held(session, region_code, group_id) as seats:
        yield seats
        offer_places(session, seats, holds)


def offer_places(session: Session, seats: GroupSeats, holds: Holds) -> None:
    """Offer each free seat to the next in line; one who is no longer eligible is passed over and cancelled.

    At most `BATCH` of them are looked at; the rest is left to the next round.
    """
    if not counted(seats).may_offer:
        return
    course = look_at(session, seats)
    if not course.takes_waiting:
        return
    for application in _in_line(session, seats):
        if not counted(seats).may_offer:
            return
        if _fits(session, course, application):
            _offer(session, course, application, holds)
        else:
            reason = "no_longer_eligible"
            cancel(session, seats, application, by=SYSTEM, reason=reason, now=course.now)


def _in_line(session: Session, seats: GroupSeats) -> list[Application]:
    return list(
        session.scalars(
            select(Application)
            .where(
                Application.region_code == seats.region_code,
                Application.group_id == seats.group_id,
                Application.status == WAITLISTED,
            )
            .order_by(Application.arrival)
            .limit(BATCH)
            .execution_options(populate_existing=True)
        )
    )


def _fits(session: Session, course: Course, application: Application) -> bool:
    born_on = known_child(session, application.region_code, application.child_id)["born_on"]
    try:
        check_child(course.group, born_on, course.first_lesson_on(course.now))
    except RuleViolated:
        return False
    return True


def _offer(session: Session, course: Course, application: Application, holds: Holds) -> None:
    before, expires_at = application.status, holds.offer_until(course.now)
    application.status, application.deadline_at = advance(before, OFFERED), expires_at
    count(course.seats, before, OFFERED)
    tell(session, application, contract.PLACE_OFFERED, offered_at=course.now, expires_at=expires_at)
