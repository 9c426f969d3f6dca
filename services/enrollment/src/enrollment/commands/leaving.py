"""How applications and enrolments end."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from chassis import clock
from contracts import enrollment as contract
from enrollment.commands.announcing import tell, tell_end
from enrollment.commands.seats import count
from enrollment.domain.states import CANCELLED, COMPLETED, WITHDRAWN, advance
from enrollment.models import Application, GroupSeats

FAMILY, PROVIDER, SYSTEM = contract.PARTIES


def cancel(
    session: Session, seats: GroupSeats, application: Application, *, by: str, reason: str, now: datetime
) -> None:
    """End an application before its enrolment. Raises `Conflict("transition_not_allowed")`."""
    _step(seats, application, CANCELLED)
    application.ended_at, application.ended_by, application.reason = now, by, reason
    tell(session, application, contract.APPLICATION_CANCELLED, cancelled_at=now, by=by, reason=reason)


def withdraw(
    session: Session,
    seats: GroupSeats,
    application: Application,
    *,
    on: date,
    by: str,
    reason: str,
    now: datetime,
    time_zone: str,
) -> None:
    """End an enrolment with a last local day. Until a day that is still ahead is over, the child keeps its seat."""
    application.ended_at, application.ended_by, application.reason, application.ended_on = now, by, reason, on
    if on > clock.local_date(now, time_zone):
        application.deadline_at = clock.end_of_day(on, time_zone)
    else:
        depart(seats, application)
    tell_end(session, application, contract.WITHDRAWN, withdrawn_at=now, by=by, reason=reason)


def depart(seats: GroupSeats, application: Application) -> None:
    """Free the seat of a child whose leaving has been told."""
    _step(seats, application, WITHDRAWN)


def complete(session: Session, seats: GroupSeats, application: Application, on: date, now: datetime) -> None:
    """End an enrolment with its group."""
    _step(seats, application, COMPLETED)
    application.ended_at, application.ended_by, application.ended_on = now, SYSTEM, on
    tell_end(session, application, contract.COMPLETED, completed_at=now)


def _step(seats: GroupSeats, application: Application, status: str) -> None:
    before = application.status
    application.status = advance(before, status)
    application.deadline_at = None
    count(seats, before, status)
